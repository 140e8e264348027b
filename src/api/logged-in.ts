import type { FastifyRequest } from 'fastify'
import type { OnKeyRefused } from '../access/keys.ts'
import type { LoginOf, OnRefused } from '../access/logins.ts'
import { type Course, inCourse } from '../audit/changes.ts'
import type { Refusals } from '../audit/refusals.ts'
import type { AuditEntry } from '../audit/types.ts'

/** What becomes of who is not logged in yet stands in the audit of their tenant as well: who came in, and who did not. */

const entryOf = (
  request: FastifyRequest,
  who: LoginOf,
  what: { readonly action: 'session.open' | 'password.set' | 'link.make'; readonly by: string },
): AuditEntry => ({
  tenantId: who.tenantId,
  actor: what.action === 'link.make' ? { kind: 'unknown', id: 'unknown' } : { kind: 'user', id: who.loginId },
  action: what.action,
  resource: what.action === 'session.open' ? 'session' : 'user',
  resourceId: what.action === 'session.open' ? null : who.loginId,
  data: { by: what.by },
  personal: { ip: request.ip },
})

/** Runs what lets somebody in, with its entry in the same transaction. */
export const loggedIn = <T>(
  request: FastifyRequest,
  who: LoginOf,
  what: { readonly action: 'session.open' | 'password.set' | 'link.make'; readonly by: string },
  run: () => Promise<T>,
): Promise<T> => {
  const course: Course = { tenantId: who.tenantId, entry: () => entryOf(request, who, what), isWritten: false }
  return inCourse(course, run)
}

export const loginRefused =
  (refusals: Refusals, request: FastifyRequest): OnRefused =>
  ({ tenantId, loginId, why }) =>
    refusals.note({ tenantId, resource: 'user', resourceId: loginId, why, ip: request.ip || null })

export const keyRefused =
  (refusals: Refusals, request: FastifyRequest): OnKeyRefused =>
  ({ tenantId, keyId, why }) =>
    refusals.note({ tenantId, resource: 'key', resourceId: keyId, why, ip: request.ip || null })
