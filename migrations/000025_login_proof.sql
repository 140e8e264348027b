-- expands
-- Who works for several tenants goes from one to the other within a session, where the password given at its login is
-- theirs in both. That an email is the same proves nothing: any tenant's admin may invite any email.

-- The logins that the password of a session's login was right for; the row is of the tenant of that login.
create table millrace.login_proof (
  tenant_id uuid not null references millrace.tenant,
  session_id uuid not null,
  login_id uuid not null,
  primary key (tenant_id, session_id, login_id)
);
create index login_proof_session on millrace.login_proof (session_id);
create index login_proof_login on millrace.login_proof (tenant_id, login_id);

alter table millrace.login_proof enable row level security;
alter table millrace.login_proof force row level security;
create policy tenant on millrace.login_proof to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
do $$
begin
  execute format('create policy definer on millrace.login_proof to %I using (true) with check (true)', current_user);
end $$;
grant select, insert, update, delete on millrace.login_proof to millrace_app;

alter table millrace.login_session drop constraint login_session_revoked_for_check;
alter table millrace.login_session add constraint login_session_revoked_for_check
  check (revoked_for in ('logout', 'revoked', 'reuse', 'password', 'disabled', 'switched'));

-- Where a session that stands may go: its own tenant first. The rest are those of its proofs.
create function millrace.session_tenants(session uuid, at_time timestamptz)
  returns table (tenant_id uuid, slug text, name text, login_id uuid, role text, totp_confirmed boolean, email_key bytea,
    is_current boolean, is_proven boolean)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  with own as (
    select s.tenant_id, s.login_id from login_session s
    join login l on l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled
    where s.id = session and s.revoked_at is null and s.expires_at > at_time
  ),
  proven as (
    select p.tenant_id, p.login_id from login_proof p where p.session_id = session and exists (select from own)
  )
  select l.tenant_id, t.slug, t.name, l.id, l.role, l.totp_confirmed, l.email_key,
    exists (select from own o where o.login_id = l.id and o.tenant_id = l.tenant_id),
    exists (select from proven p where p.login_id = l.id and p.tenant_id = l.tenant_id)
  from (select * from own union select * from proven) w
  join login l on l.tenant_id = w.tenant_id and l.id = w.login_id and l.enabled
  join tenant t on t.id = w.tenant_id and t.enabled
  order by 8 desc, t.name, t.slug $$;

-- How many passwords are tried for any email, so that the time tells nobody whether it is known, or how often: as many
-- as an email may have here, three at most.
create function millrace.login_width() returns integer
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select greatest(1, count(*))::integer from (select from tenant where deleted_at is null limit 3) t $$;

create or replace function millrace.clear_logins(before timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  delete from login_session where expires_at < before or revoked_at < before;
  delete from login_proof p where not exists (select from login_session s where s.id = p.session_id);
  delete from login_link where expires_at < before;
  delete from login_try where last_at < before $$;

do $$
declare
  name text;
begin
  foreach name in array array['session_tenants(uuid, timestamptz)', 'login_width()', 'clear_logins(timestamptz)']
  loop
    execute format('revoke execute on function millrace.%s from public', name);
    execute format('grant execute on function millrace.%s to millrace_app', name);
  end loop;
end $$;
