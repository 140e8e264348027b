-- expands
-- A person's organisation may be named by one of its later leads. Which it was is kept, so that what it said goes with it.
alter table millrace.person add column account_lead uuid;

create or replace function millrace.forget_record() returns trigger language plpgsql as $$
declare
  spoken uuid[];
  orphan uuid;
begin
  delete from millrace.person_key k
    using (
      select keys from millrace.person where tenant_id = old.tenant_id and id = old.id
      union all
      select keys from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id
    ) r
    where k.tenant_id = old.tenant_id and k.key = any (r.keys) and k.lead_id = old.id;
  update millrace.person set sealed = null, keys = '{}' where tenant_id = old.tenant_id and id = old.id;
  delete from millrace.person_record where tenant_id = old.tenant_id and lead_id = old.id;
  spoken := array(
    select distinct p.account_id from millrace.person p
    where p.tenant_id = old.tenant_id and p.id in (old.id, old.person_id) and p.account_id is not null
  );
  update millrace.person set account_id = null, account_lead = null
    where tenant_id = old.tenant_id and id = old.person_id and account_lead = old.id;
  for orphan in
    select s.account_id from unnest(spoken) s(account_id)
    where not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.id = q.id and l.person_id = q.id
        where q.tenant_id = old.tenant_id and q.account_id = s.account_id and l.id <> old.id and l.wrapped_key is not null
      )
      and not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.person_id = q.id and l.person_id <> l.id
        where q.tenant_id = old.tenant_id and q.account_id = s.account_id and l.id <> old.id and l.wrapped_key is not null
      )
  loop
    delete from millrace.account_key where tenant_id = old.tenant_id and account_id = orphan;
    delete from millrace.account where tenant_id = old.tenant_id and id = orphan;
    update millrace.person set account_id = null, account_lead = null
      where tenant_id = old.tenant_id and account_id = orphan;
  end loop;
  return null;
end $$;
