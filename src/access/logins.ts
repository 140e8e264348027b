import type { Clock } from '../base/clock.ts'
import { Fault, isFault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { Passwords } from './passwords.ts'
import type { SecondFactors } from './second-factors.ts'
import { tidyEmail } from './users.ts'

/** Logging in with a password, and a code where the user has a second factor. */
export interface Logins {
  /**
   * Throws Fault `unauthenticated` in the same words and time whether the email, the password or the code is wrong;
   * `second_factor_required` where only the code is missing; `rate_limited` where there were too many tries.
   */
  logIn(asked: Credentials): Promise<LoggedIn>
  /** Where this session may go without a password: its own tenant, and those its password was right for. */
  tenants(sessionId: string): Promise<readonly ReachedTenant[]>
  /**
   * As whom it goes on in another of these. Throws Fault `not_found`, and where the user has a second factor there
   * `second_factor_required`, `forbidden` of a wrong code, or `rate_limited`.
   */
  goTo(asked: {
    sessionId: string
    tenant: string
    code: string | null
    readonly onRefused: OnRefused
  }): Promise<LoggedIn>
  /**
   * Counts a try of whoever is in a session as one of a login: a session that was stolen guesses no faster. `what` they
   * prove themselves by.
   */
  tried<T>(
    who: LoginOf & { readonly what: 'password' | 'code'; readonly onRefused: OnRefused },
    attempt: () => Promise<T>,
  ): Promise<T>
}

/** A login that was tried in vain. */
export interface Refused {
  readonly tenantId: string
  readonly loginId: string | null
  readonly why: 'password' | 'code' | 'disabled' | 'locked' | 'sso' | 'token_reused'
}

/** Told before the answer of who exists, and never of who does not: it must take no time. */
export type OnRefused = (refused: Refused) => void

export interface LoginOf {
  readonly tenantId: string
  readonly loginId: string
}

export interface LoggedIn extends LoginOf {
  /** All logins that the password was right for, also this one. */
  readonly proven: readonly LoginOf[]
}

export interface ReachedTenant extends LoginOf {
  readonly slug: string
  readonly name: string
  readonly role: string
  readonly isCurrent: boolean
  readonly hasSecondFactor: boolean
}

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly code: string | null
  /** Slug: for who works for several with one password. */
  readonly tenant: string | null
  readonly onRefused: OnRefused
}

interface Found {
  readonly tenant_id: string
  readonly slug: string
  readonly id: string
  readonly password_hash: string | null
  readonly enabled: boolean
  readonly totp_confirmed: boolean
}

interface Reached {
  readonly tenant_id: string
  readonly slug: string
  readonly name: string
  readonly login_id: string
  readonly role: string
  readonly totp_confirmed: boolean
  readonly email_key: Buffer
  readonly is_current: boolean
  readonly is_proven: boolean
}

