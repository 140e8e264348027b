import { hash } from 'node:crypto'
import { Fault } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import type { AuthenticatedSource } from '../runner/types.ts'

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
const KEY_CHARS_MAX = 512

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
  readonly flow_id: string
  readonly source_id: string
  readonly enabled: boolean
  readonly config_epoch: number
}

interface Looked {
  readonly known: KnownKey | null
  readonly until: number
}

export interface AuthenticatorOptions {
  readonly database: Pick<Database, 'definer'>
  isCurrent(tenantId: string, epoch: number): boolean
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
  }): AuthenticatedSource | Promise<AuthenticatedSource>
}

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
  const { database, isCurrent, keysMax = 10_000 } = options
  // Apart, so that a flood of wrong keys doesn't drive out the right ones. By the key itself: hashing it for each
  // submission would cost more than all the rest of this room, and the request holds it in memory anyway.
  const good = new Map<string, Looked>()
  const unknown = new Map<string, Looked>()
  const underWay = new Map<string, Promise<KnownKey | null>>()

  const lookUp = (key: string, now: number): Promise<KnownKey | null> => {
    const same = underWay.get(key)
    if (same) return same
    const looking = database
      .definer<KnownKey>({
        name: 'find_source_key',
        text: 'select * from millrace.find_source_key($1::bytea)',
        values: [hash('sha256', key, 'buffer')],
      })
      .then(([known = null]) => {
        const other = known ? unknown : good
        other.delete(key)
        remember(known ? good : unknown, keysMax, key, { known, until: now + BELIEVED_MS })
        return known
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, looking)
    return looking
  }

  const remembered = (key: string, now: number): KnownKey | null | undefined => {
    const looked = good.get(key) ?? unknown.get(key)
    if (looked === undefined || looked.until <= now) return undefined
    const { known } = looked
    return known !== null && !isCurrent(known.tenant_id, known.config_epoch) ? undefined : known
  }

  const judge = (
    known: KnownKey | null,
    asked: { readonly flow: string | null; readonly source: string | null; readonly presented: PresentedKey },
  ): AuthenticatedSource => {
    if (known === null) throw new Fault('unauthenticated', { message: 'The key is not known.' })
    if (asked.flow !== null && (asked.flow !== known.flow_id || asked.source !== known.source_id)) {
      throw new Fault('forbidden', { message: 'The key belongs to another flow or source than the address names.' })
    }
    if (!known.enabled) throw new Fault('source_disabled', { message: 'The source or its key is disabled.' })
    return {
      tenantId: known.tenant_id,
      keyId: known.id,
      flowId: known.flow_id,
      sourceId: known.source_id,
      method: asked.presented.method,
    }
  }

  return {
    authenticate: ({ presented, flow, source, now }) => {
      if (presented === null) {
        throw new Fault('unauthenticated', {
          message: 'A key is missing: send it as Bearer, as Basic password, as X-API-Key or as ?key=.',
        })
      }
      if (presented.key.length > KEY_CHARS_MAX) return judge(null, { flow, source, presented })
      const known = remembered(presented.key, now)
      if (known !== undefined) return judge(known, { flow, source, presented })
      return lookUp(presented.key, now).then((found) => judge(found, { flow, source, presented }))
    },
  }
}
