import type { Clock } from '../base/clock.ts'
import { isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database, Statement } from '../database/pool.ts'
import { type DeliveryFilter, listDeliveries, rearmAlerts } from '../delivery/read.ts'
import { findReplayRun, noteReplayed, type ReplayRun, startReplayRun } from '../delivery/replay-runs.ts'
import { addJobs } from '../jobs/jobs.ts'
import type { Amendments } from './amend.ts'

/**
 * Sends many dead letters again, so many a second, as a job: it goes on by itself after a crash, says how far it has
 * come, and can be called off. It never decides further ahead than some seconds, so little is left when it is.
 */
export interface Replays {
  start(asked: {
    readonly tenantId: string
    readonly filter: DeliveryFilter
    readonly limit: number
    readonly perSecond: number
    readonly by: string
    readonly reason: Buffer | null
  }): Promise<ReplayRun>
  /** What the job does: the next stretch of it, and the job for the one after. */
  goOn(asked: { readonly tenantId: string; readonly run: string }): Promise<void>
}

export const REPLAY_TASK = 'deliveries.replay'

/** How far ahead it decides. */
const STRETCH_MS = 5_000
const STRETCH_MAX = 500
/** Written at once: more would keep others from the database. */
const AT_ONCE = 20

export const createReplays = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly amendments: Pick<Amendments, 'decideDelivery'>
  /** Opens what the reason was sealed with. */
  readonly reasonOf: (tenantId: string, sealed: Buffer) => Promise<string>
  /** A job was added that is due then. */
  readonly onJob: (at: number) => void
}): Replays => {
  const { database, clock, amendments, reasonOf, onJob } = options

  const jobFor = (tenantId: string, run: string, runAt: number): Statement =>
    addJobs([{ tenantId, id: newId(clock.now()), task: REPLAY_TASK, payload: { run }, runAt, key: run }], clock.now())

  return {
    start: async (asked) => {
      const now = clock.now()
      const id = newId(now)
      const run = await startReplayRun(database, { ...asked, id, now, job: jobFor(asked.tenantId, id, now) })
      onJob(now)
      return run
    },
    goOn: async ({ tenantId, run: id }) => {
      const run = await findReplayRun(database, tenantId, id)
      if (run?.state !== 'running') return
      const left = run.matched - run.done - run.refused
      const most = Math.max(1, Math.min(STRETCH_MAX, left, Math.round((run.perSecond * STRETCH_MS) / 1000)))
      const rows = await listDeliveries(
        database,
        tenantId,
        { ...run.filter, states: ['dead'] },
        { before: run.place, limit: most },
      )
      const now = clock.now()
      const beginAt = Math.max(now, run.lastAt === null ? now : run.lastAt + 1000 / run.perSecond)
      const reason = run.reason === null ? null : await reasonOf(tenantId, run.reason)
      let done = 0
      let refused = 0
      let lastAt: number | null = null
      const work = rows.map((row, place) => ({ row, at: Math.round(beginAt + (place * 1000) / run.perSecond) }))
      const one = async ({ row, at }: (typeof work)[number]): Promise<void> => {
        const asked = { tenantId, leadId: row.lead_id, deliveryId: row.id, by: run.by, reason, at }
        try {
          await amendments.decideDelivery({ ...asked, decision: 'send_again' })
          done += 1
          lastAt = Math.max(lastAt ?? at, at)
        } catch (error) {
          if (!isFault(error) || (error.code !== 'invalid_request' && error.code !== 'not_found')) throw error
          refused += 1
        }
      }
      while (work.length > 0) await Promise.all(work.splice(0, AT_ONCE).map(one))
      const last = rows.at(-1)
      const over = rows.length < most || rows.length >= left
      const nextAt = Math.max(now, (lastAt ?? now) - STRETCH_MS / 2)
      await noteReplayed(database, {
        tenantId,
        id,
        done,
        refused,
        place: last ? { leadId: last.lead_id, id: last.id } : null,
        lastAt,
        now,
        next: over ? null : jobFor(tenantId, id, nextAt),
      })
      if (over) await rearmAlerts(database, tenantId)
      else onJob(nextAt)
    },
  }
}
