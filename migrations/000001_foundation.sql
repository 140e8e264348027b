-- The house's tables. Every tenant table has forced row-level security: a transaction sees the tenants it was set for.
-- No statement here or anywhere else calls now(): time is a parameter.

create schema if not exists millrace;

-- The tenants of this transaction, set with set_config('millrace.tenants', '{…}', true).
create function millrace.tenants() returns uuid[]
  language sql stable parallel safe
  as $$ select coalesce(nullif(current_setting('millrace.tenants', true), ''), '{}')::uuid[] $$;

-- Aborts the transaction where fewer rows were written than must be: a lost race for a claim, a cap or a lead.
create function millrace.must(what text, written bigint, expected bigint) returns void
  language plpgsql immutable
  as $$
begin
  if written <> expected then
    raise exception using errcode = 'MR001', message = 'conflict: ' || what;
  end if;
end $$;

create table millrace.tenant (
  id uuid primary key,
  slug text not null unique,
  name text not null,
  enabled boolean not null default true,
  -- Grows with every change of flows, keys, lists or settings: what is cached is compared with it.
  config_epoch bigint not null default 1,
  created_at timestamptz not null
);

-- A hint to processes that keep configuration: those that miss it learn the epoch by asking.
create function millrace.tell_epoch() returns trigger
  language plpgsql
  as $$
begin
  perform pg_notify('millrace_epoch', new.id::text || ' ' || new.config_epoch::text);
  return null;
end $$;
create trigger tell_epoch after insert or update of config_epoch on millrace.tenant
  for each row execute function millrace.tell_epoch();

-- The tenant's own keys, wrapped by the master key. `wrap` wraps the keys of leads; `lookup` makes keyed hashes.
create table millrace.tenant_key (
  tenant_id uuid not null references millrace.tenant,
  purpose text not null check (purpose in ('wrap', 'lookup')),
  version integer not null,
  wrapped bytea not null,
  created_at timestamptz not null,
  primary key (tenant_id, purpose, version)
);

