-- expands
-- Who may come in: users with roles, their sessions, invitations and resets, and tries of a login.

update millrace.login set role = 'operator' where role = 'reviewer';
update millrace.login set role = 'analyst' where role = 'viewer';

alter table millrace.login
  add column enabled boolean not null default true,
  -- Grows with every change: what If-Match is compared with.
  add column version integer not null default 1,
  -- Of a source partner: {"flow","source"}; of a buyer partner: {"destination"}. What is theirs, and all they see.
  add column partner jsonb,
  -- The secret of the second factor, sealed under the tenant's key; it counts once it is confirmed.
  add column totp bytea,
  add column totp_confirmed boolean not null default false,
  -- The time step of the code used last: no code is taken twice.
  add column totp_step bigint not null default 0,
  -- SHA-256 of the recovery codes not yet used.
  add column recovery bytea[] not null default '{}',
  add column last_login_at timestamptz,
  -- The subject at the tenant's sign-on provider, bound at the first sign-on.
  add column sso_subject text;
-- Whoever was invited, or signs on elsewhere, has none.
alter table millrace.login alter column password_hash drop not null;
-- A person may work for several tenants, with a password in each.
alter table millrace.login drop constraint login_email_key_key;
alter table millrace.login add constraint login_tenant_email unique (tenant_id, email_key);
create index login_email on millrace.login (email_key);
create unique index login_sso on millrace.login (tenant_id, sso_subject) where sso_subject is not null;

-- A login on one device. Tokens and cookies are derived from its id: a copy of this table opens nothing.
create table millrace.login_session (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  login_id uuid not null,
  kind text not null check (kind in ('token', 'cookie')),
  -- Of the refresh token now good; an older one that comes again was stolen, or its successor was.
  generation integer not null default 1,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_for text check (revoked_for in ('logout', 'revoked', 'reuse', 'password', 'disabled')),
  -- Address and browser, sealed under the tenant's key.
  sealed bytea,
  primary key (tenant_id, id)
);
create unique index login_session_id on millrace.login_session (id);
create index login_session_login on millrace.login_session (tenant_id, login_id);

-- Links of invitations and resets, each good once.
create table millrace.login_link (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  login_id uuid not null,
  purpose text not null check (purpose in ('invitation', 'reset')),
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id)
);

-- Tries of a login by its email's keyed hash, whether anybody has that email or not: so a lock-out tells nothing.
create table millrace.login_try (
  email_key bytea primary key,
  tries integer not null,
  last_at timestamptz not null,
  locked_until timestamptz
);

do $$
declare
  name text;
begin
  foreach name in array array['login_session', 'login_link'] loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;

drop function millrace.find_login(bytea);
create function millrace.find_login(email bytea)
  returns table (tenant_id uuid, slug text, id uuid, password_hash text, role text, enabled boolean, sealed bytea,
    totp bytea, totp_confirmed boolean, totp_step bigint, recovery bytea[])
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select l.tenant_id, t.slug, l.id, l.password_hash, l.role, l.enabled, l.sealed, l.totp, l.totp_confirmed,
          l.totp_step, l.recovery
        from login l join tenant t on t.id = l.tenant_id where l.email_key = email and t.enabled order by l.id $$;

-- A session that stands, with what its user may do now; notes that it was seen, at most once a minute.
create function millrace.find_session(session uuid, at_time timestamptz)
  returns table (tenant_id uuid, login_id uuid, role text, partner jsonb, kind text, generation integer,
    expires_at timestamptz)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  update login_session set last_seen_at = at_time
  where id = session and last_seen_at < at_time - interval '1 minute';
  select s.tenant_id, s.login_id, l.role, l.partner, s.kind, s.generation, s.expires_at
  from login_session s
  join login l on l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled
  join tenant t on t.id = s.tenant_id and t.enabled
  where s.id = session and s.revoked_at is null and s.expires_at > at_time $$;

-- Takes a refresh token's generation: gives the session where it is the one now good. One already spent ends the session.
create function millrace.rotate_session(session uuid, spent integer, at_time timestamptz, until timestamptz)
  returns table (tenant_id uuid, login_id uuid, role text, generation integer)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  update login_session set revoked_at = at_time, revoked_for = 'reuse'
  where id = session and generation > spent and revoked_at is null;
  update login_session s set generation = s.generation + 1, last_seen_at = at_time, expires_at = until
  from login l, tenant t
  where s.id = session and s.generation = spent and s.kind = 'token' and s.revoked_at is null and s.expires_at > at_time
    and l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled and t.id = s.tenant_id and t.enabled
  returning s.tenant_id, s.login_id, l.role, s.generation $$;

create function millrace.find_login_link(hash bytea, at_time timestamptz)
  returns table (tenant_id uuid, id uuid, login_id uuid, purpose text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select k.tenant_id, k.id, k.login_id, k.purpose from login_link k
        join tenant t on t.id = k.tenant_id and t.enabled
        where k.token_hash = hash and k.expires_at > at_time $$;

-- Counts a try before anybody knows whether it is right, so that tries at the same time count too. Null where it may be
-- made, else when the next one may. The tenth and each later one within a day locks, for 30 s, then twice as long, up
-- to 15 minutes: a person who mistypes goes on soon, and who guesses has 100 tries a day.
create function millrace.count_login_try(email bytea, at_time timestamptz) returns timestamptz
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
declare
  known login_try;
begin
  insert into login_try as t (email_key, tries, last_at) values (email, 0, at_time) on conflict do nothing;
  select * into known from login_try where email_key = email for update;
  if known.locked_until > at_time then
    return known.locked_until;
  end if;
  if known.last_at < at_time - interval '1 day' then
    known.tries := 0;
  end if;
  known.tries := known.tries + 1;
  update login_try set tries = known.tries, last_at = at_time,
    locked_until = case when known.tries >= 10
      then at_time + least(interval '15 minutes', interval '30 seconds' * power(2, least(known.tries - 10, 10))) end
  where email_key = email;
  return null;
end $$;

create function millrace.forget_login_tries(email bytea) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ delete from login_try where email_key = email $$;

-- Sessions, links and tries that are over, some time after.
create function millrace.clear_logins(before timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  delete from login_session where expires_at < before or revoked_at < before;
  delete from login_link where expires_at < before;
  delete from login_try where last_at < before $$;

do $$
declare
  name text;
begin
  foreach name in array array['find_login(bytea)', 'find_session(uuid, timestamptz)',
    'rotate_session(uuid, integer, timestamptz, timestamptz)', 'find_login_link(bytea, timestamptz)',
    'count_login_try(bytea, timestamptz)', 'forget_login_tries(bytea)', 'clear_logins(timestamptz)']
  loop
    execute format('revoke execute on function millrace.%s from public', name);
    execute format('grant execute on function millrace.%s to millrace_app', name);
  end loop;
end $$;
