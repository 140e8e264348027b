-- The schema "millrace" as the migrations leave it. Generated; to make it anew: npm run schema

CREATE OR REPLACE FUNCTION millrace.adopt_lost_work(from_id uuid, older_than timestamp with time zone, at_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with lost as (
    insert into work (tenant_id, lead_id, wake_at)
    select l.tenant_id, l.id, at_time from tenant t join lead l on l.tenant_id = t.id and l.id >= from_id
    where l.closed_at is null and l.received_at < older_than
      and not exists (select from work w where w.tenant_id = l.tenant_id and w.lead_id = l.id)
    on conflict do nothing
    returning 1
  )
  select count(*) from lost $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.adopt_lost_work(older_than timestamp with time zone, at_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
 SET enable_seqscan TO 'off'
AS $function$
  with lost as (
    insert into work (tenant_id, lead_id, wake_at)
    select o.tenant_id, o.id, at_time from (
      select l.tenant_id, l.id from lead l where l.closed_at is null and l.received_at < older_than
      except
      select w.tenant_id, w.lead_id from work w
    ) o
    on conflict do nothing
    returning 1
  )
  select count(*) from lost $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.bucket_add(buckets jsonb, bucket bigint, amount numeric, since bigint)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select coalesce(jsonb_object_agg(part, total), '{}') from (
    select part, sum(counted) as total from (
      select key as part, value::numeric as counted from jsonb_each_text(coalesce(buckets, '{}')) where key::bigint >= since
      union all select bucket::text, amount where bucket >= since
    ) each group by part having sum(counted) > 0
  ) kept $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.bucket_sum(buckets jsonb, since bigint)
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select coalesce(sum(value::numeric), 0) from jsonb_each_text(coalesce(buckets, '{}')) where key::bigint >= since $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.clear_idempotency(before timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  delete from idempotency where created_at < before;
  delete from installation_answer where created_at < before $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.clear_logins(before timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  delete from login_session where expires_at < before or revoked_at < before;
  delete from login_proof p where not exists (select from login_session s where s.id = p.session_id);
  delete from login_link where expires_at < before;
  delete from login_try where last_at < before $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.clear_quota(before timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ delete from quota where window_end < before $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.count_login_try(email bytea, at_time timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
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
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.delete_tenant(of_tenant uuid, at_time timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
begin
  update tenant set enabled = false, deleted_at = at_time, slug = 'deleted-' || id::text, config_epoch = config_epoch + 1,
    version = version + 1
  where id = of_tenant and not enabled and deleted_at is null;
  if not found then
    return false;
  end if;
  perform millrace.own_rows('tenant_key');
  perform millrace.own_rows('work');
  delete from tenant_key where tenant_id = of_tenant;
  delete from work where tenant_id = of_tenant;
  update lead set closed_at = at_time where tenant_id = of_tenant and closed_at is null;
  return true;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.due_batches(at timestamp with time zone, most integer)
 RETURNS TABLE(tenant_id uuid, flow_id text, destination text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
    with recursive lanes as (
      (select i.tenant_id, i.flow_id, i.destination from batch_item i where i.file is null
       order by i.tenant_id, i.flow_id, i.destination limit 1)
      union all
      select n.tenant_id, n.flow_id, n.destination from lanes l cross join lateral (
        select i.tenant_id, i.flow_id, i.destination from batch_item i
        where i.file is null and (i.tenant_id, i.flow_id, i.destination) > (l.tenant_id, l.flow_id, l.destination)
        order by i.tenant_id, i.flow_id, i.destination limit 1) n
    )
    select due.tenant_id, due.flow_id, due.destination from (
      select l.tenant_id, l.flow_id, l.destination from lanes l
      where exists (select from batch_item i where i.tenant_id = l.tenant_id and i.flow_id = l.flow_id
        and i.destination = l.destination and i.file is null and i.due_at <= at)
      union
      select f.tenant_id, f.flow_id, f.destination from batch_file f where f.state = 'writing' and f.next_at <= at
    ) due
    order by due.tenant_id, due.flow_id, due.destination
    limit most
  $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.due_schedules(at_time timestamp with time zone, most integer)
 RETURNS TABLE(tenant_id uuid, name text, task text, payload jsonb, cron text, zone text, next_at timestamp with time zone)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select s.tenant_id, s.name, s.task, s.payload, s.cron, s.zone, s.next_at from job_schedule s
  where s.next_at <= at_time order by s.next_at limit most for update skip locked $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.due_webhooks(at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, webhook_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select w.tenant_id, w.id from webhook w
  where w.enabled and exists (select from webhook_event e where e.tenant_id = w.tenant_id and e.webhook_id = w.id
    and e.state = 'waiting' and e.next_at <= at_time)
  order by w.changed_at $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.duration_slot(ms integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select case when ms < 16 then greatest(ms, 0) else 16 + floor((ln(ms::double precision) / ln(2::double precision) - 4) * 8)::integer end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.end_review()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from millrace.review_item where tenant_id = old.tenant_id and lead_id = old.id;
  return null;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.ensure_partitions(first_month date, months integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
declare
  month date := date_trunc('month', first_month)::date;
  lower_bound uuid;
  upper_bound uuid;
  partition text;
begin
  for i in 1..months loop
    partition := 'segment_' || to_char(month, 'YYYY_MM');
    lower_bound := (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    month := (month + interval '1 month')::date;
    upper_bound := (lpad(to_hex((extract(epoch from month::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    if to_regclass('millrace.' || partition) is null then
      -- One at a time. A lock of the table itself, since only those have a session hear of what others made meanwhile.
      lock table only millrace.segment in share update exclusive mode;
      if to_regclass('millrace.' || partition) is null then
        execute format('create table millrace.%I partition of millrace.segment for values from (%L) to (%L) with (toast_tuple_target = 4000)', partition, lower_bound, upper_bound);
        execute format('alter table millrace.%I enable row level security', partition);
        execute format('alter table millrace.%I force row level security', partition);
      end if;
    end if;
  end loop;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.expire_audit(tenant uuid, upto bigint)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with gone as (
    delete from audit_entry e
    where e.tenant_id = tenant and e.seq <= upto and tenant = any ((select millrace.tenants())::uuid[])
      and exists (select from audit_anchor a where a.tenant_id = tenant and a.seq = upto)
    returning 1
  )
  select count(*) from gone $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.expire_consents(tenant uuid, older_than timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with gone as (
    delete from consent_record c
    where c.tenant_id = tenant and c.noted_at < older_than and tenant = any ((select millrace.tenants())::uuid[])
      and not exists (select from legal_hold h where h.tenant_id = tenant and h.released_at is null
        and 'consent' = any (h.keeps) and (c.subject = any (h.keys) or c.lead_id = any (h.leads)))
    returning c.evidence_id
  ), keys as (
    delete from sealing_key k using gone g where k.tenant_id = tenant and k.id = g.evidence_id and k.scope = 'evidence'
  )
  select count(*) from gone $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.figures_from_leads(of_grain text, tenants uuid[], numbers bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  width bigint := case of_grain when 'minute' then 60000 else 3600000 end;
begin
  delete from lead_figure f using unnest(tenants, numbers) d(t, n)
    where f.tenant_id = d.t and f.grain = of_grain and f.at = to_timestamp(d.n * width / 1000);
  delete from speed_figure f using unnest(tenants, numbers) d(t, n)
    where f.tenant_id = d.t and f.grain = of_grain and f.at = to_timestamp(d.n * width / 1000);
  delete from delivery_figure f using unnest(tenants, numbers) d(t, n)
    where f.tenant_id = d.t and f.grain = of_grain and f.at = to_timestamp(d.n * width / 1000);
  -- The leads are read once; both figures are sums of what that gives.
  with counted as materialized (
    select d.t, to_timestamp(d.n * width / 1000) as at, l.flow_id, l.source_id, l.status, l.outcome, l.code, l.currency, l.test,
      duration_slot(l.duration_ms) as slot, count(*) as leads, sum(l.price) as price, sum(l.revenue) as revenue
    from unnest(tenants, numbers) d(t, n)
    join lead l on l.tenant_id = d.t and l.id >= first_id(d.n * width) and l.id < first_id((d.n + 1) * width)
    group by d.t, d.n, l.flow_id, l.source_id, l.status, l.outcome, l.code, l.currency, l.test, duration_slot(l.duration_ms)
  ), told as (
    insert into lead_figure (tenant_id, grain, at, flow_id, source_id, status, outcome, code, currency, test, leads, price, revenue)
    select t, of_grain, at, flow_id, source_id, status, outcome, code, currency, test,
      sum(leads), coalesce(sum(price), 0), coalesce(sum(revenue), 0)
    from counted group by t, at, flow_id, source_id, status, outcome, code, currency, test
  )
  insert into speed_figure (tenant_id, grain, at, flow_id, source_id, test, slot, leads)
    select t, of_grain, at, flow_id, source_id, test, slot, sum(leads)
    from counted where slot is not null group by t, at, flow_id, source_id, test, slot;
  insert into delivery_figure (tenant_id, grain, at, flow_id, destination, state, code, currency, deliveries, paid)
    select d.t, of_grain, to_timestamp(d.n * width / 1000), e.flow_id, e.destination, e.state, e.code, e.currency,
      count(*), sum(e.paid)
    from unnest(tenants, numbers) d(t, n)
    join delivery e on e.tenant_id = d.t and e.lead_id >= first_id(d.n * width) and e.lead_id < first_id((d.n + 1) * width)
    group by d.t, d.n, e.flow_id, e.destination, e.state, e.code, e.currency;
end $function$

CREATE OR REPLACE FUNCTION millrace.figures_from_minutes(tenants uuid[], hours bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
begin
  delete from lead_figure f using unnest(tenants, hours) d(t, n)
    where f.tenant_id = d.t and f.grain = 'hour' and f.at = to_timestamp(d.n * 3600);
  delete from speed_figure f using unnest(tenants, hours) d(t, n)
    where f.tenant_id = d.t and f.grain = 'hour' and f.at = to_timestamp(d.n * 3600);
  delete from delivery_figure f using unnest(tenants, hours) d(t, n)
    where f.tenant_id = d.t and f.grain = 'hour' and f.at = to_timestamp(d.n * 3600);
  insert into lead_figure (tenant_id, grain, at, flow_id, source_id, status, outcome, code, currency, test, leads, price, revenue)
    select d.t, 'hour', to_timestamp(d.n * 3600), m.flow_id, m.source_id, m.status, m.outcome, m.code, m.currency, m.test,
      sum(m.leads), sum(m.price), sum(m.revenue)
    from unnest(tenants, hours) d(t, n)
    join lead_figure m on m.tenant_id = d.t and m.grain = 'minute'
      and m.at >= to_timestamp(d.n * 3600) and m.at < to_timestamp((d.n + 1) * 3600)
    group by d.t, d.n, m.flow_id, m.source_id, m.status, m.outcome, m.code, m.currency, m.test;
  insert into speed_figure (tenant_id, grain, at, flow_id, source_id, test, slot, leads)
    select d.t, 'hour', to_timestamp(d.n * 3600), m.flow_id, m.source_id, m.test, m.slot, sum(m.leads)
    from unnest(tenants, hours) d(t, n)
    join speed_figure m on m.tenant_id = d.t and m.grain = 'minute'
      and m.at >= to_timestamp(d.n * 3600) and m.at < to_timestamp((d.n + 1) * 3600)
    group by d.t, d.n, m.flow_id, m.source_id, m.test, m.slot;
  insert into delivery_figure (tenant_id, grain, at, flow_id, destination, state, code, currency, deliveries, paid)
    select d.t, 'hour', to_timestamp(d.n * 3600), m.flow_id, m.destination, m.state, m.code, m.currency,
      sum(m.deliveries), sum(m.paid)
    from unnest(tenants, hours) d(t, n)
    join delivery_figure m on m.tenant_id = d.t and m.grain = 'minute'
      and m.at >= to_timestamp(d.n * 3600) and m.at < to_timestamp((d.n + 1) * 3600)
    group by d.t, d.n, m.flow_id, m.destination, m.state, m.code, m.currency;
end $function$

CREATE OR REPLACE FUNCTION millrace.find_alerts()
 RETURNS TABLE(tenant_id uuid, kind text, subject text, severity text, code text, count bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with recursive lanes as (
    select g.* from tenant t cross join lateral (
      select d.tenant_id, d.state, d.flow_id, d.destination from delivery d
      where d.tenant_id = t.id and d.state in ('waiting', 'unknown', 'dead')
      order by d.tenant_id, d.state, d.flow_id, d.destination limit 1) g
    union all
    select n.* from lanes g cross join lateral (
      select d.tenant_id, d.state, d.flow_id, d.destination from delivery d
      where d.tenant_id = g.tenant_id and d.state in ('waiting', 'unknown', 'dead')
        and (d.state, d.flow_id, d.destination) > (g.state, g.flow_id, g.destination)
      order by d.tenant_id, d.state, d.flow_id, d.destination limit 1) n
  )
  select l.tenant_id, case l.state when 'dead' then 'dead_letters' else 'unknown_outcomes' end,
    l.flow_id || '/' || l.destination, 'error', c.code, c.count
  from lanes l cross join lateral (
    select max(d.code) as code, count(*) as count from (
      select d.code from delivery d where d.tenant_id = l.tenant_id and d.state = l.state and d.flow_id = l.flow_id
        and d.destination = l.destination and d.state in ('waiting', 'unknown', 'dead') limit 1000) d) c
  where l.state in ('dead', 'unknown')
  union all
  select h.tenant_id, 'destination_paused', h.name, 'error', h.code, 1 from hold h
  where h.scope = 'destination' and h.code is not null
  union all
  select s.tenant_id, 'breaker_open', s.flow_id || '/' || s.destination, 'warning', s.code, s.openings
  from destination_state s where s.breaker <> 'closed'
  union all
  select w.tenant_id, 'webhook_disabled', w.id::text, 'error', w.code, 1 from webhook w where w.code is not null
  union all
  select w.tenant_id, 'webhook_undelivered', w.id::text, 'error', e.code, e.count from webhook w cross join lateral (
    select max(d.code) as code, count(*) as count from (
      select e.code from webhook_event e
      where e.tenant_id = w.tenant_id and e.webhook_id = w.id and e.state = 'dead' limit 1000) d) e
  where e.count > 0
  union all
  select j.tenant_id, 'job_failed', j.task, 'error', max(j.code), count(*) from job j
  where j.failed_at is not null group by j.tenant_id, j.task $function$

CREATE OR REPLACE FUNCTION millrace.find_holds(at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, scope text, name text, until timestamp with time zone, state text, code text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select h.tenant_id, h.scope, h.name, h.until, 'held', h.code from hold h
  where h.until is null or h.until > at_time
  union all
  select d.tenant_id, 'breaker', d.flow_id || '/' || d.destination, d.retry_at, d.breaker, d.code
  from destination_state d where d.breaker <> 'closed' $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_login(email bytea)
 RETURNS TABLE(tenant_id uuid, slug text, id uuid, password_hash text, role text, enabled boolean, sealed bytea, totp bytea, totp_confirmed boolean, totp_step bigint, recovery bytea[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select l.tenant_id, t.slug, l.id, l.password_hash, l.role, l.enabled, l.sealed, l.totp, l.totp_confirmed,
          l.totp_step, l.recovery
        from login l join tenant t on t.id = l.tenant_id where l.email_key = email and t.enabled order by l.id $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_login_link(hash bytea, at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, id uuid, login_id uuid, purpose text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select k.tenant_id, k.id, k.login_id, k.purpose from login_link k
        join tenant t on t.id = k.tenant_id and t.enabled
        where k.token_hash = hash and k.expires_at > at_time $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_reused_session(session uuid)
 RETURNS TABLE(tenant_id uuid, login_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select s.tenant_id, s.login_id from login_session s where s.id = session and s.revoked_for = 'reuse'
$function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_session(session uuid, at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, login_id uuid, role text, partner jsonb, kind text, generation integer, expires_at timestamp with time zone, limit_requests_minute integer, cors_origins text[])
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  update login_session set last_seen_at = at_time
  where id = session and last_seen_at < at_time - interval '1 minute';
  select s.tenant_id, s.login_id, l.role, l.partner, s.kind, s.generation, s.expires_at, t.limit_requests_minute,
    t.cors_origins
  from login_session s
  join login l on l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled
  join tenant t on t.id = s.tenant_id and t.enabled
  where s.id = session and s.revoked_at is null and s.expires_at > at_time $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_source_key(hash bytea, key_id uuid DEFAULT NULL::uuid)
 RETURNS TABLE(tenant_id uuid, id uuid, flow_id text, source_id text, enabled boolean, config_epoch bigint, scopes text[], expires_at timestamp with time zone, last_used_at timestamp with time zone, limit_leads_month bigint, limit_requests_minute integer, limit_source_requests_minute integer, cors_origins text[], storage_full boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select k.tenant_id, k.id, k.flow_id, k.source_id, k.enabled and t.enabled, t.config_epoch, k.scopes, k.expires_at,
          k.last_used_at, t.limit_leads_month, t.limit_requests_minute, t.limit_source_requests_minute, t.cors_origins,
          coalesce(t.storage_bytes >= t.limit_storage_bytes, false)
        from source_key k join tenant t on t.id = k.tenant_id where k.key_hash = hash or k.id = key_id $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_sso(of_slug text)
 RETURNS TABLE(tenant_id uuid, issuer text, client_id text, client_secret bytea, default_role text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select p.tenant_id, p.issuer, p.client_id, p.client_secret, p.default_role
        from sso_provider p join tenant t on t.id = p.tenant_id and t.enabled where t.slug = of_slug $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.find_tenants()
 RETURNS TABLE(id uuid, slug text, config_epoch bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select t.id, t.slug, t.config_epoch from tenant t where t.deleted_at is null order by t.id $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.first_id(ms bigint)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select (lpad(to_hex(greatest(ms, 0)), 12, '0') || repeat('0', 20))::uuid $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.fold_calls(before_hour timestamp with time zone, rows_max integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  folded bigint;
begin
  with chosen as materialized (
    select tenant_id, flow_id, destination, minute from destination_minute
    where minute < before_hour and minute <> date_bin('1 hour', minute, timestamptz '1970-01-01 00:00:00+00')
    order by minute desc limit rows_max for update skip locked
  ), gone as (
    delete from destination_minute m using chosen c
    where m.tenant_id = c.tenant_id and m.flow_id = c.flow_id and m.destination = c.destination and m.minute = c.minute
    returning m.*, date_bin('1 hour', m.minute, timestamptz '1970-01-01 00:00:00+00') as hour
  ), latency as (
    select tenant_id, flow_id, destination, hour, array_agg(n order by i) as latencies from (
      select tenant_id, flow_id, destination, hour, u.i, sum(u.n)::integer as n
      from gone cross join lateral unnest(latencies) with ordinality u(n, i) group by 1, 2, 3, 4, 5
    ) s group by 1, 2, 3, 4
  ), summed as (
    select tenant_id, flow_id, destination, hour,
      sum(successes)::integer as successes, sum(failures)::integer as failures, sum(errors)::integer as errors
    from gone group by 1, 2, 3, 4
  ), kept as (
    insert into destination_minute as m (tenant_id, minute, flow_id, destination, successes, failures, errors, latencies)
    select tenant_id, hour, flow_id, destination, successes, failures, errors, latencies
    from summed join latency using (tenant_id, flow_id, destination, hour)
    order by 1, 3, 4, 2
    on conflict (tenant_id, flow_id, destination, minute) do update
      set successes = m.successes + excluded.successes, failures = m.failures + excluded.failures,
          errors = m.errors + excluded.errors,
          latencies = (select array_agg(a.n + b.n order by a.i)
                       from unnest(m.latencies) with ordinality a(n, i)
                       join unnest(excluded.latencies) with ordinality b(n, i) using (i))
  )
  select count(*) into folded from gone;
  return folded;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.fold_figures(at_time timestamp with time zone, recent_hours integer, hours_max integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
declare
  mark figure_mark;
  horizon xid8;
  -- From this hour on, minutes are kept.
  since bigint := floor(extract(epoch from at_time) / 3600)::bigint - recent_hours;
  tenants uuid[];
  numbers bigint[];
  made bigint := 0;
begin
  select * into mark from figure_mark for update skip locked;
  if not found then return null; end if;
  horizon := pg_snapshot_xmin(pg_current_snapshot());

  if mark.tx is null then
    -- The first time: every hour from the first lead to the last.
    insert into figure_due (tenant_id, hour)
      select t.id, h
      from tenant t
      cross join lateral (select id from lead l where l.tenant_id = t.id order by l.id limit 1) f
      cross join lateral (select id from lead l where l.tenant_id = t.id order by l.id desc limit 1) n
      cross join lateral generate_series(id_ms(f.id) / 3600000, id_ms(n.id) / 3600000) h
      on conflict do nothing;
    select array_agg(d.tenant_id), array_agg(m) into tenants, numbers
      from figure_due d cross join lateral generate_series(d.hour * 60, d.hour * 60 + 59) m where d.hour >= since;
  else
    select array_agg(d.tenant_id), array_agg(d.minute) into tenants, numbers from (
      select distinct c.tenant_id, id_ms(l) / 60000 as minute
      from lead_change c cross join lateral unnest(c.leads) l
      where c.tx >= mark.tx and c.tx < horizon
      union
      -- The clock was set back: of these hours, minutes may have been taken out.
      select h.tenant_id, h.minute + i from (
        select distinct tenant_id, extract(epoch from at)::bigint / 60 as minute from lead_figure
        where since < mark.recent and grain = 'hour' and at >= to_timestamp(since * 3600)
      ) h cross join generate_series(0, 59) i
    ) d;
  end if;

  if tenants is not null then
    insert into figure_due (tenant_id, hour)
      select distinct d.t, d.n / 60 from unnest(tenants, numbers) d(t, n) on conflict do nothing;
    select array_agg(d.t), array_agg(d.n) into tenants, numbers
      from unnest(tenants, numbers) d(t, n) where d.n / 60 >= since;
    if tenants is not null then
      perform figures_from_leads('minute', tenants, numbers);
      made := made + cardinality(tenants);
    end if;
  end if;

  with gone as (delete from figure_due where hour >= since returning tenant_id, hour)
    select array_agg(tenant_id), array_agg(hour) into tenants, numbers from gone;
  if tenants is not null then
    perform figures_from_minutes(tenants, numbers);
    made := made + cardinality(tenants);
  end if;
  with chosen as (select tenant_id, hour from figure_due order by hour desc limit hours_max),
  gone as (
    delete from figure_due d using chosen c where d.tenant_id = c.tenant_id and d.hour = c.hour
    returning d.tenant_id, d.hour
  )
    select array_agg(tenant_id), array_agg(hour) into tenants, numbers from gone;
  if tenants is not null then
    perform figures_from_leads('hour', tenants, numbers);
    made := made + cardinality(tenants);
  end if;

  if mark.old_at is null or at_time - mark.old_at > interval '1 hour' or at_time < mark.old_at then
    delete from lead_change where tx < coalesce(mark.old_tx, '0'::xid8);
    delete from lead_figure where grain = 'minute' and at < to_timestamp((since - 1) * 3600);
    delete from speed_figure where grain = 'minute' and at < to_timestamp((since - 1) * 3600);
    delete from delivery_figure where grain = 'minute' and at < to_timestamp((since - 1) * 3600);
    update figure_mark set tx = horizon, recent = since, old_tx = horizon, old_at = at_time;
  else
    update figure_mark set tx = horizon, recent = since;
  end if;
  return made;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.forget_login_tries(email bytea)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ delete from login_try where email_key = email $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.forget_record()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  spoken uuid[];
  orphan uuid;
begin
  delete from millrace.person_key k
    using (
      select keys from millrace.person where tenant_id = old.tenant_id and id = old.id
      union all
      select keys from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id
    ) r
    where k.tenant_id = old.tenant_id and k.key = any (r.keys) and k.lead_id = old.id;
  update millrace.person set sealed = null, keys = '{}' where tenant_id = old.tenant_id and id = old.id;
  delete from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id;
  spoken := array(
    select distinct p.account_id from millrace.person p
    where p.tenant_id = old.tenant_id and p.id in (old.id, old.person_id) and p.account_id is not null
  );
  update millrace.person set account_id = null, account_lead = null
    where tenant_id = old.tenant_id and id = old.person_id and account_lead = old.id;
  for orphan in
    select s.account_id from unnest(spoken) s(account_id)
    where not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.id = q.id and l.person_id = q.id
        where q.tenant_id = old.tenant_id and q.account_id = s.account_id and l.id <> old.id and l.wrapped_key is not null
      )
      and not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.person_id = q.id and l.person_id <> l.id
        where q.tenant_id = old.tenant_id and q.account_id = s.account_id and l.id <> old.id and l.wrapped_key is not null
      )
  loop
    delete from millrace.account_key where tenant_id = old.tenant_id and account_id = orphan;
    delete from millrace.account where tenant_id = old.tenant_id and id = orphan;
    update millrace.person set account_id = null, account_lead = null
      where tenant_id = old.tenant_id and account_id = orphan;
  end loop;
  return null;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.give_quota(of_scope text, starts timestamp with time zone, amount bigint)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ update quota set used = greatest(0, used - amount) where scope = of_scope and window_start = starts $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.hand_jobs(at_time timestamp with time zone, again_before timestamp with time zone, each integer, in_all integer)
 RETURNS TABLE(tenant_id uuid, id uuid, priority smallint)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with due as materialized (
    select j.tenant_id, j.id, j.priority, j.run_at
    from tenant t cross join lateral (
      select j.tenant_id, j.id, j.priority, j.run_at from job j
      where j.tenant_id = t.id and j.run_at <= at_time and j.handed_at is null and j.failed_at is null
      order by j.priority, j.run_at limit each for update skip locked) j
    where not exists (select from hold h where h.tenant_id = t.id and h.scope = 'queue' and h.name = 'jobs'
      and (h.until is null or h.until > at_time))
  ),
  turns as (
    select d.tenant_id, d.id, row_number() over (partition by d.tenant_id order by d.priority, d.run_at) as turn from due d
  ),
  lost as (
    select j.tenant_id, j.id from job j where j.handed_at < again_before order by j.handed_at limit each
    for update skip locked
  ),
  chosen as (
    (select t.tenant_id, t.id from turns t order by t.turn limit in_all)
    union
    select l.tenant_id, l.id from lost l
  )
  update job j set handed_at = at_time
  from chosen c where j.tenant_id = c.tenant_id and j.id = c.id
  returning j.tenant_id, j.id, j.priority $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.id_ms(id uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ select ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.is_origin_known(origin text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select exists (select from tenant where enabled and origin = any (cors_origins)) $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.list_tenants()
 RETURNS TABLE(id uuid, slug text, name text, enabled boolean, created_at timestamp with time zone, deleted_at timestamp with time zone, version integer, limit_leads_month bigint, limit_requests_minute integer, limit_source_requests_minute integer, limit_destinations integer, limit_storage_bytes bigint, storage_bytes bigint, storage_measured_at timestamp with time zone, cors_origins text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select t.id, t.slug, t.name, t.enabled, t.created_at, t.deleted_at, t.version, t.limit_leads_month,
          t.limit_requests_minute, t.limit_source_requests_minute, t.limit_destinations, t.limit_storage_bytes,
          t.storage_bytes, t.storage_measured_at, t.cors_origins
        from tenant t order by t.id $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.live_runners()
 RETURNS integer[]
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_catalog', 'pg_temp'
AS $function$ select coalesce(array_agg(objid::bigint::integer), '{}') from pg_locks
        where locktype = 'advisory' and classid = 7117 and granted
          and database = (select oid from pg_database where datname = current_database()) $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.login_width()
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select greatest(1, count(*))::integer from (select from tenant where deleted_at is null limit 3) t $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.must(what text, written bigint, expected bigint)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  if written <> expected then
    raise exception using errcode = 'MR001', message = 'conflict: ' || what;
  end if;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.must_be_free(blocked bigint)
 RETURNS void
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
begin
  if blocked > 0 then
    raise exception using errcode = 'MR002', message = 'a person is blocked';
  end if;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.next_due(at_time timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select least(
    (select min(w.wake_at) from millrace.work_groups(at_time) g cross join lateral (
      select w.wake_at from work w
      where w.tenant_id = g.tenant_id and w.lane = g.lane and w.priority = g.priority and w.alone = g.alone
        and w.wake_at > at_time
      order by w.wake_at limit 1) w
      where not (g.stopped and g.alone)),
    (select min(b.retry_at) from destination_state b where b.breaker <> 'closed' and b.retry_at > at_time),
    (select min(h.until) from hold h where h.until > at_time)) $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.next_job(at_time timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select least(
    (select min(j.run_at) from tenant t cross join lateral (
      select j.run_at from job j where j.tenant_id = t.id and j.handed_at is null and j.failed_at is null
        and j.run_at > at_time order by j.run_at limit 1) j),
    (select min(s.next_at) from job_schedule s where s.next_at > at_time)) $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.next_webhook(at_time timestamp with time zone)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  select min(e.next_at) from webhook w cross join lateral (
    select e.next_at from webhook_event e
    where e.tenant_id = w.tenant_id and e.webhook_id = w.id and e.state = 'waiting' and e.next_at > at_time
    order by e.next_at limit 1) e
  where w.enabled $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.note_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into millrace.lead_change (tenant_id, leads)
  select tenant_id, array_agg(id) from changed group by tenant_id;
  return null;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.open_lane(of_tenant uuid, of_flow text, of_destination text, at_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with moved as (
    update work w set lane = of_flow || '/' || of_destination, wake_at = least(w.wake_at, at_time)
    from delivery d
    where d.tenant_id = of_tenant and d.state = 'waiting' and d.flow_id = of_flow and d.destination = of_destination
      and w.tenant_id = d.tenant_id and w.lead_id = d.lead_id and w.alone and w.runner is null
      and w.lane <> '' and w.lane <> of_flow || '/' || of_destination
    returning 1
  )
  select count(*) from moved $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.own_rows(of_table text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
begin
  if not exists (select from pg_catalog.pg_policies where schemaname = 'millrace' and tablename = of_table and policyname = 'definer') then
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', of_table, current_user);
  end if;
end $function$

CREATE OR REPLACE FUNCTION millrace.purge_tenant(of_tenant uuid, each integer)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
declare
  leads uuid[];
  leaf record;
  gone bigint := 0;
  removed bigint;
begin
  if not exists (select from tenant t where t.id = of_tenant and t.deleted_at is not null) then
    return 0;
  end if;
  -- The journal is found by its leads: it has no index by tenant.
  select array_agg(l.id) into leads from (select id from lead where tenant_id = of_tenant order by id limit each) l;
  if leads is not null then
    for leaf in select c.relname as name from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'millrace.segment'::regclass
    loop
      perform millrace.own_rows(leaf.name);
      execute format('delete from millrace.%I where lead_id = any ($1) and tenant_id = $2', leaf.name) using leads, of_tenant;
    end loop;
    delete from lead where tenant_id = of_tenant and id = any (leads);
    return cardinality(leads);
  end if;
  for leaf in
    select c.relname as name from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'millrace'::regnamespace and c.relkind = 'r' and c.relname not like 'segment%'
    order by c.relname
  loop
    perform millrace.own_rows(leaf.name);
    begin
      execute format('delete from millrace.%I where ctid = any (array(select ctid from millrace.%I where tenant_id = $1 limit $2))',
        leaf.name, leaf.name) using of_tenant, each;
      get diagnostics removed = row_count;
      gone := gone + removed;
    exception when foreign_key_violation then
      -- What refers to it goes first; the next call comes back to it.
      gone := gone + 1;
    end;
  end loop;
  if gone = 0 then
    delete from tenant where id = of_tenant;
  end if;
  return gone;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.quota_used(of_scope text, at_time timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ select coalesce(max(used), 0) from quota
        where scope = of_scope and window_start <= at_time and window_end > at_time $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.retire_segments(tenant uuid, leads uuid[])
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with ended as materialized (
    select l.id from lead l
    where l.tenant_id = tenant and l.id = any (leads) and l.wrapped_key is null and l.closed_at is not null
      and tenant = any ((select millrace.tenants())::uuid[])
  ), gone as (
    delete from segment s using ended e where s.tenant_id = tenant and s.lead_id = e.id
    returning s.tenant_id, s.lead_id, s.seq, s.at, s.hash
  ), kept as (
    insert into retired_segment (tenant_id, lead_id, seq, at, hash)
    select tenant_id, lead_id, seq, at, hash from gone returning 1
  )
  select count(*) from kept $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.rotate_session(session uuid, spent integer, at_time timestamp with time zone, until timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, login_id uuid, role text, generation integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  update login_session set revoked_at = at_time, revoked_for = 'reuse'
  where id = session and generation > spent and revoked_at is null;
  update login_session s set generation = s.generation + 1, last_seen_at = at_time, expires_at = until
  from login l, tenant t
  where s.id = session and s.generation = spent and s.kind = 'token' and s.revoked_at is null and s.expires_at > at_time
    and l.tenant_id = s.tenant_id and l.id = s.login_id and l.enabled and t.id = s.tenant_id and t.enabled
  returning s.tenant_id, s.login_id, l.role, s.generation $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.session_tenants(session uuid, at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, slug text, name text, login_id uuid, role text, totp_confirmed boolean, email_key bytea, is_current boolean, is_proven boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
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
  order by 8 desc, t.name, t.slug $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.settle_alerts(at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, id uuid, kind text, subject text, severity text, code text, count integer, cleared boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(7118, 1) then return; end if;
  return query
  with found as materialized (select f.* from find_alerts() f),
  raised as (
    insert into alert as a (tenant_id, id, kind, subject, severity, code, count, raised_at, told_at)
    select f.tenant_id, gen_random_uuid(), f.kind, f.subject, f.severity, f.code, f.count, at_time, null from found f
    on conflict (tenant_id, kind, subject) where cleared_at is null do update
      set count = excluded.count, code = coalesce(excluded.code, a.code)
      where a.count <> excluded.count or (excluded.code is not null and a.code is distinct from excluded.code)
    returning a.*
  ),
  over as (
    update alert a set cleared_at = at_time
    where a.cleared_at is null
      and not exists (select from found f where f.tenant_id = a.tenant_id and f.kind = a.kind and f.subject = a.subject)
    returning a.*
  )
  select r.tenant_id, r.id, r.kind, r.subject, r.severity, r.code, r.count, false from raised r where r.told_at is null
  union
  -- What was raised and not told, by a process that died.
  select a.tenant_id, a.id, a.kind, a.subject, a.severity, a.code, a.count, false from alert a
  where a.told_at is null and a.cleared_at is null and not exists (select from over o where o.tenant_id = a.tenant_id and o.id = a.id)
  union
  select o.tenant_id, o.id, o.kind, o.subject, o.severity, o.code, o.count, true from over o
  union
  -- What was over and not told.
  select a.tenant_id, a.id, a.kind, a.subject, a.severity, a.code, a.count, true from alert a
  where a.cleared_at is not null and a.cleared_told_at is null;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.take_due(at_time timestamp with time zone, new_runner integer, each integer, in_all integer, lanes text[], rooms integer[])
 RETURNS TABLE(tenant_id uuid, lead_id uuid, attempts integer, lane text)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with live as materialized (select millrace.live_runners() as numbers),
  limits as materialized (select l.name, l.room from unnest(lanes, rooms) as l(name, room)),
  due as materialized (
    select w.tenant_id, w.lead_id, g.lane, g.priority, w.wake_at, g.trying, l.room
    from millrace.work_groups(at_time) g
    left join limits l on l.name = g.tenant_id || '/' || g.lane and g.lane <> ''
    cross join lateral (
      select w.tenant_id, w.lead_id, w.wake_at from work w
      where w.tenant_id = g.tenant_id and w.lane = g.lane and w.priority = g.priority and w.alone = g.alone
        and w.wake_at <= at_time
        and (w.runner is null or w.runner <> all ((select numbers from live)::integer[]))
      order by w.wake_at
      limit case when g.trying then 1 else least(each, coalesce(l.room, each)) end
      for update skip locked
    ) w
    -- Of a lane that is stopped, only leads that have something else to do.
    where not (g.stopped and g.alone)
  ),
  ranked as (
    select d.*, d.priority > 0 as later, d.wake_at + d.priority * interval '10 minutes' as rank from due d
  ),
  of_lanes as (
    -- A lane has several groups: its room is for all of them.
    select r.*, row_number() over (partition by r.tenant_id, r.lane order by r.later, r.rank) as lane_turn from ranked r
  ),
  of_calls as (
    select o.*, row_number() over (partition by o.tenant_id, o.lane = '' order by o.later, o.rank) as call_turn
    from of_lanes o
    where o.lane = '' or o.lane_turn <= case when o.trying then 1 else coalesce(o.room, o.lane_turn) end
  ),
  turns as (
    select c.tenant_id, c.lead_id, row_number() over (partition by c.tenant_id order by c.later, c.rank) as turn
    from of_calls c left join limits l on l.name = c.tenant_id::text and c.lane <> ''
    where l.room is null or c.call_turn <= l.room
  ),
  chosen as (
    select t.tenant_id, t.lead_id from turns t
    left join limits own on own.name = t.tenant_id || '/*'
    left join limits other on other.name = '*'
    where t.turn <= coalesce(own.room, other.room, t.turn)
    order by t.turn limit in_all
  )
  update work w set runner = new_runner, attempts = w.attempts + 1
  from chosen c where w.tenant_id = c.tenant_id and w.lead_id = c.lead_id
  returning w.tenant_id, w.lead_id, w.attempts, w.lane $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.take_quota(of_scope text, starts timestamp with time zone, ends timestamp with time zone, amount bigint, most bigint)
 RETURNS TABLE(granted bigint, left_over bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
declare
  before bigint;
begin
  insert into quota (scope, window_start, window_end, used) values (of_scope, starts, ends, 0) on conflict do nothing;
  select q.used into before from quota q where q.scope = of_scope and q.window_start = starts for update;
  granted := greatest(0, least(amount, most - before, greatest(1, (most - before) / 4)));
  update quota q set used = before + granted where q.scope = of_scope and q.window_start = starts;
  left_over := greatest(0, most - before - granted);
  return next;
end $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.take_webhook_events(of_tenant uuid, of_webhook uuid, at_time timestamp with time zone, until timestamp with time zone, most integer)
 RETURNS TABLE(subject uuid, seq integer, "position" integer, type text, at timestamp with time zone, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with due as materialized (
    select e.subject, e.seq, e.position from webhook_event e
    where e.tenant_id = of_tenant and e.webhook_id = of_webhook and e.state = 'waiting' and e.next_at <= at_time
    order by e.next_at limit most for update skip locked
  ),
  judged as materialized (
    select d.*, exists (select from webhook_event b where b.tenant_id = of_tenant and b.webhook_id = of_webhook
      and b.subject = d.subject and b.state = 'waiting' and (b.seq, b.position) < (d.seq, d.position)) as behind
    from due d
  ),
  pushed as (
    update webhook_event e set next_at = at_time + interval '1 second' from judged j
    where j.behind and e.tenant_id = of_tenant and e.webhook_id = of_webhook
      and e.subject = j.subject and e.seq = j.seq and e.position = j.position
  )
  update webhook_event e set next_at = until, attempts = e.attempts + 1 from judged j
  where not j.behind and e.tenant_id = of_tenant and e.webhook_id = of_webhook
    and e.subject = j.subject and e.seq = j.seq and e.position = j.position
  returning e.subject, e.seq, e.position, e.type, e.at, e.attempts $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.tell_epoch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('millrace_epoch', new.id::text || ' ' || new.config_epoch::text);
  return null;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.tell_gate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('millrace_gate', '');
  return null;
end $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.tenants()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ select coalesce(nullif(current_setting('millrace.tenants', true), ''), '{}')::uuid[] $function$
  grant execute to public

CREATE OR REPLACE FUNCTION millrace.touch_key(key_id uuid, at_time timestamp with time zone)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$ update source_key set last_used_at = at_time
        where id = key_id and (last_used_at is null or last_used_at < at_time - interval '1 minute') $function$
  grant execute to millrace_app

CREATE OR REPLACE FUNCTION millrace.work_groups(at_time timestamp with time zone)
 RETURNS TABLE(tenant_id uuid, lane text, priority smallint, alone boolean, stopped boolean, trying boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'millrace', 'pg_temp'
AS $function$
  with recursive groups as (
    select g.tenant_id, g.lane, g.priority, g.alone
    from tenant t cross join lateral (
      select w.tenant_id, w.lane, w.priority, w.alone from work w where w.tenant_id = t.id
      order by w.lane, w.priority, w.alone limit 1) g
    union all
    select n.tenant_id, n.lane, n.priority, n.alone
    from groups g cross join lateral (
      select w.tenant_id, w.lane, w.priority, w.alone from work w
      where w.tenant_id = g.tenant_id and (w.lane, w.priority, w.alone) > (g.lane, g.priority, g.alone)
      order by w.lane, w.priority, w.alone limit 1) n
  ),
  stops as materialized (
    select h.tenant_id, h.scope, h.name from hold h where h.until is null or h.until > at_time
  ),
  breakers as materialized (
    select b.tenant_id, b.flow_id || '/' || b.destination as lane, b.retry_at <= at_time as trying
    from destination_state b where b.breaker <> 'closed'
  )
  select g.tenant_id, g.lane, g.priority, g.alone,
    exists (select from stops s where s.tenant_id = g.tenant_id and case when g.lane = ''
      then s.scope = 'queue' and s.name = 'leads'
      else s.scope in ('emergency', 'tenant') or (s.scope = 'queue' and s.name = 'deliveries')
        or (s.scope = 'destination' and s.name = g.lane) end)
    or exists (select from breakers b where b.tenant_id = g.tenant_id and b.lane = g.lane and not b.trying),
    exists (select from breakers b where b.tenant_id = g.tenant_id and b.lane = g.lane and b.trying)
  from groups g $function$
  grant execute to millrace_app

  grant usage to millrace_app

sequence runner_number as integer start 1 increment 1 min 1 max 2147483647 cache 1 cycle
  grant usage to millrace_app

table access_token row level security forced
    1 tenant_id uuid not null
    2 name bytea not null
    3 sealed bytea
    4 expires_at timestamp with time zone
    5 renewing_until timestamp with time zone
  constraint access_token_pkey PRIMARY KEY (tenant_id, name)
  constraint access_token_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table account row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 created_at timestamp with time zone not null
    4 sealed bytea not null
  constraint account_pkey PRIMARY KEY (tenant_id, id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table account_key row level security forced
    1 tenant_id uuid not null
    2 key bytea not null
    3 account_id uuid not null
  CREATE INDEX account_key_account ON millrace.account_key USING btree (account_id)
  CREATE UNIQUE INDEX account_key_key ON millrace.account_key USING btree (key)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table alert row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 kind text not null
    4 subject text not null
    5 severity text not null
    6 code text
    7 count integer not null
    8 raised_at timestamp with time zone not null
    9 acknowledged_at timestamp with time zone
   10 acknowledged_by text
   11 cleared_at timestamp with time zone
   12 told_at timestamp with time zone
   13 cleared_told_at timestamp with time zone
  constraint alert_pkey PRIMARY KEY (tenant_id, id)
  constraint alert_severity_check CHECK ((severity = ANY (ARRAY['warning'::text, 'error'::text])))
  constraint alert_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX alert_over_untold ON millrace.alert USING btree (tenant_id) WHERE ((cleared_at IS NOT NULL) AND (cleared_told_at IS NULL))
  CREATE INDEX alert_untold ON millrace.alert USING btree (tenant_id) WHERE (told_at IS NULL)
  CREATE UNIQUE INDEX alert_open ON millrace.alert USING btree (tenant_id, kind, subject) WHERE (cleared_at IS NULL)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table anchor row level security forced
    1 tenant_id uuid not null
    2 day date not null
    3 segments bigint not null
    4 digest bytea not null
    5 signature bytea not null
    6 made_at timestamp with time zone not null
  constraint anchor_pkey PRIMARY KEY (tenant_id, day)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table audit_anchor row level security forced
    1 tenant_id uuid not null
    2 seq bigint not null
    3 head bytea not null
    4 signature bytea not null
    5 made_at timestamp with time zone not null
  constraint audit_anchor_pkey PRIMARY KEY (tenant_id, seq)
  constraint audit_anchor_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table audit_entry row level security forced
    1 tenant_id uuid not null
    2 seq bigint not null
    3 at timestamp with time zone not null
    4 actor_kind text not null
    5 actor text not null
    6 action text not null
    7 resource text not null
    8 resource_id text
    9 data text not null
   10 sealed bytea
   11 hash bytea not null
   12 sealed_by integer
  constraint audit_entry_pkey PRIMARY KEY (tenant_id, seq)
  constraint audit_entry_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX audit_actor ON millrace.audit_entry USING btree (tenant_id, actor, seq)
  CREATE INDEX audit_resource ON millrace.audit_entry USING btree (tenant_id, resource, resource_id, seq)
  CREATE INDEX audit_under_wrap ON millrace.audit_entry USING btree (tenant_id, at) WHERE ((sealed IS NOT NULL) AND (sealed_by IS NULL))
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table audit_head row level security forced
    1 tenant_id uuid not null
    2 seq bigint not null
    3 head bytea not null
  constraint audit_head_pkey PRIMARY KEY (tenant_id)
  constraint audit_head_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select, update to millrace_app

table batch_file row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 flow_id text not null
    4 destination text not null
    5 name text not null
    6 state text not null
    7 rows integer not null default 0
    8 bytes integer not null default 0
    9 digest bytea
   10 attempts integer not null default 0
   11 code text
   12 made_at timestamp with time zone not null
   13 sent_at timestamp with time zone
   14 next_at timestamp with time zone not null
  constraint batch_file_pkey PRIMARY KEY (tenant_id, id)
  constraint batch_file_state_check CHECK ((state = ANY (ARRAY['writing'::text, 'sent'::text, 'failed'::text])))
  constraint batch_file_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX batch_file_due ON millrace.batch_file USING btree (next_at) WHERE (state = 'writing'::text)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table batch_item row level security forced
    1 tenant_id uuid not null
    2 delivery uuid not null
    3 lead_id uuid not null
    4 flow_id text not null
    5 destination text not null
    6 due_at timestamp with time zone not null
    7 file uuid
    8 line integer
    9 attempt integer not null default 1
   10 result bytea
  constraint batch_item_pkey PRIMARY KEY (tenant_id, delivery)
  constraint batch_item_tenant_id_file_fkey FOREIGN KEY (tenant_id, file) REFERENCES millrace.batch_file(tenant_id, id)
  constraint batch_item_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX batch_item_of_file ON millrace.batch_item USING btree (file) WHERE (file IS NOT NULL)
  CREATE INDEX batch_item_waiting ON millrace.batch_item USING btree (tenant_id, flow_id, destination, due_at) WHERE (file IS NULL)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table branding row level security forced
    1 tenant_id uuid not null
    2 name text
    3 color text
    4 logo text
    5 updated_at timestamp with time zone not null
  constraint branding_pkey PRIMARY KEY (tenant_id)
  constraint branding_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table cap_usage with (fillfactor=50) row level security forced
    1 tenant_id uuid not null
    2 scope text not null
    3 window_start timestamp with time zone not null
    4 used numeric not null
    5 version bigint not null default 1
    6 buckets jsonb
    7 history numeric not null default 0
  constraint cap_usage_pkey PRIMARY KEY (tenant_id, scope, window_start)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table claim row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 at timestamp with time zone not null
    4 key bytea not null
    5 fingerprint bytea
    6 kept boolean not null default false
  constraint claim_pkey PRIMARY KEY (key)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table consent_record row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 at timestamp with time zone not null
    4 noted_at timestamp with time zone not null
    5 subject bigint not null
    6 subject_kind text not null
    7 channel text not null
    8 act text not null
    9 renews boolean not null default false
   10 purpose text
   11 basis text
   12 seller text
   13 source text
   14 via text not null
   15 lead_id uuid
   16 evidence_id uuid
   17 sealed bytea
  constraint consent_record_act_check CHECK ((act = ANY (ARRAY['given'::text, 'revoked'::text])))
  constraint consent_record_channel_check CHECK ((channel = ANY (ARRAY['call'::text, 'sms'::text, 'email'::text, 'share'::text, 'all'::text])))
  constraint consent_record_pkey PRIMARY KEY (tenant_id, id)
  constraint consent_record_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['email'::text, 'phone'::text])))
  CREATE INDEX consent_subject ON millrace.consent_record USING btree (tenant_id, subject, channel, at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table delivery with (fillfactor=80) row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 id uuid not null
    4 opened_at timestamp with time zone not null
    5 changed_at timestamp with time zone not null
    6 next_at timestamp with time zone
    7 attempts integer not null
    8 flow_id text not null
    9 destination text not null
   10 state text not null
   11 code text
   12 paid numeric
   13 currency text
  constraint delivery_pkey PRIMARY KEY (tenant_id, lead_id, id)
  constraint delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'unknown'::text, 'delivered'::text, 'refused'::text, 'passed'::text, 'dead'::text, 'discarded'::text])))
  CREATE INDEX delivery_open ON millrace.delivery USING btree (tenant_id, state, flow_id, destination, lead_id) WHERE (state = ANY (ARRAY['waiting'::text, 'unknown'::text, 'dead'::text]))
  CREATE INDEX delivery_taken ON millrace.delivery USING btree (tenant_id, destination, lead_id DESC) WHERE (state = 'delivered'::text)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table delivery_figure row level security forced
    1 tenant_id uuid not null
    2 at timestamp with time zone not null
    3 deliveries bigint not null
    4 paid numeric
    5 grain text not null
    6 flow_id text not null
    7 destination text not null
    8 state text not null
    9 code text
   10 currency text
  constraint delivery_figure_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text])))
  CREATE INDEX delivery_figure_at ON millrace.delivery_figure USING btree (tenant_id, grain, at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant select to millrace_app

table destination_minute row level security forced
    1 tenant_id uuid not null
    2 minute timestamp with time zone not null
    3 flow_id text not null
    4 destination text not null
    5 successes integer not null
    6 failures integer not null
    7 errors integer not null
    8 latencies integer[] not null
  constraint destination_minute_pkey PRIMARY KEY (tenant_id, flow_id, destination, minute)
  CREATE INDEX destination_minute_apart ON millrace.destination_minute USING btree (minute) WHERE (minute <> date_bin('01:00:00'::interval, minute, '1970-01-01 00:00:00+00'::timestamp with time zone))
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table destination_state row level security forced
    1 tenant_id uuid not null
    2 flow_id text not null
    3 destination text not null
    4 breaker text not null default 'closed'::text
    5 changed_at timestamp with time zone not null
    6 retry_at timestamp with time zone
    7 openings integer not null default 0
    8 code text
    9 alerted_at timestamp with time zone
  constraint destination_state_breaker_check CHECK ((breaker = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text])))
  constraint destination_state_pkey PRIMARY KEY (tenant_id, flow_id, destination)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  CREATE TRIGGER tell_gate AFTER INSERT OR DELETE OR UPDATE ON millrace.destination_state FOR EACH STATEMENT EXECUTE FUNCTION millrace.tell_gate() (O)
  grant delete, insert, select, update to millrace_app

table fact row level security forced
    1 tenant_id uuid not null
    2 key bytea not null
    3 said_at timestamp with time zone not null
    4 fresh_until timestamp with time zone not null
    5 sealed bytea not null
  constraint fact_pkey PRIMARY KEY (tenant_id, key)
  constraint fact_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX fact_fresh_until ON millrace.fact USING btree (tenant_id, fresh_until)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table figure_due row level security forced
    1 tenant_id uuid not null
    2 hour bigint not null
  constraint figure_due_pkey PRIMARY KEY (tenant_id, hour)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant select to millrace_app

table figure_mark
    1 tx xid8
    2 old_tx xid8
    3 old_at timestamp with time zone
    4 recent bigint
  grant select to millrace_app

table flow row level security forced
    1 tenant_id uuid not null
    2 id text not null
    3 current_version integer not null
    4 enabled boolean not null default true
  constraint flow_pkey PRIMARY KEY (tenant_id, id)
  constraint flow_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table flow_version row level security forced
    1 tenant_id uuid not null
    2 flow_id text not null
    3 version integer not null
    4 document text not null
    5 digest bytea not null
    6 revisions jsonb not null
    7 published_at timestamp with time zone not null
    8 published_by text not null
    9 note text
  constraint flow_version_pkey PRIMARY KEY (tenant_id, flow_id, version)
  constraint flow_version_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table held_evidence row level security forced
    1 tenant_id uuid not null
    2 hold_id uuid not null
    3 lead_id uuid not null
    4 at timestamp with time zone not null
    5 sealed bytea not null
  constraint held_evidence_pkey PRIMARY KEY (tenant_id, hold_id, lead_id)
  constraint held_evidence_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table hold row level security forced
    1 tenant_id uuid not null
    2 scope text not null
    3 name text not null
    4 since timestamp with time zone not null
    5 until timestamp with time zone
    6 by text not null
    7 code text
    8 reason bytea
  constraint hold_pkey PRIMARY KEY (tenant_id, scope, name)
  constraint hold_scope_check CHECK ((scope = ANY (ARRAY['emergency'::text, 'tenant'::text, 'queue'::text, 'destination'::text])))
  constraint hold_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  CREATE TRIGGER tell_gate AFTER INSERT OR DELETE OR UPDATE ON millrace.hold FOR EACH STATEMENT EXECUTE FUNCTION millrace.tell_gate() (O)
  grant delete, insert, select, update to millrace_app

table idempotency row level security forced
    1 tenant_id uuid not null
    2 key bytea not null
    3 fingerprint bytea not null
    4 created_at timestamp with time zone not null
    5 status integer
    6 sealed bytea
  constraint idempotency_pkey PRIMARY KEY (tenant_id, key)
  constraint idempotency_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table identity_label row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 person_id uuid not null
    4 same boolean not null
    5 at timestamp with time zone not null
    6 by text not null
    7 codes integer[] not null
  constraint identity_label_pkey PRIMARY KEY (tenant_id, lead_id, person_id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table identity_model row level security forced
    1 tenant_id uuid not null
    2 version integer not null
    3 trained_at timestamp with time zone not null
    4 model text not null
  constraint identity_model_pkey PRIMARY KEY (tenant_id, version)
  constraint identity_model_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table identity_term row level security forced
    1 tenant_id uuid not null
    2 field text not null
    3 term bigint not null
    4 share real not null
  constraint identity_term_pkey PRIMARY KEY (tenant_id, field, term)
  constraint identity_term_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table installation_answer
    1 key bytea not null
    2 fingerprint bytea not null
    3 created_at timestamp with time zone not null
    4 status integer
    5 sealed bytea
  constraint installation_answer_pkey PRIMARY KEY (key)
  grant delete, insert, select, update to millrace_app

table installation_key
    1 purpose text not null
    2 wrapped bytea not null
    3 master text not null
    4 created_at timestamp with time zone not null
  constraint installation_key_pkey PRIMARY KEY (purpose)
  grant insert, select, update to millrace_app

table job row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 task text not null
    4 payload jsonb not null
    5 priority smallint not null
    6 run_at timestamp with time zone not null
    7 key text
    8 attempts integer not null default 0
    9 handed_at timestamp with time zone
   10 code text
   11 failed_at timestamp with time zone
  constraint job_pkey PRIMARY KEY (tenant_id, id)
  constraint job_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX job_due ON millrace.job USING btree (tenant_id, priority, run_at) WHERE ((handed_at IS NULL) AND (failed_at IS NULL))
  CREATE INDEX job_handed ON millrace.job USING btree (handed_at) WHERE (handed_at IS NOT NULL)
  CREATE UNIQUE INDEX job_key ON millrace.job USING btree (tenant_id, task, key) WHERE ((key IS NOT NULL) AND (handed_at IS NULL))
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table job_schedule row level security forced
    1 tenant_id uuid not null
    2 name text not null
    3 task text not null
    4 payload jsonb not null
    5 cron text not null
    6 zone text not null
    7 next_at timestamp with time zone not null
  constraint job_schedule_pkey PRIMARY KEY (tenant_id, name)
  constraint job_schedule_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table job_worker
    1 worker_id text not null
    2 runner integer not null
  constraint job_worker_pkey PRIMARY KEY (worker_id)
  grant delete, insert, select to millrace_app

table lead row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 received_at timestamp with time zone not null
    4 closed_at timestamp with time zone
    5 duplicate_of uuid
    6 email_key bigint
    7 phone_key bigint
    8 flow_version integer not null
    9 seq integer not null
   10 duration_ms integer
   11 test boolean not null
   12 flow_id text not null
   13 source_id text not null
   14 status text not null
   15 outcome text
   16 code text
   17 price numeric
   18 revenue numeric
   19 currency text
   20 head bytea not null
   21 key_version integer not null
   22 wrapped_key bytea
   23 person_id uuid
  constraint lead_pkey PRIMARY KEY (tenant_id, id)
  CREATE INDEX lead_code ON millrace.lead USING btree (tenant_id, code, id) WHERE (code IS NOT NULL)
  CREATE INDEX lead_email ON millrace.lead USING btree (tenant_id, email_key) WHERE (email_key IS NOT NULL)
  CREATE INDEX lead_in_review ON millrace.lead USING btree (tenant_id, id) WHERE (status = 'pending_review'::text)
  CREATE INDEX lead_of_person ON millrace.lead USING btree (tenant_id, person_id) WHERE (person_id <> id)
  CREATE INDEX lead_open ON millrace.lead USING btree (tenant_id, id) WHERE (closed_at IS NULL)
  CREATE INDEX lead_phone ON millrace.lead USING btree (tenant_id, phone_key) WHERE (phone_key IS NOT NULL)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  CREATE TRIGGER forget_deleted_record AFTER DELETE ON millrace.lead FOR EACH ROW WHEN ((old.person_id IS NOT NULL)) EXECUTE FUNCTION millrace.forget_record() (O)
  CREATE TRIGGER forget_record AFTER UPDATE OF wrapped_key ON millrace.lead FOR EACH ROW WHEN (((old.wrapped_key IS NOT NULL) AND (new.wrapped_key IS NULL) AND (old.person_id IS NOT NULL))) EXECUTE FUNCTION millrace.forget_record() (O)
  CREATE TRIGGER note_changed AFTER UPDATE ON millrace.lead REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION millrace.note_change() (O)
  CREATE TRIGGER note_new AFTER INSERT ON millrace.lead REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION millrace.note_change() (O)
  CREATE TRIGGER review_gone AFTER DELETE ON millrace.lead FOR EACH ROW WHEN ((old.status = 'pending_review'::text)) EXECUTE FUNCTION millrace.end_review() (O)
  CREATE TRIGGER review_over AFTER UPDATE OF status ON millrace.lead FOR EACH ROW WHEN (((old.status = 'pending_review'::text) AND (new.status <> 'pending_review'::text))) EXECUTE FUNCTION millrace.end_review() (O)
  grant delete, insert, select, update to millrace_app

table lead_assignment row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 user_id text not null
    4 assigned_by text not null
    5 assigned_at timestamp with time zone not null
  constraint lead_assignment_pkey PRIMARY KEY (tenant_id, lead_id)
  CREATE INDEX lead_assignment_user ON millrace.lead_assignment USING btree (tenant_id, user_id, lead_id DESC)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table lead_change row level security forced
    1 tenant_id uuid not null
    2 tx xid8 not null default pg_current_xact_id()
    3 leads uuid[] not null
  CREATE INDEX lead_change_tx ON millrace.lead_change USING btree (tx)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table lead_figure row level security forced
    1 tenant_id uuid not null
    2 at timestamp with time zone not null
    3 leads bigint not null
    4 price numeric not null
    5 revenue numeric not null
    6 grain text not null
    7 flow_id text not null
    8 source_id text not null
    9 status text not null
   10 outcome text
   11 code text
   12 currency text
   13 test boolean not null
  constraint lead_figure_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text])))
  CREATE INDEX lead_figure_at ON millrace.lead_figure USING btree (tenant_id, grain, at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant select to millrace_app

table legal_hold row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 at timestamp with time zone not null
    4 actor text not null
    5 matter text not null
    6 keys bigint[] not null
    7 leads uuid[] not null
    8 keeps text[] not null
    9 released_at timestamp with time zone
  constraint legal_hold_pkey PRIMARY KEY (tenant_id, id)
  constraint legal_hold_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table list_import row level security forced
    1 tenant_id uuid not null
    2 list_id text not null
    3 name text not null
    4 state text not null default 'running'::text
    5 rows bigint not null default 0
    6 added bigint not null default 0
    7 rejected bigint not null default 0
    8 problems text not null default '[]'::text
    9 digest bytea
   10 started_at timestamp with time zone not null
   11 changed_at timestamp with time zone not null
  constraint list_import_pkey PRIMARY KEY (tenant_id, list_id, name)
  constraint list_import_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'broken'::text])))
  constraint list_import_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table login row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 email_key bytea not null
    4 sealed bytea not null
    5 password_hash text
    6 role text not null
    7 created_at timestamp with time zone not null
    8 enabled boolean not null default true
    9 version integer not null default 1
   10 partner jsonb
   11 totp bytea
   12 totp_confirmed boolean not null default false
   13 totp_step bigint not null default 0
   14 recovery bytea[] not null default '{}'::bytea[]
   15 last_login_at timestamp with time zone
   16 sso_subject text
  constraint login_pkey PRIMARY KEY (tenant_id, id)
  constraint login_tenant_email UNIQUE (tenant_id, email_key)
  constraint login_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX login_email ON millrace.login USING btree (email_key)
  CREATE UNIQUE INDEX login_sso ON millrace.login USING btree (tenant_id, sso_subject) WHERE (sso_subject IS NOT NULL)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table login_link row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 login_id uuid not null
    4 purpose text not null
    5 token_hash bytea not null
    6 created_at timestamp with time zone not null
    7 expires_at timestamp with time zone not null
  constraint login_link_pkey PRIMARY KEY (tenant_id, id)
  constraint login_link_purpose_check CHECK ((purpose = ANY (ARRAY['invitation'::text, 'reset'::text])))
  constraint login_link_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  constraint login_link_token_hash_key UNIQUE (token_hash)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table login_proof row level security forced
    1 tenant_id uuid not null
    2 session_id uuid not null
    3 login_id uuid not null
  constraint login_proof_pkey PRIMARY KEY (tenant_id, session_id, login_id)
  constraint login_proof_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX login_proof_login ON millrace.login_proof USING btree (tenant_id, login_id)
  CREATE INDEX login_proof_session ON millrace.login_proof USING btree (session_id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table login_session row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 login_id uuid not null
    4 kind text not null
    5 generation integer not null default 1
    6 created_at timestamp with time zone not null
    7 last_seen_at timestamp with time zone not null
    8 expires_at timestamp with time zone not null
    9 revoked_at timestamp with time zone
   10 revoked_for text
   11 sealed bytea
  constraint login_session_kind_check CHECK ((kind = ANY (ARRAY['token'::text, 'cookie'::text])))
  constraint login_session_pkey PRIMARY KEY (tenant_id, id)
  constraint login_session_revoked_for_check CHECK ((revoked_for = ANY (ARRAY['logout'::text, 'revoked'::text, 'reuse'::text, 'password'::text, 'disabled'::text, 'switched'::text])))
  constraint login_session_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX login_session_login ON millrace.login_session USING btree (tenant_id, login_id)
  CREATE UNIQUE INDEX login_session_id ON millrace.login_session USING btree (id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table login_try
    1 email_key bytea not null
    2 tries integer not null
    3 last_at timestamp with time zone not null
    4 locked_until timestamp with time zone
  constraint login_try_pkey PRIMARY KEY (email_key)

table migration
    1 name text not null
    2 at timestamp with time zone not null
    3 sha256 text not null
    4 expands boolean not null default false
  constraint migration_pkey PRIMARY KEY (name)

table person with (autovacuum_analyze_scale_factor=0.5) row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 merged_into uuid
    4 account_id uuid
    5 created_at timestamp with time zone not null
    6 test boolean not null
    7 keys bigint[] not null
    8 sealed bytea
    9 account_lead uuid
  constraint person_pkey PRIMARY KEY (tenant_id, id)
  CREATE INDEX person_account ON millrace.person USING btree (tenant_id, account_id) WHERE (account_id IS NOT NULL)
  CREATE INDEX person_merged ON millrace.person USING btree (tenant_id, merged_into) WHERE (merged_into IS NOT NULL)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table person_apart row level security forced
    1 tenant_id uuid not null
    2 a uuid not null
    3 b uuid not null
  constraint person_apart_pkey PRIMARY KEY (tenant_id, a, b)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table person_block row level security forced
    1 tenant_id uuid not null
    2 key bigint not null
    3 channel text not null
    4 why text not null
    5 at timestamp with time zone not null
    6 request_id uuid
  constraint person_block_channel_check CHECK ((channel = ANY (ARRAY['all'::text, 'share'::text, 'call'::text, 'sms'::text, 'email'::text])))
  constraint person_block_pkey PRIMARY KEY (tenant_id, key, why, channel)
  constraint person_block_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  constraint person_block_why_check CHECK ((why = ANY (ARRAY['erased'::text, 'restricted'::text, 'objected'::text, 'revoked'::text])))
  CREATE INDEX person_block_erased ON millrace.person_block USING btree (tenant_id, at) WHERE (why = 'erased'::text)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table person_event row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 person_id uuid not null
    4 at timestamp with time zone not null
    5 type text not null
    6 by text not null
    7 lead_id uuid
    8 persons uuid[] not null
    9 undoes uuid
   10 other uuid
  constraint person_event_pkey PRIMARY KEY (tenant_id, id)
  constraint person_event_type_check CHECK ((type = ANY (ARRAY['merged'::text, 'unmerged'::text, 'split'::text, 'kept_apart'::text])))
  CREATE INDEX person_event_other ON millrace.person_event USING btree (tenant_id, other) WHERE (other IS NOT NULL)
  CREATE INDEX person_event_person ON millrace.person_event USING btree (tenant_id, person_id)
  CREATE UNIQUE INDEX person_event_undoes ON millrace.person_event USING btree (tenant_id, undoes) WHERE (undoes IS NOT NULL)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table person_key with (autovacuum_analyze_scale_factor=0.5) row level security forced
    1 tenant_id uuid not null
    2 person_id uuid not null
    3 lead_id uuid not null
    4 key bigint not null
    5 place integer not null
  CREATE UNIQUE INDEX person_key_place ON millrace.person_key USING btree (key, place) WITH (fillfactor='70')
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table person_record row level security forced
    1 tenant_id uuid not null
    2 person_id uuid not null
    3 lead_id uuid not null
    4 keys bigint[] not null
    5 sealed bytea
  constraint person_record_pkey PRIMARY KEY (tenant_id, person_id, lead_id)
  CREATE INDEX person_record_lead ON millrace.person_record USING btree (tenant_id, lead_id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table person_rules row level security forced
    1 tenant_id uuid not null
    2 rules jsonb not null
    3 updated_at timestamp with time zone not null
  constraint person_rules_pkey PRIMARY KEY (tenant_id)
  constraint person_rules_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table privacy_request row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 kind text not null
    4 status text not null
    5 at timestamp with time zone not null
    6 actor_kind text not null
    7 actor text not null
    8 due_at timestamp with time zone not null
    9 completed_at timestamp with time zone
   10 keys bigint[] not null
   11 leads uuid[] not null
   12 data text not null
   13 receipt text
  constraint privacy_request_kind_check CHECK ((kind = ANY (ARRAY['erase'::text, 'access'::text, 'rectify'::text, 'restrict'::text, 'object'::text, 'revoke'::text])))
  constraint privacy_request_pkey PRIMARY KEY (tenant_id, id)
  constraint privacy_request_status_check CHECK ((status = ANY (ARRAY['working'::text, 'waiting'::text, 'done'::text])))
  constraint privacy_request_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX privacy_request_open ON millrace.privacy_request USING btree (tenant_id, status, due_at) WHERE (status <> 'done'::text)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table quota with (fillfactor=50)
    1 scope text not null
    2 window_start timestamp with time zone not null
    3 window_end timestamp with time zone not null
    4 used bigint not null
  constraint quota_pkey PRIMARY KEY (scope, window_start)

table recipient_notice row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 request_id uuid not null
    4 lead_id uuid not null
    5 delivery text not null
    6 flow_id text not null
    7 flow_version integer not null
    8 destination text not null
    9 act text not null
   10 status text not null
   11 attempts integer not null default 0
   12 next_at timestamp with time zone not null
   13 due_at timestamp with time zone not null
   14 told_at timestamp with time zone
   15 acknowledged_at timestamp with time zone
   16 code text
   17 acknowledged_by text
   18 sealed bytea
  constraint recipient_notice_act_check CHECK ((act = ANY (ARRAY['erase'::text, 'revoke'::text, 'restrict'::text, 'rectify'::text])))
  constraint recipient_notice_pkey PRIMARY KEY (tenant_id, id)
  constraint recipient_notice_status_check CHECK ((status = ANY (ARRAY['due'::text, 'manual'::text, 'acknowledged'::text, 'refused'::text])))
  constraint recipient_notice_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX recipient_notice_lane ON millrace.recipient_notice USING btree (tenant_id, flow_id, destination, next_at) WHERE (status = 'due'::text)
  CREATE UNIQUE INDEX recipient_notice_once ON millrace.recipient_notice USING btree (tenant_id, request_id, delivery)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table replay_run row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 filter jsonb not null
    4 per_second double precision not null
    5 state text not null
    6 matched integer not null
    7 done integer not null default 0
    8 refused integer not null default 0
    9 at_lead uuid
   10 at_delivery uuid
   11 last_at timestamp with time zone
   12 by text not null
   13 reason bytea
   14 started_at timestamp with time zone not null
   15 ended_at timestamp with time zone
   16 ended_by text
   17 deed text not null default 'replay'::text
   18 stretch_id uuid
   19 stretch jsonb
  constraint replay_run_deed_check CHECK ((deed = ANY (ARRAY['replay'::text, 'discard'::text])))
  constraint replay_run_pkey PRIMARY KEY (tenant_id, id)
  constraint replay_run_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'canceled'::text])))
  constraint replay_run_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table retention_policy row level security forced
    1 tenant_id uuid not null
    2 kind text not null
    3 days integer
  constraint retention_policy_days_check CHECK ((days > 0))
  constraint retention_policy_kind_check CHECK ((kind = ANY (ARRAY['leads'::text, 'consent'::text, 'audit'::text])))
  constraint retention_policy_pkey PRIMARY KEY (tenant_id, kind)
  constraint retention_policy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select, update to millrace_app

table retention_run row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 at timestamp with time zone not null
    4 kind text not null
    5 before timestamp with time zone not null
    6 items bigint not null
    7 segments bigint not null
    8 archive text
    9 digest text
  constraint retention_run_pkey PRIMARY KEY (tenant_id, id)
  constraint retention_run_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table retired_segment row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 seq integer not null
    4 at timestamp with time zone not null
    5 hash bytea not null
  constraint retired_segment_pkey PRIMARY KEY (lead_id, seq)
  CREATE INDEX retired_segment_at ON millrace.retired_segment USING brin (at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table review_claim row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 user_id text not null
    4 until timestamp with time zone not null
  constraint review_claim_pkey PRIMARY KEY (tenant_id, lead_id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table review_item row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 score double precision
    4 queue text
  constraint review_item_pkey PRIMARY KEY (tenant_id, lead_id)
  CREATE INDEX review_item_hot ON millrace.review_item USING btree (tenant_id, score DESC NULLS LAST, lead_id DESC)
  CREATE INDEX review_item_queue ON millrace.review_item USING btree (tenant_id, queue, score DESC NULLS LAST, lead_id DESC)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table saved_view row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 user_id text not null
    4 name text not null
    5 filter jsonb not null
    6 created_at timestamp with time zone not null
  constraint saved_view_pkey PRIMARY KEY (tenant_id, id)
  constraint saved_view_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table sealing_key row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 scope text not null
    4 tenant_key_version integer not null
    5 wrapped bytea not null
  constraint sealing_key_pkey PRIMARY KEY (tenant_id, id, scope)
  constraint sealing_key_scope_check CHECK ((scope = ANY (ARRAY['person'::text, 'evidence'::text])))
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table secret row level security forced
    1 tenant_id uuid not null
    2 name text not null
    3 sealed bytea not null
    4 updated_at timestamp with time zone not null
  constraint secret_pkey PRIMARY KEY (tenant_id, name)
  constraint secret_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table segment partition by RANGE (lead_id) row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 at timestamp with time zone not null
    4 tx xid8 not null default pg_current_xact_id()
    5 seq integer not null
    6 hash bytea not null
    7 events text not null storage e
    8 sealed bytea storage e
  constraint segment_pkey PRIMARY KEY (lead_id, seq)
  CREATE INDEX segment_at ON ONLY millrace.segment USING brin (at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant insert, select to millrace_app

table segment_default partition of millrace.segment DEFAULT with (toast_tuple_target=4000) row level security forced

table source_key row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 flow_id text
    4 source_id text
    5 key_hash bytea not null
    6 hint text not null
    7 enabled boolean not null default true
    8 created_at timestamp with time zone not null
    9 name text not null default ''::text
   10 scopes text[] not null default '{submit}'::text[]
   11 expires_at timestamp with time zone
   12 last_used_at timestamp with time zone
   13 replaced_by uuid
   14 created_by text not null default ''::text
   15 version integer not null default 1
  constraint source_key_key_hash_key UNIQUE (key_hash)
  constraint source_key_of_a_source CHECK ((('submit'::text <> ALL (scopes)) OR ((flow_id IS NOT NULL) AND (source_id IS NOT NULL))))
  constraint source_key_pkey PRIMARY KEY (tenant_id, id)
  constraint source_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  CREATE INDEX source_key_id ON millrace.source_key USING btree (id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table speed_figure row level security forced
    1 tenant_id uuid not null
    2 at timestamp with time zone not null
    3 leads bigint not null
    4 slot integer not null
    5 grain text not null
    6 flow_id text not null
    7 source_id text not null
    8 test boolean not null
  constraint speed_figure_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text])))
  CREATE INDEX speed_figure_at ON millrace.speed_figure USING btree (tenant_id, grain, at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant select to millrace_app

table sso_provider row level security forced
    1 tenant_id uuid not null
    2 issuer text not null
    3 client_id text not null
    4 client_secret bytea not null
    5 default_role text
    6 version integer not null default 1
  constraint sso_provider_pkey PRIMARY KEY (tenant_id)
  constraint sso_provider_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table suppression_entry row level security forced
    1 tenant_id uuid not null
    2 list_id text not null
    3 key bytea not null
    4 added_at timestamp with time zone not null
    5 expires_at timestamp with time zone
  constraint suppression_entry_pkey PRIMARY KEY (tenant_id, key, list_id)
  CREATE INDEX suppression_entry_expires_at ON millrace.suppression_entry USING btree (tenant_id, expires_at) WHERE (expires_at IS NOT NULL)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table suppression_list row level security forced
    1 tenant_id uuid not null
    2 id text not null
    3 label text not null
    4 created_at timestamp with time zone not null
    5 entries bigint not null default 0
    6 hashes text[] not null default '{}'::text[]
  constraint suppression_list_pkey PRIMARY KEY (tenant_id, id)
  constraint suppression_list_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table tenant row level security forced
    1 id uuid not null
    2 slug text not null
    3 name text not null
    4 enabled boolean not null default true
    5 config_epoch bigint not null default 1
    6 created_at timestamp with time zone not null
    7 version integer not null default 1
    8 limit_leads_month bigint
    9 limit_requests_minute integer
   10 limit_source_requests_minute integer
   11 limit_destinations integer
   12 limit_storage_bytes bigint
   13 cors_origins text[] not null default '{}'::text[]
   14 created_by text not null default ''::text
   15 deleted_at timestamp with time zone
   16 storage_bytes bigint
   17 storage_measured_at timestamp with time zone
  constraint tenant_pkey PRIMARY KEY (id)
  constraint tenant_slug_key UNIQUE (slug)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  CREATE TRIGGER tell_epoch AFTER INSERT OR UPDATE OF config_epoch ON millrace.tenant FOR EACH ROW EXECUTE FUNCTION millrace.tell_epoch() (O)
  grant insert, select, update to millrace_app

table tenant_key row level security forced
    1 tenant_id uuid not null
    2 purpose text not null
    3 version integer not null
    4 wrapped bytea not null
    5 created_at timestamp with time zone not null
    6 master text
  constraint tenant_key_pkey PRIMARY KEY (tenant_id, purpose, version)
  constraint tenant_key_purpose_check CHECK ((purpose = ANY (ARRAY['wrap'::text, 'lookup'::text, 'audit'::text])))
  constraint tenant_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table webhook row level security forced
    1 tenant_id uuid not null
    2 id uuid not null
    3 name text not null
    4 host text not null
    5 events text[] not null
    6 flows text[]
    7 fields boolean not null
    8 tests boolean not null
    9 enabled boolean not null
   10 code text
   11 previous_until timestamp with time zone
   12 created_at timestamp with time zone not null
   13 changed_at timestamp with time zone not null
  constraint webhook_pkey PRIMARY KEY (tenant_id, id)
  constraint webhook_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES millrace.tenant(id)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table webhook_event with (fillfactor=80) row level security forced
    1 tenant_id uuid not null
    2 webhook_id uuid not null
    3 subject uuid not null
    4 seq integer not null
    5 position integer not null
    6 type text not null
    7 at timestamp with time zone not null
    8 state text not null default 'waiting'::text
    9 next_at timestamp with time zone not null
   10 attempts integer not null default 0
   11 code text
   12 status integer
  constraint webhook_event_pkey PRIMARY KEY (tenant_id, webhook_id, subject, seq, "position")
  constraint webhook_event_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'dead'::text])))
  CREATE INDEX webhook_event_due ON millrace.webhook_event USING btree (tenant_id, webhook_id, next_at) WHERE (state = 'waiting'::text)
  CREATE INDEX webhook_event_ended ON millrace.webhook_event USING btree (tenant_id, webhook_id, state, at) WHERE (state <> 'waiting'::text)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

table work with (fillfactor=70) row level security forced
    1 tenant_id uuid not null
    2 lead_id uuid not null
    3 wake_at timestamp with time zone not null
    4 runner integer
    5 attempts integer not null default 0
    6 lane text not null default ''::text
    7 alone boolean not null default true
    8 priority smallint not null default 1
  constraint work_pkey PRIMARY KEY (tenant_id, lead_id)
  CREATE INDEX work_lane ON millrace.work USING btree (tenant_id, lane, priority, alone, wake_at)
  policy definer for all to owner using true with check true
  policy tenant for all to millrace_app using (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[])) with check (tenant_id = ANY (( SELECT millrace.tenants() AS tenants)::uuid[]))
  grant delete, insert, select, update to millrace_app

view event with (security_invoker=true) (tenant_id uuid, lead_id uuid, seq integer, position integer, type text, at timestamp with time zone, data json)
 SELECT s.tenant_id,
    s.lead_id,
    s.seq,
    (e.ordinality)::integer AS "position",
    (e.value ->> 0) AS type,
    (s.at + (((e.value ->> 1))::double precision * '00:00:00.001'::interval)) AS at,
        CASE json_typeof((e.value -> 2))
            WHEN 'string'::text THEN ((jsonb_build_object('step', (e.value ->> 2), 'outcome', 'success') || COALESCE(((e.value -> 3))::jsonb, '{}'::jsonb)))::json
            ELSE (e.value -> 2)
        END AS data
   FROM (millrace.segment s
     CROSS JOIN LATERAL json_array_elements((s.events)::json) WITH ORDINALITY e(value, ordinality));
  grant select to millrace_app
