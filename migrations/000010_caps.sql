-- expands
-- A cap over a sliding window keeps its counts in one row, by parts of the window, so that one lock makes it exact.
alter table millrace.cap_usage add column buckets jsonb;
-- What leads before the cap was made count for, when somebody asked for it; contained in `used`.
alter table millrace.cap_usage add column history numeric not null default 0;

create function millrace.bucket_sum(buckets jsonb, since bigint) returns numeric
  language sql immutable parallel safe
  as $$ select coalesce(sum(value::numeric), 0) from jsonb_each_text(coalesce(buckets, '{}')) where key::bigint >= since $$;

-- Adds to one part, and drops those that lie before the window.
create function millrace.bucket_add(buckets jsonb, bucket bigint, amount numeric, since bigint) returns jsonb
  language sql immutable parallel safe
  as $$
  select coalesce(jsonb_object_agg(part, total), '{}') from (
    select part, sum(counted) as total from (
      select key as part, value::numeric as counted from jsonb_each_text(coalesce(buckets, '{}')) where key::bigint >= since
      union all select bucket::text, amount where bucket >= since
    ) each group by part having sum(counted) > 0
  ) kept $$;
