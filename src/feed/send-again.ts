import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database } from '../database/pool.ts'
import { addJobs, type RunningJob } from '../jobs/jobs.ts'
import { WEBHOOKS_FLOW } from '../lead/alert-place.ts'
import { countDead, reachAgain, replayDead } from './telling.ts'

/**
 * Has a webhook sent what it is owed now, and what was given up where that is wanted: a few thousand at once, of more than
 * that the rest as a job, which goes on by itself after a crash.
 */
export interface SendAgain {
  /** Gives how many of those given up are owed again, counted to 10,000. */
  begin(asked: { readonly tenantId: string; readonly id: string; readonly replays: boolean }): Promise<number>
  /** What the job does. */
  goOn(job: Pick<RunningJob, 'tenantId' | 'payload' | 'signal'>): Promise<void>
}

export const SEND_AGAIN_TASK = 'webhooks.send_again'

export const createSendAgain = (options: { readonly database: Database; readonly clock: Clock }): SendAgain => {
  const { database, clock } = options
  return {
    begin: async ({ tenantId, id, replays }) => {
      const now = clock.now()
      const asked = { tenantId, id, now }
      const events = replays ? await countDead(database, asked) : 0
      await reachAgain(database, { ...asked, flow: WEBHOOKS_FLOW })
      if (!replays || (await replayDead(database, asked))) return events
      const job = { tenantId, id: newId(now), task: SEND_AGAIN_TASK, payload: { webhook: id, at: now }, key: id }
      await database.batch([tenantId], [addJobs([job], now)])
      return events
    },
    goOn: async ({ tenantId, payload, signal }) => {
      const asked = { tenantId, id: String(payload.webhook), now: Number(payload.at) }
      while (!(await replayDead(database, asked)))
        if (signal.aborted) throw new Fault('shutting_down', { message: 'The process ends: another goes on' })
    },
  }
}