export const createLogins = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly passwords: Passwords
  readonly secondFactors: SecondFactors
  readonly loginKey: (email: string) => Buffer
}): Logins => {
  const { database, clock, passwords, secondFactors, loginKey } = options

  const countTry = async (key: Buffer): Promise<void> => {
    const now = clock.now()
    const [row] = await database.definer<{ until: number | null }>({
      name: 'count_login_try',
      text: 'select millrace.count_login_try($1::bytea, $2::timestamptz) as until',
      values: [key, new Date(now)],
    })
    const until = row?.until ?? null
    if (until !== null)
      throw new Fault('rate_limited', {
        message: 'Too many wrong tries for this email. Try again later.',
        retryAfterMs: until - now,
      })
  }

  const forgetTries = (key: Buffer) =>
    database.definer({
      name: 'forget_login_tries',
      text: 'select millrace.forget_login_tries($1::bytea)',
      values: [key],
    })

  /**
   * The logins that the password is right for, in the order given. As many passwords are tried for every email, whether
   * anybody has it, in how many tenants, with a password or without: the time must not tell.
   */
  const withPassword = async (found: readonly Found[], password: string): Promise<Found[]> => {
    const [row] = await database.definer<{ width: number }>({
      name: 'login_width',
      text: 'select millrace.login_width() as width',
    })
    const right: Found[] = []
    for (let n = 0; n < (row?.width ?? 1); n += 1) {
      const login = found[n]
      const isRight = await passwords.check(login?.password_hash ?? null, password)
      if (login && isRight && login.enabled) right.push(login)
    }
    return right
  }

  const wrong = (): Fault => new Fault('unauthenticated', { message: 'The email or the password is wrong.' })

  /** To somebody who is logged in, and stays so. */
  const wrongHere = (): Fault => new Fault('forbidden', { message: 'code: is not right.' })

  const checkCode = async (
    who: { tenantId: string; id: string },
    code: string | null,
    wrong: () => Fault,
  ): Promise<void> => {
    if (code === null)
      throw new Fault('second_factor_required', {
        message: 'A second factor is needed: send the same again with the code that the app shows.',
      })
    if (!(await secondFactors.spend({ ...who, code }))) throw wrong()
  }

  const reached = (sessionId: string): Promise<Reached[]> =>
    database.definer<Reached>({
      name: 'session_tenants',
      text: 'select * from millrace.session_tenants($1::uuid, $2::timestamptz)',
      values: [sessionId, new Date(clock.now())],
    })

  const withEmail = (key: Buffer): Promise<Found[]> =>
    database.definer<Found>({
      name: 'find_login',
      text: 'select * from millrace.find_login($1::bytea)',
      values: [key],
    })

  /** What fails is told with the reason that it has where `attempt` was the proof. */
  const telling = async <T>(tell: (why: Refused['why']) => void, what: Refused['why'], attempt: () => Promise<T>) => {
    try {
      return await attempt()
    } catch (error) {
      if (isFault(error) && error.code === 'rate_limited') tell('locked')
      else if (isFault(error) && (error.code === 'forbidden' || error.code === 'unauthenticated')) tell(what)
      throw error
    }
  }

  return {
    logIn: async ({ email, password, code, tenant, onRefused }) => {
      const key = loginKey(tidyEmail(email))
      const isAsked = ({ slug }: Found): boolean => tenant === null || slug === tenant
      const tell = (of: readonly Found[], why: Refused['why']): void => {
        for (const { tenant_id: tenantId, id: loginId, enabled } of of.filter(isAsked))
          onRefused({ tenantId, loginId, why: enabled ? why : 'disabled' })
      }
      try {
        await countTry(key)
      } catch (error) {
        // Nobody waits for it: whose email is locked is not told by the time it takes.
        if (isFault(error) && error.code === 'rate_limited')
          withEmail(key).then(
            (locked) => tell(locked, 'locked'),
            () => undefined,
          )
        throw error
      }
      const found = await withEmail(key)
      // The one asked for is among those tried, however many there are.
      const right = await withPassword([...found.filter(isAsked), ...found.filter((each) => !isAsked(each))], password)
      const login = right.find(isAsked)
      if (!login) {
        tell(found, 'password')
        throw wrong()
      }
      if (login.totp_confirmed)
        await telling(
          (why) => tell([login], why),
          'code',
          () => checkCode({ tenantId: login.tenant_id, id: login.id }, code, wrong),
        )
      await forgetTries(key)
      const proven = right.map(({ tenant_id: tenantId, id: loginId }) => ({ tenantId, loginId }))
      return { tenantId: login.tenant_id, loginId: login.id, proven }
    },

    tried: async ({ tenantId, loginId, what, onRefused }, attempt) => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'read_email_key',
            text: 'select email_key from millrace.login where tenant_id = $1::uuid and id = $2::uuid',
            values: [tenantId, loginId],
          },
        ],
      )
      const key = rows?.[0]?.email_key as Buffer | undefined
      const done = await telling(
        (why) => onRefused({ tenantId, loginId, why }),
        what,
        async () => {
          if (key !== undefined) await countTry(key)
          return attempt()
        },
      )
      if (key !== undefined) await forgetTries(key)
      return done
    },

    tenants: async (sessionId) =>
      (await reached(sessionId)).map((row) => ({
        tenantId: row.tenant_id,
        loginId: row.login_id,
        slug: row.slug,
        name: row.name,
        role: row.role,
        isCurrent: row.is_current,
        hasSecondFactor: row.totp_confirmed,
      })),

    goTo: async ({ sessionId, tenant, code, onRefused }) => {
      const rows = await reached(sessionId)
      const there = rows.find(({ slug, is_current: isCurrent }) => slug === tenant && !isCurrent)
      if (!there)
        throw new Fault('not_found', {
          message: 'tenant: this session may go to no other tenant of this name. Log in there by its name.',
        })
      const who = { tenantId: there.tenant_id, loginId: there.login_id }
      if (there.totp_confirmed) {
        await telling(
          (why) => onRefused({ ...who, why }),
          'code',
          async () => {
            if (code !== null) await countTry(there.email_key)
            await checkCode({ tenantId: who.tenantId, id: who.loginId }, code, wrongHere)
          },
        )
        await forgetTries(there.email_key)
      }
      const proven = rows
        .filter((row) => row.is_proven)
        .map(({ tenant_id: tenantId, login_id: loginId }) => ({ tenantId, loginId }))
      return { ...who, proven }
    },
  }
}
