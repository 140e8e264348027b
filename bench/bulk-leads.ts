/**
 * Lays leads into a Millrace database in bulk, by cloning real ones.
 *
 * Every table that speaks of a lead is cloned, whatever columns it has: its times and ids are moved to the clone's, the
 * keys that indexes stand on are drawn anew, so that they spread as real ones do, and all else is copied byte for byte.
 * The chains of clones do not verify: their hashes are those of the leads they were cloned from.
 */
import type pg from 'pg'
import type { BenchDatabase } from './database.ts'

export interface BulkOptions {
  readonly database: BenchDatabase
  readonly name: string
  /** Clones to lay in. */
  readonly leads: number
  /** The clones were received evenly over so long a time before now. */
  readonly overMs: number
  readonly check: () => void
  readonly onProgress: (laid: number) => void
}

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
}

const SAMPLES = 1_000
const BATCH = 10_000
/** As many as the machine has cores to spare. */
const WRITERS = 2
const DAY_MS = 86_400_000

/** The lead's id in a row of this table; null where its rows are of no lead. */
const leadColumn = (table: string, columns: readonly Column[]): string | null => {
  if (table === 'lead') return 'id'
  // Clones are finished: nothing is left to do for them.
  return table !== 'work' && columns.some(({ name }) => name === 'lead_id') ? 'lead_id' : null
}

const readColumns = async (client: pg.Client): Promise<Map<string, Column[]>> => {
  const { rows } = await client.query<Column>(
    `select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'millrace'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped
     order by c.relname, a.attnum`,
  )
  return Map.groupBy(rows, ({ table }) => table)
}

/** As the program makes them, version 7 of RFC 9562; expressions, since a function would cost more than all the rest. */
const CLONE_ID = `(lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || substr(md5('id' || i), 1, 3) || '8' || substr(md5('id' || i), 4, 15))::uuid`

const SAMPLE = `
create schema bench;
create unlogged table bench.sample as
  select row_number() over (order by random()) - 1 as n, tenant_id, id as lead_id, received_at
  from millrace.lead where closed_at is not null order by random() limit ${SAMPLES}`

const expressionOf = ({ name, type }: Column, leadIs: string): string => {
  if (name === leadIs) return 'c.id'
  // Keys that an index stands on: of identities, and of people looked for.
  if (type === 'bytea' && name === 'key')
    return `substr(sha256(('k' || c.i || '.' || s.row)::bytea), 1, octet_length(s.key))`
  if (type === 'bigint' && name.endsWith('_key')) return `hashint8extended(c.i, octet_length('${name}'))`
  if (type === 'timestamp with time zone') return `s.${name} + (c.at - s.received)`
  return `s.${name}`
}

/** The statement that clones a batch into one table: $1 first clone, $2 last, $3 time of the first of all, $4 pace. */
const cloneStatement = (table: string, { columns, leadIs }: { columns: readonly Column[]; leadIs: string }): string => `
insert into millrace.${table} (${columns.map(({ name }) => name).join(', ')})
select ${columns.map((column) => expressionOf(column, leadIs)).join(', ')}
from (
  select i, at, ${CLONE_ID} as id
  from (select i, $3::timestamptz + i * $4::float8 * interval '1 millisecond' as at
        from generate_series($1::bigint, $2::bigint) as i) as moments
) as c
join bench.of_${table} s on s.n = c.i % (select count(*) from bench.sample)
order by c.i`

const prepare = async (client: pg.Client): Promise<string[]> => {
  await client.query(SAMPLE)
  const statements: string[] = []
  for (const [table, columns] of await readColumns(client)) {
    const leadIs = leadColumn(table, columns)
    if (leadIs === null) continue
    await client.query(`
      create unlogged table bench.of_${table} as
        select p.n, p.received_at as received, row_number() over () as row, t.*
        from bench.sample p join millrace.${table} t on t.tenant_id = p.tenant_id and t.${leadIs} = p.lead_id`)
    await client.query(`analyze bench.of_${table}`)
    statements.push(cloneStatement(table, { columns, leadIs }))
  }
  return statements
}

/** The journal's months, and a mark on each past day so that the server does not set out to sign them all now. */
const furnishDays = async (client: pg.Client, { from, to }: { from: number; to: number }): Promise<void> => {
  const months = Math.ceil((to - from) / (28 * DAY_MS)) + 1
  await client.query('select millrace.ensure_partitions($1::date, $2::integer)', [new Date(from), months])
  await client.query(
    `insert into millrace.anchor (tenant_id, day, segments, digest, signature, made_at)
     select t.id, day::date, 0, sha256('bench'), sha256('bench') || sha256('bench'), $2::timestamptz
     from millrace.tenant t, generate_series($1::date, $2::date - 1, interval '1 day') as day
     on conflict do nothing`,
    [new Date(from), new Date(to)],
  )
}

/** Resolves when all clones are in, and the tables are vacuumed, counted and written out. */
export const layLeads = async (options: BulkOptions): Promise<void> => {
  const { database, name, leads, overMs, check, onProgress } = options
  const to = Date.now()
  const from = to - overMs
  const paceMs = overMs / (leads + 1)
  const statements = await database.use(name, async (client) => {
    await furnishDays(client, { from, to })
    return prepare(client)
  })
  let next = 0
  let laid = 0
  const write = (): Promise<void> =>
    database.use(name, async (client) => {
      await client.query('set synchronous_commit = off')
      for (let first = next; first < leads; first = next) {
        check()
        const last = Math.min(leads, first + BATCH) - 1
        next = last + 1
        for (const statement of statements) await client.query(statement, [first, last, new Date(from), paceMs])
        laid += last + 1 - first
        onProgress(laid)
      }
    })
  await Promise.all(Array.from({ length: WRITERS }, write))
  await database.use(name, async (client) => {
    await client.query('drop schema bench cascade')
    await client.query('vacuum (analyze)')
    await client.query('checkpoint')
  })
}
