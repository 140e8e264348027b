-- expands
-- What persons may ask for, and what came of it. Nothing here names anybody: persons stand as keyed hashes, the same
-- that lead.email_key and lead.phone_key hold.

create table millrace.privacy_request (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  kind text not null check (kind in ('erase', 'access', 'rectify', 'restrict', 'object', 'revoke')),
  -- working: leads are still to be gone through. waiting: recipients were told and have not all answered. done.
  status text not null check (status in ('working', 'waiting', 'done')),
  at timestamptz not null,
  actor_kind text not null,
  actor text not null,
  -- When the law, or the tenant, wants it ended.
  due_at timestamptz not null,
  completed_at timestamptz,
  keys bigint[] not null,
  leads uuid[] not null,
  -- Facts without personal data, JSON: scope, channels, counts.
  data text not null,
  -- What was done, signed: JSON. Null until the leads are gone through.
  receipt text,
  primary key (tenant_id, id)
);
create index privacy_request_open on millrace.privacy_request (tenant_id, status, due_at) where status <> 'done';

-- Who must not be taken in again, processed or contacted, and why.
create table millrace.person_block (
  tenant_id uuid not null references millrace.tenant,
  key bigint not null,
  channel text not null check (channel in ('all', 'share', 'call', 'sms', 'email')),
  why text not null check (why in ('erased', 'restricted', 'objected', 'revoked')),
  at timestamptz not null,
  request_id uuid,
  primary key (tenant_id, key, why, channel)
);
create index person_block_erased on millrace.person_block (tenant_id, at) where why = 'erased';

-- What a destination that received a lead is to be told, and what it answered.
create table millrace.recipient_notice (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  request_id uuid not null,
  lead_id uuid not null,
  delivery text not null,
  flow_id text not null,
  flow_version integer not null,
  destination text not null,
  act text not null check (act in ('erase', 'revoke', 'restrict', 'rectify')),
  -- due: to be sent. manual: the destination has no call for it; a person tells it. acknowledged. refused: told, and said no.
  status text not null check (status in ('due', 'manual', 'acknowledged', 'refused')),
  attempts integer not null default 0,
  next_at timestamptz not null,
  due_at timestamptz not null,
  told_at timestamptz,
  acknowledged_at timestamptz,
  code text,
  acknowledged_by text,
  -- What the destination calls the lead, under the tenant's key; gone once it has acknowledged.
  sealed bytea,
  primary key (tenant_id, id)
);
create unique index recipient_notice_once on millrace.recipient_notice (tenant_id, request_id, delivery);
create index recipient_notice_due on millrace.recipient_notice (tenant_id, next_at) where status = 'due';

-- Evidence that must outlive an erasure, as declared beforehand.
create table millrace.legal_hold (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  at timestamptz not null,
  actor text not null,
  matter text not null,
  keys bigint[] not null,
  leads uuid[] not null,
  -- Of a lead: 'submission', 'fields', 'deliveries', 'consent'.
  keeps text[] not null,
  released_at timestamptz,
  primary key (tenant_id, id)
);

-- What a hold kept of a lead, under a key of the hold's own (sealing_key, scope evidence).
create table millrace.held_evidence (
  tenant_id uuid not null references millrace.tenant,
  hold_id uuid not null,
  lead_id uuid not null,
  at timestamptz not null,
  sealed bytea not null,
  primary key (tenant_id, hold_id, lead_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['privacy_request', 'person_block', 'recipient_notice', 'legal_hold', 'held_evidence']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;
