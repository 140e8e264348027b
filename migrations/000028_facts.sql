-- expands
-- What enrichers said, kept for others that ask the same as long as their flow calls it fresh.

create table millrace.fact (
  tenant_id uuid not null references millrace.tenant,
  -- Keyed hash of the enricher as it is set up, and of what it was asked.
  key bytea not null,
  said_at timestamptz not null,
  fresh_until timestamptz not null,
  -- Outcome, reason and facts, under the tenant's key.
  sealed bytea not null,
  primary key (tenant_id, key)
);
create index fact_fresh_until on millrace.fact (tenant_id, fresh_until);

alter table millrace.fact enable row level security;
alter table millrace.fact force row level security;
create policy tenant on millrace.fact to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
grant select, insert, update, delete on millrace.fact to millrace_app;

-- Entries of lists that are over are let go of; most never end, and cost this nothing.
create index suppression_entry_expires_at on millrace.suppression_entry (tenant_id, expires_at) where expires_at is not null;
