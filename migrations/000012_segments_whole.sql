-- Rows of the journal stay as they are written: a lead's has some 2.4 KB, three to a page, and compressing what of it is
-- plain cost Postgres an eighth of its time. Beyond 4 KB what is plain and what is sealed move to the TOAST table.
alter table millrace.segment alter column events set storage external;
do $$
declare
  partition text;
begin
  for partition in select inhrelid::regclass::text from pg_inherits where inhparent = 'millrace.segment'::regclass loop
    execute format('alter table %s alter column events set storage external', partition);
    execute format('alter table %s set (toast_tuple_target = 4000)', partition);
  end loop;
end $$;

create or replace function millrace.ensure_partitions(first_month date, months integer) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
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
      execute format('create table millrace.%I partition of millrace.segment for values from (%L) to (%L) with (toast_tuple_target = 4000)', partition, lower_bound, upper_bound);
      execute format('alter table millrace.%I enable row level security', partition);
      execute format('alter table millrace.%I force row level security', partition);
    end if;
  end loop;
end $$;

-- The end of a step is stored as [type, t, step, data]; here it reads as every other event. What is usual for a type of
-- event (src/journal/usual.ts) is stored with none, and not shown; points of a scorecard are pairs.
create or replace view millrace.event with (security_invoker = true) as
  select s.tenant_id, s.lead_id, s.seq, e.ordinality::integer as position, e.value ->> 0 as type,
         s.at + (e.value ->> 1)::double precision * interval '1 millisecond' as at,
         case json_typeof(e.value -> 2)
           when 'string' then (jsonb_build_object('step', e.value ->> 2, 'outcome', 'success') || coalesce((e.value -> 3)::jsonb, '{}'))::json
           else e.value -> 2
         end as data
  from millrace.segment s
  cross join lateral json_array_elements(s.events::json) with ordinality e;
