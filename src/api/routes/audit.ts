import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { AuditEntry } from '../../audit/types.ts'
import { Fault } from '../../base/faults.ts'
import { AuditPage, AuditQuery } from '../contract/audit.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, readTime } from '../times.ts'

const PAGE_DEFAULT = 50
const CURSOR = /^s(\d{1,15})$/

const readBefore = (cursor: string | undefined): number | null => {
  if (cursor === undefined) return null
  const seq = CURSOR.exec(cursor)?.[1]
  if (seq === undefined)
    throw new Fault('invalid_request', {
      message: 'cursor: expected the next_cursor of another page',
      problems: [{ field: 'cursor', message: 'expected the next_cursor of another page' }],
    })
  return Number(seq)
}

/** Times are ISO 8601. Entries of old have the end of a stop in ms since 1970; an entry never changes. */
const factsOf = (data: AuditEntry['data']) =>
  typeof data?.until === 'number' ? { ...data, until: iso(data.until) } : data

export const auditRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/api/v1/audit',
      {
        config: { access: 'audit.read', audit: { action: 'audit.read', resource: 'audit' } },
        schema: {
          tags: ['Audit'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Read what people and keys did, newest first',
          description:
            'Every reading of personal data, every change by a person or key, and who was not let in. Entries are chained; ' +
            '`./millrace audit verify` walks the chain.',
          querystring: AuditQuery,
          response: { 200: AuditPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { limit = PAGE_DEFAULT, cursor, actor, action, resource, resource_id, from, to } = request.query
        const rows = await deps.audit.list(
          tenantId,
          {
            ...(actor !== undefined && { actor }),
            ...(action !== undefined && { action }),
            ...(resource !== undefined && { resource }),
            ...(resource_id !== undefined && { resourceId: resource_id }),
            ...(from !== undefined && { from: readTime(from, 'from') }),
            ...(to !== undefined && { to: readTime(to, 'to') }),
          },
          { before: readBefore(cursor), limit: limit + 1 },
        )
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return {
          items: items.map((entry) => ({
            seq: entry.seq,
            at: iso(entry.at),
            actor: entry.actor,
            action: entry.action,
            resource: entry.resource,
            resource_id: entry.resourceId,
            data: factsOf(entry.data),
            private: entry.personal,
          })),
          next_cursor: rows.length > limit && last ? `s${last.seq}` : null,
        }
      },
    )
  }
