import { EventEmitter } from 'node:events'
import type { Runner, WorkerEvents } from 'graphile-worker'
import { texts } from '../../database/arrays.ts'
import type { Database, Log } from '../../database/pool.ts'

/** The package's own pool; this room knows no driver. */
type Pool = ReturnType<typeof import('../../database/plain-pool.ts').createPlainPool>

/** The queue itself: handed ids in small numbers, and not trusted with anything but running them. */
export interface Worker {
  hand(job: { readonly tenantId: string; readonly id: string; readonly priority: number }): Promise<void>
  /** Says again whose its workers are, where this process has come back under another number. */
  present(): Promise<void>
  /** Unlocks what workers had that are no more: of processes that died, and of pools that ended. */
  unlockDead(): Promise<void>
  /** Waits for what runs, for so long. */
  stop(withinMs: number): Promise<void>
}

const TASK = 'millrace'
const SCHEMA = 'graphile_worker'
/** A job that kills its process is counted by `millrace.job.attempts`; the queue only has to give it out again. */
const ATTEMPTS_MAX = 1_000
const POLL_MS = 1_000

/**
 * Starts the package's runner, which is loaded now and not before: an installation without jobs never pays for it.
 * `onEnded`: it ended though nobody asked; it may resolve as if all were well (graphile/worker#635).
 */
export const startWorker = async (options: {
  readonly pool: Pool
  readonly database: Database
  readonly runnerNumber: () => number
  readonly concurrency: number
  readonly run: (job: { readonly tenantId: string; readonly id: string }, signal: AbortSignal) => Promise<void>
  readonly log: Log
  readonly onEnded: () => void
}): Promise<Worker> => {
  const { pool, database, runnerNumber, concurrency, run, log, onEnded } = options
  const { Logger, run: startRunner } = await import('graphile-worker')
  const events = new EventEmitter() as WorkerEvents
  const abort = new AbortController()
  /** Pools of workers that run here, by which the package locks jobs, and the number of ours that they stand under. */
  const own = new Set<string>()
  let under = runnerNumber()
  const register = async (workerIds: readonly string[], number: number): Promise<void> => {
    await database.batch(
      [],
      [
        {
          name: 'forget_worker',
          text: 'delete from millrace.job_worker where worker_id = any ($1::text[])',
          values: [texts(workerIds)],
        },
        {
          name: 'register_worker',
          text: `insert into millrace.job_worker (worker_id, runner) select id, $2::integer from unnest($1::text[]) as w(id)
                 on conflict do nothing`,
          values: [texts(workerIds), number],
        },
      ],
    )
  }
  events.on('pool:create', ({ workerPool }) => {
    own.add(workerPool.id)
    register([workerPool.id], under).catch(() => undefined)
  })
  events.on('pool:release', ({ workerPool }) => own.delete(workerPool.id))
  let stopping = false
  const runner: Runner = await startRunner({
    pgPool: pool,
    schema: SCHEMA,
    concurrency,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    events,
    logger: new Logger(() => (level, message) => {
      if (level === 'error') log.warn({ detail: String(message).slice(0, 200) }, 'the queue reports an error')
    }),
    taskList: {
      [TASK]: async (payload) => {
        const { tenant, id } = payload as { readonly tenant: string; readonly id: string }
        await run({ tenantId: tenant, id }, abort.signal)
      },
    },
  })
  const ended = (): void => {
    if (!stopping) onEnded()
  }
  runner.promise.then(ended, ended)
  /** Seen locking at the last look, and belonging to nobody that lives. */
  let suspects = new Set<string>()

  return {
    hand: async ({ tenantId, id, priority }) => {
      await runner.addJob(
        TASK,
        { tenant: tenantId, id },
        { jobKey: id, jobKeyMode: 'unsafe_dedupe', priority, maxAttempts: ATTEMPTS_MAX },
      )
    },
    present: async () => {
      const number = runnerNumber()
      if (number === under) return
      await register([...own], number)
      under = number
    },
    unlockDead: async () => {
      const { rows } = await pool.query<{ worker_id: string }>(
        `select distinct j.locked_by as worker_id from ${SCHEMA}._private_jobs j
         where j.locked_by is not null and not exists (
           select from millrace.job_worker w
           where w.worker_id = j.locked_by and w.runner = any ((select millrace.live_runners())::integer[]))`,
      )
      // A worker that has just been made may not be written down yet: only who is seen twice is dead.
      const dead = rows.map((row) => row.worker_id).filter((id) => suspects.has(id) && !own.has(id))
      suspects = new Set(rows.map((row) => row.worker_id))
      // They say who lives; of who does not, nothing is left.
      await pool.query(
        'delete from millrace.job_worker where runner <> all ((select millrace.live_runners())::integer[])',
      )
      if (dead.length === 0) return
      await pool.query(`select ${SCHEMA}.force_unlock_workers($1::text[])`, [dead])
      log.warn({ workers: dead.length }, 'unlocked the jobs of workers that are no more')
    },
    stop: async (withinMs) => {
      stopping = true
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs)
      })
      await Promise.race([runner.stop().catch(() => undefined), late])
      clearTimeout(timer)
      abort.abort()
    },
  }
}
