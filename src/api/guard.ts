import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import type { Permission } from '../access/matrix.ts'
import { reachOf } from '../access/matrix.ts'
import { Fault } from '../base/faults.ts'
import { allowOrigin } from './cors.ts'
import type { Door } from './door.ts'
import type { Principals } from './principals.ts'
import type { Session } from './request.ts'

/**
 * The one door: every route declares in its `config` who may, and this puts the guard before it. A route that declares
 * nothing stops the start.
 *
 * - a permission of the matrix (`lead.read`): a user or key whose role has it
 * - `session`: anybody who is logged in, about themselves
 * - `submission`: the key of a source; judged by the route itself, before the body
 * - `platform`: the operator of the installation, by its own key
 * - `public`: anybody; with POST, no more than so often from one address
 * - `sink`: what the demo delivers to; it takes as many as are sent and keeps nothing
 */
export type Access = Permission | 'public' | 'session' | 'submission' | 'platform' | 'sink'

/** The session of a request that came past the guard. */
export const sessionOf = (request: FastifyRequest): Session => {
  if (request.session === null) {
    throw new Fault('internal', { message: 'Internal error', detail: 'a route reads a session it did not ask for' })
  }
  return request.session
}

const SAFE = new Set(['GET', 'HEAD'])

/** A page of another site can make a browser send its cookie, but neither read nor know the token. */
export const checkForgery = (principals: Principals, request: FastifyRequest, session: Session): void => {
  if (!session.byCookie || session.sessionId === null || SAFE.has(request.method)) return
  const given = request.headers['x-csrf-token']
  if (typeof given === 'string' && principals.isCsrf(session.sessionId, given)) return
  throw new Fault('forbidden', {
    message: 'X-CSRF-Token: expected the csrf_token of GET /api/v1/auth/session with every change.',
  })
}

const refused = (permission: string): Fault =>
  new Fault('forbidden', { message: `Your role may not do this: it needs the permission ${permission}.` })

const guardOf =
  (principals: Principals, access: Access, showsPartners: boolean): onRequestAsyncHookHandler =>
  async (request, reply) => {
    if (access === 'platform') {
      await principals.checkPlatform(request)
      return
    }
    const found = await principals.find(request)
    allowOrigin(request, reply, found.corsOrigins)
    if (access === 'session') {
      request.session = { ...found, reach: 'own' }
    } else {
      const reach = reachOf(found.role, access as Permission)
      if (reach === null || (reach === 'own' && !showsPartners)) throw refused(access)
      request.session = { ...found, reach }
    }
    checkForgery(principals, request, request.session)
  }

/** Call it before the routes are added. */
export const guardRoutes = (app: FastifyInstance, principals: Principals, door: Door): void => {
  const enter: onRequestAsyncHookHandler = (request) => door.enter(request)
  const guards = new WeakSet<object>()
  app.addHook('onRoute', (route) => {
    const { access, partners } = route.config ?? {}
    if (access === undefined)
      throw new Error(`${String(route.method)} ${route.url} says in no config.access who may: see src/api/guard.ts`)
    if (access === 'submission' || access === 'sink') return
    const own = [route.onRequest ?? []].flat()
    // The route for HEAD is made of that for GET, guard and all.
    if (own.some((hook) => guards.has(hook))) return
    // What anybody may read costs nothing; what anybody may do is counted.
    if (access === 'public' && route.method !== 'POST') return
    const guard = access === 'public' ? enter : guardOf(principals, access, partners === true)
    guards.add(guard)
    route.onRequest = [guard, ...own]
  })
}
