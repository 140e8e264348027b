import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { reachOf } from '../../access/matrix.ts'
import { Fault } from '../../base/faults.ts'
import type { Recognised } from '../../ingest/authenticate.ts'
import { isTest } from '../../ingest/body.ts'
import { readJson } from '../../ingest/json.ts'
import { splitRows } from '../../ingest/json-rows.ts'
import { BODY_BYTES_MAX as LEAD_BYTES_MAX, storable } from '../../ingest/limits.ts'
import { decodeText } from '../../ingest/text.ts'
import type { AuthenticatedSource } from '../../runner/types.ts'
import { BATCH_MAX, BatchAnswer, BatchBody, BatchQuery, type BatchResult } from '../contract/batch.ts'
import { problems } from '../contract/problem.ts'
import { checkForgery } from '../guard.ts'
import type { Principals } from '../principals.ts'
import { faultOf, problemOf } from '../problems.ts'
import type { Session } from '../request.ts'
import { checkOpen, type Gate, limitKey, recognise, takeAll } from '../submission-gate.ts'
import { readIdempotencyKey, readMode } from '../submission-head.ts'
import { unchecked } from '../validation.ts'

const BODY_BYTES_MAX = 16 * 1024 * 1024
/** Leads of one batch under way at once: enough to fill a commit, and room for others. */
const AT_ONCE = 64
const USER_AGENT_CHARS_MAX = 500
const NO_KEY = '00000000-0000-0000-0000-000000000000'

type Result = Static<typeof BatchResult>

/** Who sends a batch: a source by its key, or somebody logged in, who then names flow and source. */
type Sender =
  | { readonly by: 'key'; readonly source: Recognised }
  | { readonly by: 'session'; readonly session: Session }

declare module 'fastify' {
  interface FastifyRequest {
    batchSender: Sender | null
  }
}

const nameIn = (rest: Readonly<Record<string, unknown>>, name: string): string => {
  const value = rest[name]
  if (typeof value === 'string' && value !== '') return value
  const message = 'is missing: with a login, flow and source stand beside the leads'
  throw new Fault('invalid_request', { message: `${name}: ${message}`, problems: [{ field: name, message }] })
}

const sourceOf = (sender: Sender, rest: Readonly<Record<string, unknown>>): AuthenticatedSource => {
  if (sender.by === 'key') return sender.source
  const { tenantId } = sender.session
  return { tenantId, keyId: NO_KEY, flowId: nameIn(rest, 'flow'), sourceId: nameIn(rest, 'source'), method: 'session' }
}

const isSession = ({ headers }: FastifyRequest): boolean => {
  const { authorization, cookie } = headers
  // Access tokens have two dots; keys have none.
  if (authorization !== undefined) return /^bearer +[^. ]+\.[^. ]+\.[^. ]+ *$/i.test(authorization)
  return cookie !== undefined && headers['x-api-key'] === undefined
}

/** What stands beside the leads is a name or two. */
const bounded = (rest: string): string => {
  if (rest.length <= LEAD_BYTES_MAX) return rest
  throw new Fault('body_too_large', { message: 'body: larger than 1 MB beside its leads' })
}

