import { delayMs } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { isFault } from '../../base/faults.ts'
import { createPlainPool } from '../../database/plain-pool.ts'
import type { Connection, Database, Log } from '../../database/pool.ts'
import type { Handlers, JobQueue, Payload } from '../jobs.ts'
import { runSchedules } from '../schedules.ts'
import { startWorker, type Worker } from './worker.ts'

/**
 * The queue on Postgres: due jobs of `millrace.job` are handed to graphile-worker in small numbers, in turn between
 * tenants, and are deleted when they have run. What the queue forgets is handed again within a minute; what a dead
 * process had locked is unlocked within half of one.
 */

/** Between looks when nothing hints. */
const LOOK_MS = 1_000
const EACH = 10
const IN_ALL = 50
const AGAIN_MS = 60_000
const UNLOCK_MS = 5_000
const ATTEMPTS_MAX = 8
const RETRY_MS = 5_000
const POOL_MAX = 3

interface JobRow {
  readonly task: string
  readonly payload: Payload | string
  readonly attempts: number
}

const payloadOf = (payload: Payload | string): Payload =>
  typeof payload === 'string' ? (JSON.parse(payload) as Payload) : payload

export const createPostgresQueue = (options: {
  readonly database: Database
  readonly connection: Connection
  readonly clock: Clock
  readonly random: () => number
  readonly newId: () => string
  readonly handlers: Handlers
  readonly runnerNumber: () => number
  /** Jobs that run here at once. */
  readonly concurrency: number
  readonly log: Log
}): JobQueue => {
  const { database, clock, random, newId, handlers, log } = options
  let worker: Promise<Worker> | null = null
  let pool: ReturnType<typeof createPlainPool> | null = null
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | null = null
  let running = false
  let unlockedAt = 0
  let wanted = Number.POSITIVE_INFINITY
  let away = false

  const finish = async (tenantId: string, id: string): Promise<void> => {
    await database.batch(
      [tenantId],
      [
        {
          name: 'finish_job',
          text: 'delete from millrace.job where tenant_id = $1::uuid and id = $2::uuid',
          values: [tenantId, id],
        },
      ],
    )
  }

  /** Tried again later, unless another of its key waits by now. */
  const putBack = async (tenantId: string, id: string, attempt: number, code: string): Promise<void> => {
    const last = attempt >= ATTEMPTS_MAX
    const now = clock.now()
    const wait = delayMs({ attempt, baseMs: RETRY_MS, random: random() })
    await database.batch(
      [tenantId],
      [
        {
          name: 'forget_replaced_job',
          text: `delete from millrace.job j using millrace.job o
                 where j.tenant_id = $1::uuid and j.id = $2::uuid and o.tenant_id = j.tenant_id and o.task = j.task
                   and o.key = j.key and o.id <> j.id and o.handed_at is null`,
          values: [tenantId, id],
        },
        {
          name: 'put_job_back',
          text: `update millrace.job set handed_at = null, run_at = $3::timestamptz, code = $4::text,
                   failed_at = $5::timestamptz
                 where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, id, new Date(now + wait), code, last ? new Date(now) : null],
        },
      ],
    )
    if (last) log.error({ job: id, code }, 'a job was given up')
    else hint(now + wait)
  }

  const run = async ({ tenantId, id }: { tenantId: string; id: string }, signal: AbortSignal): Promise<void> => {
    // Counted before it runs: one that kills the process is given up like one that fails.
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'begin_job',
          text: `update millrace.job set attempts = attempts + 1, handed_at = $3::timestamptz
                 where tenant_id = $1::uuid and id = $2::uuid and failed_at is null and handed_at is not null
                 returning task, payload, attempts`,
          values: [tenantId, id, new Date(clock.now())],
        },
      ],
    )
    const row = rows[0] as unknown as JobRow | undefined
    if (!row) return
    const handler = Object.hasOwn(handlers, row.task) ? handlers[row.task] : undefined
    try {
      if (!handler) throw new Error('no handler')
      if (row.attempts > ATTEMPTS_MAX) throw new Error('died too often')
      await handler({ tenantId, id, payload: payloadOf(row.payload), attempt: row.attempts, signal })
    } catch (error) {
      await putBack(tenantId, id, row.attempts, isFault(error) ? error.code : handler ? 'internal' : 'unknown_task')
      return
    }
    await finish(tenantId, id)
  }

  const ensureWorker = (): Promise<Worker> => {
    pool ??= createPlainPool(options.connection, { max: POOL_MAX, name: 'millrace queue' })
    worker ??= startWorker({
      pool,
      database,
      runnerNumber: options.runnerNumber,
      concurrency: options.concurrency,
      run,
      log,
      onEnded: () => {
        log.error({}, 'the queue ended though nobody asked; it is started again')
        worker = null
      },
    })
    worker.catch(() => {
      worker = null
    })
    return worker
  }

  const orphaned = async (): Promise<boolean> => {
    const [row] = await database.definer<{ orphaned: boolean }>({
      name: 'find_dead_workers',
      text: `select exists (select from millrace.job_worker
             where runner <> all ((select millrace.live_runners())::integer[])) as orphaned`,
    })
    return row?.orphaned === true
  }

  const look = async (): Promise<void> => {
    const now = clock.now()
    // Else others take the jobs that run here for those of a dead process.
    if (worker) await (await worker).present()
    await runSchedules(database, now, newId)
    const due = await database.definer<{ tenant_id: string; id: string; priority: number }>({
      name: 'hand_jobs',
      text: `select tenant_id, id, priority from millrace.hand_jobs($1::timestamptz, $2::timestamptz, $3::integer,
               $4::integer)`,
      values: [new Date(now), new Date(now - AGAIN_MS), EACH, IN_ALL],
    })
    if (due.length > 0) {
      const { hand } = await ensureWorker()
      for (const { tenant_id: tenantId, id, priority } of due) await hand({ tenantId, id, priority })
    }
    if (now - unlockedAt >= UNLOCK_MS) {
      unlockedAt = now
      if (worker || (await orphaned())) await (await ensureWorker()).unlockDead()
    }
    const [next] = await database.definer<{ at: number | null }>({
      name: 'next_job',
      text: 'select millrace.next_job($1::timestamptz) as at',
      values: [new Date(now)],
    })
    if (due.length > 0) hint(now)
    else if (typeof next?.at === 'number') hint(next.at)
  }

  const turn = (): void => {
    if (!running || looking) return
    timer = undefined
    wanted = Number.POSITIVE_INFINITY
    looking = look()
      .then(
        () => {
          away = false
        },
        (error) => {
          if (!away) log.warn({ code: isFault(error) ? error.code : 'internal' }, 'could not look for due jobs')
          away = true
        },
      )
      .finally(() => {
        looking = null
        schedule()
      })
  }

  const schedule = (): void => {
    if (!running || looking) return
    clearTimeout(timer)
    timer = setTimeout(turn, Math.max(0, Math.min(wanted - clock.now(), LOOK_MS)))
    timer.unref()
  }

  const hint = (at: number): void => {
    if (at >= wanted) return
    wanted = at
    schedule()
  }

  return {
    start: () => {
      running = true
      schedule()
    },
    hint,
    drain: async (withinMs) => {
      running = false
      clearTimeout(timer)
      await looking
      const known = worker
      worker = null
      if (known) await known.then(({ stop }) => stop(withinMs)).catch(() => undefined)
      await pool?.end().catch(() => undefined)
      pool = null
    },
  }
}
