import { randomBytes } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { isId, newId } from '../../base/ids.ts'
import {
  findSubscription,
  listSubscriptions,
  putSubscription,
  removeSubscription,
  rotateSecret,
  type Subscription,
} from '../../feed/subscriptions.ts'
import { forgetSome, readEvents } from '../../feed/telling.ts'
import { problems } from '../contract/problem.ts'
import {
  RotateBody,
  WebhookBody,
  WebhookChange,
  WebhookEvents,
  WebhookEventsQuery,
  WebhookList,
  WebhookMade,
  WebhookParams,
  WebhookReplayed,
  WebhookSummary,
  WebhookTested,
} from '../contract/webhooks.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull } from '../times.ts'

const OVERLAP_S = 86_400
const EVENTS_DEFAULT = 50

/** 32 bytes, as the standard writes them. */
const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

const hostOf = (text: string): string => {
  const url = URL.parse(text)
  const message = 'expected an address that begins with https://, without a user or password inside'
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new Fault('invalid_request', { message: `url: ${message}`, problems: [{ field: 'url', message }] })
  return url.host
}

const viewOf = (webhook: Subscription) => ({
  id: webhook.id,
  name: webhook.name,
  host: webhook.host,
  events: [...webhook.events],
  flows: webhook.flows === null ? null : [...webhook.flows],
  fields: webhook.fields,
  tests: webhook.tests,
  enabled: webhook.enabled,
  code: webhook.code,
  previous_secret_until: isoOrNull(webhook.previousUntil),
  waiting: webhook.waiting,
  dead: webhook.dead,
  created_at: iso(webhook.createdAt),
  changed_at: iso(webhook.changedAt),
})

