-- expands
-- What happened to a person is found from both sides: whom it happened to has an index, who came under it or left had none.

create index person_event_other on millrace.person_event (tenant_id, other) where other is not null;
