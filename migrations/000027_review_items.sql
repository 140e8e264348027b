-- expands
-- Leads that wait for a person, ranked, and to whom leads were given.

-- Written with the commit that asks, so that the hottest of any number is found without reading the others.
create table millrace.review_item (
  tenant_id uuid not null,
  lead_id uuid not null,
  score double precision,
  -- Null: it was asked for before this table was, and its queue stands in the journal alone.
  queue text,
  primary key (tenant_id, lead_id)
);
create index review_item_hot on millrace.review_item (tenant_id, score desc nulls last, lead_id desc);
create index review_item_queue on millrace.review_item (tenant_id, queue, score desc nulls last, lead_id desc);

insert into millrace.review_item (tenant_id, lead_id)
  select tenant_id, id from millrace.lead where status = 'pending_review';

-- Whatever ends the waiting, nothing is left to rank.
create function millrace.end_review() returns trigger
  language plpgsql
  as $$
begin
  delete from millrace.review_item where tenant_id = old.tenant_id and lead_id = old.id;
  return null;
end $$;
create trigger review_over after update of status on millrace.lead
  for each row when (old.status = 'pending_review' and new.status <> 'pending_review')
  execute function millrace.end_review();
create trigger review_gone after delete on millrace.lead
  for each row when (old.status = 'pending_review') execute function millrace.end_review();

-- Who works on a lead, as somebody said.
create table millrace.lead_assignment (
  tenant_id uuid not null,
  lead_id uuid not null,
  user_id text not null,
  assigned_by text not null,
  assigned_at timestamptz not null,
  primary key (tenant_id, lead_id)
);
create index lead_assignment_user on millrace.lead_assignment (tenant_id, user_id, lead_id desc);

do $$
declare
  name text;
begin
  foreach name in array array['review_item', 'lead_assignment']
  loop
    execute format('alter table millrace.%I enable row level security', name);
    execute format('alter table millrace.%I force row level security', name);
    execute format('create policy tenant on millrace.%I to millrace_app
      using (tenant_id = any ((select millrace.tenants())::uuid[]))
      with check (tenant_id = any ((select millrace.tenants())::uuid[]))', name);
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', name, current_user);
  end loop;
end $$;
grant select, insert, update, delete on millrace.review_item, millrace.lead_assignment to millrace_app;
