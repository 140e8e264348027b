-- expands
-- What a destination pays for a lead it took: what a buyer is billed, summed over leads that went to several.
alter table millrace.delivery add column paid numeric, add column currency text;
