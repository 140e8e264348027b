-- expands
-- What became of deliveries, by the minute or hour in which their leads were received: kept up to date as the figures of
-- leads are (docs/decisions/0030), from the same notes: whatever writes a delivery writes its lead too. Calls of more than
-- two hours ago are kept by the hour.

create table millrace.delivery_figure (
  tenant_id uuid not null,
  at timestamptz not null,
  deliveries bigint not null,
  paid numeric,
  grain text not null check (grain in ('minute', 'hour')),
  flow_id text not null,
  destination text not null,
  state text not null,
  code text,
  currency text
);
create index delivery_figure_at on millrace.delivery_figure (tenant_id, grain, at);

-- From this hour on, minutes are kept of every hour: counted from 1970, as of the last call.
alter table millrace.figure_mark add column recent bigint;

-- Figures of these minutes or hours, made anew from the leads. Numbers count whole minutes or hours since 1970.
create or replace function millrace.figures_from_leads(of_grain text, tenants uuid[], numbers bigint[]) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  as $$
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
end $$;

-- Hours whose minutes are all there, as their sum.
create or replace function millrace.figures_from_minutes(tenants uuid[], hours bigint[]) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  as $$
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
end $$;

-- Brings the figures up to date. One process at a time: the others go home. Answers how many minutes and hours it
-- made anew, or null where another is at it. What is left over (hours of long ago, at most `hours_max` a time) comes
-- with the next call.
create or replace function millrace.fold_figures(at_time timestamptz, recent_hours integer, hours_max integer) returns bigint
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set jit = off
  as $$
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
end $$;

-- Minutes that are not yet part of their hour.
create index destination_minute_apart on millrace.destination_minute (minute)
  where minute <> date_bin('1 hour', minute, timestamptz '1970-01-01 00:00:00+00');

-- Puts minutes of before that hour together, each hour as one row in the place of its first minute: at most `rows_max`
-- a call, the newest first. Answers how many. What is counted late is put together by a later call.
create function millrace.fold_calls(before_hour timestamptz, rows_max integer) returns bigint
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_seqscan = off set jit = off
  as $$
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
end $$;

alter table millrace.delivery_figure enable row level security;
alter table millrace.delivery_figure force row level security;
create policy tenant on millrace.delivery_figure to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
do $$
begin
  execute format('create policy definer on millrace.delivery_figure to %I using (true) with check (true)', current_user);
end $$;
grant select on millrace.delivery_figure to millrace_app;
-- Who reads by the figures wants to know what they do not tell yet.
grant select on millrace.figure_mark, millrace.figure_due to millrace_app;
revoke all on function millrace.fold_calls from public;
grant execute on function millrace.fold_calls to millrace_app;

-- All hours are counted once more, the newest first, in the background: what is new here is not there yet.
update millrace.figure_mark set tx = null;
