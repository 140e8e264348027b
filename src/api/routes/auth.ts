import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LoginOf, Logins } from '../../access/logins.ts'
import { permissionsOf } from '../../access/matrix.ts'
import { COOKIE_SECONDS, type Device, type LoginSessions, type TokenPair } from '../../access/sessions.ts'
import type { Tokens } from '../../access/tokens.ts'
import type { Users } from '../../access/users.ts'
import type { Refusals } from '../../audit/refusals.ts'
import { Fault } from '../../base/faults.ts'
import { readMark } from '../../figures/changes.ts'
import { storable } from '../../ingest/limits.ts'
import { LoginAnswer, LoginBody, Me, MyTenants, RefreshBody, SwitchAnswer, SwitchBody } from '../contract/auth.ts'
import { problems } from '../contract/problem.ts'
import { Nothing } from '../contract/shapes.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import { loggedIn, loginRefused } from '../logged-in.ts'
import { SESSION_COOKIE } from '../principals.ts'
import type { Session } from '../request.ts'

export interface AuthParts {
  readonly sessions: LoginSessions
  readonly tokens: Tokens
  readonly logins: Logins
  readonly users: Users
  readonly refusals: Refusals
}

const USER_AGENT_CHARS_MAX = 300

export const deviceOf = ({ ip, headers }: FastifyRequest): Device => {
  const userAgent = headers['user-agent']
  return {
    ip: ip || null,
    userAgent: userAgent === undefined ? null : storable(userAgent.slice(0, USER_AGENT_CHARS_MAX)),
  }
}

