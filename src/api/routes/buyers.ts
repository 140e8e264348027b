import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TERM_KEYS } from '../../kit/terms.ts'
import { BuyerList, DestinationList, type RANGES, RangeQuery } from '../contract/destinations.ts'
import { problems } from '../contract/problem.ts'
import { destinationHealth } from '../delivery-health.ts'
import type { ApiDeps } from '../deps.ts'
import { listIn, type PublishedFlow, partsOf, readPublished, textOf } from '../flow-documents.ts'
import { sessionOf } from '../guard.ts'
import { readTaken, takenOf } from '../taken.ts'

const MINUTES: Readonly<Record<(typeof RANGES)[number], number>> = {
  '1h': 60,
  '24h': 1_440,
  '7d': 10_080,
  '30d': 43_200,
}
const RANGE_DEFAULT = '24h'

type Plain = Readonly<Record<string, unknown>>

const only = (part: Plain, is: (key: string) => boolean): Plain =>
  Object.fromEntries(Object.entries(part).filter(([key]) => is(key)))
const isTerm = (key: string): boolean => TERM_KEYS.some((term) => term === key)

/** Steps that may stand within others: what a step holds is looked through whole. */
const deliversTo = (step: unknown, destination: string): readonly string[] => {
  if (Array.isArray(step)) return step.flatMap((one) => deliversTo(one, destination))
  if (step === null || typeof step !== 'object') return []
  return Object.entries(step).flatMap(([type, config]) => {
    if (type !== 'deliver') return deliversTo(config, destination)
    const { id = type, to, fallback } = (config ?? {}) as { id?: unknown; to?: unknown; fallback?: unknown }
    return [to, fallback].flat().includes(destination) ? [String(id)] : []
  })
}

const destinationsOf = (flow: PublishedFlow) =>
  [...partsOf(flow, 'destinations')].map(([id, part]) => ({
    flow: flow.id,
    flow_version: flow.version,
    id,
    name: textOf(part.name) ?? id,
    type: textOf(part.type),
    settings: only(part, (key) => !isTerm(key) && key !== 'name' && key !== 'type') as unknown,
    terms: only(part, isTerm),
    steps: [...new Set(deliversTo(listIn(flow, 'steps'), id))],
  }))

const idle = (flow: string, destination: string) => ({
  flow,
  destination,
  calls: 0,
  success_rate: null,
  refused: 0,
  errors: 0,
  latency_ms: { p50: null, p95: null, p99: null },
  breaker: { state: 'closed' as const, since: null, retry_at: null, openings: 0, code: null },
  paused: null,
  waiting: 0,
  unknown: 0,
  dead: 0,
  alerted_at: null,
})

/** Where leads go, and who buys them: as flows say it, with what became of what went there. */
export const buyerRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const tags = ['Destinations']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/destinations',
      {
        config: { access: 'destination.read' },
        schema: {
          tags,
          security,
          summary: 'List the destinations of all flows, and how each does',
          querystring: RangeQuery,
          response: { 200: DestinationList, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const minutes = MINUTES[request.query.range ?? RANGE_DEFAULT]
        const now = clock.now()
        const [flows, health, taken] = await Promise.all([
          readPublished(database, tenantId),
          destinationHealth({ database, tenantId, now, minutes, openReason: keys.openTenant }),
          readTaken(database, tenantId, { now, minutes }),
        ])
        const known = flows.flatMap(destinationsOf)
        const gone = health
          .filter(({ flow, destination }) => !known.some((one) => one.flow === flow && one.id === destination))
          .filter(({ waiting, unknown, dead, paused }) => waiting + unknown + dead > 0 || paused !== null)
          .map(({ flow, destination }) => ({
            flow,
            flow_version: flows.find(({ id }) => id === flow)?.version ?? 0,
            id: destination,
            name: destination,
            type: null,
            settings: {} as unknown,
            terms: {},
            steps: [],
          }))
        return {
          items: [...known, ...gone].map((one) => ({
            ...one,
            health:
              health.find(({ flow, destination }) => flow === one.flow && destination === one.id) ??
              idle(one.flow, one.id),
            taken: takenOf(taken.filter((row) => row.flow === one.flow && row.destination === one.id)),
          })),
        }
      },
    )

    app.get(
      '/api/v1/buyers',
      {
        config: { access: 'buyer.read' },
        schema: {
          tags,
          security,
          summary: 'List who buys: their terms, what they took and what they pay',
          description:
            'Several destinations may be one buyer’s. A destination that names no buyer is listed by itself where it has ' +
            'terms, or has paid for a lead.',
          querystring: RangeQuery,
          response: { 200: BuyerList, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const asked = { now: clock.now(), minutes: MINUTES[request.query.range ?? RANGE_DEFAULT] }
        const [flows, taken] = await Promise.all([
          readPublished(database, tenantId),
          readTaken(database, tenantId, asked),
        ])
        const buyers = new Map<string, { named: boolean; places: ReturnType<typeof destinationsOf> }>()
        for (const place of flows.flatMap(destinationsOf)) {
          const name = textOf(place.terms.buyer)
          const rows = taken.filter((row) => row.flow === place.flow && row.destination === place.id)
          if (name === null && Object.keys(place.terms).length === 0 && rows.every(({ paid }) => paid === null))
            continue
          const id = name ?? `${place.flow}/${place.id}`
          const buyer = buyers.get(id) ?? { named: name !== null, places: [] }
          buyers.set(id, { ...buyer, places: [...buyer.places, place] })
        }
        const rowsOf = ({ flow, id }: { readonly flow: string; readonly id: string }) =>
          taken.filter((row) => row.flow === flow && row.destination === id)
        return {
          items: [...buyers].sort().map(([id, { named, places }]) => ({
            id,
            named,
            destinations: places.map((place) => ({
              flow: place.flow,
              id: place.id,
              name: place.name,
              terms: place.terms as unknown,
              taken: takenOf(rowsOf(place)),
            })),
            taken: takenOf(places.flatMap(rowsOf)),
          })),
        }
      },
    )
  }
