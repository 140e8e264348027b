import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fault } from '../../base/faults.ts'
import { createRateLimiter } from '../../ingest/rate-limit.ts'
import { LoginAnswer, LoginBody } from '../contract/auth.ts'
import { problems } from '../contract/problem.ts'
import type { ApiDeps } from '../deps.ts'
import type { Passwords } from '../passwords.ts'
import { type Sessions, TOKEN_SECONDS } from '../session.ts'

const FAILURES_MAX = 10
const FAILURES_WINDOW_MS = 15 * 60_000

interface FoundLogin {
  readonly tenant_id: string
  readonly id: string
  readonly password_hash: string
  readonly role: string
}

export interface LoginParts {
  readonly sessions: Sessions
  readonly passwords: Passwords
}

export const loginRoutes =
  (deps: ApiDeps, { sessions, passwords }: LoginParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { database, clock, keys } = deps
    const failures = createRateLimiter({ max: FAILURES_MAX, windowMs: FAILURES_WINDOW_MS })

    app.post(
      '/api/v1/auth/login',
      {
        schema: {
          tags: ['Login'],
          summary: 'Log in',
          description: `At most ${FAILURES_MAX} wrong tries in 15 minutes for an email and address.`,
          body: LoginBody,
          response: { 200: LoginAnswer, ...problems(400, 401, 406, 413, 415, 429, 500, 503) },
        },
      },
      async (request) => {
        const { email, password } = request.body
        const emailKey = keys.login(email.trim().toLowerCase())
        const who = `${emailKey.toString('hex')}|${request.ip}`
        // Counted before it is known to be wrong, so that tries at the same time count too.
        const taken = failures.take(who, clock.now())
        if (!taken.allowed) {
          throw new Fault('rate_limited', {
            message: 'Too many wrong tries for this email. Try again later.',
            retryAfterMs: taken.retryAfterMs,
          })
        }
        const [login] = await database.definer<FoundLogin>({
          name: 'find_login',
          text: 'select * from millrace.find_login($1::bytea)',
          values: [emailKey],
        })
        // As long for an email that nobody has: the time must not tell which ones exist.
        const isRight = await passwords.check(login?.password_hash ?? null, password)
        if (!login || !isRight) throw new Fault('unauthenticated', { message: 'The email or the password is wrong.' })
        failures.forget(who)
        const token = await sessions.issue({ tenantId: login.tenant_id, userId: login.id, role: login.role })
        return { access_token: token, token_type: 'Bearer' as const, expires_in: TOKEN_SECONDS }
      },
    )
  }
