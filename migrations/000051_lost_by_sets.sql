-- expands
-- The search for unfinished leads without a row in `work` was a merge join, and where the planner thought that few leads
-- were open it merged by the tenant alone: every open lead was compared with every row of `work`. Statistics say so after
-- each quiet time; with 2,600 leads waiting 3,400,000 rows were read, with 30,000 none came back within a statement's time.
-- A difference of sets has no such plan: each side is read once.
create or replace function millrace.adopt_lost_work(older_than timestamptz, at_time timestamptz) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  set enable_seqscan = off
  as $$
  with lost as (
    insert into work (tenant_id, lead_id, wake_at)
    select o.tenant_id, o.id, at_time from (
      select l.tenant_id, l.id from lead l where l.closed_at is null and l.received_at < older_than
      except
      select w.tenant_id, w.lead_id from work w
    ) o
    on conflict do nothing
    returning 1
  )
  select count(*) from lost $$;
