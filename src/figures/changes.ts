import { uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'

/**
 * What changed, for those who look on: the leads written by transactions that have ended, in the order of the
 * transactions. A transaction still open holds the mark back, so that none is passed over.
 */
export interface Changes {
  /** Where the next look begins: every transaction before it has been told. */
  readonly mark: string
  readonly leads: ReadonlyMap<string, readonly string[]>
}

const MARK = /^\d{1,20}$/
export const isMark = (text: string): boolean => MARK.test(text)

/** The mark of now. */
export const readMark = async (database: Database): Promise<string> => {
  const [row] = await database.definer<{ mark: string }>({
    name: 'change_mark',
    text: 'select pg_snapshot_xmin(pg_current_snapshot())::text as mark',
  })
  return row?.mark ?? '0'
}

/** Leads by tenant, each once. */
export const readChanges = async (database: Database, tenants: readonly string[], since: string): Promise<Changes> => {
  const [rows = []] = await database.batch(tenants, [
    {
      name: 'read_changes',
      text: `select m.mark::text as mark, c.tenant_id, c.id
             from (select pg_snapshot_xmin(pg_current_snapshot()) as mark) m
             left join lateral (
               select distinct c.tenant_id, l.id from millrace.lead_change c cross join lateral unnest(c.leads) l(id)
               where c.tx >= $1::xid8 and c.tx < m.mark and c.tenant_id = any ($2::uuid[])
             ) c on true`,
      values: [since, uuids(tenants)],
    },
  ])
  const leads = new Map<string, string[]>()
  for (const row of rows) {
    if (row.id === null) continue
    const tenant = row.tenant_id as string
    const known = leads.get(tenant) ?? []
    known.push(row.id as string)
    leads.set(tenant, known)
  }
  return { mark: (rows[0]?.mark as string | undefined) ?? since, leads }
}
