import type { Static } from 'typebox'
import type { Database } from '../database/pool.ts'
import type { Gate } from '../delivery/gate.ts'
import { percentile } from '../delivery/health.ts'
import { type Hold, listHolds } from '../delivery/holds.ts'
import { laneOf } from '../delivery/lane.ts'
import { countDeliveries, countReceived, readBreakers, readCalls, readJobs, readQueues } from '../delivery/read.ts'
import { NEVER_MS } from '../journal/append.ts'
import type { HealthAnswer, QueueList } from './contract/deliveries.ts'
import type { HoldView } from './contract/pipeline.ts'
import { iso, isoOrNull } from './times.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const RATE_MINUTES = 5

export type OpenReason = (tenantId: string, sealed: Buffer) => Promise<string>

export const holdViewOf = async (
  tenantId: string,
  hold: Hold,
  openReason: OpenReason,
): Promise<Static<typeof HoldView>> => ({
  scope: hold.scope,
  name: hold.name,
  since: iso(hold.since),
  until: isoOrNull(hold.until),
  by: hold.by,
  code: hold.code,
  reason: hold.reason === null ? null : await openReason(tenantId, hold.reason),
})

interface Asked {
  readonly database: Database
  readonly tenantId: string
  readonly now: number
}

/** So many minutes back; where calls are kept by the hour, from the hour on in which that lies. */
export const callsSince = (now: number, minutes: number): number => {
  const since = Math.floor(now / MINUTE_MS) * MINUTE_MS - (minutes - 1) * MINUTE_MS
  const byMinute = (Math.floor(now / HOUR_MS) - 1) * HOUR_MS
  return since >= byMinute ? since : Math.floor(since / HOUR_MS) * HOUR_MS
}

/** How well destinations do: of all flows that have one of this id, or of all. */
export const destinationHealth = async (
  asked: Asked & {
    readonly openReason: OpenReason
    readonly minutes: number
    readonly destination?: string
    readonly flow?: string | undefined
  },
): Promise<Static<typeof HealthAnswer>['items']> => {
  const { database, tenantId, now, destination, flow } = asked
  const since = callsSince(now, asked.minutes)
  const [calls, breakers, counts, holds] = await Promise.all([
    readCalls(database, tenantId, { since, destination, flow }),
    readBreakers(database, tenantId),
    countDeliveries(database, tenantId),
    listHolds(database, tenantId, now),
  ])
  const wanted = (one: { readonly flow: string; readonly destination: string }): boolean =>
    (destination === undefined || one.destination === destination) && (flow === undefined || one.flow === flow)
  const paused = holds.filter(({ scope }) => scope === 'destination').map((hold) => ({ hold, ...nameOf(hold.name) }))
  const known = new Map<string, { flow: string; destination: string }>()
  for (const one of [...calls, ...breakers, ...counts, ...paused])
    if (wanted(one)) known.set(`${one.flow}/${one.destination}`, { flow: one.flow, destination: one.destination })
  return Promise.all(
    [...known].sort().map(async ([key, place]) => {
      const is = (one: { readonly flow: string; readonly destination: string }) =>
        `${one.flow}/${one.destination}` === key
      const seen = calls.find(is)
      const breaker = breakers.find(is)
      const hold = paused.find(is)?.hold
      const all = seen ? seen.successes + seen.failures + seen.errors : 0
      const count = (state: string): number =>
        counts.filter((one) => is(one) && one.state === state).reduce((sum, one) => sum + one.count, 0)
      const view = hold && (await holdViewOf(tenantId, hold, asked.openReason))
      return {
        ...place,
        calls: all,
        success_rate: seen && all > 0 ? seen.successes / all : null,
        refused: seen?.failures ?? 0,
        errors: seen?.errors ?? 0,
        latency_ms: {
          p50: percentile(seen?.latencies ?? [], 0.5),
          p95: percentile(seen?.latencies ?? [], 0.95),
          p99: percentile(seen?.latencies ?? [], 0.99),
        },
        breaker: {
          state: breaker?.breaker ?? ('closed' as const),
          since: breaker && breaker.breaker !== 'closed' ? iso(breaker.changed_at) : null,
          retry_at: isoOrNull(breaker?.retry_at ?? null),
          openings: breaker?.openings ?? 0,
          code: breaker?.code ?? null,
        },
        paused: view
          ? { by: view.by, since: view.since, until: view.until, code: view.code, reason: view.reason }
          : null,
        waiting: count('waiting'),
        unknown: count('unknown'),
        dead: count('dead'),
        alerted_at: isoOrNull(breaker?.alerted_at ?? null),
      }
    }),
  )
}

const nameOf = (name: string): { flow: string; destination: string } => {
  const lane = laneOf('', name)
  return { flow: lane.flowId, destination: lane.destination }
}

/** What waits, by queue, deliveries by their destinations; and what is stopped. */
export const queueStates = async (
  asked: Asked & { readonly gate: Pick<Gate, 'stopped'> },
): Promise<{ readonly queues: Static<typeof QueueList>['items']; readonly holds: readonly Hold[] }> => {
  const { database, tenantId, now, gate } = asked
  const [queues, jobs, calls, holds, received] = await Promise.all([
    readQueues(database, tenantId, { now, never: NEVER_MS }),
    readJobs(database, tenantId, now),
    readCalls(database, tenantId, { since: now - RATE_MINUTES * MINUTE_MS }),
    listHolds(database, tenantId, now),
    countReceived(database, tenantId, now - MINUTE_MS),
  ])
  const isPaused = (queue: string): boolean => holds.some(({ scope, name }) => scope === 'queue' && name === queue)
  const named = new Map(queues.map((queue) => [queue.lane, queue]))
  for (const { flow, destination } of calls) {
    const lane = `${flow}/${destination}`
    if (!named.has(lane)) named.set(lane, { lane, due: 0, later: 0, running: 0, parked: 0, oldest: null })
  }
  if (!named.has('')) named.set('', { lane: '', due: 0, later: 0, running: 0, parked: 0, oldest: null })
  const waiting = [...named.values()]
    .sort((a, b) => (a.lane < b.lane ? -1 : 1))
    .map(({ lane, due, later, running, parked, oldest }) => {
      const seen = calls.find(({ flow, destination }) => `${flow}/${destination}` === lane)
      const all = seen ? seen.successes + seen.failures + seen.errors : 0
      const stopped =
        lane === '' ? (isPaused('leads') ? 'paused' : null) : (gate.stopped(laneOf(tenantId, lane))?.why ?? null)
      return {
        queue: lane === '' ? 'leads' : 'deliveries',
        name: lane,
        depth: due,
        oldest: isoOrNull(oldest),
        states: { due, later, running, parked },
        per_minute: lane === '' ? received : Math.round((all / RATE_MINUTES) * 100) / 100,
        stopped,
      }
    })
  const jobItems = jobs.map(({ lane, due, later, running, parked, oldest }) => ({
    queue: 'jobs',
    name: lane,
    depth: due,
    oldest: isoOrNull(oldest),
    states: { due, later, running, parked },
    per_minute: null,
    stopped: isPaused('jobs') ? 'paused' : null,
  }))
  return { queues: [...waiting, ...jobItems], holds }
}
