-- What a lead that is matched, and finds nobody, costs besides its own rows.

-- Its person is itself, and found by its own id: an index beside that is for those that belong to another's.
drop index millrace.lead_person;
create index lead_of_person on millrace.lead (tenant_id, person_id) where person_id <> id;

-- Keys come in where chance has it: an index filled to the brim splits all its pages with the first tenth of new ones.
alter index millrace.person_key_place set (fillfactor = 70);

-- An organisation is looked for by a key, which is keyed by tenant already, or by its id: with the tenant first in both
-- indexes, a plan made while there were few took either for either, and walked through all of a tenant's.
alter table millrace.account_key drop constraint account_key_pkey;
create unique index account_key_key on millrace.account_key (key);
drop index millrace.account_key_account;
create index account_key_account on millrace.account_key (account_id);

-- No plan is made by what these hold (0010): sampling them again with every fiftieth row was a sixth of a second each time.
alter table millrace.person set (autovacuum_analyze_scale_factor = 0.5);
alter table millrace.person_key set (autovacuum_analyze_scale_factor = 0.5);
-- Lists of ids are counted one by one: half a second every quarter of a minute, and nothing is planned by it.
alter table millrace.person alter column keys set statistics 0;
alter table millrace.lead_change alter column leads set statistics 0;

create or replace function millrace.forget_record() returns trigger language plpgsql as $$
declare
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
  for orphan in
    select distinct p.account_id from millrace.person p
    where p.tenant_id = old.tenant_id and p.id in (old.id, old.person_id) and p.account_id is not null
      and not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.id = q.id and l.person_id = q.id
        where q.tenant_id = old.tenant_id and q.account_id = p.account_id and l.id <> old.id and l.wrapped_key is not null
      )
      and not exists (
        select from millrace.person q
        join millrace.lead l on l.tenant_id = q.tenant_id and l.person_id = q.id and l.person_id <> l.id
        where q.tenant_id = old.tenant_id and q.account_id = p.account_id and l.id <> old.id and l.wrapped_key is not null
      )
  loop
    delete from millrace.account_key where tenant_id = old.tenant_id and account_id = orphan;
    delete from millrace.account where tenant_id = old.tenant_id and id = orphan;
    update millrace.person set account_id = null where tenant_id = old.tenant_id and account_id = orphan;
  end loop;
  return null;
end $$;
