-- expands
-- Deliveries of a priority, and places that no tenant can take all of. The signatures stay: programs before call them too.

-- Hands due leads to a runner, in turn between tenants, `in_all` at most; of each group at most `each`, of a lane in
-- `lanes` (tenant/lane) or a tenant's lanes in it (tenant) at most its room, and of a lane whose breaker is being tried
-- one. `tenant/*` is a tenant's room for all that it has, `*` that of one that is not named.
--
-- Of one tenant, what is of priority 0 comes first. Any other has a head start of ten minutes on the one below it: what
-- waits for longer than that is not passed by any more.
create or replace function millrace.take_due(
  at_time timestamptz, new_runner integer, each integer, in_all integer, lanes text[], rooms integer[])
  returns table (tenant_id uuid, lead_id uuid, attempts integer, lane text)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
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
  returning w.tenant_id, w.lead_id, w.attempts, w.lane $$;

-- Programs before lanes asked by this one; there is none left.
drop function millrace.take_due_work(timestamptz, integer, integer);
