import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import { bundleHtml } from '../../privacy/bundle.ts'
import type { SignedReceipt } from '../../privacy/receipt.ts'
import { listRequests, noticesOf, readRequest } from '../../privacy/requests.ts'
import type { PrivacyRequest } from '../../privacy/types.ts'
import { actorOf } from '../audited.ts'
import {
  Acknowledged,
  BundleQuery,
  LiftBody,
  Lifted,
  NoticeParams,
  PrivacyRequestBody,
  PrivacyRequestDetail,
  PrivacyRequestPage,
  PrivacyRequestQuery,
  Receipt,
  RequestParams,
} from '../contract/privacy.ts'
import { problems } from '../contract/problem.ts'
import { AnyJson } from '../contract/shapes.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { readPerson } from '../person.ts'
import { noteRequest } from '../privacy-requests.ts'
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

    const rectify = (
      tenantId: string,
      by: string,
      leadId: string | undefined,
      fields?: Readonly<Record<string, string>>,
    ) => {
      if (leadId === undefined || fields === undefined) {
        const field = leadId === undefined ? 'lead_id' : 'fields'
        const message = 'expected, to rectify a lead'
        throw new Fault('invalid_request', { message: `${field}: ${message}`, problems: [{ field, message }] })
      }
      return deps.delivery.amendments.rectify({ tenantId, leadId, values: fields, by })
    }

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
            'one, and turns them away when they come again; it cannot be undone. `access` makes a bundle of everything ' +
            'held. `rectify` mends fields of a lead. `restrict` and `object` let nothing more leave for the person.',
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
        const person = await readPerson(deps, tenantId, body)
        const actor = actorOf(session)
        const tell = (done: PrivacyRequest) => {
          reply.code(202).header('location', `/api/v1/privacy/requests/${done.id}`)
          return detail(done)
        }
        if (body.kind === 'restrict' || body.kind === 'object') {
          const { kind } = body
          const asked = { tenantId, actor, kind, known: person.known, channels: ['all'] as const, via: 'api' }
          const made = await privacy.consents.block({ ...asked, evidence: null })
          await privacy.fanOut.begin(made)
          return tell(await found(tenantId, made.id))
        }
        if (body.kind === 'access' || body.kind === 'rectify') {
          const names =
            body.kind === 'rectify' ? await rectify(tenantId, session.userId, body.lead_id, body.fields) : null
          return tell(await noteRequest(deps, { tenantId, actor, kind: body.kind, person, fields: names }))
        }
        const subject = person
        const opened = await privacy.erasure.open({ tenantId, subject, scope, actor })
        return tell(await privacy.erasure.carryOut(tenantId, opened.id, { looksMax: LOOKS_NOW }))
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
      '/api/v1/privacy/requests/:id/bundle',
      {
        config: { access: 'privacy.edit', audit: { action: 'privacy.export', resource: 'privacy_request' } },
        schema: {
          tags,
          security,
          summary: 'Read everything held on the person of an access request',
          params: RequestParams,
          querystring: BundleQuery,
          response: { 200: AnyJson('The bundle.'), ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const asked = await found(tenantId, request.params.id)
        if (asked.kind !== 'access') throw new Fault('not_found', { message: 'This is no request for access' })
        const bundle = await privacy.bundle(tenantId, asked.subject)
        if (request.query.format !== 'html') return bundle
        return reply
          .header('content-type', 'text/html; charset=utf-8')
          .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
          .header('content-disposition', 'attachment; filename="held-on-you.html"')
          .serializer((text: unknown) => text as string)
          .send(bundleHtml(bundle))
      },
    )

    app.post(
      '/api/v1/privacy/lift',
      {
        config: { access: 'privacy.edit', audit: false },
        schema: {
          tags,
          security,
          summary: 'End a restriction or an objection',
          body: LiftBody,
          response: { 200: Lifted, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const session = sessionOf(request)
        const { tenantId } = session
        const { known } = await readPerson(deps, tenantId, request.body)
        const { why } = request.body
        return { lifted: await privacy.consents.lift({ tenantId, actor: actorOf(session), known, why }) }
      },
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
