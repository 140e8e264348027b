-- expands
-- Deliveries: what is due of them stands in lanes, one a destination; what holds a lane; and what became of each.

-- What the lead is due for: '' for the lead itself, else `flow/destination` of the delivery that is due first.
alter table millrace.work add column lane text not null default '';
-- It is due for nothing besides, or for nothing that could go on: left alone while its lane is stopped.
alter table millrace.work add column alone boolean not null default true;
-- 0 emergency, 1 high, 2 medium, 3 low.
alter table millrace.work add column priority smallint not null default 1;
create index work_lane on millrace.work (tenant_id, lane, priority, alone, wake_at);
drop index millrace.work_due;

-- What became of each delivery, without personal data: written with every commit that ends an attempt or holds one.
create table millrace.delivery (
  tenant_id uuid not null,
  lead_id uuid not null,
  -- What its calls carry as idempotency key.
  id uuid not null,
  opened_at timestamptz not null,
  changed_at timestamptz not null,
  -- When it is tried again; null: not by itself.
  next_at timestamptz,
  attempts integer not null,
  flow_id text not null,
  destination text not null,
  state text not null check (state in ('waiting', 'unknown', 'delivered', 'refused', 'passed', 'dead', 'discarded')),
  code text,
  primary key (tenant_id, lead_id, id)
) with (fillfactor = 80);
create index delivery_open on millrace.delivery (tenant_id, state, flow_id, destination, lead_id)
  where state in ('waiting', 'unknown', 'dead');

-- What processes know together of a destination: its breaker, and whether anybody was told of its dead letters.
create table millrace.destination_state (
  tenant_id uuid not null,
  flow_id text not null,
  destination text not null,
  breaker text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
  changed_at timestamptz not null,
  -- Open: when a first call may try it again; half open: until when that call is waited for.
  retry_at timestamptz,
  -- Openings since it last closed: each doubles the pause.
  openings integer not null default 0,
  code text,
  alerted_at timestamptz,
  primary key (tenant_id, flow_id, destination)
);

-- What a person, or the house, has stopped: it ends by itself where `until` says so.
create table millrace.hold (
  tenant_id uuid not null references millrace.tenant,
  scope text not null check (scope in ('emergency', 'tenant', 'queue', 'destination')),
  -- Of the queue, or `flow/destination`; '' for the whole tenant.
  name text not null,
  since timestamptz not null,
  until timestamptz,
  by text not null,
  -- The fault that the house stopped it for; null: a person did.
  code text,
  reason bytea,
  primary key (tenant_id, scope, name)
);

-- Calls of a destination in a minute, of all processes: for its health. `latencies` counts by steps of a scale.
create table millrace.destination_minute (
  tenant_id uuid not null,
  minute timestamptz not null,
  flow_id text not null,
  destination text not null,
  successes integer not null,
  failures integer not null,
  errors integer not null,
  latencies integer[] not null,
  primary key (tenant_id, flow_id, destination, minute)
);

do $$
declare
  name text;
begin
  foreach name in array array['delivery', 'destination_state', 'hold', 'destination_minute']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
  foreach name in array array['destination_state', 'hold', 'delivery', 'destination_minute']
  loop
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
  end loop;
end $$;

-- A hint to all processes that what they know of holds and breakers is old.
create function millrace.tell_gate() returns trigger
  language plpgsql
  as $$
begin
  perform pg_notify('millrace_gate', '');
  return null;
end $$;
create trigger tell_gate after insert or update or delete on millrace.hold
  for each statement execute function millrace.tell_gate();
create trigger tell_gate after insert or update or delete on millrace.destination_state
  for each statement execute function millrace.tell_gate();

