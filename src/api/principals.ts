import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ApiKeys } from '../access/keys.ts'
import { roleOfScopes } from '../access/matrix.ts'
import type { LoginSessions } from '../access/sessions.ts'
import type { Tokens } from '../access/tokens.ts'
import type { Refusals } from '../audit/refusals.ts'
import { API_KEY_MARK } from '../base/api-key.ts'
import type { Clock } from '../base/clock.ts'
import { Fault, isFault } from '../base/faults.ts'
import type { Limit, Quota } from '../ingest/quota.ts'
import type { ApiSettings } from './deps.ts'
import type { Door } from './door.ts'
import { keyRefused } from './logged-in.ts'
import type { Session } from './request.ts'

/** From what a request shows to who asks, and whether they ask too often. */

export interface Principal extends Omit<Session, 'reach'> {
  readonly corsOrigins: readonly string[]
}

export interface Principals {
  /** Throws Fault `unauthenticated`, `forbidden` or `rate_limited`. */
  find(request: FastifyRequest): Promise<Principal>
  /** The same of a user in a session; null where a token stands for a key. */
  findUnlessKey(request: FastifyRequest): Promise<Principal | null>
  isCsrf(sessionId: string, given: string): boolean
  /** Throws Fault `unauthenticated`, or `not_found` where the installation has no platform key. */
  checkPlatform(request: FastifyRequest): Promise<void>
}

export const SESSION_COOKIE = 'millrace_session'

const BEARER = /^bearer +(\S+) *$/i
const MINUTE_MS = 60_000

/** The value of a cookie; of two, the first. */
export const cookieOf = (header: string | undefined, name: string): string | null => {
  for (const part of header?.split(';', 100) ?? []) {
    const equals = part.indexOf('=')
    if (part.slice(0, Math.max(equals, 0)).trim() === name) return part.slice(equals + 1).trim()
  }
  return null
}

const missing = (): Fault =>
  new Fault('unauthenticated', {
    message: 'A login is needed: POST /api/v1/auth/login, then send its access_token as Bearer.',
  })
const invalid = (): Fault =>
  new Fault('unauthenticated', { message: 'The access token is not valid or has expired. Log in again.' })
const badKey = (): Fault =>
  new Fault('unauthenticated', { message: 'The API key is not known, is switched off, or has expired.' })

export const createPrincipals = (options: {
  readonly sessions: LoginSessions
  readonly apiKeys: ApiKeys
  readonly tokens: Tokens
  readonly quota: Quota
  readonly door: Door
  readonly clock: Clock
  readonly refusals: Refusals
  readonly settings: Pick<ApiSettings, 'platformKey' | 'rateLimitMax' | 'rateLimitWindowMs'>
}): Principals => {
  const { sessions, apiKeys, tokens, quota, door, clock, refusals, settings } = options

  const limit = async (of: 'key' | 'tenant', asked: Limit): Promise<void> => {
    const granted = await quota.take(asked, clock.now())
    if (granted.allowed) return
    throw new Fault('rate_limited', {
      message: `At most ${asked.max} requests in ${granted.windowMs / 1000} s a ${of}.`,
      retryAfterMs: granted.retryAfterMs,
      rate: { max: asked.max, windowMs: granted.windowMs },
    })
  }

  const limitTenant = async (tenantId: string, max: number | null): Promise<void> => {
    if (max !== null) await limit('tenant', { scope: `tenant:${tenantId}`, max, window: MINUTE_MS })
  }

  const ofSession = async (sessionId: string | null, kind: 'token' | 'cookie'): Promise<Principal> => {
    const standing = sessionId === null ? null : await sessions.find(sessionId)
    if (standing === null || standing.kind !== kind) throw invalid()
    const { tenantId, userId, role, partner, requestsMinuteMax, corsOrigins } = standing
    await limitTenant(tenantId, requestsMinuteMax)
    return { tenantId, userId, role, kind: 'user', sessionId, byCookie: kind === 'cookie', partner, corsOrigins }
  }

  const ofKey = async (
    request: FastifyRequest,
    by: { readonly secret: string } | { readonly id: string },
    scopes: readonly string[] | null,
  ): Promise<Principal> => {
    const onRefused = keyRefused(refusals, request)
    const known = await apiKeys.find({ ...by, onRefused })
    if (known === null) throw badKey()
    const { id, tenantId, corsOrigins } = known
    const role = roleOfScopes(known.scopes.filter((scope) => scopes === null || scopes.includes(scope)))
    if (role === null) {
      onRefused({ tenantId, keyId: id, why: 'scope' })
      throw new Fault('forbidden', { message: 'This key only submits leads.' })
    }
    const { rateLimitMax: max, rateLimitWindowMs: window } = settings
    await limit('key', { scope: `key:${id}:${window}`, max, window })
    await limitTenant(tenantId, known.requestsMinuteMax)
    return {
      tenantId,
      userId: `key:${id}`,
      role,
      kind: 'key',
      sessionId: null,
      byCookie: false,
      partner: null,
      corsOrigins,
    }
  }

  const identify = async (request: FastifyRequest): Promise<Principal> => {
    const { headers } = request
    const header = headers['x-api-key']
    const token = BEARER.exec(headers.authorization ?? '')?.[1] ?? (typeof header === 'string' ? header : undefined)
    if (token?.startsWith(API_KEY_MARK)) return ofKey(request, { secret: token }, null)
    if (token !== undefined) {
      const bearer = await tokens.readAccess(token, clock.now())
      if (bearer === null) throw invalid()
      if (bearer.is === 'session') return ofSession(bearer.sessionId, 'token')
      return ofKey(request, { id: bearer.keyId }, bearer.scopes)
    }
    const cookie = headers.authorization === undefined ? cookieOf(headers.cookie, SESSION_COOKIE) : null
    if (cookie === null) throw missing()
    return ofSession(tokens.readCookie(cookie), 'cookie')
  }

  const find = async (request: FastifyRequest): Promise<Principal> => {
    try {
      return await identify(request)
    } catch (error) {
      if (isFault(error) && error.code === 'unauthenticated') await door.enter(request)
      throw error
    }
  }

  return {
    find,
    findUnlessKey: async (request) => {
      const token = BEARER.exec(request.headers.authorization ?? '')?.[1]
      const bearer = token === undefined ? null : await tokens.readAccess(token, clock.now())
      return bearer?.is === 'key' ? null : find(request)
    },
    isCsrf: tokens.isCsrf,
    checkPlatform: async (request) => {
      const { platformKey } = settings
      if (platformKey === null)
        throw new Fault('not_found', {
          message: 'This installation has no platform API; MILLRACE_PLATFORM_KEY turns it on.',
        })
      const given = Buffer.from(BEARER.exec(request.headers.authorization ?? '')?.[1] ?? '')
      const right = Buffer.from(platformKey)
      if (given.length === right.length && timingSafeEqual(given, right)) return
      await door.enter(request)
      throw new Fault('unauthenticated', { message: 'The platform API takes the platform key as Bearer.' })
    },
  }
}
