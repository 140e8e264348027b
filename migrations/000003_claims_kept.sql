-- expands
-- Whether a claim stands although its lead is erased; else whoever asks may take it.
alter table millrace.claim add column kept boolean not null default false;
