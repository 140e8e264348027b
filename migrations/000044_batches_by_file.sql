-- expands
-- What stands in a file is found by the file alone: beside an index that began with the tenant, a table without
-- statistics was searched whole for each of ten thousand deliveries.

create index batch_item_of_file on millrace.batch_item (file) where file is not null;
drop index millrace.batch_item_file;
