-- expands
-- Access tokens of destinations: got once for all processes, kept sealed, renewed by whoever holds the lease.

create table millrace.access_token (
  tenant_id uuid not null references millrace.tenant,
  -- Keyed hash of what makes a token another than others.
  name bytea not null,
  -- The token and what the next one is asked with. Null: none was got yet.
  sealed bytea,
  -- Null: not said; the token is good until it is refused.
  expires_at timestamptz,
  -- Until then one process is asking for a new one, and the others wait for it.
  renewing_until timestamptz,
  primary key (tenant_id, name)
);

alter table millrace.access_token enable row level security;
alter table millrace.access_token force row level security;
create policy tenant on millrace.access_token to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
grant select, insert, update, delete on millrace.access_token to millrace_app;
