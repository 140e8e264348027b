import type {
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  RouteHandlerMethod,
} from 'fastify'
import { Fault } from '../../base/faults.ts'
import { type Authenticator, createAuthenticator, findKey } from '../../ingest/authenticate.ts'
import { isTest, type ReadBody, readBody, readMediaType, readQuery } from '../../ingest/body.ts'
import { storable } from '../../ingest/limits.ts'
import { createRateLimiter, type RateLimiter } from '../../ingest/rate-limit.ts'
import type { AuthenticatedSource, SubmissionResult } from '../../runner/types.ts'
import { answerXml } from '../answer-xml.ts'
import { problems } from '../contract/problem.ts'
import { Answer, SubmissionBody, SubmissionHeaders, SubmissionParams, SubmissionQuery } from '../contract/submission.ts'
import type { ApiDeps } from '../deps.ts'
import { answerFormat } from '../negotiate.ts'
import type { Submitter } from '../request.ts'
import { unchecked } from '../validation.ts'

/**
 * Where leads come in. Who sends, and how often, is judged before the body is read; the body is read by our own
 * reader, so no schema stands between a source and its lead.
 */

const USER_AGENT_CHARS_MAX = 500
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/

const textIn = (values: unknown, name: string): string | undefined => {
  const value = (values as Readonly<Record<string, unknown>>)[name]
  return typeof value === 'string' ? value : undefined
}

const first = (header: string | readonly string[] | undefined): string | undefined =>
  typeof header === 'object' ? header[0] : header

const queryOf = (url: string): string => {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

const readIdempotencyKey = (request: FastifyRequest): string | null => {
  const key = first(request.headers['idempotency-key'])
  if (key === undefined) return null
  if (IDEMPOTENCY_KEY.test(key)) return key
  throw new Fault('invalid_request', {
    message: 'Idempotency-Key: expected 1 to 255 visible ASCII characters',
    problems: [{ field: 'Idempotency-Key', message: 'expected 1 to 255 visible ASCII characters' }],
  })
}

const readMode = (query: unknown): 'sync' | 'async' => {
  const mode = (query as { readonly mode?: unknown }).mode
  if (mode === undefined || mode === 'sync') return 'sync'
  if (mode === 'async') return 'async'
  throw new Fault('invalid_request', {
    message: 'mode: expected sync or async',
    problems: [{ field: 'mode', message: 'expected sync or async' }],
  })
}

const submitterOf = (request: FastifyRequest): Submitter => {
  if (request.submitter === null) {
    throw new Fault('internal', { message: 'Internal error', detail: 'a submission came past its hook' })
  }
  return request.submitter
}

interface Gate {
  readonly authenticator: Authenticator
  readonly limiter: RateLimiter
  readonly deps: ApiDeps
}

const limit = ({ limiter, deps }: Gate, source: AuthenticatedSource): void => {
  const taken = limiter.take(source.keyId, deps.clock.now())
  if (taken.allowed) return
  throw new Fault('rate_limited', {
    message: `At most ${deps.settings.rateLimitMax} submissions in ${deps.settings.rateLimitWindowMs / 1000} s a key.`,
    retryAfterMs: taken.retryAfterMs,
  })
}

/** Judges what can be judged by the head of a request. */
const judgeHead =
  (gate: Gate): onRequestHookHandler =>
  (request, _reply, done) => {
    const { headers, query } = request
    if (gate.deps.isDraining()) {
      throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
    }
    const format = answerFormat(headers.accept)
    const { flow = null, source = null } = request.params as { readonly flow?: string; readonly source?: string }
    const authenticated = gate.authenticator.authenticate({
      presented: findKey({
        authorization: headers.authorization,
        apiKey: first(headers['x-api-key']),
        query: textIn(query, 'key'),
      }),
      flow,
      source,
      now: gate.deps.clock.now(),
    })
    const go = (who: AuthenticatedSource): void => {
      limit(gate, who)
      const encoding = headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        throw new Fault('unsupported_media_type', {
          message: 'Content-Encoding: expected none; send the body as it is',
        })
      }
      const media = request.method === 'GET' ? null : readMediaType(headers['content-type'])
      request.submitter = { source: who, answerFormat: format, media }
    }
    if (authenticated instanceof Promise) {
      authenticated.then(go).then(() => done(), done)
      return
    }
    go(authenticated)
    done()
  }

