/**
 * The schema as text, from the catalogues: equal for equal schemas, on every server version we support, so that a
 * migration's whole effect shows in a diff of `schema.sql`. For reading and comparing, not for restoring.
 *
 * The owner's name is written as `owner`: it differs from place to place.
 */

import pg from 'pg'
import type { Connection } from './statement.ts'

const SCHEMA = 'millrace'

interface Line {
  /** Sorts the parts of one object. */
  readonly part: number
  readonly object: string
  readonly text: string
}

/** Each gives rows of (object, text); the catalogue's own functions spell types, defaults and conditions. */
const PARTS: readonly string[] = [
  // Extensions: the version is the server's.
  `select 'extension ' || e.extname as object, 'extension ' || e.extname as text
   from pg_extension e where e.extname <> 'plpgsql'`,

  `select 'type ' || t.typname, 'enum ' || t.typname || ' (' ||
     (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid) || ')'
   from pg_type t where t.typnamespace = $1::regnamespace and t.typtype = 'e'`,

  `select 'type ' || t.typname, 'domain ' || t.typname || ' as ' || format_type(t.typbasetype, t.typtypmod) ||
     case when t.typnotnull then ' not null' else '' end || coalesce(' default ' || t.typdefault, '') ||
     coalesce((select string_agg(' ' || pg_get_constraintdef(oid), '' order by conname) from pg_constraint
               where contypid = t.oid and contype = 'c'), '')
   from pg_type t where t.typnamespace = $1::regnamespace and t.typtype = 'd'`,

  `select 'sequence ' || c.relname, 'sequence ' || c.relname || ' as ' || format_type(s.seqtypid, null) ||
     ' start ' || s.seqstart || ' increment ' || s.seqincrement || ' min ' || s.seqmin || ' max ' || s.seqmax ||
     ' cache ' || s.seqcache || case when s.seqcycle then ' cycle' else '' end
   from pg_sequence s join pg_class c on c.oid = s.seqrelid where c.relnamespace = $1::regnamespace`,

  `select 'table ' || c.relname,
     case c.relpersistence when 'u' then 'unlogged ' else '' end ||
     'table ' || c.relname || coalesce(' partition by ' || pg_get_partkeydef(c.oid), '') ||
     coalesce(' partition of ' || (select inhparent::regclass::text from pg_inherits where inhrelid = c.oid) || ' ' ||
       pg_get_expr(c.relpartbound, c.oid), '') ||
     coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') ||
     case when c.relrowsecurity then ' row level security' else '' end ||
     case when c.relforcerowsecurity then ' forced' else '' end
   from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')`,

  `select 'table ' || c.relname,
     '  ' || lpad(a.attnum::text, 3) || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
     coalesce(' collate ' || nullif(a.attcollation, t.typcollation)::regcollation::text, '') ||
     case when a.attnotnull then ' not null' else '' end ||
     case a.attidentity when 'a' then ' identity always' when 'd' then ' identity by default' else '' end ||
     case when a.attgenerated = 's' then ' generated as ' || pg_get_expr(d.adbin, d.adrelid) || ' stored'
       else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end ||
     case when a.attstorage <> t.typstorage then ' storage ' || a.attstorage::text else '' end ||
     coalesce(' with (' || array_to_string(a.attoptions, ', ') || ')', '')
   from pg_class c
   join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   join pg_type t on t.oid = a.atttypid
   left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,

  // NOT NULL stands with the column; since 18 the catalogue lists it among the constraints as well.
  `select 'table ' || c.relname, '  constraint ' || n.conname || ' ' || pg_get_constraintdef(n.oid)
   from pg_constraint n join pg_class c on c.oid = n.conrelid
   where c.relnamespace = $1::regnamespace and n.contype <> 'n' and n.conparentid = 0 and (n.conislocal or not c.relispartition)`,

  `select 'table ' || c.relname, '  ' || pg_get_indexdef(i.indexrelid)
   from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
   where c.relnamespace = $1::regnamespace and not x.relispartition
     and not exists (select from pg_constraint n where n.conindid = i.indexrelid and n.contype in ('p', 'u', 'x'))`,

  `select 'table ' || p.tablename,
     '  policy ' || p.policyname || case p.permissive when 'RESTRICTIVE' then ' restrictive' else '' end ||
     ' for ' || lower(p.cmd) || ' to ' ||
     (select string_agg(case when r = $2 then 'owner' else r end, ', ' order by r) from unnest(p.roles::text[]) as u(r)) ||
     coalesce(' using ' || p.qual, '') || coalesce(' with check ' || p.with_check, '')
   from pg_policies p where p.schemaname = $1`,

  `select 'table ' || c.relname, '  ' || pg_get_triggerdef(t.oid) || ' (' || t.tgenabled::text || ')'
   from pg_trigger t join pg_class c on c.oid = t.tgrelid
   where c.relnamespace = $1::regnamespace and not t.tgisinternal and t.tgparentid = 0`,

  `select 'view ' || c.relname,
     case c.relkind when 'm' then 'materialized ' else '' end || 'view ' || c.relname ||
     coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') || ' (' ||
     (select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
      from pg_attribute a where a.attrelid = c.oid and a.attnum > 0) || ')' || E'\\n' || pg_get_viewdef(c.oid)
   from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('v', 'm')`,

  `select 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
   from pg_proc p where p.pronamespace = $1::regnamespace and p.prokind in ('f', 'p')
     and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,

  `select kind || ' ' || name,
     '  grant ' || string_agg(lower(privilege), ', ' order by privilege) || ' to ' || grantee
   from (
     select case when c.relkind in ('v', 'm') then 'view' when c.relkind = 'S' then 'sequence' else 'table' end as kind,
       c.relname::text as name, a.privilege_type as privilege, coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as grantee
     from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace = $1::regnamespace and a.grantee <> c.relowner
     union all
     select 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', a.privilege_type,
       coalesce(nullif(a.grantee, 0)::regrole::text, 'public')
     from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.pronamespace = $1::regnamespace and a.grantee <> p.proowner
     union all
     select 'schema', n.nspname::text, a.privilege_type, coalesce(nullif(a.grantee, 0)::regrole::text, 'public')
     from pg_namespace n, aclexplode(n.nspacl) a where n.oid = $1::regnamespace and a.grantee <> n.nspowner
   ) granted group by kind, name, grantee`,

  `select 'table ' || c.relname, '  column grant ' || lower(a.privilege_type) || ' (' || t.attname || ') to ' ||
     coalesce(nullif(a.grantee, 0)::regrole::text, 'public')
   from pg_attribute t join pg_class c on c.oid = t.attrelid, aclexplode(t.attacl) a
   where c.relnamespace = $1::regnamespace and a.grantee <> c.relowner`,
]

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const HEAD = `-- The schema "${SCHEMA}" as the migrations leave it. Generated; to make it anew: npm run schema`

/** Reads as the owner or a superuser. Rejects with the driver's error. */
export const dumpSchema = async (connection: Connection): Promise<string> => {
  const client = new pg.Client({ ...connection })
  // A lost connection is also thrown as an event; the query under way rejects with it.
  client.on('error', () => {})
  await client.connect()
  try {
    // Names then always come with their schema.
    await client.query(`set search_path = pg_catalog`)
    const owner = await client.query<{ name: string }>(
      'select nspowner::regrole::text as name from pg_namespace where nspname = $1',
      [SCHEMA],
    )
    const lines: Line[] = []
    for (const [part, text] of PARTS.entries()) {
      const values = text.includes('$2') ? [SCHEMA, owner.rows[0]?.name] : text.includes('$1') ? [SCHEMA] : []
      const { rows } = await client.query<[string, string]>({ text, values, rowMode: 'array' })
      for (const [object, line] of rows as unknown as [string, string][])
        lines.push({ part, object, text: line.trimEnd() })
    }
    lines.sort((a, b) => byText(a.object, b.object) || a.part - b.part || byText(a.text, b.text))
    const blocks = new Map<string, string[]>()
    for (const { object, text } of lines) blocks.set(object, [...(blocks.get(object) ?? []), text])
    return `${[HEAD, ...[...blocks.values()].map((block) => block.join('\n'))].join('\n\n')}\n`
  } finally {
    await client.end()
  }
}
