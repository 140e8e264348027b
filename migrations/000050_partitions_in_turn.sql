-- expands
-- Two processes that start at once, or whose round falls into the first minutes of a month, both found a month missing and
-- both made it: the second one failed, and at a start that ended its process.
create or replace function millrace.ensure_partitions(first_month date, months integer) returns void
language plpgsql security definer set search_path = millrace, pg_temp as $$
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
end $$;
