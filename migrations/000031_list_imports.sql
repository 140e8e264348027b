-- expands
-- Uploads of lists by their names: how far each came, so that one that broke off goes on.

create table millrace.list_import (
  tenant_id uuid not null references millrace.tenant,
  list_id text not null,
  name text not null,
  state text not null default 'running' check (state in ('running', 'done', 'broken')),
  -- Rows of the upload that are in, those that held no value among them.
  rows bigint not null default 0,
  added bigint not null default 0,
  rejected bigint not null default 0,
  -- JSON: lines and why they hold no value, without the value.
  problems text not null default '[]',
  -- SHA-256 of those rows.
  digest bytea,
  started_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (tenant_id, list_id, name)
);

alter table millrace.list_import enable row level security;
alter table millrace.list_import force row level security;
create policy tenant on millrace.list_import to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
grant select, insert, update, delete on millrace.list_import to millrace_app;