create table millrace.login (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  -- Keyed hash of the email under a key of the installation: a login is found before its tenant is known.
  email_key bytea not null unique,
  sealed bytea not null,
  password_hash text not null,
  role text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

create table millrace.flow (
  tenant_id uuid not null references millrace.tenant,
  id text not null,
  current_version integer not null,
  enabled boolean not null default true,
  primary key (tenant_id, id)
);

-- Immutable once written.
create table millrace.flow_version (
  tenant_id uuid not null references millrace.tenant,
  flow_id text not null,
  version integer not null,
  document text not null,
  digest bytea not null,
  -- The revision of each step that this version was published with.
  revisions jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (tenant_id, flow_id, version)
);

create table millrace.source_key (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  flow_id text not null,
  source_id text not null,
  key_hash bytea not null unique,
  -- The first characters, to tell keys apart on a screen.
  hint text not null,
  enabled boolean not null default true,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

create table millrace.secret (
  tenant_id uuid not null references millrace.tenant,
  name text not null,
  sealed bytea not null,
  updated_at timestamptz not null,
  primary key (tenant_id, name)
);

-- What the journal says of a lead, for reading. Personal values are not here: email_key and phone_key are keyed hashes.
create table millrace.lead (
  tenant_id uuid not null,
  id uuid not null,
  received_at timestamptz not null,
  closed_at timestamptz,
  duplicate_of uuid,
  email_key bigint,
  phone_key bigint,
  flow_version integer not null,
  seq integer not null,
  duration_ms integer,
  test boolean not null,
  flow_id text not null,
  source_id text not null,
  status text not null,
  outcome text,
  code text,
  price numeric,
  revenue numeric,
  currency text,
  -- Hash of the last segment.
  head bytea not null,
  -- The key that the lead's personal data is sealed under, wrapped by its tenant's key. Erasing is setting it to null.
  key_version integer not null,
  wrapped_key bytea,
  primary key (tenant_id, id)
);
create index lead_email on millrace.lead (tenant_id, email_key) where email_key is not null;
create index lead_phone on millrace.lead (tenant_id, phone_key) where phone_key is not null;

-- The journal. A row is a segment: the ordered events of one commit of one lead.
-- hash = sha256 of the previous hash and of everything stored in this row; see docs/architecture.md.
create table millrace.segment (
  tenant_id uuid not null,
  lead_id uuid not null,
  at timestamptz not null,
  -- The writing transaction: readers that follow the journal stop before the oldest one still open.
  tx xid8 not null default pg_current_xact_id(),
  seq integer not null,
  hash bytea not null,
  events text not null,
  -- nonce, ciphertext, tag; null once a lead has nothing to seal. Kept after erasure: without the key it says nothing.
  sealed bytea,
  primary key (lead_id, seq)
) partition by range (lead_id);
-- Encrypted bytes do not compress; what is in plain does. With that a lead's row has some 2.3 KB, and stays whole up to
-- 2.6: three to a page, and none in pieces in the TOAST table, which would cost two more rows and an index entry.
alter table millrace.segment alter column sealed set storage external;
create table millrace.segment_default partition of millrace.segment default with (toast_tuple_target = 2600);
create index segment_at on millrace.segment using brin (at);

-- Keys of wider scope than a lead's, wrapped as theirs are: of a person, and of evidence that outlives the lead.
create table millrace.sealing_key (
  tenant_id uuid not null,
  id uuid not null,
  scope text not null check (scope in ('person', 'evidence')),
  tenant_key_version integer not null,
  wrapped bytea not null,
  primary key (tenant_id, id, scope)
);

-- Who holds what: keyed hashes of identities and of idempotency keys.
create table millrace.claim (
  tenant_id uuid not null,
  lead_id uuid not null,
  at timestamptz not null,
  key bytea not null,
  -- Of an idempotency key: keyed hash of the body it came with.
  fingerprint bytea,
  primary key (tenant_id, key)
);

create table millrace.cap_usage (
  tenant_id uuid not null,
  scope text not null,
  window_start timestamptz not null,
  used numeric not null,
  -- Grows with every change, so that a reader tells the newer of two values.
  version bigint not null default 1,
  primary key (tenant_id, scope, window_start)
) with (fillfactor = 50);

create table millrace.suppression_list (
  tenant_id uuid not null references millrace.tenant,
  id text not null,
  label text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

create table millrace.suppression_entry (
  tenant_id uuid not null,
  list_id text not null,
  key bytea not null,
  added_at timestamptz not null,
  expires_at timestamptz,
  primary key (tenant_id, key, list_id)
);

-- Every unfinished lead has a row here, written in the transaction that left it unfinished.
create table millrace.work (
  tenant_id uuid not null,
  lead_id uuid not null,
  -- When it is due; infinity while a person must act.
  wake_at timestamptz not null,
  -- The process that runs it now, or null. Dead runners are known by the advisory lock they no longer hold.
  runner integer,
  -- Runs begun and not ended: a lead that kills the process is parked.
  attempts integer not null default 0,
  primary key (tenant_id, lead_id)
) with (fillfactor = 70);
create index work_due on millrace.work (tenant_id, wake_at);

-- Signed digest of a tenant's segments of one day: exposes a lead or a tail that was removed.
create table millrace.anchor (
  tenant_id uuid not null,
  day date not null,
  segments bigint not null,
  digest bytea not null,
  signature bytea not null,
  made_at timestamptz not null,
  primary key (tenant_id, day)
);

create sequence millrace.runner_number as integer cycle;

-- One row an event, for reading in SQL. Sealed halves stay sealed.
create view millrace.event with (security_invoker = true) as
  select s.tenant_id, s.lead_id, s.seq, e.ordinality::integer as position, e.value ->> 0 as type,
         s.at + (e.value ->> 1)::double precision * interval '1 millisecond' as at, e.value -> 2 as data
  from millrace.segment s
  cross join lateral json_array_elements(s.events::json) with ordinality e;

do $$
declare
  name text;
begin
  foreach name in array array['tenant_key', 'login', 'flow', 'flow_version', 'source_key', 'secret', 'lead', 'segment',
    'sealing_key', 'claim', 'cap_usage', 'suppression_list', 'suppression_entry', 'work', 'anchor']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;

alter table millrace.tenant enable row level security;
alter table millrace.tenant force row level security;
create policy tenant on millrace.tenant to millrace_app
  using (id = any ((select millrace.tenants())::uuid[]))
  with check (id = any ((select millrace.tenants())::uuid[]));
grant select, insert, update on millrace.tenant to millrace_app;
-- What is published or journaled is never changed by the application.
revoke update, delete on millrace.flow_version from millrace_app;
revoke update, delete on millrace.segment from millrace_app;
revoke update, delete on millrace.anchor from millrace_app;
grant usage on schema millrace to millrace_app;
grant select on millrace.event to millrace_app;
grant usage on sequence millrace.runner_number to millrace_app;

-- The owner of the tables, who runs the SECURITY DEFINER functions below, passes row-level security by policy.
do $$
declare
  name text;
begin
  foreach name in array array['tenant', 'login', 'source_key', 'work', 'lead']
  loop
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
  end loop;
end $$;

-- The functions that look across tenants: found before a tenant is known, or sweeping.

create function millrace.find_source_key(hash bytea)
  returns table (tenant_id uuid, id uuid, flow_id text, source_id text, enabled boolean, config_epoch bigint)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select k.tenant_id, k.id, k.flow_id, k.source_id, k.enabled and t.enabled, t.config_epoch
        from source_key k join tenant t on t.id = k.tenant_id where k.key_hash = hash $$;

create function millrace.find_login(email bytea)
  returns table (tenant_id uuid, id uuid, password_hash text, role text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select l.tenant_id, l.id, l.password_hash, l.role
        from login l join tenant t on t.id = l.tenant_id where l.email_key = email and t.enabled $$;

create function millrace.find_tenants()
  returns table (id uuid, slug text, config_epoch bigint)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select t.id, t.slug, t.config_epoch from tenant t order by t.id $$;

-- The numbers of the runners that live: each holds the advisory lock (7117, number) for as long as it is connected.
create function millrace.live_runners() returns integer[]
  language sql volatile security definer set search_path = millrace, pg_catalog, pg_temp
  as $$ select coalesce(array_agg(objid::bigint::integer), '{}') from pg_locks
        where locktype = 'advisory' and classid = 7117 and granted
          and database = (select oid from pg_database where datname = current_database()) $$;

-- Hands due leads to a runner, at most `each` of a tenant, so that one tenant's million doesn't delay another's ten.
create function millrace.take_due_work(at_time timestamptz, new_runner integer, each integer)
  returns table (tenant_id uuid, lead_id uuid, attempts integer)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with live as materialized (select millrace.live_runners() as numbers),
  due as materialized (
    select w.tenant_id, w.lead_id
    from tenant t
    cross join lateral (
      select w.tenant_id, w.lead_id from work w
      where w.tenant_id = t.id and w.wake_at <= at_time
        and (w.runner is null or w.runner <> all ((select numbers from live)::integer[]))
      order by w.wake_at
      limit each
      for update skip locked
    ) w
  )
  update work w set runner = new_runner, attempts = w.attempts + 1
  from due where w.tenant_id = due.tenant_id and w.lead_id = due.lead_id
  returning w.tenant_id, w.lead_id, w.attempts $$;

-- Unfinished leads without a row in work, of those received since `from_id`: there must be none.
create function millrace.adopt_lost_work(from_id uuid, older_than timestamptz, at_time timestamptz)
  returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with lost as (
    insert into work (tenant_id, lead_id, wake_at)
    select l.tenant_id, l.id, at_time from tenant t join lead l on l.tenant_id = t.id and l.id >= from_id
    where l.closed_at is null and l.received_at < older_than
      and not exists (select from work w where w.tenant_id = l.tenant_id and w.lead_id = l.id)
    on conflict do nothing
    returning 1
  )
  select count(*) from lost $$;

-- Monthly partitions of the journal. A lead's id is a UUIDv7: its first 48 bits are the millisecond it was made.
create function millrace.ensure_partitions(first_month date, months integer) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
declare
  month date := date_trunc('month', first_month)::date;
  lower_bound uuid;
  upper_bound uuid;
  partition text;
begin
  for i in 1..months loop
    partition := 'segment_' || to_char(month, 'YYYY_MM');
    lower_bound := (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    month := (month + interval '1 month')::date;
    upper_bound := (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    if to_regclass('millrace.' || partition) is null then
      execute format('create table millrace.%I partition of millrace.segment for values from (%L) to (%L) with (toast_tuple_target = 2600)', partition, lower_bound, upper_bound);
      execute format('alter table millrace.%I enable row level security', partition);
      execute format('alter table millrace.%I force row level security', partition);
    end if;
  end loop;
end $$;
alter table millrace.segment_default enable row level security;
alter table millrace.segment_default force row level security;

revoke all on function millrace.find_source_key, millrace.find_login, millrace.find_tenants, millrace.live_runners,
  millrace.take_due_work, millrace.adopt_lost_work, millrace.ensure_partitions from public;
grant execute on function millrace.find_source_key, millrace.find_login, millrace.find_tenants, millrace.live_runners,
  millrace.take_due_work, millrace.adopt_lost_work, millrace.ensure_partitions to millrace_app;
