import type { Clock } from '../base/clock.ts'
import { isFault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database, Statement } from '../database/pool.ts'
import {
  type DeadLetterRun,
  type DeadLetterRunAsked,
  type Deed,
  findRun,
  type Letter,
  noteStretch,
  planStretch,
  type Stretch,
  startRun,
  undecided,
} from '../delivery/dead-letter-runs.ts'
import { listDeliveries, rearmAlerts } from '../delivery/read.ts'
import { addJobs } from '../jobs/jobs.ts'
import type { Amendments } from './amend.ts'

/**
 * Sends many dead letters again, so many a second, or puts them away, as a job: it goes on by itself after a crash, says
 * how far it has come, and can be called off. It never decides further ahead than some seconds, so little is left when
 * it is.
 */
export interface DeadLetterRuns {
  start(asked: DeadLetterRunAsked): Promise<DeadLetterRun>
  /** What the job does: the next stretch of it, and the job for the one after. */
  goOn(asked: { readonly tenantId: string; readonly run: string }): Promise<void>
}

export const TASK_OF: Readonly<Record<Deed, string>> = {
  replay: 'deliveries.replay',
  discard: 'deliveries.discard',
}

/** How far ahead it decides. */
const STRETCH_MS = 5_000
const STRETCH_MAX = 500
/** Written at once: more would keep others from the database. */
const AT_ONCE = 20

export const createDeadLetterRuns = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly amendments: Pick<Amendments, 'decideDelivery'>
  /** Opens what the reason was sealed with. */
  readonly reasonOf: (tenantId: string, sealed: Buffer) => Promise<string>
  /** A job was added that is due then. */
  readonly onJob: (at: number) => void
  readonly stretchMax?: number
}): DeadLetterRuns => {
  const { database, clock, amendments, reasonOf, onJob, stretchMax = STRETCH_MAX } = options

  const jobFor = (tenantId: string, deed: Deed, run: string, runAt: number): Statement =>
    addJobs([{ tenantId, id: newId(clock.now()), task: TASK_OF[deed], payload: { run }, runAt, key: run }], clock.now())

  /** Null: it was called off, or another process is at it. */
  const plan = async (tenantId: string, run: DeadLetterRun): Promise<Stretch | null> => {
    const left = run.matched - run.done - run.refused
    const worth = run.perSecond === 0 ? stretchMax : Math.round((run.perSecond * STRETCH_MS) / 1000)
    const most = Math.max(1, Math.min(stretchMax, left, worth))
    const filter = { ...run.filter, states: ['dead'] }
    const rows = await listDeliveries(database, tenantId, filter, { before: run.place, limit: most })
    const now = clock.now()
    const stretch: Stretch = {
      id: newId(now),
      beginAt: Math.max(now, run.lastAt === null || run.perSecond === 0 ? now : run.lastAt + 1000 / run.perSecond),
      isLast: rows.length < most || rows.length >= left,
      letters: rows.map(({ lead_id: leadId, id, changed_at: changedAt }) => ({ leadId, id, changedAt })),
    }
    return (await planStretch(database, { tenantId, run: run.id, stretch })) ? stretch : null
  }

  /** Decides about those of a stretch that are given. */
  const decide = async (tenantId: string, run: DeadLetterRun, stretch: Stretch, open: ReadonlySet<string> | null) => {
    const reason = run.reason === null ? null : await reasonOf(tenantId, run.reason)
    const pause = run.perSecond === 0 ? 0 : 1000 / run.perSecond
    let done = 0
    let refused = 0
    let lastAt: number | null = null
    const one = async ({ leadId, id: deliveryId }: Letter, at: number): Promise<void> => {
      const asked = { tenantId, leadId, deliveryId, by: run.by, reason }
      try {
        // Of one that is no longer as it was when it was planned, whoever died at it has seen to it.
        if (open === null || open.has(deliveryId))
          await amendments.decideDelivery(
            run.deed === 'discard' ? { ...asked, decision: 'discard' } : { ...asked, decision: 'send_again', at },
          )
        done += 1
        lastAt = Math.max(lastAt ?? at, at)
      } catch (error) {
        if (!isFault(error) || (error.code !== 'invalid_request' && error.code !== 'not_found')) throw error
        refused += 1
      }
    }
    const work = stretch.letters.map((letter, place) => () => one(letter, Math.round(stretch.beginAt + place * pause)))
    while (work.length > 0) {
      const ended = await Promise.allSettled(work.splice(0, AT_ONCE).map((begin) => begin()))
      // None is under way any more when the job is tried again.
      for (const each of ended) if (each.status === 'rejected') throw each.reason
    }
    return { done, refused, lastAt: run.deed === 'discard' ? null : (lastAt as number | null) }
  }

  return {
    start: async (asked) => {
      const now = clock.now()
      const id = newId(now)
      const { tenantId, deed } = asked
      const run = await startRun(database, { ...asked, id, now, job: jobFor(tenantId, deed, id, now) })
      onJob(now)
      return run
    },
    goOn: async ({ tenantId, run: id }) => {
      const run = await findRun(database, tenantId, id)
      if (run?.state !== 'running') return
      const stretch = run.stretch ?? (await plan(tenantId, run))
      if (stretch === null) return
      const open = run.stretch === null ? null : await undecided(database, tenantId, stretch.letters)
      const { done, refused, lastAt } = await decide(tenantId, run, stretch, open)
      const now = clock.now()
      const nextAt = Math.max(now, (lastAt ?? now) - STRETCH_MS / 2)
      const last = stretch.letters.at(-1)
      await noteStretch(database, {
        tenantId,
        id,
        stretch: stretch.id,
        done,
        refused,
        place: last ?? null,
        lastAt,
        now,
        next: stretch.isLast ? null : jobFor(tenantId, run.deed, id, nextAt),
      })
      if (stretch.isLast) await rearmAlerts(database, tenantId)
      else onJob(nextAt)
    },
  }
}
