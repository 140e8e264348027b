import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRole } from '../../access/matrix.ts'
import { COOKIE_SECONDS, type LoginSessions } from '../../access/sessions.ts'
import type { SingleSignOn, SsoProvider } from '../../access/sso.ts'
import type { Tokens } from '../../access/tokens.ts'
import type { Users } from '../../access/users.ts'
import type { Refusals } from '../../audit/refusals.ts'
import { Fault } from '../../base/faults.ts'
import { problems } from '../contract/problem.ts'
import { Nothing } from '../contract/shapes.ts'
import { SsoBody, SsoParams, SsoView } from '../contract/sso.ts'
import type { ApiDeps } from '../deps.ts'
import type { Door } from '../door.ts'
import { ifVersion, sendEtag } from '../etag.ts'
import { sessionOf } from '../guard.ts'
import { loggedIn, loginRefused } from '../logged-in.ts'
import { escaped, plainPage, sendPage } from '../plain-page.ts'
import { cookieOf } from '../principals.ts'
import { beginProblem, errorHandler, faultOf } from '../problems.ts'
import { deviceOf, sessionCookie } from './auth.ts'

const AWAY_COOKIE = 'millrace_sso'
const AWAY_S = 600

/** Lax: the browser comes back from another site, and must bring it. */
const awayCookie = (value: string, seconds: number, publicUrl: string | null): string =>
  [
    `${AWAY_COOKIE}=${value}`,
    'Path=/api/v1/auth/sso',
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(publicUrl?.startsWith('https:') ? ['Secure'] : []),
  ].join('; ')

/** Roles that somebody may be given whom nobody invited. */
const mayBeDefault = (role: string): boolean =>
  isRole(role) && !['owner', 'source_partner', 'buyer_partner'].includes(role)

/** Who comes by a browser reads what went wrong, and goes on from there; a program gets the problem document. */
const tellBrowser = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  if (!request.headers.accept?.includes('text/html')) return errorHandler(error, request, reply)
  const { detail, correlation_id: id } = beginProblem(faultOf(error), request, reply)
  const words = `<p>${escaped(detail)}</p><p><a href="/">Back to the login</a></p><p><small>${escaped(id)}</small></p>`
  return sendPage(reply, plainPage('The single sign-on did not work', words))
}

/** Single sign-on: its settings, and the way there and back. */
export const ssoRoutes =
  (
    { database, settings }: ApiDeps,
    parts: {
      readonly sso: SingleSignOn
      readonly sessions: LoginSessions
      readonly tokens: Tokens
      readonly users: Users
      readonly door: Door
      readonly refusals: Refusals
    },
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { sso, sessions, tokens, users, door, refusals } = parts
    const tags = ['Login']
    const security = [{ login: [] }, { cookie: [] }]

    const loginOf = (request: FastifyRequest, slug: string): string =>
      `${settings.publicUrl ?? `${request.protocol}://${request.host}`}/api/v1/auth/sso/${slug}`
    const callbackOf = (request: FastifyRequest, slug: string): string => `${loginOf(request, slug)}/callback`

    const viewOf = async (request: FastifyRequest, provider: SsoProvider) => {
      const { tenantId } = sessionOf(request)
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_tenant_slug',
            text: 'select slug from millrace.tenant where id = $1::uuid',
            values: [tenantId],
          },
        ],
      )
      const slug = String(rows?.[0]?.slug)
      return {
        issuer: provider.issuer,
        client_id: provider.clientId,
        default_role: provider.defaultRole,
        callback_url: callbackOf(request, slug),
        login_url: loginOf(request, slug),
      }
    }

    app.get(
      '/api/v1/sso',
      {
        config: { access: 'settings.read' },
        schema: {
          tags,
          security,
          summary: 'Read the single sign-on',
          response: { 200: SsoView, ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const provider = await sso.read(sessionOf(request).tenantId)
        sendEtag(reply, provider.version)
        return viewOf(request, provider)
      },
    )

    app.put(
      '/api/v1/sso',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Set the single sign-on',
          description:
            'An OpenID Connect provider. It is asked to describe itself before anything is kept. Register the address ' +
            '`/api/v1/auth/sso/{tenant}/callback` of this server there.',
          body: SsoBody,
          response: { 200: SsoView, ...problems(400, 401, 403, 406, 412, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const {
          issuer,
          client_id: clientId,
          client_secret: clientSecret = null,
          default_role: defaultRole = null,
        } = request.body
        if (defaultRole !== null && !mayBeDefault(defaultRole)) {
          const message = 'expected admin, operator, analyst or auditor, or null'
          throw new Fault('invalid_request', {
            message: `default_role: ${message}`,
            problems: [{ field: 'default_role', message }],
          })
        }
        const provider = await sso.set({
          tenantId: sessionOf(request).tenantId,
          issuer,
          clientId,
          clientSecret,
          defaultRole,
          ifVersion: ifVersion(request),
        })
        sendEtag(reply, provider.version)
        return viewOf(request, provider)
      },
    )

    app.delete(
      '/api/v1/sso',
      {
        config: { access: 'settings.edit' },
        schema: {
          tags,
          security,
          summary: 'Remove the single sign-on',
          response: { 204: Nothing('It is gone.'), ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        await sso.remove(sessionOf(request).tenantId)
        return reply.code(204).send(undefined)
      },
    )

    app.get(
      '/api/v1/auth/sso/:tenant',
      {
        config: { access: 'public' },
        errorHandler: tellBrowser,
        schema: {
          tags,
          summary: 'Log in by single sign-on',
          description:
            'For browsers: leads to the provider of the tenant, and from there back into a session by cookie.',
          params: SsoParams,
          response: { 302: Nothing('To the provider.'), ...problems(404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        await door.enter(request)
        const { tenant } = request.params
        const { url, kept } = await sso.begin(tenant, callbackOf(request, tenant))
        reply.header('set-cookie', awayCookie(kept, AWAY_S, settings.publicUrl))
        return reply.redirect(url, 302)
      },
    )

    app.get(
      '/api/v1/auth/sso/:tenant/callback',
      {
        config: { access: 'public' },
        errorHandler: tellBrowser,
        schema: {
          tags,
          summary: 'Come back from the provider',
          params: SsoParams,
          response: { 303: Nothing('Logged in, to the console.'), ...problems(401, 403, 404, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        await door.enter(request)
        const { tenant } = request.params
        reply.header('set-cookie', awayCookie('', 0, settings.publicUrl))
        const onRefused = loginRefused(refusals, request)
        const who = await sso.finish({
          onRefused,
          slug: tenant,
          callbackUrl: callbackOf(request, tenant),
          query: request.url.split('?')[1] ?? '',
          kept: cookieOf(request.headers.cookie, AWAY_COOKIE),
        })
        if (!(await users.read(who.tenantId, who.loginId)).enabled) {
          onRefused({ ...who, why: 'disabled' })
          throw new Fault('forbidden', { message: 'This user is switched off: ask an admin.' })
        }
        const sessionId = await loggedIn(request, who, { action: 'session.open', by: 'sso' }, () =>
          sessions.open({ ...who, kind: 'cookie', device: deviceOf(request) }),
        )
        reply.header('set-cookie', sessionCookie(tokens.cookie(sessionId), COOKIE_SECONDS, settings.publicUrl))
        return reply.redirect('/', 303)
      },
    )
  }
