import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { reachOf } from '../../access/matrix.ts'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { Json } from '../../kit/field.ts'
import type { PreviewRequest } from '../../runner/workbench.ts'
import { FlowParams, FlowRefused } from '../contract/flows.ts'
import { problems } from '../contract/problem.ts'
import { PreviewAnswer, PreviewBody, RuleAnswer, RuleBody } from '../contract/workbench.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { sendProblem } from '../problems.ts'
import type { Session } from '../request.ts'
import { readTime } from '../times.ts'

interface Asked {
  readonly lead?: unknown
  readonly lead_id?: string
  readonly values?: Readonly<Record<string, unknown>>
  readonly test?: boolean
  readonly partial?: boolean
}

const wrong = (field: string, message: string): Fault =>
  new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })

const givenOf = (asked: Asked, session: Session): PreviewRequest['given'] => {
  const { test = false, partial = false } = asked
  const lead = asked.lead_id ?? (typeof asked.lead === 'string' ? asked.lead : undefined)
  const values =
    asked.values ?? (typeof asked.lead === 'object' ? (asked.lead as Readonly<Record<string, unknown>>) : undefined)
  if ((lead === undefined) === (values === undefined)) throw wrong('lead_id', 'give either this or values')
  if (lead === undefined) return { values: (values ?? {}) as Record<string, Json>, test, partial }
  if (reachOf(session.role, 'lead.read_personal') !== 'all')
    throw new Fault('forbidden', {
      message:
        'A preview shows personal data: of a stored lead it needs the permission lead.read_personal. Give values.',
    })
  if (!isId(lead)) throw wrong('lead_id', 'expected the id of a lead')
  return { lead }
}

export const workbenchRoutes =
  ({ workbench, clock }: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['Flows']
    const security = [{ login: [] }, { cookie: [] }]

    app.post(
      '/api/v1/flows/:id/preview',
      {
        config: { access: 'flow.read', audit: { action: 'flow.preview', resource: 'flow' } },
        schema: {
          tags,
          security,
          summary: 'Try a flow on a lead',
          description:
            'Runs mapping, fields, rules and templates on a stored lead or on values, and shows every intermediate value. ' +
            'Nothing is asked, sent, counted or kept: of a step that depends on an answer, the question is named.',
          params: FlowParams,
          body: PreviewBody,
          response: {
            200: PreviewAnswer,
            422: FlowRefused,
            ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { version, document, source, now } = request.body
        const given = givenOf(request.body, session)
        if ('lead' in given) request.auditData = { lead: given.lead }
        const result = await workbench.preview({
          tenantId: session.tenantId,
          flow: request.params.id,
          version: version ?? null,
          document: document ?? null,
          source: source ?? null,
          given,
          now: now === undefined ? clock.now() : readTime(now, 'now'),
        })
        if (!('problems' in result)) return result as never
        const count = result.problems.length === 1 ? '1 problem' : `${result.problems.length} problems`
        const fault = new Fault('flow_invalid', { message: `The draft has ${count}: it cannot be tried.` })
        return sendProblem(fault, request, reply, { problems: result.problems })
      },
    )

    app.post(
      '/api/v1/rules/convert',
      {
        config: { access: 'flow.read', audit: false },
        schema: {
          tags,
          security,
          summary: 'Convert a rule',
          description: 'From CEL to data and from data to CEL, with what is wrong with it.',
          body: RuleBody,
          response: { 200: RuleAnswer, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { rule, flow } = request.body
        if (typeof rule !== 'string' && (typeof rule !== 'object' || rule === null))
          throw wrong('rule', 'expected a text, or an object such as { field, op, value }')
        const { tenantId } = sessionOf(request)
        return workbench.convertRule({ tenantId, flow: flow ?? null, rule: rule as Json }) as never
      },
    )
  }
