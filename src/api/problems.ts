import type { FastifyReply, FastifyRequest } from 'fastify'
import { describeError } from '../base/described-error.ts'
import { Fault, type FaultCode, isFault } from '../base/faults.ts'
import { BODY_BYTES_MAX } from '../ingest/body.ts'
import type { Problem } from './contract/problem.ts'
import { FAULT_STATUS, RETRY_AFTER_MS } from './statuses.ts'

/**
 * The one place where an error becomes an answer. The answer holds the fault's public text; the log its code and
 * detail, and where each frame of the stack stood. An error's own message may quote what was sent: it goes nowhere.
 */

/** What fastify throws before a handler runs, in our words: its own quote the request. */
const FRAMEWORK: Readonly<Record<string, { readonly code: FaultCode; readonly message: string }>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: 'Content-Type: a kind of body that is not read here; what is, /docs says, and application/json mostly',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'unreadable_body',
    message: 'body: its size is not the one that Content-Length says',
  },
  FST_ERR_MAX_PARAM_LENGTH: {
    code: 'not_found',
    message: 'There is nothing at this address: a name in it is longer than any name is.',
  },
  FST_ERR_BAD_URL: { code: 'invalid_request', message: 'The address has a percent escape that is not UTF-8.' },
}

const KB = 1024

const tooLarge = (bytesMax: number): Fault => {
  const most = bytesMax >= KB * KB ? `${Math.floor(bytesMax / KB / KB)} MB` : `${Math.floor(bytesMax / KB)} KB`
  return new Fault('body_too_large', { message: `body: larger than ${most}, the most that is taken here` })
}

const frameworkFault = (error: unknown, bodyBytesMax: number): Fault | null => {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(bodyBytesMax)
  const known = typeof code === 'string' && Object.hasOwn(FRAMEWORK, code) ? FRAMEWORK[code] : undefined
  if (known) return new Fault(known.code, { message: known.message })
  const isTheirs = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  return isTheirs ? new Fault('invalid_request', { message: 'The request cannot be read.' }) : null
}

/** `bodyBytesMax`: of the address that was asked. */
export const faultOf = (error: unknown, bodyBytesMax: number = BODY_BYTES_MAX): Fault => {
  if (isFault(error)) return error
  const theirs = typeof error === 'object' && error !== null ? frameworkFault(error, bodyBytesMax) : null
  return theirs ?? new Fault('internal', { message: 'Internal error', cause: error })
}

const titleOf = (code: FaultCode): string => {
  const words = code.replaceAll(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Faults that somebody here must look at. */
const isOurs = (status: number): boolean => status >= 500

export const problemOf = (fault: Fault, correlationId: string): Problem => {
  const status = FAULT_STATUS[fault.code]
  const isHidden = status === 500
  const code: FaultCode = isHidden ? 'internal' : fault.code
  return {
    type: `urn:millrace:error:${code}`,
    title: titleOf(code),
    status,
    detail: isHidden ? 'Something broke on our side. The correlation id names it in the log.' : fault.message,
    code,
    correlation_id: correlationId,
    ...(fault.problems.length > 0 ? { errors: [...fault.problems] } : {}),
  }
}

/** All of an answer that tells of a fault but its body: status, headers, the log. */
export const beginProblem = (fault: Fault, request: FastifyRequest, reply: FastifyReply): Problem => {
  const problem = problemOf(fault, request.id)
  request.faultCode = fault.code
  if (isOurs(problem.status)) {
    // A fault that only wraps what broke has nothing to add to it.
    const isWrapper = fault.detail === undefined && fault.cause !== undefined
    const errors = describeError(isWrapper ? fault.cause : fault)
    const fields = { correlation_id: request.id, code: fault.code, errors }
    if (problem.status === 500) request.log.error(fields, 'a request broke')
    else request.log.warn(fields, 'a request was put off')
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="millrace"')
  if (problem.status === 429 || problem.status === 503 || fault.rate !== undefined) {
    reply.header('retry-after', String(Math.max(1, Math.ceil((fault.retryAfterMs ?? RETRY_AFTER_MS) / 1000))))
  }
  if (fault.rate !== undefined) {
    const { max, windowMs } = fault.rate
    reply.header('ratelimit-policy', `${max};w=${Math.round(windowMs / 1000)}`)
    reply.header('ratelimit-limit', String(max))
    reply.header('ratelimit-remaining', '0')
    reply.header('ratelimit-reset', String(Math.max(1, Math.ceil((fault.retryAfterMs ?? RETRY_AFTER_MS) / 1000))))
  }
  reply.code(problem.status)
  return problem
}

/** Ends a request with a problem document; `more` is added to it. */
export const sendProblem = (
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  more: Readonly<Record<string, unknown>> = {},
): FastifyReply => {
  const problem = beginProblem(fault, request, reply)
  return reply
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify({ ...problem, ...more }))
}

export const errorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendProblem(faultOf(error, request.routeOptions?.bodyLimit), request, reply)