const read = (request: FastifyRequest, { media }: Submitter): ReadBody => {
  if (media === null) return readQuery(queryOf(request.raw.url ?? ''))
  return readBody(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), media)
}

const answer = (
  result: SubmissionResult,
  told: { readonly reply: FastifyReply; readonly submitter: Submitter; readonly publicUrl: string | null },
): FastifyReply => {
  const { reply, submitter, publicUrl } = told
  reply.code(result.status)
  let body: Answer = result.answer
  if (result.status === 202) {
    const url = `${publicUrl ?? ''}/api/v1/leads/${body.lead_id}`
    reply.header('location', url)
    body = { ...body, status_url: url }
  }
  if (submitter.answerFormat === 'json') return reply.send(body)
  return reply.header('content-type', 'application/xml; charset=utf-8').send(answerXml(body))
}

const submit =
  ({ runner, clock, metrics, settings, isDraining }: ApiDeps): RouteHandlerMethod =>
  async (request, reply) => {
    const receivedAt = clock.now()
    const submitter = submitterOf(request)
    const { headers, query } = request
    const idempotencyKey = readIdempotencyKey(request)
    const mode = readMode(query)
    const { format, raw, values } = read(request, submitter)
    const userAgent = headers['user-agent']
    const result = await runner.submit({
      source: submitter.source,
      format,
      mode,
      raw,
      values,
      test: isTest(values, textIn(query, 'test')),
      idempotencyKey,
      ip: request.ip || null,
      userAgent: userAgent === undefined ? null : storable(userAgent.slice(0, USER_AGENT_CHARS_MAX)),
      receivedAt,
    })
    metrics.submitted(result.answer.outcome)
    // The drain may have begun since it came in: its connection is about to be closed, and it should know.
    if (isDraining()) reply.header('connection', 'close')
    return answer(result, { reply, submitter, publicUrl: settings.publicUrl })
  }

const answers = {
  200: Answer,
  201: Answer,
  202: Answer,
  409: Answer,
  422: Answer,
  ...problems(400, 401, 402, 403, 404, 406, 413, 415, 429, 500, 503),
}
const security = [{ sourceKey: [] }, { sourceKeyHeader: [] }, { sourceKeyBasic: [] }]
const consumes = ['application/json', 'application/x-www-form-urlencoded', 'application/xml', 'text/xml']
const tags = ['Submissions']

export const submissionRoutes =
  (deps: ApiDeps): FastifyPluginAsync =>
  async (app) => {
    const gate: Gate = {
      deps,
      authenticator: createAuthenticator({ database: deps.database, isCurrent: deps.isCurrent }),
      limiter: createRateLimiter({ max: deps.settings.rateLimitMax, windowMs: deps.settings.rateLimitWindowMs }),
    }
    app.setValidatorCompiler(unchecked)
    app.removeAllContentTypeParsers()
    // The usual ones by name as well: fastify finds these without reading the header.
    app.addContentTypeParser([...consumes, '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const onRequest = judgeHead(gate)
    const handler = submit(deps)
    const common = { onRequest, exposeHeadRoute: false, config: { access: 'submission' } } as const

    app.route({
      ...common,
      method: 'POST',
      url: '/flows/:flow/sources/:source/submit',
      schema: {
        tags,
        security,
        consumes,
        summary: 'Submit a lead',
        description: 'Answers when the journey has ended, or with 202 when it goes on beyond the time a source waits.',
        params: SubmissionParams,
        querystring: SubmissionQuery,
        headers: SubmissionHeaders,
        body: SubmissionBody,
        response: answers,
      },
      handler,
    })
    app.route({
      ...common,
      method: 'GET',
      url: '/flows/:flow/sources/:source/submit',
      schema: {
        tags,
        security,
        summary: 'Submit a lead in an address',
        description: 'For senders that can do nothing else: the values of the query are the fields of the lead.',
        params: SubmissionParams,
        querystring: SubmissionQuery,
        headers: SubmissionHeaders,
        response: answers,
      },
      handler,
    })
    app.route({
      ...common,
      method: 'POST',
      url: '/api/v1/leads',
      schema: {
        tags,
        security,
        consumes,
        summary: 'Submit a lead to the flow and source of its key',
        querystring: SubmissionQuery,
        headers: SubmissionHeaders,
        body: SubmissionBody,
        response: answers,
      },
      handler,
    })
  }
