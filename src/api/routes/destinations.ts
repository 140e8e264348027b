import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import type { Json } from '../../kit/field.ts'
import type { TrialTarget } from '../../runner/trials.ts'
import type { Trial } from '../../runner/try-destination.ts'
import {
  DestinationCheckBody,
  DestinationTestBody,
  DestinationTrial,
  DestinationTypes,
  FileList,
} from '../contract/destinations.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso } from '../times.ts'

interface Target {
  readonly flow?: string
  readonly destination?: string
  readonly type?: string
  readonly settings?: Readonly<Record<string, unknown>>
}

const targetOf = ({ flow, destination, type, settings }: Target): TrialTarget => {
  if (type !== undefined && flow === undefined && destination === undefined)
    return { type, settings: (settings ?? {}) as Json }
  if (flow !== undefined && destination !== undefined && type === undefined && settings === undefined)
    return { flow, destination }
  throw new Fault('invalid_request', {
    message: 'Name either a flow and its destination, or a type with its settings',
  })
}

const shown = ({ exchanges, result, next }: Trial): DestinationTrial => ({
  outcome: result.outcome,
  code: result.outcome === 'success' ? null : result.code,
  reason: result.reason,
  reference: (result.outcome !== 'error' && result.reference) || null,
  price: result.outcome === 'success' && result.price ? `${result.price.amount} ${result.price.currency}` : null,
  captured: (result.outcome !== 'error' && result.captured) || {},
  next,
  exchanges: exchanges.map(({ request: { method, url, headers, body }, response, ms }) => ({
    request: { method, url, headers, body },
    response: response ?? { status: null, headers: {}, body: null },
    ms,
  })),
})

const lowered = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

export const destinationRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { trials, destinationTypes } = deps
    const tags = ['Destinations']
    const security = [{ login: [] }, { cookie: [] }]

    app.get(
      '/api/v1/destinations/types',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'List the types of destination',
          description: 'Each with the schema of its settings, which is what a form for it is made of.',
          response: { 200: DestinationTypes, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async () => ({
        items: Object.values(destinationTypes).map(({ type, summary, settings, example }) => ({
          type,
          summary,
          settings,
          example,
        })),
      }),
    )

    app.get(
      '/api/v1/destinations/files',
      {
        config: { access: 'flow.read' },
        schema: {
          tags,
          security,
          summary: 'List the newest files',
          description: 'Of destinations whose deliveries leave together; at most 200, newest first.',
          response: { 200: FileList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const [rows = []] = await deps.database.batch(
          [tenantId],
          [
            {
              name: 'list_batch_files',
              text: `select id, flow_id, destination, name, state, rows, bytes, encode(digest, 'hex') as sha256,
                       attempts, code, made_at, sent_at
                     from millrace.batch_file where tenant_id = $1::uuid order by id desc limit 200`,
              values: [tenantId],
            },
          ],
        )
        return {
          items: rows.map((row) => ({
            id: row.id as string,
            flow: row.flow_id as string,
            destination: row.destination as string,
            name: row.name as string,
            state: row.state as string,
            rows: row.rows as number,
            bytes: row.bytes as number,
            sha256: row.sha256 as string | null,
            attempts: row.attempts as number,
            code: row.code as string | null,
            made_at: iso(row.made_at as number),
            sent_at: row.sent_at === null ? null : iso(row.sent_at as number),
          })),
        }
      },
    )

    app.post(
      '/api/v1/destinations/test',
      {
        config: { access: 'secret.edit' },
        schema: {
          tags,
          security,
          summary: 'Try a destination on a sample',
          description:
            'Really sends it, unless `answer` is given, and shows what was sent, what came back, and what is read of it. ' +
            'Nothing is kept.',
          body: DestinationTestBody,
          response: { 200: DestinationTrial, ...problems(400, 401, 403, 404, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { lead, payload, answer, ...target } = request.body
        return shown(
          await trials.test({
            tenantId,
            target: targetOf(target),
            lead: (lead ?? null) as { [key: string]: Json } | null,
            payload: (payload ?? null) as { [key: string]: Json } | null,
            answer: answer
              ? { status: answer.status ?? 200, headers: lowered(answer.headers ?? {}), body: answer.body ?? '' }
              : null,
          }),
        )
      },
    )

    app.post(
      '/api/v1/destinations/check',
      {
        config: { access: 'secret.edit' },
        schema: {
          tags,
          security,
          summary: 'Check the connection to a destination',
          description: 'Makes the cheapest call that proves it; no lead is sent.',
          body: DestinationCheckBody,
          response: { 200: DestinationTrial, ...problems(400, 401, 403, 404, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const trial = await trials.check({ tenantId, target: targetOf(request.body) })
        if (trial === null)
          throw new Fault('setting_invalid', {
            message: 'There is no call that checks this destination without sending a lead: try a test instead',
          })
        return shown(trial)
      },
    )
  }
