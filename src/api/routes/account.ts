import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Logins } from '../../access/logins.ts'
import { hashPassword, type Passwords } from '../../access/passwords.ts'
import type { SecondFactors } from '../../access/second-factors.ts'
import type { LoginSessions } from '../../access/sessions.ts'
import { tidyEmail, type Users } from '../../access/users.ts'
import type { Refusals } from '../../audit/refusals.ts'
import { describeError } from '../../base/described-error.ts'
import { Fault } from '../../base/faults.ts'
import { createRateLimiter } from '../../ingest/rate-limit.ts'
import {
  CodeBody,
  Done,
  ForgottenBody,
  PasswordBody,
  SessionList,
  SessionParams,
  TakeLinkBody,
  TotpBegun,
  TotpConfirmed,
} from '../contract/auth.ts'
import { problems } from '../contract/problem.ts'
import { Nothing } from '../contract/shapes.ts'
import type { ApiDeps } from '../deps.ts'
import { sessionOf } from '../guard.ts'
import type { LinkSender } from '../links.ts'
import { loggedIn, loginRefused } from '../logged-in.ts'
import { sessionViews } from '../session-views.ts'

export interface AccountParts {
  readonly sessions: LoginSessions
  readonly logins: Logins
  readonly passwords: Passwords
  readonly secondFactors: SecondFactors
  readonly users: Users
  readonly links: LinkSender
  readonly refusals: Refusals
}

const HOUR_MS = 3_600_000
/** Mails with a link that one address may be sent in an hour, whoever asks for them. */
const MAILS_MAX = 3

