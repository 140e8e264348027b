import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Json } from '../../kit/field.ts'
import { problems } from '../contract/problem.ts'
import { Answer, SubmissionBody, SubmissionParams } from '../contract/submission.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'

const TryBody = Type.Object({ values: SubmissionBody }, { additionalProperties: false })

/** A test lead from somebody logged in, who has no key of the source: keys are known to those they were given to. */
export const tryRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { runner, clock } = deps
    app.post(
      '/api/v1/sources/:flow/:source/test',
      {
        config: { access: 'lead.submit', audit: { action: 'source.test', resource: 'source', id: 'source' } },
        schema: {
          tags: ['Flows'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Submit a test lead to a source',
          description: 'As the source would, but as a test: it runs the whole flow and is delivered to no one.',
          params: SubmissionParams,
          body: TryBody,
          response: { 200: Answer, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const { flow, source } = request.params
        const values = request.body.values as Readonly<Record<string, Json>>
        const { answer } = await runner.submit({
          source: { tenantId, keyId: userId, flowId: flow, sourceId: source, method: 'session' },
          format: 'json',
          mode: 'sync',
          raw: JSON.stringify(values),
          values,
          test: true,
          idempotencyKey: null,
          ip: request.ip,
          userAgent: request.headers['user-agent'] ?? null,
          receivedAt: clock.now(),
        })
        request.auditData = { flow, lead: answer.lead_id, outcome: answer.outcome }
        const { field_errors: errors, ...rest } = answer
        return { ...rest, ...(errors === undefined ? {} : { field_errors: errors }), destinations: answer.destinations }
      },
    )
  }
