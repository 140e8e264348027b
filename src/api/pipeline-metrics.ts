import type { Static } from 'typebox'
import { firstIdAt } from '../base/ids.ts'
import { countDeliveries, readBreakers } from '../delivery/read.ts'
import { NEVER_MS } from '../journal/append.ts'
import type { Json } from '../kit/field.ts'
import type { METRICS } from './contract/pipeline.ts'
import { destinationHealth, holdViewOf, queueStates } from './delivery-health.ts'
import type { ApiDeps } from './deps.ts'
import { iso } from './times.ts'

/** What `GET /api/admin/lead-pipeline?metric=…` tells, by the names operators of lead pipelines know. */

type Metric = (typeof METRICS)[number]
type Read = (deps: ApiDeps, tenantId: string) => Promise<unknown>

const DAY_MS = 86_400_000
const CALL_MINUTES = 60

const statesOf = ({ database, clock, delivery }: ApiDeps, tenantId: string) =>
  queueStates({ database, tenantId, now: clock.now(), gate: delivery.gate })

const queueStatus: Read = async (deps, tenantId) => {
  const { queues, holds } = await statesOf(deps, tenantId)
  return {
    queues,
    holds: await Promise.all(holds.map((hold) => holdViewOf(tenantId, hold, deps.keys.openTenant))),
  }
}

const rateLimits: Read = async ({ settings, delivery }) => ({
  intake: { max: settings.rateLimitMax, window_seconds: settings.rateLimitWindowMs / 1000, per: 'key' },
  tenant_calls: { concurrency: delivery.limits.tenantConcurrency, per_second: delivery.limits.tenantPerSecond },
  destination_calls: {
    concurrency: delivery.limits.concurrency,
    breaker: { failures: delivery.limits.breaker.failures, pause_seconds: delivery.limits.breaker.openMs / 1000 },
  },
})

const errorStats: Read = async ({ database }, tenantId) => {
  const [counts, [parked = []]] = await Promise.all([
    countDeliveries(database, tenantId),
    database.batch(
      [tenantId],
      [
        {
          name: 'count_parked_leads',
          text: `select l.code, count(*)::integer as count, min(l.received_at) as oldest
                 from millrace.work w join millrace.lead l on l.tenant_id = w.tenant_id and l.id = w.lead_id
                 where w.tenant_id = $1::uuid and w.wake_at >= $2::timestamptz and l.code is not null
                 group by l.code order by l.code`,
          values: [tenantId, new Date(NEVER_MS)],
        },
      ],
    ),
  ])
  const of = (state: string) =>
    counts
      .filter((one) => one.state === state)
      .map(({ flow, destination, code, count, oldest }) => ({ flow, destination, code, count, oldest: iso(oldest) }))
  return {
    dead_letters: of('dead'),
    unknown_outcomes: of('unknown'),
    parked_leads: parked.map((row) => ({ code: row.code, count: row.count, oldest: iso(row.oldest as number) })),
  }
}

const leadStats: Read = async ({ database, clock }, tenantId) => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_leads_of_a_day',
        text: `select status, outcome, code, count(*)::integer as count from millrace.lead
               where tenant_id = $1::uuid and id >= $2::uuid and not test group by 1, 2, 3 order by 1, 2, 3`,
        values: [tenantId, firstIdAt(clock.now() - DAY_MS)],
      },
    ],
  )
  return { hours: 24, received: rows.reduce((sum, row) => sum + (row.count as number), 0), by: rows }
}

const callStats: Read = async ({ database, clock, keys }, tenantId) => ({
  minutes: CALL_MINUTES,
  destinations: await destinationHealth({
    database,
    tenantId,
    now: clock.now(),
    openReason: keys.openTenant,
    minutes: CALL_MINUTES,
  }),
})

const systemHealth: Read = async (deps, tenantId) => {
  const [{ queues, holds }, counts, breakers] = await Promise.all([
    statesOf(deps, tenantId),
    countDeliveries(deps.database, tenantId),
    readBreakers(deps.database, tenantId),
  ])
  const emergency = holds.find(({ scope }) => scope === 'emergency')
  const sum = (state: string): number =>
    counts.filter((one) => one.state === state).reduce((all, one) => all + one.count, 0)
  const breakersOpen = breakers.filter(({ breaker }) => breaker !== 'closed').length
  return {
    status: emergency ? 'emergency' : holds.length > 0 || breakersOpen > 0 || sum('dead') > 0 ? 'degraded' : 'healthy',
    version: deps.settings.version,
    journeys_in_flight: deps.runner.inFlight(),
    due: queues.reduce((all, { depth }) => all + depth, 0),
    breakers_open: breakersOpen,
    dead_letters: sum('dead'),
    unknown_outcomes: sum('unknown'),
    emergency: emergency ? await holdViewOf(tenantId, emergency, deps.keys.openTenant) : null,
    stopped: holds.map(({ scope, name }) => (name === '' ? scope : `${scope} ${name}`)),
  }
}

const READS: Readonly<Record<Metric, Read>> = {
  'queue-status': queueStatus,
  'rate-limits': rateLimits,
  'error-stats': errorStats,
  'lead-stats': leadStats,
  'call-stats': callStats,
  'system-health': systemHealth,
}

export const readMetric = async (
  deps: ApiDeps,
  tenantId: string,
  metric: Metric,
): Promise<Static<typeof import('./contract/pipeline.ts').MetricAnswer>> => ({
  metric,
  at: iso(deps.clock.now()),
  data: (await READS[metric](deps, tenantId)) as Json,
})
