import { Fault } from '../base/faults.ts'
import { int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import { PRIORITY_DELAY_MS, type Priority, type PriorityDelays, rankOf } from '../kit/priorities.ts'

/**
 * Jobs: work that is no lead's journey. The port; `postgres/` is its adapter, `conformance.ts` in test/jobs its suite.
 *
 * A job is decided on in a transaction and written in it; it runs at least once, later, in any process. A handler is
 * told the ids and looks the rest up. One that fails is run again with growing pauses; after the last time it stays,
 * for a person to see.
 */

export type Payload = Readonly<Record<string, string | number | boolean | null>>

export interface NewJob {
  readonly tenantId: string
  readonly id: string
  readonly task: string
  readonly payload: Payload
  readonly priority?: Priority
  /** ms since 1970; left out: now, and the delay of its priority. */
  readonly runAt?: number
  /** One that waits under the same task and key is replaced. */
  readonly key?: string
}

export interface RunningJob {
  readonly tenantId: string
  readonly id: string
  readonly payload: Payload
  /** From 1. */
  readonly attempt: number
  /** Aborts when the process is to end. */
  readonly signal: AbortSignal
}

/** By task. Whatever it throws, only a Fault's code is kept. */
export type Handlers = Readonly<Record<string, (job: RunningJob) => Promise<void>>>

export interface JobQueue {
  start(): void
  /** Something was added that is due then, ms since 1970: a hint. */
  hint(at: number): void
  /** Takes no more; resolves when what runs has ended, or the time is over. */
  drain(withinMs: number): Promise<void>
}

/** Adds jobs in the caller's own transaction: they are there if, and only if, it commits. */
export const addJobs = (
  jobs: readonly NewJob[],
  now: number,
  delays: PriorityDelays = PRIORITY_DELAY_MS,
): Statement => {
  const keys = new Set<string>()
  for (const { tenantId, task, key } of jobs) {
    if (key === undefined) continue
    const name = `${tenantId}|${task}|${key}`
    if (keys.has(name))
      throw new Fault('internal', { message: 'Internal error', detail: 'two jobs of one key at once' })
    keys.add(name)
  }
  return {
    name: 'add_jobs',
    text: `insert into millrace.job as j (tenant_id, id, task, payload, priority, run_at, key)
           select w.tenant_id, w.id, w.task, w.payload::jsonb, w.priority, w.run_at, w.key
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::text[])
             as w(tenant_id, id, task, payload, priority, run_at, key)
           on conflict (tenant_id, task, key) where key is not null and handed_at is null do update
             set payload = excluded.payload, priority = excluded.priority, run_at = excluded.run_at, attempts = 0,
                 code = null, failed_at = null`,
    values: [
      uuids(jobs.map((job) => job.tenantId)),
      uuids(jobs.map((job) => job.id)),
      texts(jobs.map((job) => job.task)),
      texts(jobs.map((job) => JSON.stringify(job.payload))),
      int4s(jobs.map((job) => rankOf(job.priority ?? 'emergency'))),
      timestamps(jobs.map((job) => job.runAt ?? now + delays[job.priority ?? 'emergency'])),
      texts(jobs.map((job) => job.key ?? null)),
    ],
  }
}
