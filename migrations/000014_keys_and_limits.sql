-- expands
-- Keys of any scope, what a tenant may use, and counts that hold across processes.

-- A source's key is one of scope `submit`; others read, write or administer, and belong to no source.
alter table millrace.source_key
  add column name text not null default '',
  add column scopes text[] not null default '{submit}',
  add column expires_at timestamptz,
  -- To the minute.
  add column last_used_at timestamptz,
  -- The key that takes this one's place: both are good until this one expires.
  add column replaced_by uuid,
  add column created_by text not null default '',
  add column version integer not null default 1,
  alter column flow_id drop not null,
  alter column source_id drop not null,
  add constraint source_key_of_a_source check ('submit' <> all (scopes) or (flow_id is not null and source_id is not null));

alter table millrace.tenant
  add column version integer not null default 1,
  -- What it may use at most; null: as much as it likes.
  add column limit_leads_month bigint,
  add column limit_requests_minute integer,
  add column limit_source_requests_minute integer,
  add column limit_destinations integer,
  add column limit_storage_bytes bigint,
  -- Pages of these origins may call the API from a browser.
  add column cors_origins text[] not null default '{}';

-- How much of a limit was handed out in a window. Processes take portions ahead of need, and count within them: what
-- was handed out never exceeds the limit, however many there are. Kept by no tenant: a scope may be an address.
create table millrace.quota (
  scope text not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  used bigint not null,
  primary key (scope, window_start)
) with (fillfactor = 50);

-- Gives a portion, as much of `amount` as may be: not more than a quarter of what is left, so that there is some for others.
create function millrace.take_quota(of_scope text, starts timestamptz, ends timestamptz, amount bigint, most bigint)
  returns table (granted bigint, left_over bigint)
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
declare
  before bigint;
begin
  insert into quota (scope, window_start, window_end, used) values (of_scope, starts, ends, 0) on conflict do nothing;
  select q.used into before from quota q where q.scope = of_scope and q.window_start = starts for update;
  granted := greatest(0, least(amount, most - before, greatest(1, (most - before) / 4)));
  update quota q set used = before + granted where q.scope = of_scope and q.window_start = starts;
  left_over := greatest(0, most - before - granted);
  return next;
end $$;

create function millrace.give_quota(of_scope text, starts timestamptz, amount bigint) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ update quota set used = greatest(0, used - amount) where scope = of_scope and window_start = starts $$;

-- What was handed out in the window that this time lies in.
create function millrace.quota_used(of_scope text, at_time timestamptz) returns bigint
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select coalesce(max(used), 0) from quota
        where scope = of_scope and window_start <= at_time and window_end > at_time $$;

create function millrace.clear_quota(before timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ delete from quota where window_end < before $$;

drop function millrace.find_source_key(bytea);
create function millrace.find_source_key(hash bytea, key_id uuid default null)
  returns table (tenant_id uuid, id uuid, flow_id text, source_id text, enabled boolean, config_epoch bigint,
    scopes text[], expires_at timestamptz, last_used_at timestamptz, limit_leads_month bigint,
    limit_requests_minute integer, limit_source_requests_minute integer, cors_origins text[])
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select k.tenant_id, k.id, k.flow_id, k.source_id, k.enabled and t.enabled, t.config_epoch, k.scopes, k.expires_at,
          k.last_used_at, t.limit_leads_month, t.limit_requests_minute, t.limit_source_requests_minute, t.cors_origins
        from source_key k join tenant t on t.id = k.tenant_id where k.key_hash = hash or k.id = key_id $$;

create function millrace.touch_key(key_id uuid, at_time timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ update source_key set last_used_at = at_time
        where id = key_id and (last_used_at is null or last_used_at < at_time - interval '1 minute') $$;
create index source_key_id on millrace.source_key (id);

drop function millrace.find_session(uuid, timestamptz);
create function millrace.find_session(session uuid, at_time timestamptz)
  returns table (tenant_id uuid, login_id uuid, role text, partner jsonb, kind text, generation integer,
    expires_at timestamptz, limit_requests_minute integer, cors_origins text[])
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  update login_session set last_seen_at = at_time
  where id = session and last_seen_at < at_time - interval '1 minute';
  select s.tenant_id, s.login_id, l.role, l.partner, s.kind, s.generation, s.expires_at, t.limit_requests_minute,
    t.cors_origins
  from login_session s
  join login l on l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled
  join tenant t on t.id = s.tenant_id and t.enabled
  where s.id = session and s.revoked_at is null and s.expires_at > at_time $$;

-- Whether any tenant lets pages of this origin call: a browser asks before it shows whose page it is.
create function millrace.is_origin_known(origin text) returns boolean
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select exists (select from tenant where enabled and origin = any (cors_origins)) $$;

do $$
declare
  name text;
begin
  foreach name in array array['take_quota(text, timestamptz, timestamptz, bigint, bigint)',
    'give_quota(text, timestamptz, bigint)', 'quota_used(text, timestamptz)', 'clear_quota(timestamptz)',
    'find_source_key(bytea, uuid)', 'touch_key(uuid, timestamptz)', 'find_session(uuid, timestamptz)',
    'is_origin_known(text)']
  loop
    execute format('revoke execute on function millrace.%s from public', name);
    execute format('grant execute on function millrace.%s to millrace_app', name);
  end loop;
end $$;
