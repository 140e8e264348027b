-- expands
-- What was changed and why, in the words of whoever published it.
alter table millrace.flow_version add column note text;

-- Leads that were turned away for one reason, however rare it is among a million.
create index lead_code on millrace.lead (tenant_id, code, id) where code is not null;
