import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { HoldRow } from '../../privacy/holds.ts'
import { actorOf } from '../audited.ts'
import { HoldBody, HoldEvidence, HoldList, HoldParams, HoldSummary } from '../contract/privacy.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { readPerson } from '../person.ts'
import { iso, isoOrNull } from '../times.ts'

const view = (row: HoldRow) => ({
  id: row.id,
  at: iso(row.at),
  matter: row.matter,
  keeps: [...row.keeps],
  released_at: isoOrNull(row.releasedAt),
  evidence: row.evidence,
})

const known = (id: string): string => {
  if (!isId(id)) throw new Fault('not_found', { message: 'There is no such hold' })
  return id
}

export const holdRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const held = () => deps.privacy.holds
    const tags = ['Privacy']
    const security = [{ login: [] }, { cookie: [] }]

    app.post(
      '/api/v1/privacy/holds',
      {
        config: { access: 'privacy.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Place a legal hold',
          description: 'Declares what an erasure must leave of a person’s leads. Everything else goes all the same.',
          body: HoldBody,
          response: { 201: HoldSummary, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { matter, keeps } = request.body
        const subject = await readPerson(deps, tenantId, request.body)
        const id = await held().place({ tenantId, actor: actorOf(session), matter, subject, keeps })
        reply.code(201)
        const row = (await held().list(tenantId)).find((each) => each.id === id)
        if (!row) throw new Fault('not_found', { message: 'There is no such hold' })
        return view(row)
      },
    )

    app.get(
      '/api/v1/privacy/holds',
      {
        config: { access: 'privacy.read' },
        schema: {
          tags,
          security,
          summary: 'List legal holds',
          response: { 200: HoldList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({ items: (await held().list(sessionOf(request).tenantId)).map(view) }),
    )

    app.get(
      '/api/v1/privacy/holds/:id',
      {
        config: { access: 'privacy.read', audit: { action: 'hold.read', resource: 'hold' } },
        schema: {
          tags,
          security,
          summary: 'Read the evidence that a hold has kept',
          params: HoldParams,
          response: { 200: HoldEvidence, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => ({ items: await held().read(sessionOf(request).tenantId, known(request.params.id)) }),
    )

    app.delete(
      '/api/v1/privacy/holds/:id',
      {
        config: { access: 'privacy.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Release a hold and destroy its evidence',
          params: HoldParams,
          response: { 200: HoldList, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const id = known(request.params.id)
        await held().release({ tenantId: session.tenantId, id, actor: actorOf(session) })
        return { items: (await held().list(session.tenantId)).filter((row) => row.id === id).map(view) }
      },
    )
  }
