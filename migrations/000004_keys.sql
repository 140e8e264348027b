-- expands
-- Which master key wraps a key, so that both an old and a new one may be in use while they are exchanged. Null: wrapped
-- before this was noted.
alter table millrace.tenant_key add column master text;

-- Secrets of the installation, wrapped by the master key: what signatures, tokens and look-ups are derived from outlives
-- the master key that wraps it.
create table millrace.installation_key (
  purpose text primary key,
  wrapped bytea not null,
  master text not null,
  created_at timestamptz not null
);
grant select, insert, update on millrace.installation_key to millrace_app;
