import type { Clock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database } from '../database/pool.ts'
import type { OnRefused } from './logins.ts'
import type { Partner } from './partners.ts'
import { ACCESS_SECONDS, type Tokens } from './tokens.ts'

/**
 * Sessions: a login on one device, until it is revoked or over.
 *
 * Every request asks the table whether its session stands, and as whom: one look-up by key, beside the request's own
 * queries. So a revoked session, a disabled user and a changed role count from the next request on, in every process.
 */

/** What a session or key may do, as it is known now. */
export interface Standing {
  readonly tenantId: string
  readonly userId: string
  readonly sessionId: string
  readonly role: string
  readonly partner: Partner | null
  readonly kind: 'token' | 'cookie'
  /** Of the tenant; null: no limit. */
  readonly requestsMinuteMax: number | null
  readonly corsOrigins: readonly string[]
}

export interface SessionRow {
  readonly id: string
  readonly kind: 'token' | 'cookie'
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  /** Null where it could not be opened. */
  readonly device: Device
}

export interface Device {
  readonly ip: string | null
  readonly userAgent: string | null
}

export type RevokedFor = 'logout' | 'revoked' | 'password' | 'disabled'

export interface TokenPair {
  readonly accessToken: string
  readonly accessSeconds: number
  readonly refreshToken: string
  readonly refreshSeconds: number
}

/** A device that stays in use is asked for the password once a month at most; one that is not, once in that time. */
const REFRESH_S = 30 * 86_400
/** A working day: whoever comes back tomorrow logs in again. */
const COOKIE_S = 12 * 3_600
export const COOKIE_SECONDS = COOKIE_S

/** Sealing under a tenant's key. */
export interface Vault {
  seal(tenantId: string, text: string): Promise<Buffer>
  open(tenantId: string, sealed: Uint8Array): Promise<string>
}

interface Found {
  readonly tenant_id: string
  readonly login_id: string
  readonly role: string
  readonly partner: Partner | null
  readonly kind: 'token' | 'cookie'
  readonly limit_requests_minute: number | null
  readonly cors_origins: string[]
}

interface Rotated {
  readonly tenant_id: string
  readonly login_id: string
  readonly generation: number
}

export interface LoginSessions {
  /** `proven`: the logins that this one's password was right for; left out where there was none. */
  open(who: {
    tenantId: string
    loginId: string
    kind: 'token' | 'cookie'
    device: Device
    proven?: readonly { readonly tenantId: string; readonly loginId: string }[]
    /** The session that ends as this one begins. */
    instead?: { readonly tenantId: string; readonly sessionId: string }
  }): Promise<string>
  /** The first pair of a session just opened. */
  pair(sessionId: string, who: { tenantId: string; loginId: string }, generation?: number): Promise<TokenPair>
  /** The next pair. Throws Fault `unauthenticated`; a token spent before has ended its session. */
  refresh(token: string, onRefused: OnRefused): Promise<TokenPair>
  /** Null where it does not stand. */
  find(sessionId: string): Promise<Standing | null>
  list(tenantId: string, loginId: string): Promise<SessionRow[]>
  /** All of a user, or one; how many ended. */
  revoke(
    which: { tenantId: string; loginId: string; sessionId?: string; except?: string },
    why: RevokedFor,
  ): Promise<number>
}

const NO_DEVICE: Device = { ip: null, userAgent: null }

