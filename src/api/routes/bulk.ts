import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Permission, reachOf } from '../../access/matrix.ts'
import type { Users } from '../../access/users.ts'
import { Fault, isFault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { rearmAlerts } from '../../delivery/read.ts'
import type { Lead } from '../../lead/lead.ts'
import { stateOf } from '../../runner/delivery-rows.ts'
import { assignLeads, requirePerson } from '../assignments.ts'
import { BulkAnswer, BulkBody } from '../contract/console.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { faultOf, problemOf } from '../problems.ts'
import { rerunFound } from '../rerun.ts'
import { refuseClaimed } from '../review-queue.ts'

/** What a person is reached by, as suppression lists keep it. */
const reachedBy = (lead: Lead): string[] =>
  ['email', 'phone'].flatMap((name) => {
    const normal = lead.fields[name]?.normal
    return typeof normal === 'string' && lead.fields[name]?.valid ? [normal] : []
  })

/** What an action needs besides its leads, and the permission beyond that of the route. */
const NEEDS: Readonly<Record<string, { readonly permission: Permission; readonly part?: 'list' | 'assignee' }>> = {
  approve: { permission: 'lead.review' },
  reject: { permission: 'lead.review' },
  suppress: { permission: 'list.edit', part: 'list' },
  assign: { permission: 'lead.edit', part: 'assignee' },
  replay: { permission: 'job.edit' },
}

/**
 * Deliveries of a lead that are sent again: those given up, and those refused where nobody took the lead. What may have
 * arrived is left alone: a person must say first what became of it.
 */
const replayable = (lead: Lead): string[] => {
  const all = [...lead.deliveries.values()].map((delivery) => ({ id: delivery.id, state: stateOf(delivery) }))
  const taken = all.some(({ state }) => state === 'delivered')
  return all.filter(({ state }) => state === 'dead' || (state === 'refused' && !taken)).map(({ id }) => id)
}

export const bulkRoutes =
  (deps: ApiDeps, { users }: { readonly users: Users }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader, runner, database, clock, lists } = deps
    const { amendments } = deps.delivery
    app.post(
      '/api/v1/leads/bulk',
      {
        config: { access: 'lead.review', audit: { action: 'lead.bulk', resource: 'lead' } },
        schema: {
          tags: ['Leads'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Do the same to many leads',
          description:
            'Approves or rejects leads in review, puts their email and phone on a suppression list, gives them to ' +
            'somebody, or takes up again what stands still, was not delivered, or was turned away. Each is judged by ' +
            'itself: those that failed are named, the others are done.',
          body: BulkBody,
          response: { 200: BulkAnswer, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId, role } = sessionOf(request)
        const { action, ids, reason, list, assignee } = request.body
        const { permission, part } = NEEDS[action] ?? { permission: 'lead.review' }
        if (reachOf(role, permission) !== 'all')
          throw new Fault('forbidden', { message: `Your role may not do this: it needs the permission ${permission}.` })
        if (part !== undefined && request.body[part] === undefined)
          throw new Fault('invalid_request', {
            message: `${part}: is missing`,
            problems: [{ field: part, message: 'is missing' }],
          })
        if (action === 'assign' && assignee) await requirePerson(users, tenantId, assignee)
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
        const replay = async (leadId: string): Promise<void> => {
          const found = await reader.read(tenantId, leadId)
          if (found === null) throw new Fault('not_found', { message: 'There is no such lead' })
          const { lead } = found
          const deliveries = lead.rerunAs === null ? replayable(lead) : []
          const asked = { tenantId, leadId, by: userId, reason: reason ?? null }
          if (lead.parked === null && deliveries.length === 0) {
            if (lead.closed === null || lead.closed.outcome === 'success')
              throw new Fault('invalid_request', {
                message: 'Nothing of this lead stands still, and no delivery of it can be sent again',
              })
            // Turned away before anything was sent: it goes the whole way again.
            await rerunFound(deps, { ...asked, mode: 'async' }, found)
            return
          }
          if (lead.parked !== null) await amendments.resumeLead(asked)
          for (const deliveryId of deliveries)
            await amendments.decideDelivery({ ...asked, deliveryId, decision: 'send_again' })
        }
        const assigned =
          action === 'assign'
            ? await assignLeads({
                database,
                tenantId,
                leads: [...new Set(ids)].filter(isId),
                assignee: assignee ?? null,
                by: userId,
                now: clock.now(),
              })
            : null
        const decide = async (id: string, decision: 'approve' | 'reject'): Promise<void> => {
          await refuseClaimed({ database, tenantId, leadId: id, userId, now: clock.now() })
          await runner.decide({ tenantId, leadId: id, decision, reason: reason ?? null, by: userId })
        }
        const act = async (id: string): Promise<void> => {
          if (!isId(id) || assigned?.has(id) === false)
            throw new Fault('not_found', { message: 'There is no such lead' })
          if (action === 'suppress') await suppress(id)
          else if (action === 'replay') await replay(id)
          else if (action !== 'assign') await decide(id, action)
        }
        const failed: { lead_id: string; code: string; message: string }[] = []
        for (const id of new Set(ids)) {
          try {
            await act(id)
          } catch (error) {
            const fault = faultOf(error)
            if (!isFault(error) || fault.code === 'database_unavailable') throw error
            const { code, detail } = problemOf(fault, request.id)
            failed.push({ lead_id: id, code, message: detail })
          }
        }
        const done = new Set(ids).size - failed.length
        if (action === 'replay') await rearmAlerts(database, tenantId)
        request.auditData = {
          action,
          done,
          failed: failed.length,
          ...(list === undefined ? {} : { list }),
          ...(assignee === undefined ? {} : { assignee }),
        }
        return { done, failed }
      },
    )
  }
