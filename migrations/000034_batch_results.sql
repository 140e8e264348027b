-- expands
-- Batches over HTTP: the answer says of each lead what became of it.

-- The attempt it stands for: a later one waits for a batch anew.
alter table millrace.batch_item add column attempt integer not null default 1;
-- What the batch's answer said of it, sealed under its lead's key; null: what is said of the whole.
alter table millrace.batch_item add column result bytea;
