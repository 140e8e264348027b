import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { ApiKey, ApiKeys } from '../../access/keys.ts'
import { Fault } from '../../base/faults.ts'
import { isId } from '../../base/ids.ts'
import {
  KeyBody,
  KeyListQuery,
  KeyMade,
  KeyPage,
  KeyParams,
  KeyRotated,
  KeyView,
  NewKeyBody,
  RotateBody,
} from '../contract/keys.ts'
import { problems } from '../contract/problem.ts'
import { Nothing } from '../contract/shapes.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import { ifVersion, sendEtag } from '../etag.ts'
import { sessionOf } from '../guard.ts'
import { iso, isoOrNull, readTime } from '../times.ts'

const PAGE_DEFAULT = 50
const OVERLAP_S = 86_400

const viewOf = (key: ApiKey) => ({
  id: key.id,
  name: key.name,
  hint: key.hint,
  scopes: [...key.scopes],
  flow: key.flow,
  source: key.source,
  enabled: key.enabled,
  created_at: iso(key.createdAt),
  created_by: key.createdBy,
  expires_at: isoOrNull(key.expiresAt),
  last_used_at: isoOrNull(key.lastUsedAt),
  replaced_by: key.replacedBy,
})

const idOf = (id: string): string => {
  if (isId(id)) return id
  throw new Fault('not_found', { message: 'There is no such key.' })
}

/** Keys of machines. */
export const keyRoutes =
  ({ apiKeys }: { readonly apiKeys: ApiKeys }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const tags = ['API keys']
    const security = [{ login: [] }, { cookie: [] }]
    const read = { access: 'key.read' } as const
    const edit = { access: 'key.edit' } as const

    app.get(
      '/api/v1/keys',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: 'List the API keys',
          querystring: KeyListQuery,
          response: { 200: KeyPage, ...problems(400, 401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { limit = PAGE_DEFAULT, cursor } = request.query
        const after = cursor === undefined ? null : readCursor(cursor)
        const found = await apiKeys.list(sessionOf(request).tenantId, { after, limit: limit + 1 })
        const items = found.slice(0, limit)
        const last = items.at(-1)
        return { items: items.map(viewOf), next_cursor: found.length > limit && last ? writeCursor(last.id) : null }
      },
    )

    app.post(
      '/api/v1/keys',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Make an API key',
          description: 'The key is shown this once.',
          body: NewKeyBody,
          response: { 201: KeyMade, ...problems(400, 401, 403, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const { name, scopes, flow = null, source = null, expires_at: until } = request.body
        const expiresAt = until === undefined ? null : readTime(until, 'expires_at')
        const made = await apiKeys.make(tenantId, { name, scopes, flow, source, expiresAt }, userId)
        reply.code(201).header('location', `/api/v1/keys/${made.key.id}`)
        sendEtag(reply, made.key.version)
        return { key: viewOf(made.key), secret: made.secret }
      },
    )

    app.get(
      '/api/v1/keys/:id',
      {
        config: read,
        schema: {
          tags,
          security,
          summary: 'Read an API key',
          description: 'All that is known of it; never the key itself.',
          params: KeyParams,
          response: { 200: KeyView, ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const key = await apiKeys.read(sessionOf(request).tenantId, idOf(request.params.id))
        sendEtag(reply, key.version)
        return viewOf(key)
      },
    )

    app.patch(
      '/api/v1/keys/:id',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Rename an API key, switch it off, or let it expire',
          description: 'Counts within a second, in every process. Send the ETag you read as If-Match.',
          params: KeyParams,
          body: KeyBody,
          response: { 200: KeyView, ...problems(400, 401, 403, 404, 406, 412, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { name, enabled, expires_at: until } = request.body
        const key = await apiKeys.change({
          tenantId: sessionOf(request).tenantId,
          id: idOf(request.params.id),
          ifVersion: ifVersion(request),
          change: {
            ...(name !== undefined && { name }),
            ...(enabled !== undefined && { enabled }),
            ...(until !== undefined && { expiresAt: until === null ? null : readTime(until, 'expires_at') }),
          },
        })
        sendEtag(reply, key.version)
        return viewOf(key)
      },
    )

    app.delete(
      '/api/v1/keys/:id',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Remove an API key',
          params: KeyParams,
          response: { 204: Nothing('The key is gone.'), ...problems(400, 401, 403, 404, 406, 412, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId } = sessionOf(request)
        await apiKeys.remove({ tenantId, id: idOf(request.params.id), ifVersion: ifVersion(request) })
        return reply.code(204).send(undefined)
      },
    )

    app.post(
      '/api/v1/keys/:id/rotate',
      {
        config: edit,
        schema: {
          tags,
          security,
          summary: 'Exchange an API key',
          description: 'Makes its successor with the same scopes; both are good until the overlap is over.',
          params: KeyParams,
          body: Type.Optional(RotateBody),
          response: { 201: KeyRotated, ...problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId } = sessionOf(request)
        const overlapMs = (request.body?.overlap_s ?? OVERLAP_S) * 1000
        const made = await apiKeys.rotate({ tenantId, id: idOf(request.params.id), overlapMs, by: userId })
        reply.code(201).header('location', `/api/v1/keys/${made.key.id}`)
        sendEtag(reply, made.key.version)
        return { key: viewOf(made.key), secret: made.secret, old: viewOf(made.old) }
      },
    )
  }
