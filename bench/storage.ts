/** What the leads of a database take up on disk. */
import type { BenchDatabase } from './database.ts'

export interface TableSize {
  readonly table: string
  /** Bytes a lead. */
  readonly heap: number
  readonly indexes: number
  readonly toast: number
  readonly total: number
}

export interface Storage {
  readonly leads: number
  /** Of all tables with their indexes and TOAST, free space in them included; without the log. */
  readonly bytesPerLead: number
  /** Largest first; partitions together. */
  readonly tables: readonly TableSize[]
}

interface SizeRow {
  readonly name: string
  readonly heap: string
  readonly indexes: string
  readonly total: string
}

export const readStorage = (database: BenchDatabase, name: string): Promise<Storage> =>
  database.use(name, async (client) => {
    const counted = await client.query<{ leads: string }>('select count(*) as leads from millrace.lead')
    const leads = Number(counted.rows[0]?.leads ?? 0)
    // A partition counts for its table. The heap has its maps of free space and visibility beside it.
    const { rows } = await client.query<SizeRow>(
      `select coalesce(p.relname, c.relname) as name,
              sum(pg_relation_size(c.oid)
                + pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm')) as heap,
              sum(pg_indexes_size(c.oid)) as indexes,
              sum(pg_total_relation_size(c.oid)) as total
       from pg_class c
       left join pg_inherits i on i.inhrelid = c.oid
       left join pg_class p on p.oid = i.inhparent
       where c.relnamespace = 'millrace'::regnamespace and c.relkind = 'r'
       group by 1 order by total desc`,
    )
    const perLead = (bytes: number): number => Math.round((bytes / leads) * 10) / 10
    const tables = rows.map((row) => {
      const [heap, indexes, total] = [Number(row.heap), Number(row.indexes), Number(row.total)]
      return {
        table: row.name,
        heap: perLead(heap),
        indexes: perLead(indexes),
        toast: perLead(total - heap - indexes),
        total: perLead(total),
      }
    })
    const total = rows.reduce((sum, row) => sum + Number(row.total), 0)
    return { leads, bytesPerLead: perLead(total), tables: tables.filter((table) => table.total >= 0.1) }
  })

export interface OutcomeCount {
  readonly outcome: string | null
  readonly code: string | null
  readonly leads: number
}

/** What became of the leads, so that a run which measured refusals is found out. */
export const readOutcomes = (database: BenchDatabase, name: string): Promise<OutcomeCount[]> =>
  database.use(name, async (client) => {
    const { rows } = await client.query<{ outcome: string | null; code: string | null; leads: string }>(
      'select outcome, code, count(*) as leads from millrace.lead group by 1, 2 order by 3 desc',
    )
    return rows.map((row) => ({ ...row, leads: Number(row.leads) }))
  })