export const createLoginSessions = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly tokens: Tokens
  readonly vault: Vault
}): LoginSessions => {
  const { database, clock, tokens, vault } = options

  const pair: LoginSessions['pair'] = async (sessionId, { tenantId, loginId }, generation = 1) => ({
    accessToken: await tokens.access({ is: 'session', sessionId }, { id: loginId, tenantId }, clock.now()),
    accessSeconds: ACCESS_SECONDS,
    refreshToken: tokens.refresh(sessionId, generation),
    refreshSeconds: REFRESH_S,
  })

  const rotate = async (sessionId: string, spent: number): Promise<Rotated | undefined> => {
    const now = clock.now()
    const [rotated] = await database.definer<Rotated>({
      name: 'rotate_session',
      text: 'select * from millrace.rotate_session($1::uuid, $2::integer, $3::timestamptz, $4::timestamptz)',
      values: [sessionId, spent, new Date(now), new Date(now + REFRESH_S * 1000)],
    })
    return rotated
  }

  const deviceOf = async (tenantId: string, sealed: Buffer | null): Promise<Device> =>
    sealed === null ? NO_DEVICE : (JSON.parse(await vault.open(tenantId, sealed)) as Device)

  /** A token that was spent before, and so has been stolen, or was taken by whoever stole it. */
  const tellReuse = async (sessionId: string, onRefused: OnRefused): Promise<void> => {
    const [reused] = await database.definer<{ tenant_id: string; login_id: string }>({
      name: 'find_reused_session',
      text: 'select * from millrace.find_reused_session($1::uuid)',
      values: [sessionId],
    })
    if (reused) onRefused({ tenantId: reused.tenant_id, loginId: reused.login_id, why: 'token_reused' })
  }

  return {
    open: async ({ tenantId, loginId, kind, device, proven = [], instead }) => {
      const now = clock.now()
      const id = newId(now)
      const seconds = kind === 'cookie' ? COOKIE_S : REFRESH_S
      const sealed = await vault.seal(tenantId, JSON.stringify(device))
      await database.batch(
        [...new Set([tenantId, ...proven.map((login) => login.tenantId), ...(instead ? [instead.tenantId] : [])])],
        [
          {
            name: 'open_session',
            text: `insert into millrace.login_session
                     (tenant_id, id, login_id, kind, created_at, last_seen_at, expires_at, sealed)
                   values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::timestamptz, $5::timestamptz, $6::timestamptz, $7::bytea)`,
            values: [tenantId, id, loginId, kind, new Date(now), new Date(now + seconds * 1000), sealed],
          },
          {
            name: 'note_login',
            text: 'update millrace.login set last_login_at = $3::timestamptz where tenant_id = $1::uuid and id = $2::uuid',
            values: [tenantId, loginId, new Date(now)],
          },
          ...proven.map((login) => ({
            name: 'note_proof',
            text: `insert into millrace.login_proof (tenant_id, session_id, login_id)
                   values ($1::uuid, $2::uuid, $3::uuid)`,
            values: [login.tenantId, id, login.loginId],
          })),
          ...(instead
            ? [
                {
                  name: 'switch_session',
                  text: `update millrace.login_session set revoked_at = $3::timestamptz, revoked_for = 'switched'
                         where tenant_id = $1::uuid and id = $2::uuid and revoked_at is null`,
                  values: [instead.tenantId, instead.sessionId, new Date(now)],
                },
              ]
            : []),
        ],
      )
      return id
    },
    pair,
    refresh: async (token, onRefused) => {
      const read = tokens.readRefresh(token)
      // Asked again where it gave nothing: of two that spend one token at once, the second comes too late to see the
      // first, and is reuse all the same.
      const rotated =
        read && ((await rotate(read.sessionId, read.generation)) ?? (await rotate(read.sessionId, read.generation)))
      if (read && !rotated) await tellReuse(read.sessionId, onRefused)
      if (!read || !rotated)
        throw new Fault('unauthenticated', { message: 'The refresh token is not valid any more. Log in again.' })
      return pair(read.sessionId, { tenantId: rotated.tenant_id, loginId: rotated.login_id }, rotated.generation)
    },
    find: async (sessionId) => {
      const [found] = await database.definer<Found>({
        name: 'find_session',
        text: 'select * from millrace.find_session($1::uuid, $2::timestamptz)',
        values: [sessionId, new Date(clock.now())],
      })
      if (!found) return null
      const { tenant_id: tenantId, login_id: userId, role, partner, kind } = found
      const { limit_requests_minute: requestsMinuteMax, cors_origins: corsOrigins } = found
      return { tenantId, userId, sessionId, role, partner, kind, requestsMinuteMax, corsOrigins }
    },
    list: async (tenantId, loginId) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'list_sessions',
            text: `select id, kind, created_at, last_seen_at, expires_at, sealed from millrace.login_session
                   where tenant_id = $1::uuid and login_id = $2::uuid and revoked_at is null and expires_at > $3::timestamptz
                   order by last_seen_at desc, id`,
            values: [tenantId, loginId, new Date(clock.now())],
          },
        ],
      )
      return Promise.all(
        rows.map(async (row) => ({
          id: row.id as string,
          kind: row.kind as 'token' | 'cookie',
          createdAt: row.created_at as number,
          lastSeenAt: row.last_seen_at as number,
          expiresAt: row.expires_at as number,
          device: await deviceOf(tenantId, row.sealed as Buffer | null),
        })),
      )
    },
    revoke: async ({ tenantId, loginId, sessionId = null, except = null }, why) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'revoke_sessions',
            text: `update millrace.login_session set revoked_at = $5::timestamptz, revoked_for = $6::text
                   where tenant_id = $1::uuid and login_id = $2::uuid and revoked_at is null
                     and ($3::uuid is null or id = $3::uuid) and ($4::uuid is null or id <> $4::uuid)
                   returning id`,
            values: [tenantId, loginId, sessionId, except, new Date(clock.now()), why],
          },
        ],
      )
      return rows.length
    },
  }
}
