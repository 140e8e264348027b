import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { Fault } from '../base/faults.ts'
import type { Problem } from './contract/problem.ts'
import { SECURITY_HEADERS } from './observe.ts'
import { problemOf } from './problems.ts'

/** What can't even be read as HTTP, by what the parser says of it: its status, and what is told. */
const REFUSALS: Readonly<
  Record<string, { readonly status: number; readonly reason: string; readonly detail: string }>
> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    detail: 'Address and headers are larger than 16 KB together: send what is long in a body.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    detail: 'The request did not arrive whole within 30 s. Send it again.',
  },
  HPE_INVALID_METHOD: { status: 400, reason: 'Bad Request', detail: 'The method is none that HTTP knows.' },
  HPE_INVALID_URL: {
    status: 400,
    reason: 'Bad Request',
    detail: 'The address holds signs that must be percent-encoded in one.',
  },
}
const UNREADABLE = {
  status: 400,
  reason: 'Bad Request',
  detail: 'The request is not HTTP/1.1 as the standard writes it: see its first line, its headers and its length.',
}

const ENDED = new Set(['ECONNRESET', 'EPIPE'])

/**
 * Answers what no request comes of with a problem document, as all else that fails. What was sent goes nowhere: it may
 * be anything.
 */
export const refuseUnread =
  (options: { readonly log: Pick<Logger, 'info'>; readonly newId: () => string }) =>
  (error: Error & { readonly code?: string }, socket: Socket): void => {
    const { code = 'unknown' } = error
    if (ENDED.has(code) || !socket.writable) {
      socket.destroy()
      return
    }
    const { status, reason, detail } = REFUSALS[code] ?? UNREADABLE
    const correlationId = options.newId()
    const problem: Problem = {
      ...problemOf(new Fault('invalid_request', { message: detail }), correlationId),
      status,
    }
    options.log.info({ status, parser: code, correlation_id: correlationId }, 'what came could not be read as HTTP')
    const body = JSON.stringify(problem)
    const headers = {
      ...SECURITY_HEADERS,
      'x-correlation-id': correlationId,
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${body}`)
  }
