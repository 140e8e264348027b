import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { reachOf } from '../../access/matrix.ts'
import { Fault, isFault } from '../../base/faults.ts'
import { LiveHeaders } from '../contract/figures.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { createLiveHub, type LiveEvent } from '../live-hub.ts'
import { SECURITY_HEADERS } from '../observe.ts'
import type { Principals } from '../principals.ts'

/**
 * So often something is said on a line where nothing happens, so that nobody in between cuts it, and so that a listener
 * can tell a line that is cut from one on which nothing happens: the console comes again after 40 seconds of silence.
 */
const PING_MS = 15_000
/** Then the listener comes again with its token, which by then may be another or none. */
const LINE_MS = 15 * 60_000
/** Of one user or key, in this process: more tabs than anybody looks at. Each holds a socket and what it did not read. */
const LINES_EACH_MAX = 20
const AGAIN_MS = 60_000
/** A listener that does not read: its line is cut, and it catches up when it comes again. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024

/** Written once for all who are told of it. */
const texts = new WeakMap<LiveEvent, string>()

const written = (event: LiveEvent): string => {
  const known = texts.get(event)
  if (known !== undefined) return known
  const { mark, items, changed } = event
  const text = `id: ${mark}\nevent: leads\ndata: ${JSON.stringify({ items, changed })}\n\n`
  texts.set(event, text)
  return text
}

export const liveRoutes =
  (deps: ApiDeps, principals: Pick<Principals, 'find'>): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, reader, log, livePingMs = PING_MS } = deps
    const hub = createLiveHub({ database, reader, log })
    const lines = new Set<() => void>()
    const counts = new Map<string, number>()
    const count = (who: string, more: 1 | -1): number => {
      const now = (counts.get(who) ?? 0) + more
      if (now === 0) counts.delete(who)
      else counts.set(who, now)
      return now
    }
    /** Whether who began a line may still listen: one that signed out, or was shut out, hears no more. */
    const mayStill = async (request: FastifyRequest, tenantId: string): Promise<boolean> => {
      try {
        const found = await principals.find(request)
        return found.tenantId === tenantId && reachOf(found.role, 'lead.trace') === 'all'
      } catch (error) {
        // Asked too often, or a database that is away, says nothing about who may.
        return !(isFault(error) && (error.code === 'unauthenticated' || error.code === 'forbidden'))
      }
    }
    let isClosing = false
    app.addHook('preClose', async () => {
      isClosing = true
      hub.stop()
      for (const end of [...lines]) end()
    })
    app.get(
      '/api/v1/live',
      {
        config: { access: 'lead.trace' },
        schema: {
          tags: ['Figures'],
          security: [{ login: [] }, { cookie: [] }],
          summary: 'Hear of leads as they change',
          description:
            'Server-sent events (`text/event-stream`). Each `leads` event holds the leads that changed, as the list ' +
            'shows them, the newest 300, and in `changed` how many there were. With `Last-Event-ID`, what changed ' +
            'since is told first: at least an hour back.',
          headers: LiveHeaders,
          response: {
            200: {
              description: 'Events, as long as the line stands.',
              content: { 'text/event-stream': { schema: Type.String() } },
            },
            ...problems(401, 403, 406, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        if (isClosing) throw new Fault('shutting_down', { message: 'This server is about to end. Try again.' })
        const { tenantId, userId } = sessionOf(request)
        const who = `${tenantId} ${userId}`
        if ((counts.get(who) ?? 0) >= LINES_EACH_MAX)
          throw new Fault('rate_limited', {
            message: `At most ${LINES_EACH_MAX} lines at once: end one first.`,
            retryAfterMs: AGAIN_MS,
          })
        count(who, 1)
        const since = request.headers['last-event-id'] ?? null
        reply.hijack()
        const { raw } = reply
        raw.writeHead(200, {
          ...SECURITY_HEADERS,
          'content-type': 'text/event-stream; charset=utf-8',
          'x-accel-buffering': 'no',
          'x-correlation-id': request.id,
        })
        raw.write(': here\n\n')
        let unlisten = (): void => undefined
        let isEnded = false
        const ping = setInterval(async () => {
          raw.write(': \n\n')
          if (!(await mayStill(request, tenantId))) end()
        }, livePingMs)
        const limit = setTimeout(() => end(), LINE_MS)
        const end = (): void => {
          if (isEnded) return
          isEnded = true
          clearInterval(ping)
          clearTimeout(limit)
          count(who, -1)
          lines.delete(end)
          unlisten()
          raw.end()
        }
        lines.add(end)
        raw.once('close', end)
        try {
          const stop = await hub.listen(tenantId, since, (event) => {
            if (raw.writableLength > UNREAD_BYTES_MAX) raw.destroy()
            else raw.write(written(event))
          })
          unlisten = () => void stop()
          if (isEnded) stop()
        } catch {
          end()
        }
      },
    )
  }
