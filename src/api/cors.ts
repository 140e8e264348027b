import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '../database/pool.ts'

/**
 * Pages of other origins call the API only where a tenant names them. A browser asks first, without a key: any tenant's
 * origin may then send its request. Who gets to read the answer is decided when the key says whose it is. Cookies never
 * count across origins.
 */

const MAX_AGE_S = 600
const HEADERS = 'Authorization, Content-Type, Idempotency-Key, If-Match, X-API-Key, X-Correlation-Id'
const EXPOSED = 'ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Correlation-Id'

/** Lets the page read the answer, where the tenant names its origin. */
export const allowOrigin = (request: FastifyRequest, reply: FastifyReply, origins: readonly string[]): void => {
  const { origin } = request.headers
  if (origin === undefined) return
  reply.header('vary', 'Origin')
  if (!origins.includes(origin)) return
  reply.header('access-control-allow-origin', origin)
  reply.header('access-control-expose-headers', EXPOSED)
}

export type Preflight = (request: FastifyRequest, reply: FastifyReply, allow: string) => Promise<boolean>

/** Answers what a browser asks before it sends. False where it is no such question, or the origin is nobody's. */
export const createPreflight =
  (database: Database): Preflight =>
  async ({ headers }, reply, allow) => {
    const { origin } = headers
    if (origin === undefined || headers['access-control-request-method'] === undefined) return false
    const [row] = await database.definer<{ known: boolean }>({
      name: 'is_origin_known',
      text: 'select millrace.is_origin_known($1::text) as known',
      values: [origin],
    })
    if (!row?.known) return false
    reply
      .code(204)
      .header('vary', 'Origin')
      .header('access-control-allow-origin', origin)
      .header('access-control-allow-methods', allow)
      .header('access-control-allow-headers', HEADERS)
      .header('access-control-max-age', String(MAX_AGE_S))
      .send()
    return true
  }
