import type { Database, Statement } from '../database/pool.ts'
import { clearBatches } from './clear-batches.ts'

/** What is over and nobody asks for any more: entries of lists that have expired, facts that are no longer fresh, batches long gone. */

/** In one commit: who adds to a list waits no longer for this than for one import's part. */
const AT_ONCE = 1_000
/** Commits for one tenant in one round, so that a tenant with millions holds up none of the others. */
const COMMITS_MAX = 100

const expiredEntries = (tenantId: string, now: number): Statement => ({
  name: 'clear_list_entries',
  // Those that somebody is changing are left for the next time.
  text: `with due as (
           select list_id, key from millrace.suppression_entry
           where tenant_id = $1::uuid and expires_at <= $2::timestamptz
           order by expires_at limit $3::integer for update skip locked
         ), gone as (
           delete from millrace.suppression_entry e using due
           where e.tenant_id = $1::uuid and e.list_id = due.list_id and e.key = due.key returning e.list_id
         ), told as (
           update millrace.suppression_list l set entries = l.entries - c.n
           from (select list_id, count(*) as n from gone group by list_id) c
           where l.tenant_id = $1::uuid and l.id = c.list_id
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now), AT_ONCE],
})

const staleFacts = (tenantId: string, now: number): Statement => ({
  name: 'clear_facts',
  text: `with due as (
           select key from millrace.fact where tenant_id = $1::uuid and fresh_until <= $2::timestamptz
           order by fresh_until limit $3::integer for update skip locked
         ), gone as (
           delete from millrace.fact f using due where f.tenant_id = $1::uuid and f.key = due.key returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now), AT_ONCE],
})

/** An upload is known by its name for so long: sent again later, its rows are added anew. */
const IMPORTS_KEPT_MS = 90 * 86_400_000

const oldImports = (tenantId: string, now: number): Statement => ({
  name: 'clear_list_imports',
  text: `with gone as (
           delete from millrace.list_import where tenant_id = $1::uuid and changed_at < $2::timestamptz returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now - IMPORTS_KEPT_MS)],
})

/** Jobs on many dead letters are looked at for so long after they ended; the audit says who did it for good. */
const RUNS_KEPT_MS = 90 * 86_400_000

const oldRuns = (tenantId: string, now: number): Statement => ({
  name: 'clear_dead_letter_runs',
  text: `with gone as (
           delete from millrace.replay_run where tenant_id = $1::uuid and ended_at < $2::timestamptz returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now - RUNS_KEPT_MS)],
})

/** Deletes what is over of one tenant, a part a commit; what is left when the round has done enough waits for the next. */
export const clearExpired = async (database: Database, tenantId: string, now: number): Promise<void> => {
  const parts = [
    expiredEntries(tenantId, now),
    staleFacts(tenantId, now),
    oldImports(tenantId, now),
    oldRuns(tenantId, now),
  ]
  for (const statement of parts) {
    for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
      const [[row] = []] = await database.batch([tenantId], [statement])
      if (row?.gone === 0) break
    }
  }
  await clearBatches(database, { tenantId, now, commitsMax: COMMITS_MAX })
}