/** Many leads in one request, each with its own result. */
export const batchRoutes =
  (gate: Gate, principals: Principals): FastifyPluginAsync =>
  async (app) => {
    const { deps, quota } = gate
    const { runner, clock, metrics } = deps
    app.setValidatorCompiler(unchecked)
    app.decorateRequest('batchSender', null)
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

    const identify = async (request: FastifyRequest): Promise<void> => {
      checkOpen(gate)
      if (!isSession(request)) {
        request.batchSender = { by: 'key', source: await recognise(gate, request, clock.now()) }
        return
      }
      const principal = await principals.findUnlessKey(request)
      if (principal === null) {
        request.batchSender = { by: 'key', source: await recognise(gate, request, clock.now()) }
        return
      }
      const reach = reachOf(principal.role, 'lead.submit')
      if (reach !== 'all')
        throw new Fault('forbidden', { message: 'Your role may not do this: it needs the permission lead.submit.' })
      const session = { ...principal, reach }
      checkForgery(principals, request, session)
      request.batchSender = { by: 'session', session }
    }

    const submitOne = async (
      request: FastifyRequest,
      sender: Sender,
      source: AuthenticatedSource,
      row: string,
      index: number,
    ) => {
      const now = clock.now()
      // One lead is no larger here than by itself: sixteen megabytes of one would be read, and kept, in one go.
      if (row.length > LEAD_BYTES_MAX || Buffer.byteLength(row) > LEAD_BYTES_MAX)
        throw new Fault('body_too_large', { message: 'body: larger than 1 MB, the most that is taken of one lead' })
      const values = readJson(row)
      let plan = null
      if (sender.by === 'key') {
        limitKey(gate, sender.source, now)
        plan = await takeAll(quota, sender.source.limits, now)
      }
      const key = readIdempotencyKey(request)
      const userAgent = request.headers['user-agent']
      try {
        const result = await runner.submit({
          source,
          format: 'json',
          mode: readMode(request.query),
          raw: row,
          values,
          test: isTest(values, undefined),
          // Sent again, the batch brings the same leads: each has its place under the key of all.
          idempotencyKey: key === null ? null : `${key}#${index}`,
          ip: request.ip || null,
          userAgent: userAgent === undefined ? null : storable(userAgent.slice(0, USER_AGENT_CHARS_MAX)),
          receivedAt: now,
        })
        metrics.submitted(result.answer.outcome)
        return result
      } catch (error) {
        if (plan !== null) quota.giveBack(plan)
        throw error
      }
    }

    app.route({
      method: 'POST',
      url: '/api/v1/leads/batch',
      bodyLimit: BODY_BYTES_MAX,
      config: { access: 'submission' },
      onRequest: identify,
      schema: {
        tags: ['Submissions'],
        security: [{ sourceKey: [] }, { sourceKeyHeader: [] }, { sourceKeyBasic: [] }, { login: [] }, { cookie: [] }],
        summary: 'Submit many leads at once',
        description:
          `At most ${BATCH_MAX}. Each has its own result, and one that is wrong spoils no other. With an Idempotency-Key, ` +
          'a batch that is sent again gives the same leads and answers, place by place.',
        consumes: ['application/json'],
        querystring: BatchQuery,
        body: BatchBody,
        response: { 200: BatchAnswer, ...problems(400, 401, 403, 406, 413, 415, 429, 500, 503) },
      },
      handler: async (request) => {
        const sender = request.batchSender
        if (sender === null)
          throw new Fault('internal', { message: 'Internal error', detail: 'a batch without sender' })
        const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const { rows, rest } = splitRows(decodeText({ bytes, charset: null, what: 'body' }), BATCH_MAX)
        const source = sourceOf(sender, readJson(bounded(rest)))
        // What is wrong with all of them is said once.
        readMode(request.query)
        readIdempotencyKey(request)
        const results = new Array<Result>(rows.length)
        let next = 0
        const work = async (): Promise<void> => {
          while (next < rows.length) {
            const index = next
            next += 1
            try {
              const { status, answer } = await submitOne(request, sender, source, rows[index] ?? '', index)
              results[index] = { index, status, lead_id: answer.lead_id, answer, error: null }
            } catch (error) {
              const { status, code, detail } = problemOf(faultOf(error), request.id)
              results[index] = { index, status, lead_id: null, answer: null, error: { code, detail } }
            }
          }
        }
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, rows.length) }, work))
        const count = (accepted: boolean | null): number =>
          results.filter(({ answer }) => answer !== null && answer.accepted === accepted).length
        return {
          total: rows.length,
          accepted: count(true),
          rejected: count(false),
          pending: count(null),
          failed: results.filter(({ answer }) => answer === null).length,
          results,
        }
      },
    })
  }
