import { createSecretKey, timingSafeEqual } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { isId } from '../base/ids.ts'
import { hashKeyOf, keyedHash } from '../base/seal.ts'

/**
 * What a session shows to be known by. All is derived from its id under the installation's key: nothing is kept that a
 * copy of the database could be used for, and a token of our own making is told from a guess before anything is read.
 *
 * - access token: a JWT (HS256) that names the session or key; short, because others may read it without asking us
 * - refresh token: the session and a generation; each is good once
 * - cookie: the session, for browsers; with it goes a token against requests forged by other sites
 */

/** A quarter of an hour. */
export const ACCESS_SECONDS = 900

const ISSUER = 'millrace'
const AUDIENCE = 'millrace-api'
const REFRESH = /^mrr_([0-9a-f-]{36})\.(\d{1,9})\.([0-9a-f]{64})$/
const COOKIE = /^([0-9a-f-]{36})\.([0-9a-f]{64})$/

/** Whom an access token stands for: a session of a user, or a machine's key with its scopes. */
export type Bearer =
  | { readonly is: 'session'; readonly sessionId: string }
  | { readonly is: 'key'; readonly keyId: string; readonly scopes: readonly string[] }

export interface Tokens {
  /** `now` in ms since 1970. */
  access(bearer: Bearer, subject: { readonly id: string; readonly tenantId: string }, now: number): Promise<string>
  /** Null where it is none of ours, or over. */
  readAccess(token: string, now: number): Promise<Bearer | null>
  refresh(sessionId: string, generation: number): string
  readRefresh(token: string): { readonly sessionId: string; readonly generation: number } | null
  cookie(sessionId: string): string
  readCookie(value: string): string | null
  /** What a browser's page sends along with every change. */
  csrf(sessionId: string): string
  isCsrf(sessionId: string, given: string): boolean
}

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

export const createTokens = (bytes: Uint8Array): Tokens => {
  const key = createSecretKey(bytes)
  const marks = hashKeyOf(bytes)
  const mark = (text: string): string => keyedHash(marks, text)
  const refreshMark = (sessionId: string, generation: number): string => mark(`refresh|${sessionId}|${generation}`)

  return {
    access: (bearer, { id, tenantId }, nowMs) => {
      const now = Math.floor(nowMs / 1000)
      const claims =
        bearer.is === 'session' ? { sid: bearer.sessionId } : { key: bearer.keyId, scope: bearer.scopes.join(' ') }
      return new SignJWT({ ...claims, tenant: tenantId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(id)
        .setIssuedAt(now)
        .setExpirationTime(now + ACCESS_SECONDS)
        .sign(key)
    },
    readAccess: async (token, now) => {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
          currentDate: new Date(now),
          requiredClaims: ['sub', 'exp', 'tenant'],
        })
        const { sid, key: keyId, scope } = payload
        if (typeof sid === 'string' && isId(sid)) return { is: 'session', sessionId: sid }
        if (typeof keyId === 'string' && isId(keyId) && typeof scope === 'string')
          return { is: 'key', keyId, scopes: scope.split(' ') }
      } catch {
        // Expired, altered or not ours: the sender must do the same about each.
      }
      return null
    },
    refresh: (sessionId, generation) => `mrr_${sessionId}.${generation}.${refreshMark(sessionId, generation)}`,
    readRefresh: (token) => {
      const [, sessionId = '', text = '', given = ''] = REFRESH.exec(token) ?? []
      const generation = Number(text)
      return isId(sessionId) && same(given, refreshMark(sessionId, generation)) ? { sessionId, generation } : null
    },
    cookie: (sessionId) => `${sessionId}.${mark(`cookie|${sessionId}`)}`,
    readCookie: (value) => {
      const [, sessionId = '', given = ''] = COOKIE.exec(value) ?? []
      return isId(sessionId) && same(given, mark(`cookie|${sessionId}`)) ? sessionId : null
    },
    csrf: (sessionId) => mark(`csrf|${sessionId}`),
    isCsrf: (sessionId, given) => same(given, mark(`csrf|${sessionId}`)),
  }
}
