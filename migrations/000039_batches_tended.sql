-- expands
-- What waits for a batch is looked through by its lanes, however much of it there is; batches that are over are let go;
-- that an alert is over is told even where whoever was to tell it died.

create index batch_item_waiting on millrace.batch_item (tenant_id, flow_id, destination, due_at) where file is null;
drop index millrace.batch_item_due;
create index batch_file_ended on millrace.batch_file (tenant_id, made_at) where state <> 'writing';

-- Whose batches there is something to do for, of any tenant: two looks at the index for each that something waits for.
create or replace function millrace.due_batches(at timestamptz, most integer)
  returns table (tenant_id uuid, flow_id text, destination text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
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
  $$;

-- When somebody was told that it is over; null: nobody yet.
alter table millrace.alert add column cleared_told_at timestamptz;
update millrace.alert set cleared_told_at = cleared_at where cleared_at is not null;
create index alert_over_untold on millrace.alert (tenant_id) where cleared_at is not null and cleared_told_at is null;

-- Writes down what is new and what is over, and gives what somebody is to be told of. One process at a time: another
-- that asks meanwhile is told of nothing.
create or replace function millrace.settle_alerts(at_time timestamptz)
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
  where a.told_at is null and a.cleared_at is null and not exists (select from over o where o.tenant_id = a.tenant_id and o.id = a.id)
  union
  select o.tenant_id, o.id, o.kind, o.subject, o.severity, o.code, o.count, true from over o
  union
  -- What was over and not told.
  select a.tenant_id, a.id, a.kind, a.subject, a.severity, a.code, a.count, true from alert a
  where a.cleared_at is not null and a.cleared_told_at is null;
end $$;
