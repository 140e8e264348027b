import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { LeadFilter } from '../../journal/types.ts'
import { verifyLead } from '../../journal/verify-lead.ts'
import { assigneesOf } from '../assignments.ts'
import { actorOf } from '../audited.ts'
import {
  EventList,
  EventQuery,
  LeadDetail,
  LeadListQuery,
  LeadPage,
  LeadParams,
  LeadProof,
  LeadSearchBody,
  PAGE_DEFAULT,
  ReviewAnswer,
  ReviewBody,
  SightQuery,
  UnmaskBody,
  Unmasked,
} from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import { readCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { createFieldTypes } from '../field-types.ts'
import { sessionOf } from '../guard.ts'
import { readSearch } from '../lead-search.ts'
import { detailInSight, eventsMasked, isOwn, ownLeads, rowInSight, sightOf, withinOwn } from '../lead-sight.ts'
import { eventsOf, pageOf } from '../lead-views.ts'
import { refuseUnknownWords } from '../lead-words.ts'
import type { Session } from '../request.ts'
import { refuseClaimed } from '../review-queue.ts'
import { iso, readTime } from '../times.ts'

/** In the runner's words: who asks for another's lead must not be able to tell who answered. */
const noLead = (): Fault => new Fault('not_found', { message: 'There is no such lead' })

const pageAsked = (asked: { readonly limit?: number; readonly cursor?: string }) => ({
  limit: asked.limit ?? PAGE_DEFAULT,
  before: asked.cursor === undefined ? null : readCursor(asked.cursor),
})

export const leadRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader, runner, database, settings, audit } = deps
    const tags = ['Leads']
    const security = [{ login: [] }, { cookie: [] }]

    const fieldTypes = createFieldTypes(database)
    const givenOf = (tenantId: string, rows: readonly { readonly id: string }[]) =>
      assigneesOf(
        database,
        tenantId,
        rows.map(({ id }) => id),
      )
    const assigneeOf = async (tenantId: string, id: string): Promise<string | null> =>
      (await assigneesOf(database, tenantId, [id])).get(id) ?? null

    /** Another's lead, and one that a partner has no part in, is answered as if there were none. */
    const found = async (session: Session, id: string) => {
      const known = isId(id) ? await reader.read(session.tenantId, id) : null
      if (known === null || !isOwn(session, known.row, known.lead)) throw noLead()
      return known
    }

    app.get(
      '/api/v1/leads',
      {
        config: { access: 'lead.read', partners: true },
        schema: {
          tags,
          security,
          summary: 'List leads, newest first',
          querystring: LeadListQuery,
          response: { 200: LeadPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { limit, cursor, from, to, assignee, test, ...same } = request.query
        refuseUnknownWords(same)
        const page = pageAsked({
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        })
        const session = sessionOf(request)
        const filter: LeadFilter = {
          ...same,
          ...(test === undefined ? {} : { test: test === 'yes' }),
          ...(assignee === undefined ? {} : { assignee: assignee === 'me' ? session.userId : assignee }),
          ...(from === undefined ? {} : { from: readTime(from, 'from') }),
          ...(to === undefined ? {} : { to: readTime(to, 'to') }),
        }
        const within = withinOwn(filter, ownLeads(session))
        // One more than asked for tells whether there is another page.
        const rows =
          within === null ? [] : await reader.list(session.tenantId, within, { ...page, limit: page.limit + 1 })
        const sight = sightOf(session, undefined)
        const given = await givenOf(session.tenantId, rows)
        return pageOf(rows, page.limit, given, (row) => rowInSight(row, sight))
      },
    )

    app.post(
      '/api/v1/leads/search',
      {
        config: { access: 'lead.search', audit: { action: 'lead.search', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Find leads by email or phone',
          description: 'Exact, by the normal form. In a body, so that personal data stands in no address.',
          body: LeadSearchBody,
          response: { 200: LeadPage, ...problems(400, 401, 403, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const page = pageAsked(request.body)
        const by = await readSearch({ database, tenantId, asked: request.body })
        const rows = await reader.search(tenantId, by, { ...page, limit: page.limit + 1 })
        request.auditData = { by: Object.keys(by), found: Math.min(rows.length, page.limit) }
        return pageOf(rows, page.limit, await givenOf(tenantId, rows))
      },
    )

    app.get(
      '/api/v1/leads/:id',
      {
        config: { access: 'lead.read', partners: true, audit: { action: 'lead.read', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Read a lead',
          description:
            'Personal data is masked for roles that may not see it, and where `personal=masked` asks for it.',
          params: LeadParams,
          querystring: SightQuery,
          response: { 200: LeadDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { row, lead } = await found(session, request.params.id)
        const sight = sightOf(session, request.query.personal)
        request.auditData = { personal: sight === 'personal' }
        const assignee = await assigneeOf(session.tenantId, row.id)
        return detailInSight({ sight, session, row, lead, fieldTypes, assignee })
      },
    )

    app.get(
      '/api/v1/leads/:id/events',
      {
        config: { access: 'lead.trace', audit: { action: 'lead.events_read', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: "Read a lead's journal",
          description: 'What is sealed in it is masked for roles that may not see personal data.',
          params: LeadParams,
          querystring: EventQuery,
          response: { 200: EventList, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { row, lead, events } = await found(session, request.params.id)
        const isShown = sightOf(session, request.query.personal) === 'personal'
        request.auditData = { personal: isShown }
        const hidden = request.query.exchanges === 'hidden'
        return {
          items: isShown ? eventsOf(events, hidden) : await eventsMasked({ tenantId, row, lead, events, fieldTypes }),
        }
      },
    )

    app.get(
      '/api/v1/leads/:id/proof',
      {
        config: { access: 'lead.trace' },
        schema: {
          tags,
          security,
          summary: "Walk the chain of a lead's journal",
          description: 'Computes the hash of each segment anew, from what is stored now.',
          params: LeadParams,
          response: { 200: LeadProof, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { id } = request.params
        const proven = isId(id) ? await verifyLead(database, sessionOf(request).tenantId, id) : null
        if (proven === null) throw noLead()
        return {
          intact: proven.breach === null,
          breach: proven.breach,
          segments: proven.segments.map(({ seq, at, hash }) => ({ seq, at: iso(at), hash })),
        }
      },
    )

    app.post(
      '/api/v1/leads/:id/unmask',
      {
        config: { access: 'lead.unmask', audit: false },
        schema: {
          tags,
          security,
          summary: 'See the personal data of a lead, with a reason',
          description: 'Who asked, when and why is in the audit before it is answered.',
          params: LeadParams,
          body: UnmaskBody,
          response: { 200: Unmasked, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { row, lead, events } = await found(session, request.params.id)
        await audit.record({
          tenantId: session.tenantId,
          actor: actorOf(session),
          action: 'lead.unmask',
          resource: 'lead',
          resourceId: row.id,
          personal: { ip: request.ip, reason: request.body.reason },
        })
        return {
          lead: await detailInSight({
            sight: 'personal',
            session,
            row,
            lead,
            fieldTypes,
            assignee: await assigneeOf(session.tenantId, row.id),
          }),
          events: eventsOf(events),
        }
      },
    )

    app.put(
      '/api/v1/leads/:id/review',
      {
        config: { access: 'lead.review', audit: { action: 'lead.review', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Decide about a lead in review',
          params: LeadParams,
          body: ReviewBody,
          response: { 202: ReviewAnswer, ...problems(400, 401, 403, 404, 406, 409, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        if (!isId(id)) throw noLead()
        const { decision, reason } = request.body
        await refuseClaimed({ database, tenantId, leadId: id, userId, now: deps.clock.now() })
        await runner.decide({ tenantId, leadId: id, decision, reason: reason ?? null, by: userId })
        const statusUrl = `${settings.publicUrl ?? ''}/api/v1/leads/${id}`
        reply.code(202).header('location', statusUrl)
        return { lead_id: id, decision, status_url: statusUrl }
      },
    )
  }
