-- expands
-- Deliveries that leave together: what waits for its window, and the files that were made of it, which say what left.

create table millrace.batch_file (
  tenant_id uuid not null references millrace.tenant,
  id uuid not null,
  flow_id text not null,
  destination text not null,
  name text not null,
  state text not null check (state in ('writing', 'sent', 'failed')),
  rows integer not null default 0,
  bytes integer not null default 0,
  -- SHA-256 of what was written.
  digest bytea,
  attempts integer not null default 0,
  code text,
  made_at timestamptz not null,
  sent_at timestamptz,
  -- When it is tried, or tried again where whoever has it in hand has died.
  next_at timestamptz not null,
  primary key (tenant_id, id)
);
create index batch_file_due on millrace.batch_file (next_at) where state = 'writing';

-- No personal data: what is written is read from the leads' journals when it is written.
create table millrace.batch_item (
  tenant_id uuid not null references millrace.tenant,
  delivery uuid not null,
  lead_id uuid not null,
  flow_id text not null,
  destination text not null,
  due_at timestamptz not null,
  file uuid,
  -- The line it stands in, from 1; 0: its lead was gone by then.
  line integer,
  primary key (tenant_id, delivery),
  foreign key (tenant_id, file) references millrace.batch_file (tenant_id, id)
);
create index batch_item_due on millrace.batch_item (due_at) where file is null;
create index batch_item_file on millrace.batch_item (tenant_id, file);

do $$
declare name text;
begin
  foreach name in array array['batch_file', 'batch_item'] loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    -- Its owner, who runs the function below, passes row-level security by policy.
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
    execute format('grant select, insert, update, delete on millrace.%I to millrace_app', name);
  end loop;
end $$;

-- Whose batches there is something to do for, of any tenant.
create function millrace.due_batches(at timestamptz, most integer)
  returns table (tenant_id uuid, flow_id text, destination text)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$
    select tenant_id, flow_id, destination from (
      select tenant_id, flow_id, destination from millrace.batch_item where file is null and due_at <= at
      union
      select tenant_id, flow_id, destination from millrace.batch_file where state = 'writing' and next_at <= at
    ) due
    order by tenant_id, flow_id, destination
    limit most
  $$;
revoke all on function millrace.due_batches(timestamptz, integer) from public;
grant execute on function millrace.due_batches(timestamptz, integer) to millrace_app;
