-- expands
-- A tenant's audit is sealed under a key of its own, which is not exchanged with the one that wraps: its chain covers
-- what is sealed, so nothing of it can ever be sealed anew, and an older version of the wrapping key would be needed for
-- as long as the audit is kept.
alter table millrace.tenant_key
  drop constraint tenant_key_purpose_check,
  add constraint tenant_key_purpose_check check (purpose in ('wrap', 'lookup', 'audit'));

-- The version of the audit key; null: sealed before there was one, under the wrapping key of its time.
alter table millrace.audit_entry add column sealed_by integer;
create index audit_under_wrap on millrace.audit_entry (tenant_id, at) where sealed is not null and sealed_by is null;
