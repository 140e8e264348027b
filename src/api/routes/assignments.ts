import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Users } from '../../access/users.ts'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { assignLeads, peopleOf, requirePerson } from '../assignments.ts'
import { AssignBody, Assigned, Assignees, EditBody, Edited } from '../contract/assignments.ts'
import { LeadParams } from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { refuseClaimed } from '../review-queue.ts'

/** What people do with a lead besides deciding about it: give it to somebody, and mend what it says. */
export const assignmentRoutes =
  (deps: ApiDeps, { users }: { readonly users: Users }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    const { amendments } = deps.delivery
    const tags = ['Leads']
    const security = [{ login: [] }, { cookie: [] }]
    const noLead = () => new Fault('not_found', { message: 'There is no such lead' })

    app.get(
      '/api/v1/assignees',
      {
        config: { access: 'lead.review' },
        schema: {
          tags,
          security,
          summary: 'List whom leads can be given to',
          response: { 200: Assignees, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const people = await peopleOf(users, sessionOf(request).tenantId)
        return { items: people.map(({ id, email, role }) => ({ id, email, role })) }
      },
    )

    app.put(
      '/api/v1/leads/:id/assignee',
      {
        config: { access: 'lead.edit', audit: { action: 'lead.assign', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Give a lead to somebody',
          params: LeadParams,
          body: AssignBody,
          response: { 200: Assigned, ...problems(400, 401, 403, 404, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        const { assignee } = request.body
        if (!isId(id)) throw noLead()
        if (assignee !== null) await requirePerson(users, tenantId, assignee)
        const found = await assignLeads({ database, tenantId, leads: [id], assignee, by: userId, now: clock.now() })
        if (!found.has(id)) throw noLead()
        request.auditData = { assignee }
        return { lead_id: id, assignee }
      },
    )

    app.patch(
      '/api/v1/leads/:id/fields',
      {
        config: { access: 'lead.edit', audit: { action: 'lead.edit', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Mend fields of a lead whose journey goes on',
          description:
            'Read as the flow reads them: each must be valid, or none is changed and `errors` says which are not. Rules ' +
            'and deliveries that come after see the new values; the journal keeps what was there before. Of a lead that ' +
            'waits for a decision or stands still; not in the middle of a step.',
          params: LeadParams,
          body: EditBody,
          response: { 200: Edited, ...problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        if (!isId(id)) throw noLead()
        await refuseClaimed({ database, tenantId, leadId: id, userId, now: clock.now() })
        const values = request.body.fields
        const fields = await amendments.rectify({ tenantId, leadId: id, values, by: userId, unfinished: true })
        request.auditData = { fields: [...fields] }
        return { lead_id: id, fields: [...fields] }
      },
    )
  }
