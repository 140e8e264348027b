-- expands
-- The one person that a merge brought, a taking back let go, or a split made: what an event is undone by.
alter table millrace.person_event add column other uuid;

-- Which of the values that a person's leads gave is the person's: a tenant's own rules.
create table millrace.person_rules (
  tenant_id uuid primary key references millrace.tenant,
  rules jsonb not null,
  updated_at timestamptz not null
);
alter table millrace.person_rules enable row level security;
alter table millrace.person_rules force row level security;
create policy tenant on millrace.person_rules to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
grant select, insert, update, delete on millrace.person_rules to millrace_app;
