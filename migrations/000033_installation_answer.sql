-- expands
-- Answers to requests that came with an Idempotency-Key and belong to no tenant: making one, and the next pair of tokens.

create table millrace.installation_answer (
  -- Keyed hash of the route and the key.
  key bytea primary key,
  -- Keyed hash of address and body.
  fingerprint bytea not null,
  created_at timestamptz not null,
  -- Null while the first is under way.
  status integer,
  -- Head and body, under a key of the installation.
  sealed bytea
);
grant select, insert, update, delete on millrace.installation_answer to millrace_app;

create or replace function millrace.clear_idempotency(before timestamptz) returns void
  language sql volatile security definer set search_path = millrace, pg_temp
  as $$
  delete from idempotency where created_at < before;
  delete from installation_answer where created_at < before $$;
revoke execute on function millrace.clear_idempotency(timestamptz) from public;
grant execute on function millrace.clear_idempotency(timestamptz) to millrace_app;
