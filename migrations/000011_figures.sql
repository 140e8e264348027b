-- expands
-- What the console looks at: figures kept up to date beside the leads, what changed of late, and people's own settings.

-- Which leads a transaction wrote. Readers that follow it stop before the oldest transaction still open, so that none
-- is passed over; rows older than an hour or two are taken out.
create table millrace.lead_change (
  tenant_id uuid not null,
  tx xid8 not null default pg_current_xact_id(),
  leads uuid[] not null
);
create index lead_change_tx on millrace.lead_change (tx);

create function millrace.note_change() returns trigger
  language plpgsql
  as $$
begin
  insert into millrace.lead_change (tenant_id, leads)
  select tenant_id, array_agg(id) from changed group by tenant_id;
  return null;
end $$;
create trigger note_new after insert on millrace.lead
  referencing new table as changed for each statement execute function millrace.note_change();
create trigger note_changed after update on millrace.lead
  referencing new table as changed for each statement execute function millrace.note_change();

-- Leads by the minute or hour they were received in, by all that they are filtered by. Minutes are kept for some hours.
create table millrace.lead_figure (
  tenant_id uuid not null,
  at timestamptz not null,
  leads bigint not null,
  price numeric not null,
  revenue numeric not null,
  grain text not null check (grain in ('minute', 'hour')),
  flow_id text not null,
  source_id text not null,
  status text not null,
  outcome text,
  code text,
  currency text,
  test boolean not null
);
create index lead_figure_at on millrace.lead_figure (tenant_id, grain, at);

-- How many journeys took how long; see duration_slot.
create table millrace.speed_figure (
  tenant_id uuid not null,
  at timestamptz not null,
  leads bigint not null,
  slot integer not null,
  grain text not null check (grain in ('minute', 'hour')),
  flow_id text not null,
  source_id text not null,
  test boolean not null
);
create index speed_figure_at on millrace.speed_figure (tenant_id, grain, at);

-- Hours whose figures are to be made anew from the leads.
create table millrace.figure_due (
  tenant_id uuid not null,
  hour bigint not null,
  primary key (tenant_id, hour)
);

-- Up to which transaction the figures tell all; one row. `old_tx` is what `tx` was at `old_at`, an hour or so ago.
create table millrace.figure_mark (
  tx xid8,
  old_tx xid8,
  old_at timestamptz
);
insert into millrace.figure_mark values (null, null, null);

-- Milliseconds to a slot: one each below 16, then eight to each doubling, so that a slot is at most 9 % wide.
create function millrace.duration_slot(ms integer) returns integer
  language sql immutable parallel safe
  as $$ select case when ms < 16 then greatest(ms, 0) else 16 + floor((ln(ms::double precision) / ln(2::double precision) - 4) * 8)::integer end $$;

-- The smallest id of a millisecond: leads of a time are a range of ids.
create function millrace.first_id(ms bigint) returns uuid
  language sql immutable parallel safe
  as $$ select (lpad(to_hex(greatest(ms, 0)), 12, '0') || repeat('0', 20))::uuid $$;

create function millrace.id_ms(id uuid) returns bigint
  language sql immutable parallel safe
  as $$ select ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint $$;

-- Figures of these minutes or hours, made anew from the leads. Numbers count whole minutes or hours since 1970.
create function millrace.figures_from_leads(of_grain text, tenants uuid[], numbers bigint[]) returns void
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
  insert into lead_figure (tenant_id, grain, at, flow_id, source_id, status, outcome, code, currency, test, leads, price, revenue)
    select d.t, of_grain, to_timestamp(d.n * width / 1000), l.flow_id, l.source_id, l.status, l.outcome, l.code, l.currency,
      l.test, count(*), coalesce(sum(l.price), 0), coalesce(sum(l.revenue), 0)
    from unnest(tenants, numbers) d(t, n)
    join lead l on l.tenant_id = d.t and l.id >= first_id(d.n * width) and l.id < first_id((d.n + 1) * width)
    group by d.t, d.n, l.flow_id, l.source_id, l.status, l.outcome, l.code, l.currency, l.test;
  insert into speed_figure (tenant_id, grain, at, flow_id, source_id, test, slot, leads)
    select d.t, of_grain, to_timestamp(d.n * width / 1000), l.flow_id, l.source_id, l.test, duration_slot(l.duration_ms), count(*)
    from unnest(tenants, numbers) d(t, n)
    join lead l on l.tenant_id = d.t and l.id >= first_id(d.n * width) and l.id < first_id((d.n + 1) * width)
    where l.duration_ms is not null
    group by d.t, d.n, l.flow_id, l.source_id, l.test, duration_slot(l.duration_ms);
