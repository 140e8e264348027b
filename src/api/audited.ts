import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import { type Course, inCourse } from '../audit/changes.ts'
import type { Actor, AuditEntry } from '../audit/types.ts'
import type { Json } from '../kit/field.ts'
import type { Session } from './request.ts'

/** How a route appears in the audit. */
export interface Audited {
  /** `lead.read`; without it a change is named by its method and address. */
  readonly action?: string
  readonly resource?: string
  /** The parameter of the address that names the resource; the first one where left out. */
  readonly id?: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reads are recorded where they say so; changes always are. `false`: it writes its own entries. */
    readonly audit?: Audited | false
  }
  interface FastifyRequest {
    /** What the entry says besides: names and counts. Set by the handler. */
    auditData: Readonly<Record<string, Json>> | null
    /** What it says besides that is sealed: the reason given for seeing personal data. */
    auditPersonal: Readonly<Record<string, Json>> | null
    /** Of a change. */
    auditCourse: Course | null
  }
}

export const actorOf = ({ kind, userId }: Pick<Session, 'kind' | 'userId'>): Actor => ({
  kind,
  id: kind === 'key' ? userId.replace(/^key:/, '') : userId,
})

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** `/api/v1/flows/:id` → `flows`. */
const resourceOf = (route: string): string => /^\/api\/v\d+\/([^/]+)/.exec(route)?.[1] ?? 'service'

const VERBS: Readonly<Record<string, string>> = { POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' }

const idOf = (request: FastifyRequest, name: string | undefined): string | null => {
  const params = (request.params ?? {}) as Readonly<Record<string, string>>
  const value = name === undefined ? Object.values(params)[0] : params[name]
  return value ?? null
}

const entryOf = (request: FastifyRequest, { tenantId, kind, userId }: Session): AuditEntry => {
  const asked = request.routeOptions.config.audit || undefined
  const route = request.routeOptions.url ?? ''
  const resource = asked?.resource ?? resourceOf(route)
  return {
    tenantId,
    actor: actorOf({ kind, userId }),
    action: asked?.action ?? `${resource}.${VERBS[request.method] ?? 'read'}`,
    resource,
    resourceId: idOf(request, asked?.id),
    data: { ...(asked?.action === undefined && { route }), ...request.auditData },
    personal: { ip: request.ip, ...request.auditPersonal },
  }
}

/**
 * Every answer that shows personal data, and every change by somebody logged in, has its entry before it leaves. What
 * fails to be recorded is not answered. A change that one transaction of the tenant makes has its entry in that
 * transaction; where it is refused or fails after that, a second entry says so.
 */
export const auditAnswers = (app: FastifyInstance, audit: Audit): void => {
  app.decorateRequest('auditCourse', null)

  app.addHook('preHandler', (request, _reply, done) => {
    const { session } = request
    if (session === null || READS.has(request.method) || request.routeOptions.config.audit === false) return done()
    const course: Course = { tenantId: session.tenantId, entry: () => entryOf(request, session), isWritten: false }
    request.auditCourse = course
    inCourse(course, done)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    const { session, auditCourse: course } = request
    const { audit: asked } = request.routeOptions.config
    if (session === null || asked === false || request.isReplay) return payload
    const isRefused = reply.statusCode >= 400
    if (course?.isWritten) {
      if (isRefused) {
        const entry = entryOf(request, session)
        await audit.record({ ...entry, data: { ...entry.data, failed: reply.statusCode } })
      }
      return payload
    }
    if (isRefused || (asked === undefined && READS.has(request.method))) return payload
    // The hooks after this one belong to the course as well, and must not write it again.
    if (course) course.isWritten = true
    await audit.record(entryOf(request, session))
    return payload
  })
}
