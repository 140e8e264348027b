import { timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { LoginSessions } from '../access/sessions.ts'
import type { Tokens } from '../access/tokens.ts'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import type { Session } from './request.ts'

/** From what a request shows to who asks. */

export type Principal = Omit<Session, 'reach'>

export interface Principals {
  /** Throws Fault `unauthenticated`. */
  find(request: FastifyRequest): Promise<Principal>
  isCsrf(sessionId: string, given: string): boolean
  /** Throws Fault `unauthenticated`, or `not_found` where the installation has no platform key. */
  checkPlatform(request: FastifyRequest): void
}

export const SESSION_COOKIE = 'millrace_session'

const BEARER = /^bearer +(\S+) *$/i

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

export const createPrincipals = (options: {
  readonly sessions: LoginSessions
  readonly tokens: Tokens
  readonly clock: Clock
  readonly platformKey: string | null
}): Principals => {
  const { sessions, tokens, clock, platformKey } = options

  const ofSession = async (sessionId: string | null, kind: 'token' | 'cookie'): Promise<Principal> => {
    const standing = sessionId === null ? null : await sessions.find(sessionId)
    if (standing === null || standing.kind !== kind) throw invalid()
    const { tenantId, userId, role, partner } = standing
    return { tenantId, userId, role, kind: 'user', sessionId, byCookie: kind === 'cookie', partner }
  }

  return {
    find: async ({ headers }) => {
      const token = BEARER.exec(headers.authorization ?? '')?.[1]
      if (token !== undefined) {
        const bearer = await tokens.readAccess(token, clock.now())
        if (bearer?.is !== 'session') throw invalid()
        return ofSession(bearer.sessionId, 'token')
      }
      const cookie = headers.authorization === undefined ? cookieOf(headers.cookie, SESSION_COOKIE) : null
      if (cookie === null) throw missing()
      return ofSession(tokens.readCookie(cookie), 'cookie')
    },
    isCsrf: tokens.isCsrf,
    checkPlatform: ({ headers }) => {
      if (platformKey === null)
        throw new Fault('not_found', {
          message: 'This installation has no platform API; MILLRACE_PLATFORM_KEY turns it on.',
        })
      const given = Buffer.from(BEARER.exec(headers.authorization ?? '')?.[1] ?? '')
      const right = Buffer.from(platformKey)
      if (given.length !== right.length || !timingSafeEqual(given, right))
        throw new Fault('unauthenticated', { message: 'The platform API takes the platform key as Bearer.' })
    },
  }
}
