-- expands
-- Batches that are over are gone through by their ids.
drop index millrace.batch_file_ended;
