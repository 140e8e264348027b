-- expands
-- Tenants as their operator sees them: listed, suspended, deleted.

alter table millrace.tenant
  add column created_by text not null default '',
  -- Its keys are gone and its rows are being removed.
  add column deleted_at timestamptz,
  -- Journal and sealed submissions, as upkeep measured them last.
  add column storage_bytes bigint,
  add column storage_measured_at timestamptz;

create or replace function millrace.find_tenants()
  returns table (id uuid, slug text, config_epoch bigint)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select t.id, t.slug, t.config_epoch from tenant t where t.deleted_at is null order by t.id $$;

create function millrace.list_tenants()
  returns table (id uuid, slug text, name text, enabled boolean, created_at timestamptz, deleted_at timestamptz, version integer,
    limit_leads_month bigint, limit_requests_minute integer, limit_source_requests_minute integer,
    limit_destinations integer, limit_storage_bytes bigint, storage_bytes bigint, storage_measured_at timestamptz,
    cors_origins text[])
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select t.id, t.slug, t.name, t.enabled, t.created_at, t.deleted_at, t.version, t.limit_leads_month,
          t.limit_requests_minute, t.limit_source_requests_minute, t.limit_destinations, t.limit_storage_bytes,
          t.storage_bytes, t.storage_measured_at, t.cors_origins
        from tenant t order by t.id $$;

-- Marks a tenant as deleted: nothing of it is taken up or shown from now on, and with its keys gone nothing sealed of it
-- can be read by anybody, whatever copies of its rows there are.
create function millrace.delete_tenant(of_tenant uuid, at_time timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
begin
  update tenant set enabled = false, deleted_at = at_time, slug = 'deleted-' || id::text, config_epoch = config_epoch + 1,
    version = version + 1
  where id = of_tenant and not enabled and deleted_at is null;
  if not found then
    return false;
  end if;
  perform millrace.own_rows('tenant_key');
  perform millrace.own_rows('work');
  delete from tenant_key where tenant_id = of_tenant;
  delete from work where tenant_id = of_tenant;
  update lead set closed_at = at_time where tenant_id = of_tenant and closed_at is null;
  return true;
end $$;

-- The owner of the tables passes row-level security of this one by policy, as it does elsewhere for the functions above.
create function millrace.own_rows(of_table text) returns void
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
begin
  if not exists (select from pg_catalog.pg_policies where schemaname = 'millrace' and tablename = of_table and policyname = 'definer') then
    execute format('create policy definer on millrace.%I to %I using (true) with check (true)', of_table, current_user);
  end if;
end $$;

-- Removes some rows of a deleted tenant; how many. With none left the tenant itself goes.
create function millrace.purge_tenant(of_tenant uuid, each integer) returns bigint
  language plpgsql volatile security definer set search_path = millrace, pg_temp
  as $$
declare
  leads uuid[];
  leaf record;
  gone bigint := 0;
  removed bigint;
begin
  if not exists (select from tenant t where t.id = of_tenant and t.deleted_at is not null) then
    return 0;
  end if;
  -- The journal is found by its leads: it has no index by tenant.
  select array_agg(l.id) into leads from (select id from lead where tenant_id = of_tenant order by id limit each) l;
  if leads is not null then
    for leaf in select c.relname as name from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'millrace.segment'::regclass
    loop
      perform millrace.own_rows(leaf.name);
      execute format('delete from millrace.%I where lead_id = any ($1) and tenant_id = $2', leaf.name) using leads, of_tenant;
    end loop;
    delete from lead where tenant_id = of_tenant and id = any (leads);
    return cardinality(leads);
  end if;
  for leaf in
    select c.relname as name from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
    where c.relnamespace = 'millrace'::regnamespace and c.relkind = 'r' and c.relname not like 'segment%'
    order by c.relname
  loop
    perform millrace.own_rows(leaf.name);
    begin
      execute format('delete from millrace.%I where ctid = any (array(select ctid from millrace.%I where tenant_id = $1 limit $2))',
        leaf.name, leaf.name) using of_tenant, each;
      get diagnostics removed = row_count;
      gone := gone + removed;
    exception when foreign_key_violation then
      -- What refers to it goes first; the next call comes back to it.
      gone := gone + 1;
    end;
  end loop;
  if gone = 0 then
    delete from tenant where id = of_tenant;
  end if;
  return gone;
end $$;

drop function millrace.find_source_key(bytea, uuid);
create function millrace.find_source_key(hash bytea, key_id uuid default null)
  returns table (tenant_id uuid, id uuid, flow_id text, source_id text, enabled boolean, config_epoch bigint,
    scopes text[], expires_at timestamptz, last_used_at timestamptz, limit_leads_month bigint,
    limit_requests_minute integer, limit_source_requests_minute integer, cors_origins text[], storage_full boolean)
  language sql stable security definer set search_path = millrace, pg_temp
  as $$ select k.tenant_id, k.id, k.flow_id, k.source_id, k.enabled and t.enabled, t.config_epoch, k.scopes, k.expires_at,
          k.last_used_at, t.limit_leads_month, t.limit_requests_minute, t.limit_source_requests_minute, t.cors_origins,
          coalesce(t.storage_bytes >= t.limit_storage_bytes, false)
        from source_key k join tenant t on t.id = k.tenant_id where k.key_hash = hash or k.id = key_id $$;

do $$
declare
  name text;
begin
  foreach name in array array['list_tenants()', 'delete_tenant(uuid, timestamptz)', 'purge_tenant(uuid, integer)',
    'find_source_key(bytea, uuid)']
  loop
    execute format('revoke execute on function millrace.%s from public', name);
    execute format('grant execute on function millrace.%s to millrace_app', name);
  end loop;
  revoke execute on function millrace.own_rows(text) from public;
end $$;
