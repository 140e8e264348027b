import { createSecretKey } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { isId } from '../base/ids.ts'
import type { Session } from './request.ts'

/** What a role may do. A role that is not listed may do nothing. */
const ROLES: Readonly<Record<string, ReadonlySet<Right>>> = {
  owner: new Set(['read', 'review', 'configure']),
  admin: new Set(['read', 'review', 'configure']),
  reviewer: new Set(['read', 'review']),
  viewer: new Set(['read']),
}
export type Right = 'read' | 'review' | 'configure'

/** Short: a token can't be called back. */
export const TOKEN_SECONDS = 900

const ISSUER = 'millrace'
const AUDIENCE = 'millrace-api'
const BEARER = /^bearer +(\S+) *$/i

export interface Sessions {
  issue(session: Session): Promise<string>
  /** Throws Fault `unauthenticated`. */
  read(authorization: string | undefined): Promise<Session>
}

export const createSessions = (options: { readonly key: Uint8Array; readonly clock: Clock }): Sessions => {
  const key = createSecretKey(options.key)
  const { clock } = options
  return {
    issue: ({ tenantId, userId, role }) => {
      const now = Math.floor(clock.now() / 1000)
      return new SignJWT({ tenant: tenantId, role })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + TOKEN_SECONDS)
        .sign(key)
    },
    read: async (authorization) => {
      const token = BEARER.exec(authorization ?? '')?.[1]
      if (token === undefined) {
        throw new Fault('unauthenticated', {
          message: 'A login is needed: POST /api/v1/auth/login, then send its access_token as Bearer.',
        })
      }
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
          currentDate: new Date(clock.now()),
          requiredClaims: ['sub', 'exp', 'tenant', 'role'],
        })
        const { sub, tenant, role } = payload
        if (typeof sub === 'string' && typeof tenant === 'string' && isId(tenant) && typeof role === 'string') {
          return { tenantId: tenant, userId: sub, role }
        }
      } catch {
        // Expired, altered or not ours: the sender must do the same about each.
      }
      throw new Fault('unauthenticated', { message: 'The access token is not valid or has expired. Log in again.' })
    },
  }
}

/** The session of a request that passed `need`. */
export const sessionOf = (request: FastifyRequest): Session => {
  if (request.session === null) {
    throw new Fault('internal', { message: 'Internal error', detail: 'a route reads a session it did not ask for' })
  }
  return request.session
}

/** Hook of routes that need a login with this right. */
export const need =
  (sessions: Sessions, right: Right) =>
  async (request: FastifyRequest): Promise<void> => {
    const session = await sessions.read(request.headers.authorization)
    if (!(Object.hasOwn(ROLES, session.role) && ROLES[session.role]?.has(right))) {
      throw new Fault('forbidden', { message: `Your role may not do this: it needs the right to ${right}.` })
    }
    request.session = session
  }