-- Everything that holds a lane now: what people stopped, and breakers that are not closed.
create function millrace.find_holds(at_time timestamptz)
  returns table (tenant_id uuid, scope text, name text, until timestamptz, state text, code text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  select h.tenant_id, h.scope, h.name, h.until, 'held', h.code from hold h
  where h.until is null or h.until > at_time
  union all
  select d.tenant_id, 'breaker', d.flow_id || '/' || d.destination, d.retry_at, d.breaker, d.code
  from destination_state d where d.breaker <> 'closed' $$;

-- The groups that rows of work stand in: one look at the index for each, however many rows it has.
create function millrace.work_groups(at_time timestamptz)
  returns table (tenant_id uuid, lane text, priority smallint, alone boolean, stopped boolean, trying boolean)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
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
  from groups g $$;

-- Hands due leads to a runner, in turn between tenants, `in_all` at most; of each group at most `each`, of a lane in
-- `lanes` (tenant/lane) or a tenant in it at most its room, and of a lane whose breaker is being tried one.
create function millrace.take_due(
  at_time timestamptz, new_runner integer, each integer, in_all integer, lanes text[], rooms integer[])
  returns table (tenant_id uuid, lead_id uuid, attempts integer, lane text)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with live as materialized (select millrace.live_runners() as numbers),
  limits as materialized (select l.name, l.room from unnest(lanes, rooms) as l(name, room)),
  due as materialized (
    select w.tenant_id, w.lead_id, g.lane, g.priority, w.wake_at
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
  turns as (
    select d.tenant_id, d.lead_id, d.lane,
      row_number() over (partition by d.tenant_id, d.lane = '' order by d.priority, d.wake_at) as turn
    from due d
  ),
  chosen as (
    select t.tenant_id, t.lead_id from turns t left join limits l on l.name = t.tenant_id::text and t.lane <> ''
    where l.room is null or t.turn <= l.room
    order by t.turn limit in_all
  )
  update work w set runner = new_runner, attempts = w.attempts + 1
  from chosen c where w.tenant_id = c.tenant_id and w.lead_id = c.lead_id
  returning w.tenant_id, w.lead_id, w.attempts, w.lane $$;

-- When the next lead falls due that is not stopped, or the next breaker may be tried; null: nothing is known.
create function millrace.next_due(at_time timestamptz) returns timestamptz
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  select least(
    (select min(w.wake_at) from millrace.work_groups(at_time) g cross join lateral (
      select w.wake_at from work w
      where w.tenant_id = g.tenant_id and w.lane = g.lane and w.priority = g.priority and w.alone = g.alone
        and w.wake_at > at_time
      order by w.wake_at limit 1) w
      where not (g.stopped and g.alone)),
    (select min(b.retry_at) from destination_state b where b.breaker <> 'closed' and b.retry_at > at_time),
    (select min(h.until) from hold h where h.until > at_time)) $$;

-- A lane is open again: leads that were left alone under another lane, and have a delivery for this one, move over.
create function millrace.open_lane(of_tenant uuid, of_flow text, of_destination text, at_time timestamptz) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  with moved as (
    update work w set lane = of_flow || '/' || of_destination, wake_at = least(w.wake_at, at_time)
    from delivery d
    where d.tenant_id = of_tenant and d.state = 'waiting' and d.flow_id = of_flow and d.destination = of_destination
      and w.tenant_id = d.tenant_id and w.lead_id = d.lead_id and w.alone and w.runner is null
      and w.lane <> '' and w.lane <> of_flow || '/' || of_destination
    returning 1
  )
  select count(*) from moved $$;

-- As programs before lanes ask.
create or replace function millrace.take_due_work(at_time timestamptz, new_runner integer, each integer)
  returns table (tenant_id uuid, lead_id uuid, attempts integer)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$ select t.tenant_id, t.lead_id, t.attempts
        from millrace.take_due(at_time, new_runner, each, 2000, '{}', '{}') t $$;

revoke all on function millrace.find_holds, millrace.work_groups, millrace.take_due, millrace.next_due, millrace.open_lane
  from public;
grant execute on function millrace.find_holds, millrace.work_groups, millrace.take_due, millrace.next_due, millrace.open_lane
  to millrace_app;
