import type { FastifyRequest } from 'fastify'
import type { LoginOf } from '../access/logins.ts'
import type { Audit } from '../audit/audit.ts'

/** What somebody did who was not logged in yet: came in, or set a password by a link. Before it is answered. */
export const recordLogin = (
  audit: Audit,
  request: FastifyRequest,
  who: LoginOf,
  what: { readonly action: 'session.open' | 'password.set'; readonly by: string },
): Promise<void> =>
  audit.record({
    tenantId: who.tenantId,
    actor: { kind: 'user', id: who.loginId },
    action: what.action,
    resource: 'session',
    resourceId: null,
    data: { by: what.by },
    personal: { ip: request.ip },
  })
