import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { reachOf } from '../../access/matrix.ts'
import { Fault, isFault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { Lead } from '../../lead/lead.ts'
import { BulkAnswer, BulkBody } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { faultOf, problemOf } from '../problems.ts'
import { refuseClaimed } from '../review-queue.ts'

/** What a person is reached by, as suppression lists keep it. */
const reachedBy = (lead: Lead): string[] =>
  ['email', 'phone'].flatMap((name) => {
    const normal = lead.fields[name]?.normal
    return typeof normal === 'string' && lead.fields[name]?.valid ? [normal] : []
  })

export const bulkRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader, runner, database, clock, lists } = deps
    app.post(
      '/api/v1/leads/bulk',
      {
        config: { access: 'lead.review', audit: { action: 'lead.bulk', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Do the same to many leads',
          description:
            'Approves or rejects leads in review, or puts the email and phone of leads on a suppression list. Each is ' +
            'judged by itself: those that failed are named, the others are done.',
          body: BulkBody,
          response: { 200: BulkAnswer, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId, role } = sessionOf(request)
        const { action, ids, reason, list } = request.body
        if (action === 'suppress') {
          if (reachOf(role, 'list.edit') !== 'all')
            throw new Fault('forbidden', {
              message: 'Your role may not do this: it needs the permission list.edit.',
            })
          if (list === undefined)
            throw new Fault('invalid_request', {
              message: 'list: is missing',
              problems: [{ field: 'list', message: 'is missing' }],
            })
        }
        const suppress = async (id: string): Promise<void> => {
          const found = await reader.read(tenantId, id)
          if (found === null) throw new Fault('not_found', { message: 'There is no such lead' })
          const normals = reachedBy(found.lead)
          if (normals.length === 0)
            throw new Fault('invalid_request', { message: 'The lead has neither a valid email nor a valid phone' })
          const added = await lists.add({
            tenantId,
            list: list ?? '',
            entries: normals.map((normal) => normal.toLowerCase()),
            expiresAt: null,
            now: clock.now(),
          })
          if (added === null) throw new Fault('not_found', { message: 'There is no such list' })
        }
        const decide = async (id: string, decision: 'approve' | 'reject'): Promise<void> => {
          await refuseClaimed({ database, tenantId, leadId: id, userId, now: clock.now() })
          await runner.decide({ tenantId, leadId: id, decision, reason: reason ?? null, by: userId })
        }
        const failed: { lead_id: string; code: string; message: string }[] = []
        for (const id of new Set(ids)) {
          try {
            if (!isId(id)) throw new Fault('not_found', { message: 'There is no such lead' })
            if (action === 'suppress') await suppress(id)
            else await decide(id, action)
          } catch (error) {
            const fault = faultOf(error)
            if (!isFault(error) || fault.code === 'database_unavailable') throw error
            const { code, detail } = problemOf(fault, request.id)
            failed.push({ lead_id: id, code, message: detail })
          }
        }
        const done = new Set(ids).size - failed.length
        request.auditData = { action, done, failed: failed.length, ...(list === undefined ? {} : { list }) }
        return { done, failed }
      },
    )
  }
