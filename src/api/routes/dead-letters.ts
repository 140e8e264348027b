import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { isFault } from '../../base/faults.ts'
import { type DeliveryFilter, listDeliveries, rearmAlerts } from '../../delivery/read.ts'
import type { DeliveryDecision } from '../../lead/events.ts'
import { DiscardManyBody, ManyDecided, ReplayManyBody } from '../contract/deliveries.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import type { Session } from '../request.ts'
import { isoOrNull } from '../times.ts'
import { filterOf } from './deliveries.ts'

const MANY_DEFAULT = 1_000
const PER_SECOND_DEFAULT = 10
/** Written at once: more would keep others from the database. */
const AT_ONCE = 20

/** Many dead letters at a time, by filter. */
export const deadLetterRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    const { amendments } = deps.delivery
    const tags = ['Deliveries']
    const security = [{ login: [] }, { cookie: [] }]
    const errors = problems(400, 401, 403, 406, 415, 500, 503)

    const decideMany = async (
      { tenantId, userId: by }: Session,
      asked: {
        readonly filter: DeliveryFilter
        readonly limit: number
        readonly decision: DeliveryDecision
        readonly reason: string | null
        /** Between one and the next, ms. */
        readonly gapMs: number
      },
    ) => {
      const rows = await listDeliveries(
        database,
        tenantId,
        { ...asked.filter, states: ['dead'] },
        { before: null, limit: asked.limit },
      )
      const now = clock.now()
      let done = 0
      let refused = 0
      let lastAt: number | null = null
      const work = rows.map((row, place) => ({ row, at: now + Math.round(place * asked.gapMs) }))
      const one = async ({ row, at }: (typeof work)[number]): Promise<void> => {
        try {
          await amendments.decideDelivery({
            tenantId,
            leadId: row.lead_id,
            deliveryId: row.id,
            decision: asked.decision,
            by,
            reason: asked.reason,
            at,
          })
          done += 1
          lastAt = Math.max(lastAt ?? at, at)
        } catch (error) {
          if (!isFault(error) || (error.code !== 'invalid_request' && error.code !== 'not_found')) throw error
          refused += 1
        }
      }
      while (work.length > 0) await Promise.all(work.splice(0, AT_ONCE).map(one))
      await rearmAlerts(database, tenantId)
      return {
        matched: rows.length,
        done,
        refused,
        last_at: isoOrNull(asked.decision === 'send_again' ? lastAt : null),
      }
    }

    app.post(
      '/api/v1/dead-letters/replay',
      {
        config: { access: 'job.edit', audit: { action: 'dead_letters.replay', resource: 'dead-letters' } },
        schema: {
          tags,
          security,
          summary: 'Send dead letters again, by filter and so many a second',
          body: ReplayManyBody,
          response: { 202: ManyDecided, ...errors },
        },
      },
      async (request, reply) => {
        const { limit, per_second: perSecond, reason, ...filter } = request.body
        const told = await decideMany(sessionOf(request), {
          filter: filterOf(filter),
          limit: limit ?? MANY_DEFAULT,
          decision: 'send_again',
          reason: reason ?? null,
          gapMs: 1000 / (perSecond ?? PER_SECOND_DEFAULT),
        })
        request.auditData = { matched: told.matched, done: told.done }
        reply.code(202)
        return told
      },
    )

    app.post(
      '/api/v1/dead-letters/discard',
      {
        config: { access: 'job.edit', audit: { action: 'dead_letters.discard', resource: 'dead-letters' } },
        schema: {
          tags,
          security,
          summary: 'Put dead letters away, by filter',
          body: DiscardManyBody,
          response: { 200: ManyDecided, ...errors },
        },
      },
      async (request) => {
        const { limit, reason, ...filter } = request.body
        const told = await decideMany(sessionOf(request), {
          filter: filterOf(filter),
          limit: limit ?? MANY_DEFAULT,
          decision: 'discard',
          reason,
          gapMs: 0,
        })
        request.auditData = { matched: told.matched, done: told.done }
        return told
      },
    )
  }
