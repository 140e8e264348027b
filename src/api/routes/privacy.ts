import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import type { SignedReceipt } from '../../privacy/receipt.ts'
import { listRequests, noticesOf, readRequest } from '../../privacy/requests.ts'
import type { PrivacyRequest } from '../../privacy/types.ts'
import { actorOf } from '../audited.ts'
import {
  Acknowledged,
  NoticeParams,
  PrivacyRequestBody,
  PrivacyRequestDetail,
  PrivacyRequestPage,
  PrivacyRequestQuery,
  Receipt,
  RequestParams,
} from '../contract/privacy.ts'
import { problems } from '../contract/problem.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { readPerson } from '../person.ts'
import { requestDetail, requestView } from '../privacy-views.ts'

const PAGE_DEFAULT = 50
/** Leads by the hundred that are gone through before the answer; the rest follows by itself. */
const LOOKS_NOW = 3

export const privacyRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, privacy } = deps
    const tags = ['Privacy']
    const security = [{ login: [] }, { cookie: [] }]

    const found = async (tenantId: string, id: string): Promise<PrivacyRequest> => {
      const request = isId(id) ? await readRequest(database, tenantId, id) : null
      if (request === null) throw new Fault('not_found', { message: 'There is no such request' })
      return request
    }
    const detail = async (request: PrivacyRequest) =>
      requestDetail(request, await noticesOf(database, request.tenantId, request.id), clock.now())

    app.post(
      '/api/v1/privacy/requests',
      {
        config: { access: 'privacy.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'Do what a person asked for',
          description:
            '`erase` destroys the keys of their leads, stops what is under way, tells every destination that received ' +
            'one, and turns them away when they come again. It cannot be undone.',
          body: PrivacyRequestBody,
          response: { 202: PrivacyRequestDetail, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request, reply) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { body } = request
        const scope = body.scope ?? 'person'
        if (scope === 'lead' && body.lead_id === undefined) {
          const message = 'expected the id of a lead, since scope is lead'
          throw new Fault('invalid_request', {
            message: `lead_id: ${message}`,
            problems: [{ field: 'lead_id', message }],
          })
        }
        const subject = await readPerson(deps, tenantId, body)
        const opened = await privacy.erasure.open({ tenantId, subject, scope, actor: actorOf(session) })
        const done = await privacy.erasure.carryOut(tenantId, opened.id, { looksMax: LOOKS_NOW })
        reply.code(202).header('location', `/api/v1/privacy/requests/${done.id}`)
        return detail(done)
      },
    )

    app.get(
      '/api/v1/privacy/requests',
      {
        config: { access: 'privacy.read' },
        schema: {
          tags,
          security,
          summary: 'List what persons asked for, newest first',
          querystring: PrivacyRequestQuery,
          response: { 200: PrivacyRequestPage, ...problems(400, 401, 403, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { limit = PAGE_DEFAULT, cursor, kind, status } = request.query
        const before = cursor === undefined ? null : readCursor(cursor)
        const filter = { ...(kind !== undefined && { kind }), ...(status !== undefined && { status }) }
        const rows = await listRequests(database, tenantId, filter, { before, limit: limit + 1 })
        const items = rows.slice(0, limit)
        const last = items.at(-1)
        return {
          items: items.map((row) => requestView(row, clock.now())),
          next_cursor: rows.length > limit && last ? writeCursor(last.id) : null,
        }
      },
    )

    app.get(
      '/api/v1/privacy/requests/:id',
      {
        config: { access: 'privacy.read' },
        schema: {
          tags,
          security,
          summary: 'Read a request, and what its recipients answered',
          params: RequestParams,
          response: { 200: PrivacyRequestDetail, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => detail(await found(sessionOf(request).tenantId, request.params.id)),
    )

    app.get(
      '/api/v1/privacy/requests/:id/receipt',
      {
        config: { access: 'privacy.read' },
        schema: {
          tags,
          security,
          summary: 'Read the signed receipt of an erasure',
          params: RequestParams,
          response: { 200: Receipt, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { receipt } = await found(sessionOf(request).tenantId, request.params.id)
        if (receipt === null) throw new Fault('not_found', { message: 'This request has no receipt yet' })
        return JSON.parse(receipt) as SignedReceipt
      },
    )

    app.post(
      '/api/v1/privacy/notices/:id/acknowledge',
      {
        config: { access: 'privacy.edit', audit: { action: 'notice.acknowledge', resource: 'notice' } },
        schema: {
          tags,
          security,
          summary: 'Say that a destination has done what it was told',
          params: NoticeParams,
          response: { 200: Acknowledged, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, userId } = sessionOf(request)
        const { id } = request.params
        const done = isId(id) && (await privacy.notices.acknowledge({ tenantId, id, by: userId }))
        if (!done) throw new Fault('not_found', { message: 'There is no such notice that waits' })
        return { id, status: 'acknowledged' }
      },
    )
  }
