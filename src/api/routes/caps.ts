import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { countText } from '../../kit/caps.ts'
import { AllCaps, CapParams, CapsParams, CapsQuery, CapUsageList, RecountBody, Recounted } from '../contract/caps.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { readPublished } from '../flow-documents.ts'
import { sessionOf } from '../guard.ts'
import { isoOrNull } from '../times.ts'

type Used = Awaited<ReturnType<ApiDeps['caps']['usage']>>[number]

const usageView = ({ cap, at, source, destination, buyer, used, history, values, from, until }: Used) => ({
  id: cap.id,
  at,
  source,
  destination,
  buyer,
  per: cap.per,
  sliding: cap.sliding,
  zone: cap.zone,
  when: cap.when?.text ?? null,
  by: cap.by?.text ?? null,
  max: countText(cap, cap.max),
  used,
  history,
  values,
  from: isoOrNull(from),
  until: isoOrNull(until),
})

export const capRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['Flows']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/flows/:id/caps',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'Show what the caps of a flow count now',
          params: CapsParams,
          querystring: CapsQuery,
          response: { 200: CapUsageList, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const usage = await deps.caps.usage({ tenantId, flow: request.params.id, by: request.query.by ?? null })
        return { items: usage.map(usageView) }
      },
    )

    app.get(
      '/api/v1/caps',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'Show what the caps of all flows count now',
          response: { 200: AllCaps, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const flows = await readPublished(deps.database, tenantId)
        const usage = await Promise.all(
          flows.map(async ({ id: flow }) =>
            (await deps.caps.usage({ tenantId, flow, by: null })).map((used) => ({ flow, ...usageView(used) })),
          ),
        )
        return { items: usage.flat() }
      },
    )

    app.post(
      '/api/v1/flows/:id/caps/:cap/recount',
      {
        config: { access: 'flow.edit' },
        schema: {
          tags,
          security,
          summary: 'Let leads from before a cap was made count in its window',
          description: 'Looks at the accepted leads of the window now. Asked again, it changes nothing.',
          params: CapParams,
          body: RecountBody,
          response: { 200: Recounted, ...problems(400, 401, 403, 404, 406, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id: flow, cap } = request.params
        return deps.caps.recount({ tenantId, flow, cap, at: request.body.at ?? null })
      },
    )
  }