/** Strict: no page of another site makes a browser send it. Lax would do so when one leads here. */
export const sessionCookie = (value: string, seconds: number, publicUrl: string | null): string =>
  [
    `${SESSION_COOKIE}=${value}`,
    'Path=/',
    `Max-Age=${seconds}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(publicUrl?.startsWith('https:') ? ['Secure'] : []),
  ].join('; ')

const answerOf = (pair: TokenPair) => ({
  access_token: pair.accessToken,
  token_type: 'Bearer' as const,
  expires_in: pair.accessSeconds,
  refresh_token: pair.refreshToken,
  refresh_expires_in: pair.refreshSeconds,
})

/** In and out: with tokens for programs, with a cookie for browsers. */
export const authRoutes =
  (deps: ApiDeps, { sessions, tokens, logins, users, refusals }: AuthParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, settings } = deps
    const tags = ['Login']
    const open = { access: 'public' } as const
    const own = { access: 'session' } as const
    const security = [{ login: [] }, { cookie: [] }]

    const meOf = async (session: Omit<Session, 'reach'>) => {
      const { tenantId, userId, role, kind, sessionId, byCookie } = session
      const [tenants] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_tenant_names',
            text: 'select id, slug, name from millrace.tenant where id = $1::uuid',
            values: [tenantId],
          },
        ],
      )
      const mark = await readMark(database)
      const user = kind === 'user' ? await users.read(tenantId, userId) : null
      const { slug = '', name = '' } = (tenants?.[0] ?? {}) as { slug?: string; name?: string }
      return {
        kind,
        id: userId,
        email: user?.email ?? null,
        role,
        tenant: { id: tenantId, slug, name },
        permissions: [...permissionsOf(role)],
        second_factor: user?.secondFactor ?? false,
        csrf_token: byCookie && sessionId !== null ? tokens.csrf(sessionId) : null,
        live_mark: mark,
      }
    }

    /** As the table knows it, just opened. */
    const sessionNow = async (
      { tenantId, loginId: userId }: LoginOf,
      sessionId: string,
      byCookie: boolean,
    ): Promise<Omit<Session, 'reach'>> => {
      const standing = await sessions.find(sessionId)
      const { role = '', partner = null } = standing ?? {}
      return { tenantId, userId, role, kind: 'user', sessionId, byCookie, partner }
    }

    const logIn = async (
      request: FastifyRequest & { body: { email: string; password: string; code?: string; tenant?: string } },
      kind: 'token' | 'cookie',
    ) => {
      const { body } = request
      const onRefused = loginRefused(refusals, request)
      const who = await logins.logIn({ ...body, code: body.code ?? null, tenant: body.tenant ?? null, onRefused })
      const sessionId = await loggedIn(request, who, { action: 'session.open', by: 'password' }, () =>
        sessions.open({ ...who, kind, device: deviceOf(request) }),
      )
      return { who, sessionId }
    }

    const userSession = (request: FastifyRequest) => {
      const { sessionId, ...rest } = sessionOf(request)
      if (sessionId === null) throw new Fault('forbidden', { message: 'A key is no user: log in with a password.' })
      return { ...rest, sessionId }
    }

    const beginCookie = (reply: FastifyReply, sessionId: string): void => {
      reply.header('set-cookie', sessionCookie(tokens.cookie(sessionId), COOKIE_SECONDS, settings.publicUrl))
    }
    const endCookie = (reply: FastifyReply): void => {
      reply.header('set-cookie', sessionCookie('', 0, settings.publicUrl))
    }

    app.post(
      '/api/v1/auth/login',
      {
        config: open,
        schema: {
          tags,
          summary: 'Log in',
          description:
            'With an email and its password, and a code where the user has a second factor. Ten wrong tries lock the ' +
            'email for 30 s, each later one for twice as long, at most 15 minutes.',
          body: LoginBody,
          response: { 200: LoginAnswer, ...problems(400, 401, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { who, sessionId } = await logIn(request, 'token')
        return answerOf(await sessions.pair(sessionId, who))
      },
    )

    app.post(
      '/api/v1/auth/refresh',
      {
        config: { ...open, idempotent: true },
        schema: {
          tags,
          summary: 'Get the next pair of tokens',
          description:
            'Each refresh token is good once. One that comes again was stolen: the session ends. Send an `Idempotency-Key`, ' +
            'and a request whose answer was lost can be sent again.',
          body: RefreshBody,
          response: { 200: LoginAnswer, ...problems(400, 401, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => answerOf(await sessions.refresh(request.body.refresh_token, loginRefused(refusals, request))),
    )

    app.post(
      '/api/v1/auth/session',
      {
        config: open,
        schema: {
          tags,
          summary: 'Log in a browser',
          description:
            'The session is kept by a cookie that scripts cannot read; every change must bring `csrf_token` as ' +
            '`X-CSRF-Token`.',
          body: LoginBody,
          response: { 200: Me, ...problems(400, 401, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { who, sessionId } = await logIn(request, 'cookie')
        beginCookie(reply, sessionId)
        return meOf(await sessionNow(who, sessionId, true))
      },
    )

    app.get(
      '/api/v1/auth/session',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Who I am, and what I may do',
          response: { 200: Me, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => meOf(sessionOf(request)),
    )

    app.delete(
      '/api/v1/auth/session',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Log out',
          description: 'Ends this session: its tokens and its cookie are worth nothing from now on.',
          response: { 204: Nothing('It has ended.'), ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, userId, sessionId } = sessionOf(request)
        if (sessionId !== null) await sessions.revoke({ tenantId, loginId: userId, sessionId }, 'logout')
        endCookie(reply)
        return reply.code(204).send(undefined)
      },
    )

    app.get(
      '/api/v1/auth/tenants',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'List the tenants this session may go to',
          description:
            'Its own, and those where the same email has the password that was given at the login. Where it has ' +
            'another one, or signs on elsewhere, log in there by its name.',
          response: { 200: MyTenants, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const items = (await logins.tenants(userSession(request).sessionId)).map((each) => ({
          id: each.tenantId,
          slug: each.slug,
          name: each.name,
          role: each.role,
          current: each.isCurrent,
          second_factor: each.hasSecondFactor,
        }))
        return { items }
      },
    )

    app.post(
      '/api/v1/auth/switch',
      {
        config: { ...own, audit: { action: 'session.switch', resource: 'session' } },
        schema: {
          tags,
          security,
          summary: 'Go on in another tenant',
          description:
            'Opens a session there, in the same way (a pair of tokens, or a cookie), and ends this one. Needs no password, ' +
            'but a `code` where the user has a second factor there.',
          body: SwitchBody,
          response: { 200: SwitchAnswer, ...problems(400, 401, 403, 404, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const { tenantId, sessionId, byCookie } = userSession(request)
        const { tenant, code = null } = request.body
        request.auditData = { tenant }
        const who = await logins.goTo({ sessionId, tenant, code, onRefused: loginRefused(refusals, request) })
        const kind = byCookie ? 'cookie' : 'token'
        const instead = { tenantId, sessionId }
        const next = await loggedIn(request, who, { action: 'session.open', by: 'switch' }, () =>
          sessions.open({ ...who, kind, device: deviceOf(request), instead }),
        )
        const session = await meOf(await sessionNow(who, next, byCookie))
        if (!byCookie) return { session, tokens: answerOf(await sessions.pair(next, who)) }
        beginCookie(reply, next)
        return { session }
      },
    )
  }
