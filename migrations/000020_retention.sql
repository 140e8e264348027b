-- expands
-- How long what is kept, and what was let go.

create table millrace.retention_policy (
  tenant_id uuid not null references millrace.tenant,
  kind text not null check (kind in ('leads', 'consent', 'audit')),
  -- Null: for ever.
  days integer check (days > 0),
  primary key (tenant_id, kind)
);

create table millrace.retention_run (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  at timestamptz not null,
  kind text not null,
  before timestamptz not null,
  -- Leads, records or entries that went; and of leads their segments.
  items bigint not null,
  segments bigint not null,
  -- Where the archive lies, and its SHA-256.
  archive text,
  digest text,
  primary key (tenant_id, id)
);

-- What is left of a segment whose lead was let go: its place and hash, so that chain and anchors still prove that it was
-- there and that nothing else was.
create table millrace.retired_segment (
  tenant_id uuid not null,
  lead_id uuid not null,
  seq integer not null,
  at timestamptz not null,
  hash bytea not null,
  primary key (lead_id, seq)
);
create index retired_segment_at on millrace.retired_segment using brin (at);

do $$
declare
  name text;
begin
  foreach name in array array['retention_policy', 'retention_run', 'retired_segment']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert on millrace.%I to millrace_app', name);
  end loop;
  foreach name in array array['segment', 'retired_segment', 'consent_record', 'sealing_key', 'audit_entry', 'audit_anchor', 'legal_hold']
  loop
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
  end loop;
end $$;
grant update on millrace.retention_policy to millrace_app;

-- The application may not delete from the journal. This takes away the segments of leads that are forgotten and ended,
-- of the transaction's own tenants, and leaves their hashes.
create function millrace.retire_segments(tenant uuid, leads uuid[]) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with ended as materialized (
    select l.id from lead l
    where l.tenant_id = tenant and l.id = any (leads) and l.wrapped_key is null and l.closed_at is not null
      and tenant = any ((select millrace.tenants())::uuid[])
  ), gone as (
    delete from segment s using ended e where s.tenant_id = tenant and s.lead_id = e.id
    returning s.tenant_id, s.lead_id, s.seq, s.at, s.hash
  ), kept as (
    insert into retired_segment (tenant_id, lead_id, seq, at, hash)
    select tenant_id, lead_id, seq, at, hash from gone returning 1
  )
  select count(*) from kept $$;

-- Consents whose duty of proof has ended, with their keys; not those that a hold declares.
create function millrace.expire_consents(tenant uuid, older_than timestamptz) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with gone as (
    delete from consent_record c
    where c.tenant_id = tenant and c.noted_at < older_than and tenant = any ((select millrace.tenants())::uuid[])
      and not exists (select from legal_hold h where h.tenant_id = tenant and h.released_at is null
        and 'consent' = any (h.keeps) and (c.subject = any (h.keys) or c.lead_id = any (h.leads)))
    returning c.evidence_id
  ), keys as (
    delete from sealing_key k using gone g where k.tenant_id = tenant and k.id = g.evidence_id and k.scope = 'evidence'
  )
  select count(*) from gone $$;

-- Audit entries up to a place whose hash is signed: the chain then begins after it.
create function millrace.expire_audit(tenant uuid, upto bigint) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with gone as (
    delete from audit_entry e
    where e.tenant_id = tenant and e.seq <= upto and tenant = any ((select millrace.tenants())::uuid[])
      and exists (select from audit_anchor a where a.tenant_id = tenant and a.seq = upto)
    returning 1
  )
  select count(*) from gone $$;

revoke all on function millrace.retire_segments, millrace.expire_consents, millrace.expire_audit from public;
grant execute on function millrace.retire_segments, millrace.expire_consents, millrace.expire_audit to millrace_app;
