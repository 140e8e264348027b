import { hash } from 'node:crypto'
import { Fault, type FaultCode } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { AuthenticatedSource } from '../runner/types.ts'
import type { Limit } from './quota.ts'

/** A key as a request presents it, and where it stood. */
export interface PresentedKey {
  readonly key: string
  readonly method: 'bearer' | 'basic' | 'header' | 'query'
}

export interface KeyPlaces {
  readonly authorization: string | undefined
  /** `X-API-Key` */
  readonly apiKey: string | undefined
  /** `?key=` */
  readonly query: string | undefined
}

const SCHEME = /^(bearer|basic) +(\S+) *$/i
/** Ours have 43 characters; what is far beyond is no key of ours and isn't worth remembering. */
const KEY_CHARS_MAX = 1_024

const passwordOf = (credentials: string): string => {
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? '' : text.slice(colon + 1)
}

/** The first key found: Authorization, then `X-API-Key`, then `?key=`; null where there is none. */
export const findKey = ({ authorization, apiKey, query }: KeyPlaces): PresentedKey | null => {
  if (authorization !== undefined) {
    const match = SCHEME.exec(authorization)
    const credentials = match?.[2] ?? ''
    const isBasic = match?.[1]?.toLowerCase() === 'basic'
    const key = isBasic ? passwordOf(credentials) : credentials
    if (key !== '') return { key, method: isBasic ? 'basic' : 'bearer' }
  }
  if (apiKey !== undefined && apiKey !== '') return { key: apiKey, method: 'header' }
  if (query !== undefined && query !== '') return { key: query, method: 'query' }
  return null
}

/** What `millrace.find_source_key` says of a key. */
interface KnownKey {
  readonly tenant_id: string
  readonly id: string
  readonly flow_id: string | null
  readonly source_id: string | null
  readonly enabled: boolean
  readonly config_epoch: number
  readonly scopes: readonly string[]
  readonly expires_at: number | null
  readonly last_used_at: number | null
  readonly limit_leads_month: number | null
  readonly limit_requests_minute: number | null
  readonly limit_source_requests_minute: number | null
  readonly cors_origins: readonly string[]
  readonly storage_full: boolean
}

/** A key as it was looked up, with what its tenant may use. */
interface Kept extends KnownKey {
  readonly limits: readonly SubmissionLimit[]
}

/** Who submits, and what is counted against them. */
export interface Recognised extends AuthenticatedSource {
  readonly limits: readonly SubmissionLimit[]
  readonly corsOrigins: readonly string[]
}

/** A limit, and what is said where it is reached. */
export interface SubmissionLimit extends Limit {
  readonly of: 'key' | 'source' | 'tenant' | 'storage' | 'plan'
}

const MINUTE_MS = 60_000
/** Last use is kept to the minute. */
const TOUCH_MS = 60_000

const limitsOf = (key: KnownKey, keyRate: AuthenticatorOptions['keyRate']): readonly SubmissionLimit[] => {
  const { id, tenant_id: tenant, flow_id: flow, source_id: source } = key
  const limits: SubmissionLimit[] = [
    { of: 'key', scope: `key:${id}:${keyRate.windowMs}`, max: keyRate.max, window: keyRate.windowMs },
  ]
  if (key.limit_source_requests_minute !== null)
    limits.push({
      of: 'source',
      scope: `source:${tenant}:${flow}:${source}`,
      max: key.limit_source_requests_minute,
      window: MINUTE_MS,
    })
  if (key.limit_requests_minute !== null)
    limits.push({ of: 'tenant', scope: `tenant:${tenant}`, max: key.limit_requests_minute, window: MINUTE_MS })
  if (key.storage_full) limits.push({ of: 'storage', scope: `storage:${tenant}`, max: 0, window: MINUTE_MS })
  if (key.limit_leads_month !== null)
    limits.push({ of: 'plan', scope: `leads:${tenant}`, max: key.limit_leads_month, window: 'month' })
  return limits
}

const kept = (known: KnownKey | null, keyRate: AuthenticatorOptions['keyRate']): Kept | null =>
  known && { ...known, limits: limitsOf(known, keyRate) }

interface Looked {
  readonly known: Kept | null
  readonly until: number
}

export interface AuthenticatorOptions {
  readonly database: Pick<Database, 'definer'>
  isCurrent(tenantId: string, epoch: number): boolean
  /** Submissions of one key in a window, and the window. */
  readonly keyRate: { readonly max: number; readonly windowMs: number }
  /** What a token of `POST /oauth/token` stands for; null where it is none of ours, or over. */
  readToken(token: string, now: number): Promise<{ readonly keyId: string; readonly scopes: readonly string[] } | null>
  /** Keys remembered, of the good and of the unknown each. */
  readonly keysMax?: number
}

export interface Authenticator {
  /**
   * Who submits. `flow` and `source` are those of the address, where it names them. At once where the key is known.
   * Throws Fault `unauthenticated`, `source_disabled` or `forbidden`.
   */
  authenticate(asked: {
    readonly presented: PresentedKey | null
    readonly flow: string | null
    readonly source: string | null
    readonly now: number
    readonly onRefused?: OnSourceKeyRefused
  }): Recognised | Promise<Recognised>
}

