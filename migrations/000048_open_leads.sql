-- expands
-- Leads whose journey goes on: few beside those that have closed, which most do in the commit that brings them.
create index lead_open on millrace.lead (tenant_id, id) where closed_at is null;

-- Puts down anew every unfinished lead that no row in `work` stands for, whenever it came in. Both sides are read in the
-- order of their keys, side by side.
create function millrace.adopt_lost_work(older_than timestamptz, at_time timestamptz) returns bigint
  language sql volatile security definer set search_path = millrace, pg_temp
  set enable_mergejoin = on set enable_nestloop = off set enable_hashjoin = off set enable_seqscan = off
  as $$
  with lost as (
    insert into work (tenant_id, lead_id, wake_at)
    select l.tenant_id, l.id, at_time from lead l left join work w on w.tenant_id = l.tenant_id and w.lead_id = l.id
    where l.closed_at is null and l.received_at < older_than and w.lead_id is null
    on conflict do nothing
    returning 1
  )
  select count(*) from lost $$;
revoke all on function millrace.adopt_lost_work(timestamptz, timestamptz) from public;
grant execute on function millrace.adopt_lost_work(timestamptz, timestamptz) to millrace_app;
