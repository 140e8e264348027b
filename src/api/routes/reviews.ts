import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { LeadParams } from '../contract/leads.ts'
import { problems } from '../contract/problem.ts'
import { ClaimAnswer, ReviewCount, ReviewList, ReviewListQuery } from '../contract/reviews.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { summaryOf } from '../lead-views.ts'
import { claimReview, countWaiting, readWaiting, releaseReview } from '../review-queue.ts'
import { iso } from '../times.ts'

const LIMIT = 50

export const reviewRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, reader, clock } = deps
    const same = { tags: ['Reviews'], security: [{ login: [] }, { cookie: [] }] }

    app.get(
      '/api/v1/reviews/count',
      {
        config: { access: 'lead.review' },
        schema: {
          ...same,
          summary: 'Count the leads that wait for a decision',
          response: { 200: ReviewCount, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({ waiting: await countWaiting(database, sessionOf(request).tenantId) }),
    )

    app.get(
      '/api/v1/reviews',
      {
        config: { access: 'lead.review', audit: { action: 'review.list', resource: 'lead' } },
        schema: {
          ...same,
          summary: 'List the leads that wait for a decision',
          description: 'Of all that wait, however many: the hottest first, or the newest.',
          querystring: ReviewListQuery,
          response: { 200: ReviewList, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const { queue = null, sort = 'hottest', available = false, limit = LIMIT } = request.query
        const asked = { database, reader, tenantId, userId, now: clock.now() }
        const { items, queues, taken } = await readWaiting({ ...asked, queue, sort, available, limit })
        return {
          waiting: queues.reduce((sum, each) => sum + each.waiting, 0),
          taken,
          queues: [...queues],
          items: items.map(({ row, lead, queue: of, note, claim, assignee }) => ({
            ...summaryOf(row, assignee),
            queue: of,
            note,
            score: lead.score,
            class: lead.class,
            claimed_by: claim?.userId ?? null,
            claimed_until: claim === null ? null : iso(claim.until),
            mine: claim === null ? null : claim.userId === userId,
          })),
        }
      },
    )

    const idOf = (id: string): string => {
      if (!isId(id)) throw new Fault('not_found', { message: 'There is no such lead' })
      return id
    }

    app.put(
      '/api/v1/reviews/:id/claim',
      {
        config: { access: 'lead.review', audit: { action: 'review.claim', resource: 'lead' } },
        schema: {
          ...same,
          summary: 'Take a lead in review, so that nobody else is given it',
          params: LeadParams,
          response: { 200: ClaimAnswer, ...problems(400, 401, 403, 404, 406, 409, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const leadId = idOf(request.params.id)
        const until = await claimReview({ database, tenantId, leadId, userId, now: clock.now() })
        return { lead_id: leadId, until: iso(until) }
      },
    )

    app.delete(
      '/api/v1/reviews/:id/claim',
      {
        config: { access: 'lead.review', audit: { action: 'review.release', resource: 'lead' } },
        schema: {
          ...same,
          summary: 'Give a lead in review back',
          params: LeadParams,
          response: { 204: {}, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        await releaseReview({ database, tenantId, leadId: idOf(request.params.id), userId })
        return reply.code(204).send()
      },
    )
  }
