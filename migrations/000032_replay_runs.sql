-- expands
-- Many dead letters sent again: a job with a rate, that can be looked at and called off.

create table millrace.replay_run (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  -- Which dead letters: nothing personal.
  filter jsonb not null,
  per_second double precision not null,
  state text not null check (state in ('running', 'done', 'canceled')),
  matched integer not null,
  done integer not null default 0,
  refused integer not null default 0,
  -- The last that was looked at; they are gone through from the newest lead to the oldest.
  at_lead uuid,
  at_delivery uuid,
  -- When the last of those sent again is due.
  last_at timestamptz,
  by text not null,
  reason bytea,
  started_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  primary key (tenant_id, id)
);
alter table millrace.replay_run enable row level security;
alter table millrace.replay_run force row level security;
create policy tenant on millrace.replay_run to millrace_app
  using (tenant_id = any ((select millrace.tenants())::uuid[]))
  with check (tenant_id = any ((select millrace.tenants())::uuid[]));
do $$
begin
  execute format('create policy definer on millrace.replay_run to %I using (true) with check (true)', current_user);
end $$;
grant select, insert, update, delete on millrace.replay_run to millrace_app;
