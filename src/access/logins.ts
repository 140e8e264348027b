import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
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
  logIn(asked: Credentials): Promise<{ readonly tenantId: string; readonly loginId: string }>
}

export interface Credentials {
  readonly email: string
  readonly password: string
  readonly code: string | null
  /** Slug: for who works for several with one password. */
  readonly tenant: string | null
}

interface Found {
  readonly tenant_id: string
  readonly slug: string
  readonly id: string
  readonly password_hash: string | null
  readonly enabled: boolean
  readonly totp_confirmed: boolean
}

/** Tenants whose passwords are tried for one email: each costs 20 ms of a core. */
const TENANTS_TRIED = 3

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

  const withPassword = async (found: readonly Found[], password: string): Promise<Found | null> => {
    // As long for an email that nobody has: the time must not tell which ones exist.
    if (found.length === 0) await passwords.check(null, password)
    for (const login of found.slice(0, TENANTS_TRIED)) {
      const isRight = await passwords.check(login.password_hash, password)
      if (isRight && login.enabled) return login
    }
    return null
  }

  return {
    logIn: async ({ email, password, code, tenant }) => {
      const key = loginKey(tidyEmail(email))
      await countTry(key)
      const found = await database.definer<Found>({
        name: 'find_login',
        text: 'select * from millrace.find_login($1::bytea)',
        values: [key],
      })
      const login = await withPassword(tenant === null ? found : found.filter(({ slug }) => slug === tenant), password)
      const wrong = new Fault('unauthenticated', { message: 'The email or the password is wrong.' })
      if (!login) throw wrong
      const who = { tenantId: login.tenant_id, id: login.id }
      if (login.totp_confirmed) {
        if (code === null)
          throw new Fault('second_factor_required', {
            message: 'A second factor is needed: send the same again with the code that the app shows.',
          })
        if (!(await secondFactors.spend({ ...who, code }))) throw wrong
      }
      await database.definer({
        name: 'forget_login_tries',
        text: 'select millrace.forget_login_tries($1::bytea)',
        values: [key],
      })
      return { tenantId: login.tenant_id, loginId: login.id }
    },
  }
}
