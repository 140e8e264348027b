/**
 * What is known when an exchange fails. The line is drawn at the moment the request is handed to a connection:
 * before it, nothing was sent (`destination.unavailable`, any retry is safe); from it on, the other side may
 * have acted (`destination.unknown_outcome`), however early the failure looks. A kept-alive connection that the
 * server closed just then is on the far side too: the kernel accepts bytes for a peer that is gone.
 */

import { Fault, isFault } from '../base/faults.ts'
import { faultOfStatus } from '../kit/http-status.ts'

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  // Every address of a name was tried, and each has failed in its own way.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  return error.name
}

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/

const unsentReason = (code: string): string => {
  switch (code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return 'its name has no address'
    case 'EAI_AGAIN':
      return 'its name could not be looked up'
    case 'ECONNREFUSED':
      return 'it refused the connection'
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'it did not take the connection in time'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to its address'
    default:
      return TLS_CODE.test(code)
        ? `no secure connection could be made (${code})`
        : `the connection could not be made (${code})`
  }
}

export interface FailureContext {
  /** Host and port, never path or query: those may hold personal data or a key. */
  readonly host: string
  /** Whether the request had been handed to a connection. */
  readonly started: boolean
  /** Null: no answer had begun. */
  readonly status: number | null
}

export const faultOfFailure = (error: unknown, context: FailureContext): Fault => {
  if (isFault(error)) return error
  const { host, started, status } = context
  const code = codeOf(error)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return answerTooLarge(context, 'headers')
  if (!started) {
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
      return new Fault('setting_invalid', {
        message: `The request to ${host} cannot be written: a header or the path holds what HTTP does not allow`,
        detail: code,
        cause: error,
      })
    }
    if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') return notSentAtShutdown(host)
    return new Fault('destination.unavailable', {
      message: `${host} cannot be reached: ${unsentReason(code)}`,
      detail: code,
      cause: error,
    })
  }
  const when = status === null ? 'before it answered' : `in the middle of its answer (status ${status})`
  return new Fault('destination.unknown_outcome', {
    message: `The connection to ${host} broke ${when}: it may or may not have taken the request`,
    detail: code,
    cause: error,
  })
}

export const timedOut = (context: FailureContext, timeoutMs: number): Fault => {
  const { host, started, status } = context
  if (!started) {
    return new Fault('destination.unavailable', {
      message: `${host} cannot be reached: no connection to it within ${timeoutMs} ms`,
      detail: 'timeout',
    })
  }
  const what = status === null ? 'did not answer' : `did not end its answer (status ${status})`
  return new Fault('destination.unknown_outcome', {
    message: `${host} ${what} within ${timeoutMs} ms: it may or may not have taken the request`,
    detail: 'timeout',
  })
}

export const canceled = (context: FailureContext): Fault =>
  context.started
    ? new Fault('destination.unknown_outcome', {
        message: `The call to ${context.host} was given up before its answer: it may or may not have taken the request`,
        detail: 'canceled',
      })
    : notSentAtShutdown(context.host)

export const notSentAtShutdown = (host: string): Fault =>
  new Fault('shutting_down', { message: `The call to ${host} was given up before it was sent` })

/** Where its status alone says no, that is what it said. Of any other answer nobody knows what stood in it. */
export const answerTooLarge = (context: FailureContext, what: 'headers' | 'body', bytesMax?: number): Fault => {
  const said = context.status === null ? null : faultOfStatus(context.status, {})
  if (said !== null)
    return new Fault(said, { message: `${context.host} answered ${context.status}, and with more than is taken` })
  const status = context.status === null ? '' : ` (status ${context.status})`
  const most = bytesMax === undefined ? 'is taken' : `the ${bytesMax} bytes that are taken`
  return new Fault('destination.answer_too_large', {
    message: `The ${what} of the answer of ${context.host}${status} is larger than ${most}`,
  })
}

export const answerUnreadable = (context: FailureContext, contentEncoding: string | undefined): Fault =>
  new Fault('destination.unknown_outcome', {
    message: `${context.host} answered with status ${context.status}, but its body cannot be decompressed: it may or may not have taken the request`,
    detail: `content-encoding ${(contentEncoding ?? '').slice(0, 40)}`,
  })
