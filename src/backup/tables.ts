import pg from 'pg'
import { Fault } from '../base/faults.ts'

/** What of the database is backed up, and how it is read and told apart. */
export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  /** Columns of the primary key, else of a key as good, with their types; empty: the table is read whole. */
  readonly key: readonly { readonly name: string; readonly type: string }[]
  /** Row-level security binds even its owner: it is read as the application, with all tenants named. */
  readonly secured: boolean
  /** The application has no business with it: its owner reads it, by a policy of its own. */
  readonly ownersOnly: boolean
}

/** A stretch of a table: after `from`, up to and with `to`, as texts of the key; null: from the beginning, to the end. */
export interface Stretch {
  readonly from: readonly string[] | null
  readonly to: readonly string[] | null
}

export interface Fingerprint {
  readonly rows: number
  /** Sum of the rows' digests: the same in whatever order they come. */
  readonly sum: string
}

const ident = pg.escapeIdentifier
const SCHEMA = 'millrace'

export const qualified = (table: string): string => `${SCHEMA}.${ident(table)}`

/** Made anew from the leads where they are missing (docs/decisions/0030); some hold numbers of transactions. */
export const DERIVED = ['lead_change', 'lead_figure', 'speed_figure', 'delivery_figure', 'figure_due', 'figure_mark']

/**
 * All tables but the list of migrations and what is made from others, parents before those that refer to them.
 *
 * A transaction's number means nothing in another server: columns of them are left to their default.
 */
export const readTables = async (client: pg.Client): Promise<Table[]> => {
  const { rows } = await client.query<{
    name: string
    columns: string[]
    keys: string[] | null
    types: string[] | null
    secured: boolean
    appreads: boolean
    ownerreads: boolean
    refers: string[] | null
  }>(
    `select c.relname as name, c.relrowsecurity as secured,
       has_table_privilege('millrace_app', c.oid, 'select') as appreads,
       exists (select from pg_policy p where p.polrelid = c.oid and p.polcmd in ('*', 'r') and c.relowner = any (p.polroles)) as ownerreads,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          and not (a.atttypid = 'xid8'::regtype and (a.atthasdef or not a.attnotnull))) as columns,
       (select array_agg(a.attname::text order by k.n) from unnest(u.columns) with ordinality as k(attnum, n)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum) as keys,
       (select array_agg(format_type(a.atttypid, a.atttypmod) order by k.n) from unnest(u.columns) with ordinality as k(attnum, n)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum) as types,
       (select array_agg(f.relname::text) from pg_constraint n join pg_class f on f.oid = n.confrelid
        where n.conrelid = c.oid and n.contype = 'f' and n.confrelid <> c.oid) as refers
     from pg_class c
     left join lateral (
       select i.indkey::int2[] as columns from pg_index i
       where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null
         and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum = any (i.indkey::int2[]) and not a.attnotnull)
       order by i.indisprimary desc, i.indexrelid limit 1
     ) u on true
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> 'migration' and c.relname <> all ($2::text[])
     order by c.relname`,
    [SCHEMA, DERIVED],
  )
  const ordered: typeof rows = []
  const place = (row: (typeof rows)[number], under: readonly string[]): void => {
    if (ordered.includes(row) || under.includes(row.name)) return
    for (const name of row.refers ?? []) {
      const parent = rows.find((each) => each.name === name)
      if (parent) place(parent, [...under, row.name])
    }
    ordered.push(row)
  }
  for (const row of rows) place(row, [])
  const hidden = rows.find(({ secured, appreads, ownerreads }) => secured && !appreads && !ownerreads)
  if (hidden)
    throw new Fault('internal', { message: `Table ${hidden.name} can be read by nobody here: a backup would lack it` })
  return ordered.map(({ name, columns, keys, types, secured, appreads }) => ({
    name,
    columns,
    key: (keys ?? []).map((key, index) => ({ name: key, type: types?.[index] ?? 'text' })),
    secured,
    ownersOnly: secured && !appreads,
  }))
}

const bound = (table: Table, values: readonly string[]): string =>
  `(${values.map((value, index) => `${pg.escapeLiteral(value)}::${table.key[index]?.type ?? 'text'}`).join(', ')})`

const keyColumns = (table: Table): string => `(${table.key.map(({ name }) => ident(name)).join(', ')})`

const selection = (table: Table, { from, to }: Stretch): string => {
  const parts = [
    ...(from === null ? [] : [`${keyColumns(table)} > ${bound(table, from)}`]),
    ...(to === null ? [] : [`${keyColumns(table)} <= ${bound(table, to)}`]),
  ]
  const where = parts.length === 0 ? '' : ` where ${parts.join(' and ')}`
  return `select ${table.columns.map(ident).join(', ')} from ${qualified(table.name)}${where}`
}

export const copyOutText = (table: Table, stretch: Stretch): string =>
  `copy (${selection(table, stretch)}) to stdout (format binary)`

export const copyInText = (table: Pick<Table, 'name' | 'columns'>): string =>
  `copy ${qualified(table.name)} (${table.columns.map(ident).join(', ')}) from stdin (format binary)`

/** How a session writes values as text, so that a row has the same digest on every server. */
export const SAME_TEXT = `set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres';
  set bytea_output = 'hex'; set extra_float_digits = 1; set search_path = millrace, pg_catalog`

export const fingerprint = async (client: pg.Client, table: Table, stretch: Stretch): Promise<Fingerprint> => {
  const { rows } = await client.query<{ rows: string; sum: string }>(
    `select count(*) as rows, coalesce(sum(('x' || substr(md5(r::text), 1, 15))::bit(60)::bigint), 0)::text as sum
     from (${selection(table, stretch)}) r`,
  )
  return { rows: Number(rows[0]?.rows ?? 0), sum: rows[0]?.sum ?? '0' }
}

/** The key of the row that ends a stretch of so many rows; null where fewer are left. */
export const endOfStretch = async (
  client: pg.Client,
  table: Table,
  from: readonly string[] | null,
  rowsMax: number,
): Promise<readonly string[] | null> => {
  if (table.key.length === 0) return null
  const names = table.key.map(({ name }) => ident(name))
  const where = from === null ? '' : ` where ${keyColumns(table)} > ${bound(table, from)}`
  const { rows } = await client.query<{ key: string[] }>(
    `select array[${names.map((name) => `${name}::text`).join(', ')}] as key from ${qualified(table.name)}${where}
     order by ${names.join(', ')} offset ${rowsMax - 1} limit 1`,
  )
  return rows[0]?.key ?? null
}
