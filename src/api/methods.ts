import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Fault } from '../base/faults.ts'
import type { Preflight } from './cors.ts'

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/**
 * Answers 405 with Allow where an address is known by another method. Call it before the routes are added; the
 * function it returns adds what is missing, after them.
 */
export const watchMethods = (app: FastifyInstance, preflight: Preflight): (() => void) => {
  const known = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = known.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    known.set(url, methods)
  })
  return () => {
    for (const [url, methods] of [...known]) {
      const allow = METHODS.filter((method) => methods.has(method)).join(', ')
      const missing = METHODS.filter((method) => !methods.has(method))
      if (missing.length === 0) continue
      app.route({
        url,
        method: missing,
        exposeHeadRoute: false,
        config: { access: 'public' },
        schema: { hide: true },
        onRequest: async (request, reply) => {
          if (request.method === 'OPTIONS' && (await preflight(request, reply, allow))) return reply
          reply.header('allow', allow)
          throw new Fault('method_not_allowed', { message: `This address takes ${allow}.` })
        },
        handler: () => undefined,
      })
    }
  }
}
