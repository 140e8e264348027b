-- expands
-- What happens is told to those who subscribed: webhooks of a tenant, what each is owed, and alerts.

-- Its address and its keys stand sealed among the tenant's secrets, as webhook/<id>/url, …/secret and …/previous.
create table millrace.webhook (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  -- Nothing personal.
  name text not null,
  host text not null,
  events text[] not null,
  -- Null: all.
  flows text[],
  -- Whether the lead's fields go along.
  fields boolean not null,
  tests boolean not null,
  enabled boolean not null,
  -- Why it is not, where nobody switched it off.
  code text,
  -- Until then each event carries the signature of the key before as well.
  previous_until timestamptz,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (tenant_id, id)
);

-- What is owed to a webhook: written in the transaction that the event was journaled in. What is sent is made of the
-- journal when it is sent; here stand ids alone.
create table millrace.webhook_event (
  tenant_id uuid not null,
  webhook_id uuid not null,
  -- The lead, or the alert.
  subject uuid not null,
  seq integer not null,
  position integer not null,
  type text not null,
  at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'dead')),
  next_at timestamptz not null,
  attempts integer not null default 0,
  code text,
  status integer,
  primary key (tenant_id, webhook_id, subject, seq, position)
) with (fillfactor = 80);
create index webhook_event_due on millrace.webhook_event (tenant_id, webhook_id, next_at) where state = 'waiting';
create index webhook_event_ended on millrace.webhook_event (tenant_id, webhook_id, state, at) where state <> 'waiting';

-- What somebody should look at: told on the first, and not again until it was seen to.
create table millrace.alert (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  kind text not null,
  -- `flow/destination`, or the id of a webhook; '' for the tenant.
  subject text not null,
  severity text not null check (severity in ('warning', 'error')),
  code text,
  count integer not null,
  raised_at timestamptz not null,
  acknowledged_at timestamptz,
  acknowledged_by text,
  cleared_at timestamptz,
  -- When somebody was told; null: nobody yet.
  told_at timestamptz,
  primary key (tenant_id, id)
);
create unique index alert_open on millrace.alert (tenant_id, kind, subject) where cleared_at is null;
create index alert_untold on millrace.alert (tenant_id) where told_at is null;

do $$
declare
  name text;
begin
  foreach name in array array['webhook', 'webhook_event', 'alert']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;

-- Webhooks that something is due for. One look at the index each.
create function millrace.due_webhooks(at_time timestamptz) returns table (tenant_id uuid, webhook_id uuid)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  select w.tenant_id, w.id from webhook w
  where w.enabled and exists (select from webhook_event e where e.tenant_id = w.tenant_id and e.webhook_id = w.id
    and e.state = 'waiting' and e.next_at <= at_time)
  order by w.changed_at $$;

-- When the next falls due; null: nothing is owed.
create function millrace.next_webhook(at_time timestamptz) returns timestamptz
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  select min(e.next_at) from webhook w cross join lateral (
    select e.next_at from webhook_event e
    where e.tenant_id = w.tenant_id and e.webhook_id = w.id and e.state = 'waiting' and e.next_at > at_time
    order by e.next_at limit 1) e
  where w.enabled $$;

-- Takes what is due of one webhook until `until`: of each subject the first that is owed, so that they go in order. Those
-- behind are looked at again in a second, or when that one has ended.
create function millrace.take_webhook_events(of_tenant uuid, of_webhook uuid, at_time timestamptz, until timestamptz, most integer)
  returns table (subject uuid, seq integer, "position" integer, type text, at timestamptz, attempts integer)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
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
  returning e.subject, e.seq, e.position, e.type, e.at, e.attempts $$;

-- What should be looked at now, as the tables have it: a destination's dead letters and unknown outcomes, those that are
-- paused for their credentials or left alone by their breaker, webhooks that are given up, jobs that failed for good.
create function millrace.find_alerts()
  returns table (tenant_id uuid, kind text, subject text, severity text, code text, count bigint)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
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
  where j.failed_at is not null group by j.tenant_id, j.task $$;

-- Writes down what is new and what is over, and gives what somebody is to be told of. One process at a time: another
-- that asks meanwhile is told of nothing.
create function millrace.settle_alerts(at_time timestamptz)
  returns table (tenant_id uuid, id uuid, kind text, subject text, severity text, code text, count integer, cleared boolean)
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
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
  where a.told_at is null and a.cleared_at is null
  union
  select o.tenant_id, o.id, o.kind, o.subject, o.severity, o.code, o.count, true from over o where o.told_at is not null;
end $$;

revoke all on function millrace.due_webhooks, millrace.next_webhook, millrace.take_webhook_events, millrace.find_alerts,
  millrace.settle_alerts from public;
grant execute on function millrace.due_webhooks, millrace.next_webhook, millrace.take_webhook_events, millrace.settle_alerts
  to millrace_app;