end $$;

-- Hours whose minutes are all there, as their sum.
create function millrace.figures_from_minutes(tenants uuid[], hours bigint[]) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  as $$
begin
  delete from lead_figure f using unnest(tenants, hours) d(t, n)
    where f.tenant_id = d.t and f.grain = 'hour' and f.at = to_timestamp(d.n * 3600);
  delete from speed_figure f using unnest(tenants, hours) d(t, n)
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
end $$;

-- Brings the figures up to date. One process at a time: the others go home. Answers how many minutes and hours it
-- made anew, or null where another is at it. What is left over (hours of long ago, at most `hours_max` a time) comes
-- with the next call.
create function millrace.fold_figures(at_time timestamptz, recent_hours integer, hours_max integer) returns bigint
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set jit = off
  as $$
declare
  mark figure_mark;
  horizon xid8;
  -- From this hour on, minutes are kept.
  recent bigint := floor(extract(epoch from at_time) / 3600)::bigint - recent_hours;
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
      from figure_due d cross join lateral generate_series(d.hour * 60, d.hour * 60 + 59) m where d.hour >= recent;
  else
    select array_agg(d.tenant_id), array_agg(d.minute) into tenants, numbers from (
      select distinct c.tenant_id, id_ms(l) / 60000 as minute
      from lead_change c cross join lateral unnest(c.leads) l
      where c.tx >= mark.tx and c.tx < horizon
    ) d;
  end if;

  if tenants is not null then
    insert into figure_due (tenant_id, hour)
      select distinct d.t, d.n / 60 from unnest(tenants, numbers) d(t, n) on conflict do nothing;
    select array_agg(d.t), array_agg(d.n) into tenants, numbers
      from unnest(tenants, numbers) d(t, n) where d.n / 60 >= recent;
    if tenants is not null then
      perform figures_from_leads('minute', tenants, numbers);
      made := made + cardinality(tenants);
    end if;
  end if;

  with gone as (delete from figure_due where hour >= recent returning tenant_id, hour)
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
    delete from lead_figure where grain = 'minute' and at < to_timestamp((recent - 1) * 3600);
    delete from speed_figure where grain = 'minute' and at < to_timestamp((recent - 1) * 3600);
    update figure_mark set tx = horizon, old_tx = horizon, old_at = at_time;
  else
    update figure_mark set tx = horizon;
  end if;
  return made;
end $$;

-- Who looks at a lead in review, so that no other person does the same.
create table millrace.review_claim (
  tenant_id uuid not null,
  lead_id uuid not null,
  user_id text not null,
  until timestamptz not null,
  primary key (tenant_id, lead_id)
);
create index lead_in_review on millrace.lead (tenant_id, id) where status = 'pending_review';

-- Filters of leads that a person gave a name. They hold no personal data: no filter does.
create table millrace.saved_view (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  user_id text not null,
  name text not null,
  filter jsonb not null,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);

-- What the console looks like for a tenant's people.
create table millrace.branding (
  tenant_id uuid primary key references millrace.tenant,
  name text,
  color text,
  logo text,
  updated_at timestamptz not null
);

do $$
declare
  name text;
begin
  foreach name in array array['lead_change', 'lead_figure', 'speed_figure', 'figure_due', 'review_claim', 'saved_view',
    'branding']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
  end loop;
end $$;
grant select, insert on millrace.lead_change to millrace_app;
grant select on millrace.lead_figure, millrace.speed_figure to millrace_app;
grant select, insert, update, delete on millrace.review_claim, millrace.saved_view, millrace.branding to millrace_app;

revoke all on function millrace.fold_figures, millrace.figures_from_leads, millrace.figures_from_minutes from public;
grant execute on function millrace.fold_figures to millrace_app;
