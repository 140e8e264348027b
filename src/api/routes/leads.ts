import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { LeadFilter } from '../../journal/types.ts'
import {
  EventList,
  LeadDetail,
  LeadListQuery,
  LeadPage,
  LeadParams,
  LeadSearchBody,
  PAGE_DEFAULT,
  ReviewAnswer,
  ReviewBody,
} from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import { readCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { readSearch } from '../lead-search.ts'
import { detailOf, eventsOf, pageOf } from '../lead-views.ts'
import { need, type Sessions, sessionOf } from '../session.ts'
import { readTime } from '../times.ts'

/** In the runner's words: who asks for another's lead must not be able to tell who answered. */
const noLead = (): Fault => new Fault('not_found', { message: 'There is no such lead' })

const pageAsked = (asked: { readonly limit?: number; readonly cursor?: string }) => ({
  limit: asked.limit ?? PAGE_DEFAULT,
  before: asked.cursor === undefined ? null : readCursor(asked.cursor),
})

export const leadRoutes =
  (deps: ApiDeps, sessions: Sessions): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { reader, runner, database, settings } = deps
    const tags = ['Leads']
    const security = [{ login: [] }]
    const mayRead = need(sessions, 'read')

    const found = async (tenantId: string, id: string) => {
      const lead = isId(id) ? await reader.read(tenantId, id) : null
      if (lead === null) throw noLead()
      return lead
    }

    app.get(
      '/api/v1/leads',
      {
        onRequest: mayRead,
        schema: {
          tags,
          security,
          summary: 'List leads, newest first',
          querystring: LeadListQuery,
          response: { 200: LeadPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { limit, cursor, from, to, ...same } = request.query
        const page = pageAsked({
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        })
        const filter: LeadFilter = {
          ...same,
          ...(from === undefined ? {} : { from: readTime(from, 'from') }),
          ...(to === undefined ? {} : { to: readTime(to, 'to') }),
        }
        // One more than asked for tells whether there is another page.
        const rows = await reader.list(sessionOf(request).tenantId, filter, { ...page, limit: page.limit + 1 })
        return pageOf(rows, page.limit)
      },
    )

    app.post(
      '/api/v1/leads/search',
      {
        onRequest: mayRead,
        config: { audit: { action: 'lead.search', resource: 'lead' } },
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
        return pageOf(rows, page.limit)
      },
    )

    app.get(
      '/api/v1/leads/:id',
      {
        onRequest: mayRead,
        config: { audit: { action: 'lead.read', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Read a lead',
          params: LeadParams,
          response: { 200: LeadDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { row, lead } = await found(sessionOf(request).tenantId, request.params.id)
        return detailOf(row, lead)
      },
    )

    app.get(
      '/api/v1/leads/:id/events',
      {
        onRequest: mayRead,
        config: { audit: { action: 'lead.events_read', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: "Read a lead's journal",
          params: LeadParams,
          response: { 200: EventList, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { events } = await found(sessionOf(request).tenantId, request.params.id)
        return { items: eventsOf(events) }
      },
    )

    app.put(
      '/api/v1/leads/:id/review',
      {
        onRequest: need(sessions, 'review'),
        config: { audit: { action: 'lead.review', resource: 'lead' } },
        schema: {
          tags,
          security,
          summary: 'Decide about a lead in review',
          params: LeadParams,
          body: ReviewBody,
          response: { 202: ReviewAnswer, ...problems(400, 401, 403, 404, 406, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        if (!isId(id)) throw noLead()
        const { decision, reason } = request.body
        await runner.decide({ tenantId, leadId: id, decision, reason: reason ?? null, by: userId })
        const statusUrl = `${settings.publicUrl ?? ''}/api/v1/leads/${id}`
        reply.code(202).header('location', statusUrl)
        return { lead_id: id, decision, status_url: statusUrl }
      },
    )
  }
