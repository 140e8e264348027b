import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HealthAnswer, HealthParams, HealthQuery, QueueList } from '../contract/deliveries.ts'
import { problems } from '../contract/problem.ts'
import { destinationHealth, queueStates } from '../delivery-health.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'

const MINUTES_DEFAULT = 60

export const queueRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const tags = ['Deliveries']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/queues',
      {
        config: { access: 'job.read' },
        schema: {
          tags,
          security,
          summary: 'What waits, since when, and how fast it goes',
          response: { 200: QueueList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { queues } = await queueStates({ database, tenantId, now: clock.now(), gate: deps.delivery.gate })
        return { items: queues }
      },
    )

    app.get(
      '/api/v1/destinations/:id/health',
      {
        config: { access: 'destination.read' },
        schema: {
          tags,
          security,
          summary: 'How well a destination does',
          description: 'An item for each flow that has a destination of this id. Counted by the minute.',
          params: HealthParams,
          querystring: HealthQuery,
          response: { 200: HealthAnswer, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({
        items: await destinationHealth({
          database,
          tenantId: sessionOf(request).tenantId,
          now: clock.now(),
          openReason: keys.openTenant,
          destination: request.params.id,
          flow: request.query.flow,
          minutes: request.query.minutes ?? MINUTES_DEFAULT,
        }),
      }),
    )
  }
