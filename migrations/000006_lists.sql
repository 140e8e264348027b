-- expands
-- What a list holds, without looking through it: how many entries, and by which digests some were given.
alter table millrace.suppression_list add column entries bigint not null default 0;
alter table millrace.suppression_list add column hashes text[] not null default '{}';

update millrace.suppression_list l set entries = (
  select count(*) from millrace.suppression_entry e where e.tenant_id = l.tenant_id and e.list_id = l.id
);
