import type { FastifyInstance } from 'fastify'
import type { ApiDeps } from './deps.ts'

/** On every answer. There is nothing here to frame, sniff or cache; pages that need more say so themselves. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const

/**
 * One log line and one measurement an answer. The line names the route by its pattern: addresses, headers and bodies
 * may hold keys and personal data, and are logged nowhere.
 */
export const observe = (app: FastifyInstance, deps: Pick<ApiDeps, 'metrics' | 'isDraining'>): void => {
  const { metrics, isDraining } = deps
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    reply.header('x-correlation-id', request.id)
    if (isDraining()) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched'
    const { statusCode: status, elapsedTime } = reply
    const ms = Math.round(elapsedTime * 100) / 100
    metrics.answered({ route, method: request.method, status, ms })
    const fields = { route, method: request.method, status, ms, correlation_id: request.id }
    request.log.info(request.faultCode === null ? fields : { ...fields, code: request.faultCode }, 'answered')
    done()
  })
}
