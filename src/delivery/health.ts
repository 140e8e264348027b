import { int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { Lane } from './lane.ts'

/**
 * How well each destination answers, by the minute: counted in memory, added to the database every few seconds.
 * What a killed process had not yet added is not counted; the journal has it.
 */
export interface HealthCounts {
  count(lane: Lane, outcome: 'success' | 'failure' | 'error', ms: number): void
  /** Adds what was counted since the last time. */
  flush(): Promise<void>
  start(): void
  stop(): Promise<void>
}

/** Upper ends of the steps that latencies are counted in, ms; what is longer falls into one more. */
export const LATENCY_STEPS_MS: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 7_000, 10_000,
  15_000, 20_000, 30_000, 60_000,
]
export const STEPS = LATENCY_STEPS_MS.length + 1
const MINUTE_MS = 60_000
const FLUSH_MS = 5_000

const stepOf = (ms: number): number => {
  const step = LATENCY_STEPS_MS.findIndex((end) => ms <= end)
  return step < 0 ? STEPS - 1 : step
}

/** The latency that so much of all calls stay below, ms: between the ends of its step in proportion; null: no call. */
export const percentile = (latencies: readonly number[], part: number): number | null => {
  const all = latencies.reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  let left = part * all
  for (const [step, count] of latencies.entries()) {
    if (count > 0 && left <= count) {
      const from = LATENCY_STEPS_MS[step - 1] ?? 0
      const to = LATENCY_STEPS_MS[step] ?? from
      return Math.round((from + ((to - from) * left) / count) * 10) / 10
    }
    left -= count
  }
  return LATENCY_STEPS_MS.at(-1) ?? null
}

interface Minute {
  readonly lane: Lane
  readonly minute: number
  success: number
  failure: number
  error: number
  readonly latencies: number[]
}

export const createHealthCounts = (options: {
  readonly database: Database
  readonly clock: { now(): number }
}): HealthCounts => {
  const { database, clock } = options
  let minutes = new Map<string, Minute>()
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> = Promise.resolve()

  const write = async (counted: readonly Minute[]): Promise<void> => {
    await database.batch(
      [...new Set(counted.map(({ lane }) => lane.tenantId))],
      [
        {
          name: 'add_destination_minutes',
          text: `
insert into millrace.destination_minute as m
  (tenant_id, minute, flow_id, destination, successes, failures, errors, latencies)
select w.tenant_id, w.minute, w.flow_id, w.destination, w.successes, w.failures, w.errors,
  string_to_array(w.latencies, ',')::integer[]
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::integer[], $6::integer[], $7::integer[], $8::text[])
  as w(tenant_id, minute, flow_id, destination, successes, failures, errors, latencies)
order by 1, 3, 4, 2
on conflict (tenant_id, flow_id, destination, minute) do update
  set successes = m.successes + excluded.successes, failures = m.failures + excluded.failures,
      errors = m.errors + excluded.errors,
      latencies = (select array_agg(a.n + b.n order by a.i)
                   from unnest(m.latencies) with ordinality a(n, i)
                   join unnest(excluded.latencies) with ordinality b(n, i) using (i))`,
          values: [
            uuids(counted.map(({ lane }) => lane.tenantId)),
            timestamps(counted.map(({ minute }) => minute)),
            texts(counted.map(({ lane }) => lane.flowId)),
            texts(counted.map(({ lane }) => lane.destination)),
            int4s(counted.map(({ success }) => success)),
            int4s(counted.map(({ failure }) => failure)),
            int4s(counted.map(({ error }) => error)),
            texts(counted.map(({ latencies }) => latencies.join(','))),
          ],
        },
      ],
    )
  }

  const flush = async (): Promise<void> => {
    const counted = [...minutes.values()]
    minutes = new Map()
    if (counted.length > 0) await write(counted)
  }

  const turn = (): void => {
    flushing = flush().catch(() => undefined)
    flushing.finally(() => {
      if (timer !== undefined) timer = setTimeout(turn, FLUSH_MS).unref()
    })
  }

  return {
    count: (lane, outcome, ms) => {
      const minute = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS
      const key = `${minute}|${lane.tenantId}|${lane.flowId}/${lane.destination}`
      let counted = minutes.get(key)
      if (!counted) {
        counted = { lane, minute, success: 0, failure: 0, error: 0, latencies: new Array<number>(STEPS).fill(0) }
        minutes.set(key, counted)
      }
      counted[outcome] += 1
      const step = stepOf(ms)
      counted.latencies[step] = (counted.latencies[step] ?? 0) + 1
    },
    flush,
    start: () => {
      timer = setTimeout(turn, FLUSH_MS).unref()
    },
    stop: async () => {
      clearTimeout(timer)
      timer = undefined
      await flushing
      await flush().catch(() => undefined)
    },
  }
}
