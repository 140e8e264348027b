import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { cancelRun, type DeadLetterRun, type Deed, findRun, listRuns } from '../../delivery/dead-letter-runs.ts'
import {
  DiscardManyBody,
  DiscardRunList,
  DiscardRunView,
  ReplayManyBody,
  ReplayRunList,
  ReplayRunView,
  RunParams,
} from '../contract/deliveries.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull } from '../times.ts'
import { filterOf } from './deliveries.ts'

const MANY_DEFAULT = 1_000
const PER_SECOND_DEFAULT = 10
const RUNS_MAX = 50

const viewOf = (run: DeadLetterRun) => ({
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

/** Many dead letters at a time, by filter: jobs, that can be looked at and called off. */
export const deadLetterRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock } = deps
    const { deadLetters } = deps.delivery
    const tags = ['Deliveries']
    const security = [{ login: [] }, { cookie: [] }]
    const errors = problems(400, 401, 403, 406, 415, 500, 503)

    const found = async (tenantId: string, deed: Deed, id: string): Promise<DeadLetterRun> => {
      const run = isId(id) ? await findRun(database, tenantId, id) : null
      if (run?.deed !== deed) throw new Fault('not_found', { message: `There is no such ${deed}` })
      return run
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
        const run = await deadLetters.start({
          tenantId,
          deed: 'replay',
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

    app.post(
      '/api/v1/dead-letters/discard',
      {
        config: { access: 'job.edit', audit: { action: 'dead_letters.discard', resource: 'dead-letters' } },
        schema: {
          tags,
          security,
          summary: 'Put dead letters away, by filter',
          description: 'It is a job: see how far it has come at `/api/v1/dead-letters/discards/{id}`, or call it off.',
          body: DiscardManyBody,
          response: { 202: DiscardRunView, ...errors },
        },
      },
      async (request, reply) => {
        const { tenantId, userId: by } = sessionOf(request)
        const { limit, reason, ...filter } = request.body
        const run = await deadLetters.start({
          tenantId,
          deed: 'discard',
          filter: filterOf(filter),
          limit: limit ?? MANY_DEFAULT,
          perSecond: 0,
          by,
          reason: await deps.keys.sealTenant(tenantId, reason),
        })
        request.auditData = { matched: run.matched, run: run.id }
        reply.code(202)
        return viewOf(run)
      },
    )

    for (const { deed, path, what, view, list } of [
      { deed: 'replay', path: 'replays', what: 'replay', view: ReplayRunView, list: ReplayRunList },
      { deed: 'discard', path: 'discards', what: 'discard', view: DiscardRunView, list: DiscardRunList },
    ] as const) {
      app.get(
        `/api/v1/dead-letters/${path}`,
        {
          config: { access: 'job.read' },
          schema: {
            tags,
            security,
            summary: `List ${path} of dead letters, newest first`,
            response: { 200: list, ...problems(401, 403, 406, 500, 503) },
          },
        },
        async (request) => ({
          items: (await listRuns(database, sessionOf(request).tenantId, { deed, limit: RUNS_MAX })).map(viewOf),
        }),
      )

      app.get(
        `/api/v1/dead-letters/${path}/:id`,
        {
          config: { access: 'job.read' },
          schema: {
            tags,
            security,
            summary: `See how far a ${what} has come`,
            params: RunParams,
            response: { 200: view, ...problems(401, 403, 404, 406, 500, 503) },
          },
        },
        async (request) => viewOf(await found(sessionOf(request).tenantId, deed, request.params.id)),
      )

      app.post(
        `/api/v1/dead-letters/${path}/:id/cancel`,
        {
          config: { access: 'job.edit', audit: { action: 'dead_letters.cancel', resource: 'dead-letters' } },
          schema: {
            tags,
            security,
            summary: `Call off a ${what}`,
            description:
              deed === 'replay'
                ? 'What it has decided goes out, some seconds’ worth; the others stay dead letters.'
                : 'What it has put away stays so; the others stay dead letters.',
            params: RunParams,
            response: { 200: view, ...problems(401, 403, 404, 406, 500, 503) },
          },
        },
        async (request) => {
          const { tenantId, userId: by } = sessionOf(request)
          const { id } = await found(tenantId, deed, request.params.id)
          await cancelRun(database, { tenantId, id, by, now: clock.now() })
          return viewOf(await found(tenantId, deed, id))
        },
      )
    }
  }