/** Told of a key that is somebody's and was turned away. */
export type OnSourceKeyRefused = (refused: {
  readonly tenantId: string
  readonly keyId: string
  readonly why: 'disabled' | 'expired' | 'scope'
}) => void

/**
 * How long a looked up key is believed. It bounds how long a disabled key still works where this process has not yet
 * heard of the change, against one query a key and second.
 */
const BELIEVED_MS = 1_000

const remember = (memory: Map<string, Looked>, max: number, key: string, looked: Looked): void => {
  memory.delete(key)
  if (memory.size >= max) {
    const [oldest] = memory.keys()
    if (oldest !== undefined) memory.delete(oldest)
  }
  memory.set(key, looked)
}

export const createAuthenticator = (options: AuthenticatorOptions): Authenticator => {
  const { database, isCurrent, keyRate, readToken, keysMax = 10_000 } = options
  // Apart, so that a flood of wrong keys doesn't drive out the right ones. By the key itself: hashing it for each
  // submission would cost more than all the rest of this room, and the request holds it in memory anyway.
  const good = new Map<string, Looked>()
  const unknown = new Map<string, Looked>()
  const underWay = new Map<string, Promise<Kept | null>>()

  const find = async (hashed: Buffer | null, id: string | null): Promise<KnownKey | null> => {
    const [known = null] = await database.definer<KnownKey>({
      name: 'find_source_key',
      text: 'select * from millrace.find_source_key($1::bytea, $2::uuid)',
      values: [hashed, id],
    })
    return known
  }

  /** A key by its hash; a token, which has dots and no key has, by the key that it stands for. */
  const seek = async (key: string, now: number): Promise<Kept | null> => {
    if (!key.includes('.')) return kept(await find(hash('sha256', key, 'buffer'), null), keyRate)
    const token = await readToken(key, now)
    const known = token && (await find(null, token.keyId))
    return known && kept({ ...known, scopes: known.scopes.filter((scope) => token.scopes.includes(scope)) }, keyRate)
  }

  /** To the minute, and in nobody's way. */
  const touch = (known: Kept | null, now: number): void => {
    if (known === null || (known.last_used_at ?? 0) >= now - TOUCH_MS) return
    database
      .definer({
        name: 'touch_key',
        text: 'select millrace.touch_key($1::uuid, $2::timestamptz)',
        values: [known.id, new Date(now)],
      })
      .catch(() => undefined)
  }

  const lookUp = (key: string, now: number): Promise<Kept | null> => {
    const same = underWay.get(key)
    if (same) return same
    const looking = seek(key, now)
      .then((known) => {
        touch(known, now)
        const other = known ? unknown : good
        other.delete(key)
        remember(known ? good : unknown, keysMax, key, { known, until: now + BELIEVED_MS })
        return known
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, looking)
    return looking
  }

  const remembered = (key: string, now: number): Kept | null | undefined => {
    const looked = good.get(key) ?? unknown.get(key)
    if (looked === undefined || looked.until <= now) return undefined
    const { known } = looked
    return known !== null && !isCurrent(known.tenant_id, known.config_epoch) ? undefined : known
  }

  const judge = (
    known: Kept | null,
    asked: {
      readonly flow: string | null
      readonly source: string | null
      readonly presented: PresentedKey
      readonly now: number
      readonly onRefused?: OnSourceKeyRefused | undefined
    },
  ): Recognised => {
    if (known === null) throw new Fault('unauthenticated', { message: 'The key is not known.' })
    const refuse = (why: 'disabled' | 'expired' | 'scope', code: FaultCode, message: string): Fault => {
      asked.onRefused?.({ tenantId: known.tenant_id, keyId: known.id, why })
      return new Fault(code, { message })
    }
    if (known.expires_at !== null && known.expires_at <= asked.now)
      throw refuse('expired', 'unauthenticated', 'The key has expired.')
    if (known.flow_id === null || known.source_id === null || !known.scopes.includes('submit'))
      throw refuse('scope', 'forbidden', 'The key may not submit leads: its scopes leave that out.')
    if (asked.flow !== null && (asked.flow !== known.flow_id || asked.source !== known.source_id))
      throw refuse('scope', 'forbidden', 'The key belongs to another flow or source than the address names.')
    if (!known.enabled) throw refuse('disabled', 'source_disabled', 'The source or its key is disabled.')
    return {
      tenantId: known.tenant_id,
      keyId: known.id,
      flowId: known.flow_id,
      sourceId: known.source_id,
      method: asked.presented.method,
      limits: known.limits,
      corsOrigins: known.cors_origins,
    }
  }

  return {
    authenticate: ({ presented, flow, source, now, onRefused }) => {
      if (presented === null) {
        throw new Fault('unauthenticated', {
          message: 'A key is missing: send it as Bearer, as Basic password, as X-API-Key or as ?key=.',
        })
      }
      if (presented.key.length > KEY_CHARS_MAX) return judge(null, { flow, source, presented, now, onRefused })
      const known = remembered(presented.key, now)
      if (known !== undefined) return judge(known, { flow, source, presented, now, onRefused })
      return lookUp(presented.key, now).then((found) => judge(found, { flow, source, presented, now, onRefused }))
    },
  }
}
