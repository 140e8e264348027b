import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { Fault } from '../../base/faults.ts'
import { isTest, type ReadBody, readBody, readQuery } from '../../ingest/body.ts'
import { storable } from '../../ingest/limits.ts'
import { testScript } from '../../kit/test-leads.ts'
import type { SubmissionResult } from '../../runner/types.ts'
import { answerXml, problemXml } from '../answer-xml.ts'
import { problems } from '../contract/problem.ts'
import { Answer, SubmissionBody, SubmissionHeaders, SubmissionParams, SubmissionQuery } from '../contract/submission.ts'
import { prefersXml } from '../negotiate.ts'
import { beginProblem, errorHandler, faultOf } from '../problems.ts'
import type { Submitter } from '../request.ts'
import { type Gate, judgeHead, textIn } from '../submission-gate.ts'
import { readIdempotencyKey, readMode } from '../submission-head.ts'
import { unchecked } from '../validation.ts'

/**
 * Where leads come in. Who sends, and how often, is judged before the body is read; the body is read by our own
 * reader, so no schema stands between a source and its lead.
 */

const USER_AGENT_CHARS_MAX = 500
const queryOf = (url: string): string => {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

const submitterOf = (request: FastifyRequest): Submitter => {
  if (request.submitter === null) {
    throw new Fault('internal', { message: 'Internal error', detail: 'a submission came past its hook' })
  }
  return request.submitter
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

/** A source that reads XML is told in XML what is wrong as well. */
const tellError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (!prefersXml(request.headers.accept)) return errorHandler(error, request, reply)
  const problem = beginProblem(faultOf(error), request, reply)
  return reply.header('content-type', 'application/problem+xml; charset=utf-8').send(problemXml(problem))
}

/** Whether its lead was made before it came: the same key had brought it already. */
const isRepeat = (leadId: string, receivedAt: number): boolean =>
  Number.parseInt(leadId.slice(0, 8) + leadId.slice(9, 13), 16) < receivedAt

const submit = ({ deps, quota }: Gate): RouteHandlerMethod => {
  const { runner, clock, metrics, settings, isDraining } = deps
  return async (request, reply) => {
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
      script: testScript(textIn(query, 'test')),
      idempotencyKey,
      ip: request.ip || null,
      userAgent: userAgent === undefined ? null : storable(userAgent.slice(0, USER_AGENT_CHARS_MAX)),
      receivedAt,
    })
    if (!result.answer.test) metrics.submitted(result.answer.outcome)
    const { plan } = submitter
    if (plan !== null && (result.answer.test || isRepeat(result.answer.lead_id, receivedAt))) quota.giveBack(plan)
    // The drain may have begun since it came in: its connection is about to be closed, and it should know.
    if (isDraining()) reply.header('connection', 'close')
    return answer(result, { reply, submitter, publicUrl: settings.publicUrl })
  }
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
  (gate: Gate): FastifyPluginAsync =>
  async (app) => {
    app.setValidatorCompiler(unchecked)
    app.setErrorHandler(tellError)
    app.removeAllContentTypeParsers()
    // The usual ones by name as well: fastify finds these without reading the header.
    app.addContentTypeParser([...consumes, '*'], { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    // What is refused was not taken in: the plan doesn't count it.
    app.addHook('onError', async ({ submitter }) => {
      if (submitter?.plan) gate.quota.giveBack(submitter.plan)
    })
    const onRequest = judgeHead(gate)
    const handler = submit(gate)
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
