-- expands
-- Persons, who one or more leads turn out to be, and the organisations they belong to. What a person is compared by is
-- sealed under the key of the lead it came with: who erases a lead erases what was known by it.

create table millrace.person (
  tenant_id uuid not null,
  -- The id of its first lead.
  id uuid not null,
  -- The person it turned out to be, which stands by itself; null: this one does.
  merged_into uuid,
  account_id uuid,
  created_at timestamptz not null,
  -- Test leads meet only test leads.
  test boolean not null,
  -- Keyed hashes that it was given with its first lead: what person_key holds of it.
  keys bigint[] not null,
  -- The first lead's record, under that lead's key; null where it has nothing to compare, or was erased.
  sealed bytea,
  primary key (tenant_id, id)
);
create index person_merged on millrace.person (tenant_id, merged_into) where merged_into is not null;
create index person_account on millrace.person (tenant_id, account_id) where account_id is not null;

-- What further leads of a person said otherwise than those before.
create table millrace.person_record (
  tenant_id uuid not null,
  person_id uuid not null,
  lead_id uuid not null,
  keys bigint[] not null,
  sealed bytea,
  primary key (tenant_id, person_id, lead_id)
);
create index person_record_lead on millrace.person_record (tenant_id, lead_id);

-- Where persons are found: keyed hashes, each with the places that persons took under it, from 1. Two leads that want
-- the same place were not aware of each other, and the second looks again.
create table millrace.person_key (
  tenant_id uuid not null,
  person_id uuid not null,
  lead_id uuid not null,
  key bigint not null,
  place integer not null,
  primary key (tenant_id, key, place)
);

-- Merges, splits and what was taken back: append-only.
create table millrace.person_event (
  tenant_id uuid not null,
  id uuid not null,
  -- Whom it happened to.
  person_id uuid not null,
  at timestamptz not null,
  type text not null check (type in ('merged', 'unmerged', 'split', 'kept_apart')),
  by text not null,
  lead_id uuid,
  -- Who came under it, left it, or was kept apart from it.
  persons uuid[] not null,
  -- The event that is taken back.
  undoes uuid,
  primary key (tenant_id, id)
);
create index person_event_person on millrace.person_event (tenant_id, person_id);
create unique index person_event_undoes on millrace.person_event (tenant_id, undoes) where undoes is not null;

-- Two persons that somebody said are two: nothing joins them by itself any more. The lower id first.
create table millrace.person_apart (
  tenant_id uuid not null,
  a uuid not null,
  b uuid not null,
  primary key (tenant_id, a, b)
);

create table millrace.account (
  tenant_id uuid not null,
  id uuid not null,
  created_at timestamptz not null,
  -- Name and domain, under the tenant's key.
  sealed bytea not null,
  primary key (tenant_id, id)
);

-- Keyed hashes of domains and names.
create table millrace.account_key (
  tenant_id uuid not null,
  key bytea not null,
  account_id uuid not null,
  primary key (tenant_id, key)
);
create index account_key_account on millrace.account_key (tenant_id, account_id);

-- What people said of pairs: levels of agreement and the verdict, no value.
create table millrace.identity_label (
  tenant_id uuid not null,
  lead_id uuid not null,
  person_id uuid not null,
  same boolean not null,
  at timestamptz not null,
  by text not null,
  codes integer[] not null,
  primary key (tenant_id, lead_id, person_id)
);

-- The weights a tenant's own leads taught.
create table millrace.identity_model (
  tenant_id uuid not null references millrace.tenant,
  version integer not null,
  trained_at timestamptz not null,
  model text not null,
  primary key (tenant_id, version)
);

-- How common values are, by keyed hash; those not listed are rarer than any that is.
create table millrace.identity_term (
  tenant_id uuid not null references millrace.tenant,
  field text not null,
  term bigint not null,
  share real not null,
  primary key (tenant_id, field, term)
);

alter table millrace.lead add column person_id uuid;
create index lead_person on millrace.lead (tenant_id, person_id) where person_id is not null;

do $$
declare
  name text;
begin
  foreach name in array array['person', 'person_record', 'person_key', 'person_event', 'person_apart', 'account',
    'account_key', 'identity_label', 'identity_model', 'identity_term']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;
revoke update, delete on millrace.person_event from millrace_app;

-- Whoever erases a lead, or takes its row away, takes away what its person is found and compared by through it.
create function millrace.forget_record() returns trigger
  language plpgsql
  as $$
begin
  delete from millrace.person_key k
    using (
      select keys from millrace.person where tenant_id = old.tenant_id and id = old.id
      union all
      select keys from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id
    ) r
    where k.tenant_id = old.tenant_id and k.key = any (r.keys) and k.lead_id = old.id;
  update millrace.person set sealed = null, keys = '{}' where tenant_id = old.tenant_id and id = old.id;
  delete from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id;
  return null;
end $$;
create trigger forget_record after update of wrapped_key on millrace.lead
  for each row when (old.wrapped_key is not null and new.wrapped_key is null and old.person_id is not null)
  execute function millrace.forget_record();
create trigger forget_deleted_record after delete on millrace.lead
  for each row when (old.person_id is not null)
  execute function millrace.forget_record();
