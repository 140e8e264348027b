-- expands
-- What people and keys did: read personal data, changed something. Append-only, one chain a tenant, as the journal's are.

create table millrace.audit_entry (
  tenant_id uuid not null references millrace.tenant,
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null,
  actor text not null,
  action text not null,
  resource text not null,
  resource_id text,
  -- Facts without personal data: JSON text as it was hashed.
  data text not null,
  -- What is personal about it (an address), under the tenant's key.
  sealed bytea,
  -- sha256 of the previous hash and of everything stored in this row; see docs/guides/privacy.md.
  hash bytea not null,
  primary key (tenant_id, seq)
);
create index audit_resource on millrace.audit_entry (tenant_id, resource, resource_id, seq);
create index audit_actor on millrace.audit_entry (tenant_id, actor, seq);

-- The end of each tenant's chain: locked by whoever appends.
create table millrace.audit_head (
  tenant_id uuid not null references millrace.tenant,
  seq bigint not null,
  head bytea not null,
  primary key (tenant_id)
);

-- Signed ends of the chain, made now and then: they expose a tail that was removed, and let a chain whose beginning
-- was let go by retention begin in the middle.
create table millrace.audit_anchor (
  tenant_id uuid not null references millrace.tenant,
  seq bigint not null,
  head bytea not null,
  signature bytea not null,
  made_at timestamptz not null,
  primary key (tenant_id, seq)
);

do $$
declare
  name text;
begin
  foreach name in array array['audit_entry', 'audit_head', 'audit_anchor']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert on millrace.%I to millrace_app', name);
  end loop;
end $$;
grant update on millrace.audit_head to millrace_app;
