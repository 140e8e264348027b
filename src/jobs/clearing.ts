import type { Database, Statement } from '../database/pool.ts'

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

/** What left together is looked at for so long; the journals of its leads say it for good. */
const BATCHES_KEPT_MS = 90 * 86_400_000
/** Files looked at for what they hold. */
const FILES_AT_ONCE = 1_000

const oldBatchItems = (tenantId: string, now: number): Statement => ({
  name: 'clear_batch_items',
  // One that its lead has not seen yet says what became of it.
  text: `with old as (
           select id from millrace.batch_file where tenant_id = $1::uuid and state <> 'writing' and made_at < $2::timestamptz
           order by made_at limit ${FILES_AT_ONCE}
         ), gone as (
           delete from millrace.batch_item where tenant_id = $1::uuid and ctid = any (array(
             select i.ctid from old join millrace.batch_item i on i.tenant_id = $1::uuid and i.file = old.id
             where not exists (select from millrace.delivery d where d.tenant_id = $1::uuid and d.lead_id = i.lead_id
               and d.id = i.delivery and d.state = 'waiting')
             limit $3::integer for update of i skip locked)) returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now - BATCHES_KEPT_MS), AT_ONCE],
})

const oldBatches = (tenantId: string, now: number): Statement => ({
  name: 'clear_batch_files',
  text: `with due as (
           select f.id from millrace.batch_file f
           where f.tenant_id = $1::uuid and f.state <> 'writing' and f.made_at < $2::timestamptz
             -- Looked up for each: joined, each would be compared with all of the tenant's, where few were there when it was planned.
             and (select 1 from millrace.batch_item i where i.file = f.id limit 1) is null
           order by f.made_at limit $3::integer for update of f skip locked
         ), gone as (
           delete from millrace.batch_file f using due where f.tenant_id = $1::uuid and f.id = due.id returning 1
         )
         select count(*)::integer as gone from gone`,
  values: [tenantId, new Date(now - BATCHES_KEPT_MS), AT_ONCE],
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
    [expiredEntries(tenantId, now)],
    [staleFacts(tenantId, now)],
    [oldImports(tenantId, now)],
    // Together: once the oldest are empty they go, and the next are looked at.
    [oldBatchItems(tenantId, now), oldBatches(tenantId, now)],
    [oldRuns(tenantId, now)],
  ]
  for (const statements of parts) {
    for (let commits = 0; commits < COMMITS_MAX; commits += 1) {
      const gone = await database.batch([tenantId], statements)
      // Not where fewer went than may: some of the oldest may have to stay.
      if (gone.every(([row]) => row?.gone === 0)) break
    }
  }
}
