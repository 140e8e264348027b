import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Figures, readFigures } from '../../figures/read.ts'
import { FigureAnswer, FigureQuery, FUNNEL } from '../contract/figures.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Ranges end with the minute or hour that runs, and hold so many of them. */
const RANGE = {
  '1h': { grain: 'minute', units: 60 },
  '24h': { grain: 'hour', units: 24 },
  '7d': { grain: 'hour', units: 168 },
  '30d': { grain: 'hour', units: 720 },
  '90d': { grain: 'hour', units: 2_160 },
} as const

const sum = (rows: readonly { readonly leads: number }[]): number => rows.reduce((all, { leads }) => all + leads, 0)

const viewOf = (figures: Figures, from: number, to: number) => {
  const { totals, reasons } = figures
  const total = (name: 'accepted' | 'rejected' | 'failed' | 'waiting' | 'price' | 'revenue'): number =>
    totals.reduce((all, row) => all + row[name], 0)
  const isOfOne = totals.filter(({ currency }) => currency !== null).length <= 1
  const leads = sum(totals)
  const accepted = total('accepted')
  const decided = accepted + total('rejected') + total('failed')
  let left = leads
  const funnel = [
    { stage: 'received', leads, lost: 0, codes: [] as string[] },
    ...FUNNEL.map(({ stage, codes }) => {
      const lost = sum(reasons.filter(({ code }) => (codes as readonly string[]).includes(code)))
      left -= lost
      return { stage, leads: left, lost, codes: [...codes] }
    }),
  ]
  // Who has come through is known; who is still on the way has not.
  const last = funnel.at(-1)
  if (last) last.leads = accepted
  return {
    from: iso(from),
    to: iso(to),
    leads,
    accepted,
    rejected: total('rejected'),
    failed: total('failed'),
    waiting: total('waiting'),
    price: isOfOne ? total('price') : null,
    revenue: isOfOne ? total('revenue') : null,
    currencies: totals.flatMap(({ currency, price, revenue }) =>
      currency === null ? [] : [{ currency, price, revenue, margin: revenue - price }],
    ),
    acceptance_rate: decided === 0 ? null : accepted / decided,
    p50_ms: figures.p50,
    p95_ms: figures.p95,
    funnel,
    reasons: [...reasons],
    statuses: [...figures.statuses],
    sources: [...figures.bySource],
    series: figures.series.map((row) => ({ ...row, at: iso(row.at) })),
  }
}

export const figureRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    app.get(
      '/api/v1/figures',
      {
        config: { access: 'report.read' },
        schema: {
          tags: ['Figures'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Figures of a range of time',
          description:
            'A lead belongs to the minute or hour in which it was received and counts as what it has become by now; ' +
            'tests are left out. Figures are some seconds behind.',
          querystring: FigureQuery,
          response: { 200: FigureAnswer, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { range = '24h', flow = null, source = null, compare } = request.query
        const { grain, units } = RANGE[range as keyof typeof RANGE]
        const unitMs = grain === 'minute' ? MINUTE_MS : HOUR_MS
        const to = (Math.floor(clock.now() / unitMs) + 1) * unitMs
        const from = to - units * unitMs
        const read = async (begin: number, end: number) =>
          viewOf(await readFigures(database, { tenantId, from: begin, to: end, grain, flow, source }), begin, end)
        const [now, before] = await Promise.all([
          read(from, to),
          compare === undefined ? null : read(from - units * unitMs, from),
        ])
        return { grain, now, before }
      },
    )
  }
