import { firstIdAt } from '../base/ids.ts'
import { uuids } from '../database/arrays.ts'
import type { Database, Statement } from '../database/pool.ts'

/** What left together is looked at for so long; the journals of its leads say it for good. */
const KEPT_MS = 90 * 86_400_000
/** Files looked at for what they hold. */
const FILES_AT_ONCE = 1_000
/** Items that go in one commit. */
const ITEMS_AT_ONCE = 1_000

/**
 * The files after this one, oldest first: those that have to stay are gone past. An id says when it was made; by the time
 * itself, a table without statistics would be searched through for each page.
 */
export const oldFiles = (tenantId: string, now: number, after: string): Statement => ({
  name: 'old_batch_files',
  text: `select id from millrace.batch_file
         where tenant_id = $1::uuid and state <> 'writing' and id > $2::uuid and id < $3::uuid
         order by id limit ${FILES_AT_ONCE}`,
  values: [tenantId, after, firstIdAt(now - KEPT_MS)],
})

export const clearItems = (tenantId: string, files: readonly string[]): Statement => ({
  name: 'clear_batch_items',
  // One that its lead has not seen yet says what became of it. Looked up for each: joined, each would be compared with
  // all of the tenant's, where few were there when it was planned.
  text: `with gone as (
           delete from millrace.batch_item where tenant_id = $1::uuid and delivery = any (array(
             select i.delivery from unnest($2::uuid[]) as w(file) cross join lateral (
               select i.delivery from millrace.batch_item i
               where i.file = w.file
                 and (select 1 from millrace.delivery d where d.tenant_id = $1::uuid and d.state = 'waiting'
                   and d.flow_id = i.flow_id and d.destination = i.destination and d.lead_id = i.lead_id
                   and d.id = i.delivery limit 1) is null
               limit ${ITEMS_AT_ONCE} for update of i skip locked) i
             limit ${ITEMS_AT_ONCE})) returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, uuids([...files])],
})

export const clearFiles = (tenantId: string, files: readonly string[]): Statement => ({
  name: 'clear_batch_files',
  text: `with gone as (
           delete from millrace.batch_file where tenant_id = $1::uuid and id = any (array(
             select f.id from millrace.batch_file f
             where f.tenant_id = $1::uuid and f.id = any ($2::uuid[])
               and (select 1 from millrace.batch_item i where i.file = f.id limit 1) is null
             for update of f skip locked)) returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, uuids([...files])],
})

/** Deletes batches of one tenant that left long ago, in `commitsMax` commits at most; the rest waits for the next round. */
export const clearBatches = async (
  database: Database,
  asked: { readonly tenantId: string; readonly now: number; readonly commitsMax: number },
): Promise<void> => {
  const { tenantId, now, commitsMax } = asked
  let after = firstIdAt(0)
  for (let commits = 0; commits < commitsMax; ) {
    const [rows = []] = await database.batch([tenantId], [oldFiles(tenantId, now, after)])
    const files = rows.map(({ id }) => id as string)
    const last = files.at(-1)
    if (last === undefined) return
    after = last
    for (let items = ITEMS_AT_ONCE; items === ITEMS_AT_ONCE && commits < commitsMax; ) {
      const gone = await database.batch([tenantId], [clearItems(tenantId, files), clearFiles(tenantId, files)])
      const counts = gone.map(([row]) => row?.gone as number)
      items = counts[0] ?? 0
      // Files that all have to stay are only looked at.
      if (counts.some((count) => count > 0)) commits += 1
    }
  }
}
