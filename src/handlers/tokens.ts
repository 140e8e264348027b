import type { Clock } from '../base/clock.ts'
import { Fault, isFault, nothingDone } from '../base/faults.ts'
import { keyedHash16, seal } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'
import { openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { AccessToken, Call, CallAnswer, TokenSource } from '../kit/destination.ts'
import type { Secrets } from './secrets.ts'

/**
 * Access tokens: one for all who need it, in this process and in others.
 *
 * Whoever finds none that is still good takes the lease in the table and asks; the others wait for what it stores. The
 * lease ends by itself, so that a process which dies with it holds nobody up for long.
 */
export interface Tokens {
  /** Throws what the provider's refusal or silence amounts to. */
  token(keys: TenantKeys, source: TokenSource): Promise<string>
  /** A server refused this token before its time: the next who asks gets another. */
  refused(keys: TenantKeys, source: TokenSource, token: string): Promise<void>
}

/** Renewed so long before its end: a call made with it takes time, and clocks differ. */
const EARLY_MS = 60_000
const LEASE_MS = 30_000
const LOOK_AGAIN_MS = 150

interface Kept {
  readonly value: string
  readonly refresh: string | null
}

interface Row {
  readonly kept: Kept | null
  /** ms since 1970; null: not said. */
  readonly expiresAt: number | null
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export const createTokens = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly secrets: Secrets
  readonly send: (call: Call) => Promise<CallAnswer>
}): Tokens => {
  const { database, clock, secrets, send } = options
  const known = new Map<string, AccessToken>()
  const asking = new Map<string, Promise<string>>()

  const nameOf = (keys: TenantKeys, source: TokenSource): Buffer => keyedHash16(keys.lookup, `token|${source.name}`)
  const good = (expiresAt: number | null): boolean => expiresAt === null || expiresAt - EARLY_MS > clock.now()

  const read = async (keys: TenantKeys, name: Buffer): Promise<Row> => {
    const [rows] = await database.batch(
      [keys.tenantId],
      [
        {
          name: 'read_access_token',
          text: 'select sealed, expires_at from millrace.access_token where tenant_id = $1::uuid and name = $2::bytea',
          values: [keys.tenantId, name],
        },
      ],
    )
    const row = rows?.[0]
    const sealed = row?.sealed as Buffer | null | undefined
    return {
      kept: sealed ? (JSON.parse(openUnderTenant(keys, sealed).toString('utf8')) as Kept) : null,
      expiresAt: row?.expires_at === null || row === undefined ? null : Number(row.expires_at),
    }
  }

  const takeLease = async (keys: TenantKeys, name: Buffer): Promise<boolean> => {
    const now = clock.now()
    const [rows] = await database.batch(
      [keys.tenantId],
      [
        {
          name: 'lease_access_token',
          text: `insert into millrace.access_token as held (tenant_id, name, renewing_until)
                 values ($1::uuid, $2::bytea, $4::timestamptz)
                 on conflict (tenant_id, name) do update set renewing_until = excluded.renewing_until
                   where (held.renewing_until is null or held.renewing_until <= $3::timestamptz)
                     -- Somebody may have got a new one since it was looked at.
                     and (held.sealed is null or held.expires_at <= $5::timestamptz)
                 returning true as taken`,
          values: [keys.tenantId, name, new Date(now), new Date(now + LEASE_MS), new Date(now + EARLY_MS)],
        },
      ],
    )
    return rows?.length === 1
  }

  const store = async (keys: TenantKeys, name: Buffer, token: AccessToken | null): Promise<void> => {
    const sealed = token && seal(keys.wrap, JSON.stringify({ value: token.value, refresh: token.refresh }))
    await database.batch(
      [keys.tenantId],
      [
        {
          name: 'store_access_token',
          text: `update millrace.access_token set renewing_until = null,
                   sealed = coalesce($3::bytea, sealed),
                   expires_at = case when $3::bytea is null then expires_at else $4::timestamptz end
                 where tenant_id = $1::uuid and name = $2::bytea`,
          values: [keys.tenantId, name, sealed, token?.expiresAt == null ? null : new Date(token.expiresAt)],
        },
      ],
    )
  }

  const renew = async (
    keys: TenantKeys,
    source: TokenSource,
    name: Buffer,
    kept: Kept | null,
  ): Promise<AccessToken> => {
    try {
      const { secret } = await secrets.credential(keys)
      const ask = async (refresh: string | null): Promise<AccessToken> => {
        const call = source.request({ secret, now: clock.now() }, refresh)
        const token = source.read(await send(call).catch(nothingDone), clock.now())
        return { ...token, refresh: token.refresh ?? refresh }
      }
      const last = kept?.refresh ?? null
      const token = await ask(last).catch((error) => {
        if (last === null || !isFault(error) || error.kind !== 'credentials') throw error
        // What came with the last one is no longer good: taken back, or exchanged for one that a crash has lost. Somebody
        // may have stored a new one since.
        return ask(null)
      })
      await store(keys, name, token)
      return token
    } catch (error) {
      await store(keys, name, null).catch(() => undefined)
      throw error
    }
  }

  const obtain = async (keys: TenantKeys, source: TokenSource, key: string): Promise<string> => {
    const name = nameOf(keys, source)
    const until = clock.now() + 2 * LEASE_MS
    for (;;) {
      const { kept, expiresAt } = await read(keys, name)
      if (kept && good(expiresAt)) {
        known.set(key, { ...kept, expiresAt })
        return kept.value
      }
      if (await takeLease(keys, name)) {
        const token = await renew(keys, source, name, kept)
        known.set(key, token)
        return token.value
      }
      if (clock.now() > until)
        throw new Fault('destination.unavailable', { message: 'No access token could be had in time' })
      await pause(LOOK_AGAIN_MS)
    }
  }

  const keyOf = (keys: TenantKeys, source: TokenSource): string => `${keys.tenantId}|${source.name}`

  return {
    token: (keys, source) => {
      const key = keyOf(keys, source)
      const held = known.get(key)
      if (held && good(held.expiresAt)) return Promise.resolve(held.value)
      const under = asking.get(key)
      if (under) return under
      const asked = obtain(keys, source, key).finally(() => asking.delete(key))
      asking.set(key, asked)
      return asked
    },
    refused: async (keys, source, token) => {
      const key = keyOf(keys, source)
      if (known.get(key)?.value === token) known.delete(key)
      const name = nameOf(keys, source)
      const { kept } = await read(keys, name)
      if (kept?.value !== token) return
      await database.batch(
        [keys.tenantId],
        [
          {
            name: 'end_access_token',
            text: `update millrace.access_token set expires_at = $3::timestamptz
                   where tenant_id = $1::uuid and name = $2::bytea`,
            values: [keys.tenantId, name, new Date(0)],
          },
        ],
      )
    },
  }
}
