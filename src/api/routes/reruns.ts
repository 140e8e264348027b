import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LeadParams, RerunAnswer, RerunBody } from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { rerunLead } from '../rerun.ts'

export const rerunRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post(
      '/api/v1/leads/:id/rerun',
      {
        config: { access: 'lead.process', audit: { action: 'lead.rerun', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Run a lead that was turned away through its flow again',
          description:
            'What came in comes in once more, as a lead of its own, and is judged by the version of the flow in use; what ' +
            'was mended since stays mended. Each lead names the other. Only a lead that was not accepted, and of which ' +
            'nobody has or may have received anything, is run again, and only once.',
          params: LeadParams,
          body: RerunBody,
          response: { 201: RerunAnswer, ...problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        const reason = request.body.reason ?? null
        const { answer } = await rerunLead(deps, { tenantId, leadId: id, by: userId, reason, mode: 'sync' })
        const url = `${deps.settings.publicUrl ?? ''}/api/v1/leads/${answer.lead_id}`
        request.auditData = { as: answer.lead_id, outcome: answer.outcome }
        reply.code(201).header('location', url)
        const { lead_id, outcome, accepted, reason: why, code } = answer
        return { lead_id, rerun_of: id, outcome, accepted, reason: why, code, status_url: url }
      },
    )
  }
