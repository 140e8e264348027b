-- expands
-- Single sign-on: the OpenID Connect provider of a tenant.

create table millrace.sso_provider (
  tenant_id uuid primary key references millrace.tenant,
  issuer text not null,
  client_id text not null,
  -- Sealed under the tenant's key.
  client_secret bytea not null,
  -- Of whom the provider knows and nobody invited; null: they are turned away.
  default_role text,
  version integer not null default 1
);

alter table millrace.sso_provider enable row level security;
alter table millrace.sso_provider force row level security;
create policy tenant on millrace.sso_provider to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
do $$
begin
  execute format('create policy definer on millrace.sso_provider to %I using (true) with check (true)', current_user);
end $$;
grant select, insert, update, delete on millrace.sso_provider to millrace_app;

create function millrace.find_sso(of_slug text)
  returns table (tenant_id uuid, issuer text, client_id text, client_secret bytea, default_role text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select p.tenant_id, p.issuer, p.client_id, p.client_secret, p.default_role
        from sso_provider p join tenant t on t.id = p.tenant_id and t.enabled where t.slug = of_slug $$;
revoke execute on function millrace.find_sso(text) from public;
grant execute on function millrace.find_sso(text) to millrace_app;
