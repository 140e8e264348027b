-- expands
-- Jobs: work that is no lead's journey. It stands here, written in the transaction that decided on it, and is handed to
-- the queue (graphile-worker, in a schema of its own) in small numbers; the queue may be thrown away at any time.

create table millrace.job (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  task text not null,
  -- Ids and numbers: nothing personal.
  payload jsonb not null,
  -- 0 emergency, 1 high, 2 medium, 3 low.
  priority smallint not null,
  run_at timestamptz not null,
  -- One that waits under this key is replaced by another.
  key text,
  attempts integer not null default 0,
  -- When it was handed to the queue; null: not yet.
  handed_at timestamptz,
  -- What ended its last run; with failed_at: the last there will be.
  code text,
  failed_at timestamptz,
  primary key (tenant_id, id)
);
create unique index job_key on millrace.job (tenant_id, task, key) where key is not null and handed_at is null;
create index job_due on millrace.job (tenant_id, priority, run_at) where handed_at is null and failed_at is null;
create index job_handed on millrace.job (handed_at) where handed_at is not null;

create table millrace.job_schedule (
  tenant_id uuid not null references millrace.tenant,
  name text not null,
  task text not null,
  payload jsonb not null,
  -- Five fields, in the time of this zone.
  cron text not null,
  zone text not null,
  next_at timestamptz not null,
  primary key (tenant_id, name)
);

-- Workers of the queue, under the number of the process they belong to: what a dead one had locked is unlocked.
create table millrace.job_worker (
  worker_id text primary key,
  runner integer not null
);

do $$
declare
  name text;
begin
  foreach name in array array['job', 'job_schedule']
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
grant select, insert, delete on millrace.job_worker to millrace_app;

-- Hands due jobs over, in turn between tenants. One handed longer ago than `again_before` is handed again: the queue
-- knows whether it still has it.
create function millrace.hand_jobs(at_time timestamptz, again_before timestamptz, each integer, in_all integer)
  returns table (tenant_id uuid, id uuid, priority smallint)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
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
  returning j.tenant_id, j.id, j.priority $$;

-- Schedules that are due, taken by whoever comes first: it must move them on in the same transaction.
create function millrace.due_schedules(at_time timestamptz, most integer)
  returns table (tenant_id uuid, name text, task text, payload jsonb, cron text, zone text, next_at timestamptz)
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  select s.tenant_id, s.name, s.task, s.payload, s.cron, s.zone, s.next_at from job_schedule s
  where s.next_at <= at_time order by s.next_at limit most for update skip locked $$;

create function millrace.next_job(at_time timestamptz) returns timestamptz
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
  select least(
    (select min(j.run_at) from tenant t cross join lateral (
      select j.run_at from job j where j.tenant_id = t.id and j.handed_at is null and j.failed_at is null
        and j.run_at > at_time order by j.run_at limit 1) j),
    (select min(s.next_at) from job_schedule s where s.next_at > at_time)) $$;

revoke all on function millrace.hand_jobs, millrace.due_schedules, millrace.next_job from public;
grant execute on function millrace.hand_jobs, millrace.due_schedules, millrace.next_job to millrace_app;