/** What users do about themselves. */
export const accountRoutes =
  (
    deps: ApiDeps,
    { sessions, logins, passwords, secondFactors, users, links, refusals }: AccountParts,
  ): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys, log } = deps
    const tags = ['Login']
    const open = { access: 'public' } as const
    const own = { access: 'session' } as const
    const security = [{ login: [] }, { cookie: [] }]
    const mails = createRateLimiter({ max: MAILS_MAX, windowMs: HOUR_MS })

    const userOf = (request: FastifyRequest) => {
      const { tenantId, userId, kind, sessionId } = sessionOf(request)
      if (kind !== 'user' || sessionId === null)
        throw new Fault('forbidden', { message: 'A key is no user: log in with a password.' })
      return { tenantId, id: userId, sessionId }
    }

    const checkPassword = async (
      { tenantId, id }: { tenantId: string; id: string },
      password: string,
    ): Promise<void> => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_password_hash',
            text: 'select password_hash from millrace.login where tenant_id = $1::uuid and id = $2::uuid',
            values: [tenantId, id],
          },
        ],
      )
      if (!(await passwords.check((rows?.[0]?.password_hash as string | null | undefined) ?? null, password)))
        throw new Fault('forbidden', { message: 'The password is not right.' })
    }

    app.put(
      '/api/v1/auth/password',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Change my password',
          description: 'All my other sessions end.',
          body: PasswordBody,
          response: { 200: Done, ...problems(400, 401, 403, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, id, sessionId } = userOf(request)
        await logins.tried(
          { tenantId, loginId: id, what: 'password', onRefused: loginRefused(refusals, request) },
          () => checkPassword({ tenantId, id }, request.body.password),
        )
        const passwordHash = await hashPassword(request.body.new_password)
        await users.setPassword({ tenantId, id, passwordHash, except: sessionId })
        return { done: true as const }
      },
    )

    /** After the answer: how long it takes, and whether it fails, tells nobody whether there is such a user. */
    const mailResets = async (request: FastifyRequest, email: string): Promise<void> => {
      const emailKey = keys.login(tidyEmail(email))
      if (!links.canMail || !mails.take(emailKey.toString('hex'), clock.now()).allowed) return
      const found = await database.definer<{ tenant_id: string; id: string; enabled: boolean }>({
        name: 'find_login',
        text: 'select * from millrace.find_login($1::bytea)',
        values: [emailKey],
      })
      for (const { tenant_id: tenantId, id, enabled } of found) {
        if (!enabled) continue
        const link = await loggedIn(request, { tenantId, loginId: id }, { action: 'link.make', by: 'forgotten' }, () =>
          users.link(tenantId, id, 'reset', null),
        )
        await links.send({ to: (await users.read(tenantId, id)).email, purpose: 'reset', link, request: null })
      }
    }

    app.post(
      '/api/v1/auth/forgotten',
      {
        config: open,
        schema: {
          tags,
          summary: 'Ask for a link to set a new password',
          description:
            'Answers the same whether anybody has this email or not. The link comes by mail, at most 3 an hour.',
          body: ForgottenBody,
          response: { 202: Done, ...problems(400, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        mailResets(request, request.body.email).catch((error: unknown) => {
          log.error({ errors: describeError(error) }, 'a mail with a link could not be sent')
        })
        reply.code(202)
        return { done: true as const }
      },
    )

    app.post(
      '/api/v1/auth/link',
      {
        config: open,
        schema: {
          tags,
          summary: 'Take an invitation or a reset: set the password',
          description: 'The link is good once. All sessions of the user end.',
          body: TakeLinkBody,
          response: { 200: Done, ...problems(400, 401, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const who = await users.whoseLink(request.body.token)
        const passwordHash = await hashPassword(request.body.password)
        await loggedIn(request, who, { action: 'password.set', by: 'link' }, () =>
          users.takeLink({ ...who, token: request.body.token, passwordHash }),
        )
        return { done: true as const }
      },
    )

    app.get(
      '/api/v1/auth/sessions',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'List my sessions',
          response: { 200: SessionList, ...problems(401, 403, 406, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, id, sessionId } = userOf(request)
        return { items: sessionViews(await sessions.list(tenantId, id), sessionId) }
      },
    )

    app.delete(
      '/api/v1/auth/sessions/:id',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'End one of my sessions',
          params: SessionParams,
          response: {
            204: Nothing('It has ended.'),
            ...problems(400, 401, 403, 404, 406, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { tenantId, id } = userOf(request)
        const sessionId = request.params.id
        const isOne = /^[0-9a-f-]{36}$/.test(sessionId)
        const ended = isOne ? await sessions.revoke({ tenantId, loginId: id, sessionId }, 'revoked') : 0
        if (ended === 0) throw new Fault('not_found', { message: 'You have no such session.' })
        return reply.code(204).send(undefined)
      },
    )

    app.post(
      '/api/v1/auth/totp',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Begin to set up a second factor',
          description: 'It is asked for once its first code was confirmed.',
          response: { 200: TotpBegun, ...problems(401, 403, 406, 409, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, id } = userOf(request)
        const { email } = await users.read(tenantId, id)
        return secondFactors.begin({ tenantId, id, email })
      },
    )

    app.post(
      '/api/v1/auth/totp/confirm',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Confirm the second factor by its first code',
          body: CodeBody,
          response: { 200: TotpConfirmed, ...problems(400, 401, 403, 406, 409, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { tenantId, id } = userOf(request)
        return { recovery_codes: [...(await secondFactors.confirm({ tenantId, id, code: request.body.code }))] }
      },
    )

    app.delete(
      '/api/v1/auth/totp',
      {
        config: own,
        schema: {
          tags,
          security,
          summary: 'Remove my second factor',
          body: CodeBody,
          response: {
            204: Nothing('It is gone.'),
            ...problems(400, 401, 403, 406, 413, 415, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        const { tenantId, id } = userOf(request)
        const onRefused = loginRefused(refusals, request)
        await logins.tried({ tenantId, loginId: id, what: 'code', onRefused }, async () => {
          if (!(await secondFactors.spend({ tenantId, id, code: request.body.code })))
            throw new Fault('forbidden', { message: 'The code is not right.' })
        })
        await secondFactors.remove({ tenantId, id })
        return reply.code(204).send(undefined)
      },
    )
  }
