import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { ifMatch } from './etag.ts'

/**
 * ETag and If-Match for whatever is read and changed at one address.
 *
 * Every answer to a GET has an ETag: the version that its route gives, or a digest of what is answered. A change that
 * comes with If-Match is let through only while a GET of the same address, by the same caller, gives that ETag. Between
 * looking and changing nobody else changes the same thing: who sends If-Match holds a lock of its address until the
 * answer is out, in all processes. Who changes something else does not wait.
 */

const CHANGES = new Set(['PUT', 'PATCH', 'DELETE'])
/** However its request ends. */
const HELD_MS = 30_000

const bare = (etag: unknown): string | null =>
  typeof etag === 'string' ? etag.replace(/^W\//, '').replaceAll('"', '') : null

const changed = (): Fault =>
  new Fault('precondition_failed', { message: 'Somebody changed this since you read it. Read it again.' })

export const watchPreconditions = (app: FastifyInstance, database: Database): void => {
  const held = new WeakMap<FastifyRequest, () => void>()

  /** Resolves with the lock held; what it gives lets go, or the clock does. */
  const lock = async (tenantId: string, address: string): Promise<() => void> => {
    const letGo = await database.lock(`${tenantId}|${address}`)
    const timer = setTimeout(letGo, HELD_MS)
    return () => {
      clearTimeout(timer)
      letGo()
    }
  }

  const current = async (request: FastifyRequest): Promise<string | null> => {
    const { authorization, cookie, 'x-api-key': apiKey } = request.headers
    const answer = await app.inject({
      method: 'GET',
      url: request.url,
      remoteAddress: request.ip,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(cookie !== undefined && { cookie }),
        ...(typeof apiKey === 'string' && { 'x-api-key': apiKey }),
      },
    })
    return answer.statusCode === 200 ? bare(answer.headers.etag) : null
  }

  app.addHook('preHandler', async (request) => {
    if (request.session === null || !CHANGES.has(request.method)) return
    const wanted = ifMatch(request)
    if (wanted === null) return
    // Whatever is asked besides, and however it is written: it is the same thing that changes.
    const [path = ''] = request.url.split('?')
    const release = await lock(request.session.tenantId, decodeURIComponent(path))
    held.set(request, release)
    if ((await current(request)) !== wanted) throw changed()
  })
  app.addHook('onResponse', async (request) => {
    held.get(request)?.()
    held.delete(request)
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof payload !== 'string') return payload
    if (reply.getHeader('etag') === undefined)
      reply.header('etag', `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`)
    const seen = request.headers['if-none-match']
    if (seen === undefined || bare(seen) !== bare(reply.getHeader('etag'))) return payload
    reply.code(304)
    return ''
  })
}
