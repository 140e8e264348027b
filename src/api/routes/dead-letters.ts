import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault, isFault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { type DeliveryFilter, listDeliveries, rearmAlerts } from '../../delivery/read.ts'
import { cancelReplayRun, findReplayRun, listReplayRuns, type ReplayRun } from '../../delivery/replay-runs.ts'
import {
  DiscardManyBody,
  ManyDecided,
  ReplayManyBody,
  ReplayRunList,
  ReplayRunParams,
  ReplayRunView,
} from '../contract/deliveries.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import type { Session } from '../request.ts'
import { iso, isoOrNull } from '../times.ts'
import { filterOf } from './deliveries.ts'

const MANY_DEFAULT = 1_000
const PER_SECOND_DEFAULT = 10
const RUNS_MAX = 50
/** Written at once: more would keep others from the database. */
const AT_ONCE = 20

const viewOf = (run: ReplayRun) => ({
  id: run.id,
  state: run.state,
  matched: run.matched,
  done: run.done,
  refused: run.refused,
  per_second: run.perSecond,
  last_at: isoOrNull(run.lastAt),
  started_at: iso(run.startedAt),
  ended_at: isoOrNull(run.endedAt),
  by: run.by,
  ended_by: run.endedBy,
})

/** Many dead letters at a time, by filter. */
export const deadLetterRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    const { amendments } = deps.delivery
    const tags = ['Deliveries']
    const security = [{ login: [] }, { cookie: [] }]
    const errors = problems(400, 401, 403, 406, 415, 500, 503)

    const discardMany = async (
      { tenantId, userId: by }: Session,
      asked: {
        readonly filter: DeliveryFilter
        readonly limit: number
        readonly reason: string
      },
    ) => {
      const rows = await listDeliveries(
        database,
        tenantId,
        { ...asked.filter, states: ['dead'] },
        { before: null, limit: asked.limit },
      )
      let done = 0
      let refused = 0
      const work = [...rows]
      const one = async (row: (typeof work)[number]): Promise<void> => {
        try {
          await amendments.decideDelivery({
            tenantId,
            leadId: row.lead_id,
            deliveryId: row.id,
            decision: 'discard',
            by,
            reason: asked.reason,
          })
          done += 1
        } catch (error) {
          if (!isFault(error) || (error.code !== 'invalid_request' && error.code !== 'not_found')) throw error
          refused += 1
        }
      }
      while (work.length > 0) await Promise.all(work.splice(0, AT_ONCE).map(one))
      await rearmAlerts(database, tenantId)
      return { matched: rows.length, done, refused, last_at: null }
    }

    app.post(
      '/api/v1/dead-letters/replay',
      {
        config: { access: 'job.edit', audit: { action: 'dead_letters.replay', resource: 'dead-letters' } },
        schema: {
          tags,
          security,
          summary: 'Send dead letters again, by filter and so many a second',
          description: 'It is a job: see how far it has come at `/api/v1/dead-letters/replays/{id}`, or call it off.',
          body: ReplayManyBody,
          response: { 202: ReplayRunView, ...errors },
        },
      },
      async (request, reply) => {
        const { tenantId, userId: by } = sessionOf(request)
        const { limit, per_second: perSecond, reason, ...filter } = request.body
        const run = await deps.delivery.replays.start({
          tenantId,
          filter: filterOf(filter),
          limit: limit ?? MANY_DEFAULT,
          perSecond: perSecond ?? PER_SECOND_DEFAULT,
          by,
          reason: reason === undefined ? null : await deps.keys.sealTenant(tenantId, reason),
        })
        request.auditData = { matched: run.matched, run: run.id }
        reply.code(202)
        return viewOf(run)
      },
    )

    app.get(
      '/api/v1/dead-letters/replays',
      {
        config: { access: 'job.read' },
        schema: {
          tags,
          security,
          summary: 'List replays of dead letters, newest first',
          response: { 200: ReplayRunList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({
        items: (await listReplayRuns(database, sessionOf(request).tenantId, RUNS_MAX)).map(viewOf),
      }),
    )

    const found = async (tenantId: string, id: string) => {
      const run = isId(id) ? await findReplayRun(database, tenantId, id) : null
      if (!run) throw new Fault('not_found', { message: 'There is no such replay' })
      return run
    }

    app.get(
      '/api/v1/dead-letters/replays/:id',
      {
        config: { access: 'job.read' },
        schema: {
          tags,
          security,
          summary: 'See how far a replay has come',
          params: ReplayRunParams,
          response: { 200: ReplayRunView, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => viewOf(await found(sessionOf(request).tenantId, request.params.id)),
    )

    app.post(
      '/api/v1/dead-letters/replays/:id/cancel',
      {
        config: { access: 'job.edit', audit: { action: 'dead_letters.cancel', resource: 'dead-letters' } },
        schema: {
          tags,
          security,
          summary: 'Call off a replay',
          description: 'What it has decided goes out, some seconds’ worth; the others stay dead letters.',
          params: ReplayRunParams,
          response: { 200: ReplayRunView, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId: by } = sessionOf(request)
        const { id } = await found(tenantId, request.params.id)
        await cancelReplayRun(database, { tenantId, id, by, now: clock.now() })
        return viewOf(await found(tenantId, id))
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
        const told = await discardMany(sessionOf(request), {
          filter: filterOf(filter),
          limit: limit ?? MANY_DEFAULT,
          reason,
        })
        request.auditData = { matched: told.matched, done: told.done }
        return told
      },
    )
  }
