-- expands
-- Answers to requests that came with an Idempotency-Key, kept for a day: sent again, a request is answered, not done.

create table millrace.idempotency (
  tenant_id uuid not null references millrace.tenant,
  -- Keyed hash of who asked, what, and the key.
  key bytea not null,
  -- Keyed hash of address and body.
  fingerprint bytea not null,
  created_at timestamptz not null,
  -- Null while the first is under way.
  status integer,
  -- Head and body, under the tenant's key: an answer may show what is shown once.
  sealed bytea,
  primary key (tenant_id, key)
);

alter table millrace.idempotency enable row level security;
alter table millrace.idempotency force row level security;
create policy tenant on millrace.idempotency to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
do $$
begin
  execute format('create policy definer on millrace.idempotency to %I using (true) with check (true)', current_user);
end $$;
grant select, insert, update, delete on millrace.idempotency to millrace_app;

create function millrace.clear_idempotency(before timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ delete from idempotency where created_at < before $$;
revoke execute on function millrace.clear_idempotency(timestamptz) from public;
grant execute on function millrace.clear_idempotency(timestamptz) to millrace_app;