/** Whoever wants to be told of what happens to leads: an address, what of, and a key that proves who tells it. */
export const webhookRoutes =
  (deps: ApiDeps): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys, feed } = deps
    const tags = ['Webhooks']
    const security = [{ login: [] }, { cookie: [] }]

    const found = async (tenantId: string, id: string): Promise<Subscription> => {
      const webhook = isId(id) ? await findSubscription(database, tenantId, id) : null
      if (!webhook) throw new Fault('not_found', { message: 'There is no such webhook' })
      return webhook
    }

    app.get(
      '/api/v1/webhooks',
      {
        config: { access: 'webhook.read' },
        schema: {
          tags,
          security,
          summary: 'List webhooks',
          response: { 200: WebhookList, ...problems(401, 403, 406, 500, 503) },
        },
      },
      async (request) => ({
        items: (await listSubscriptions(database, sessionOf(request).tenantId)).map(viewOf),
      }),
    )

    app.post(
      '/api/v1/webhooks',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Subscribe to what happens to leads',
          description:
            'From then on each event is posted, at least once and in order for each lead, signed as Standard Webhooks.',
          body: WebhookBody,
          response: { 201: WebhookMade, ...problems(400, 401, 403, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        const { url, events, name = '', flows = null, fields = false, tests = false, enabled = true } = request.body
        const host = hostOf(url)
        const now = clock.now()
        const id = newId(now)
        const secret = newSecret()
        await putSubscription(database, {
          tenantId,
          id,
          settings: { name, host, events, flows, fields, tests, enabled },
          url: await keys.sealTenant(tenantId, url),
          secret: await keys.sealTenant(tenantId, secret),
          now,
        })
        feed.forget(tenantId)
        reply.code(201)
        return { ...viewOf(await found(tenantId, id)), secret }
      },
    )

    app.get(
      '/api/v1/webhooks/:id',
      {
        config: { access: 'webhook.read' },
        schema: {
          tags,
          security,
          summary: 'Read a webhook',
          params: WebhookParams,
          response: { 200: WebhookSummary, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => viewOf(await found(sessionOf(request).tenantId, request.params.id)),
    )

    app.patch(
      '/api/v1/webhooks/:id',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Change a webhook',
          description: 'Enabled again, it is sent what it was owed when it was switched off.',
          params: WebhookParams,
          body: WebhookChange,
          response: { 200: WebhookSummary, ...problems(400, 401, 403, 404, 406, 413, 415, 422, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const known = await found(tenantId, request.params.id)
        const { url, ...changed } = request.body
        const now = clock.now()
        await putSubscription(database, {
          tenantId,
          id: known.id,
          settings: { ...known, ...changed, ...(url !== undefined && { host: hostOf(url) }) },
          ...(url !== undefined && { url: await keys.sealTenant(tenantId, url) }),
          now,
        })
        if (changed.enabled === true || url !== undefined)
          await feed.sendAgain({ tenantId, id: known.id, replays: false })
        feed.forget(tenantId)
        feed.hint()
        return viewOf(await found(tenantId, known.id))
      },
    )

    app.delete(
      '/api/v1/webhooks/:id',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Unsubscribe',
          description: 'What it is still owed goes with it.',
          params: WebhookParams,
          response: { 200: WebhookSummary, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const known = await found(tenantId, request.params.id)
        await removeSubscription(database, tenantId, known.id)
        feed.forget(tenantId)
        await forgetSome(database, tenantId, known.id)
        return viewOf(known)
      },
    )

    app.post(
      '/api/v1/webhooks/:id/rotate',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Make a new secret',
          description: 'Until `previous_secret_until` each event carries both signatures, the new one first.',
          params: WebhookParams,
          body: RotateBody,
          response: { 200: WebhookMade, ...problems(400, 401, 403, 404, 406, 413, 415, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const known = await found(tenantId, request.params.id)
        const secret = newSecret()
        const now = clock.now()
        await rotateSecret(database, {
          tenantId,
          id: known.id,
          secret: await keys.sealTenant(tenantId, secret),
          until: now + (request.body.overlap_seconds ?? OVERLAP_S) * 1000,
          now,
        })
        feed.forget(tenantId)
        return { ...viewOf(await found(tenantId, known.id)), secret }
      },
    )

    app.post(
      '/api/v1/webhooks/:id/test',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Send a test event',
          description: 'Posts `webhook.test`, signed like any other, and tells what was answered.',
          params: WebhookParams,
          response: { 200: WebhookTested, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id } = await found(tenantId, request.params.id)
        const { status, ms, code, reason } = await feed.test({ tenantId, id }, clock.now())
        return { status, ms: Math.round(ms), ok: code === null, code, reason }
      },
    )

    app.get(
      '/api/v1/webhooks/:id/events',
      {
        config: { access: 'webhook.read' },
        schema: {
          tags,
          security,
          summary: 'List what a webhook is owed and was sent',
          description: 'Newest first. What was sent is kept for three days, what was given up for thirty.',
          params: WebhookParams,
          querystring: WebhookEventsQuery,
          response: { 200: WebhookEvents, ...problems(400, 401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id } = await found(tenantId, request.params.id)
        const { state, limit = EVENTS_DEFAULT } = request.query
        const rows = await readEvents(database, { tenantId, id, state: state ?? null, limit })
        return {
          items: rows.map((row) => ({
            id: `${row.subject}.${row.seq}.${row.position}`,
            type: row.type,
            subject: row.subject,
            state: row.state,
            attempts: row.attempts,
            code: row.code,
            status: row.status,
            at: iso(row.at),
            next_at: row.state === 'waiting' ? iso(row.next_at) : null,
          })),
        }
      },
    )

    app.post(
      '/api/v1/webhooks/:id/replay',
      {
        config: { access: 'webhook.edit' },
        schema: {
          tags,
          security,
          summary: 'Send again what was given up',
          description: 'A few thousand at once; the rest follows by itself within moments.',
          params: WebhookParams,
          response: { 200: WebhookReplayed, ...problems(401, 403, 404, 406, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId } = sessionOf(request)
        const { id } = await found(tenantId, request.params.id)
        const events = await feed.sendAgain({ tenantId, id, replays: true })
        feed.hint()
        return { events }
      },
    )
  }
