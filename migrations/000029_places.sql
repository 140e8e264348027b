-- Keys are keyed by tenant already, and places hold bits of theirs: an index without tenants is a third smaller, and every
-- lead that is matched writes to it where chance has it.
alter table millrace.person_key drop constraint person_key_pkey;
create unique index person_key_place on millrace.person_key (key, place);
