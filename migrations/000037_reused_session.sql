-- expands
-- Whose session ended because a token of it came twice: for the audit of their tenant.
create function millrace.find_reused_session(session uuid)
returns table (tenant_id uuid, login_id uuid)
language sql stable security definer set search_path = millrace, pg_temp as $$
  select s.tenant_id, s.login_id from login_session s where s.id = session and s.revoked_for = 'reuse'
$$;
revoke all on function millrace.find_reused_session(uuid) from public;
grant execute on function millrace.find_reused_session(uuid) to millrace_app;
