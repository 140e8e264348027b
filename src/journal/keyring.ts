import type { KeyObject } from 'node:crypto'
import { hash } from 'node:crypto'
import { Fault } from '../base/faults.ts'
import { type HashKey, hashKeyOf, keyedHash, keyOf, newKeyBytes, open } from '../base/seal.ts'
import type { Database, Row } from '../database/pool.ts'

/** What wraps a tenant's keys: a key of this process, or a service that never gives its key away. */
export interface MasterKeys {
  /** Names the key that wraps now. */
  current(): string
  /** Whether what this key wrapped can be opened. */
  knows(by: string): boolean
  wrap(plain: Uint8Array): Promise<Buffer>
  /** `by` names the key it was wrapped by, where that was noted. Throws Fault `setting_invalid` where it does not open. */
  unwrap(wrapped: Uint8Array, by: string | null): Promise<Buffer>
}

/** One version of the key that wraps. */
export interface WrapKey {
  readonly wrap: KeyObject
  readonly pad: HashKey
}

/**
 * Keys: the master key wraps each tenant's keys; a tenant's `wrap` key wraps the key of each of its leads.
 * The `lookup` key makes keyed hashes and is never rotated with the wrapping keys, so lookups survive rotation.
 */
export interface TenantKeys {
  readonly tenantId: string
  /** Seals what is the tenant's own: secrets, logins. Opened by `openUnderTenant`, whatever version sealed it. */
  readonly wrap: KeyObject
  /** Wraps the keys of leads. */
  readonly pad: HashKey
  readonly wrapVersion: number
  /** All versions that something may still be wrapped under, the newest last. */
  readonly versions: ReadonlyMap<number, WrapKey>
  readonly lookup: HashKey
  /** Seals the audit, and is not exchanged with `wrap`. Null until it is made, of tenants that are older than it. */
  readonly audit: { readonly key: KeyObject; readonly version: number } | null
}

/** Whose key it is. Each scope has pads of its own: two keys of one id never share one. */
export type KeyScope = 'lead' | 'person' | 'evidence'

export interface Keyring {
  tenant(tenantId: string): Promise<TenantKeys>
  /** Looks for newer keys of a tenant, again and again until there is an answer; those it has serve until then. */
  refresh(tenantId: string): Promise<void>
  /** Tenants whose keys are held here. */
  held(): readonly string[]
  /** Makes the key of the audit for a tenant that is older than such keys. */
  ensureAuditKey(tenantId: string, at: number): Promise<void>
  /** Makes the keys of a new tenant, inside the caller's transaction. */
  createTenantKeys(
    tenantId: string,
    at: number,
  ): Promise<{ readonly text: string; readonly values: (string | number | Buffer | Date)[] }[]>
  /** A new key for a lead, and how it is stored. */
  newLeadKey(keys: TenantKeys, leadId: string): { readonly key: KeyObject; readonly wrapped: Buffer }
  /** `version` is the one of the tenant's key it was wrapped under; the newest where left out. */
  openLeadKey(keys: TenantKeys, leadId: string, wrapped: Uint8Array, version?: number): KeyObject
  /** As for leads, of another scope. */
  newScopedKey(keys: TenantKeys, scope: KeyScope, id: string): { readonly key: KeyObject; readonly wrapped: Buffer }
  openScopedKey(keys: TenantKeys, scope: KeyScope, id: string, wrapped: Uint8Array, version: number): KeyObject
  /** Wraps under the newest version what was wrapped under an older one. */
  rewrap(keys: TenantKeys, scope: KeyScope, id: string, wrapped: Uint8Array, version: number): Buffer
  /** Keyed hash of a login's email, the same in all tenants of this installation. */
  readonly login: HashKey
  /** A key derived for one purpose of the installation, 32 bytes: token signing, journal anchors. */
  derive(purpose: string): Buffer
}

const versionOf = (keys: TenantKeys, version: number | undefined): WrapKey => {
  if (version === undefined || version === keys.wrapVersion) return keys
  const known = keys.versions.get(version)
  if (known) return known
  throw new Fault('internal', { message: 'Internal error', detail: `a tenant has no key of version ${version}` })
}

/** Opens what was sealed under a tenant's key of whatever version: authentication tells which. */
export const openUnderTenant = (keys: TenantKeys, sealed: Uint8Array): Buffer => {
  if (keys.versions.size === 1) return open(keys.wrap, sealed)
  let failure: unknown
  for (const { wrap } of [...keys.versions.values()].reverse()) {
    try {
      return open(wrap, sealed)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

/**
 * Wraps and unwraps a lead's key: XOR with a pad of 32 bytes that the tenant's key and the lead's id yield, one pad for
 * one key, never used twice. A tenth of the cost of a cipher, and every lead needs it. That the key is the right one is
 * proved by what it opens: segments are authenticated.
 */
const masked = (pad: HashKey, scope: KeyScope, id: string, bytes: Uint8Array): Buffer => {
  const mask = Buffer.from(keyedHash(pad, `${scope} key|${id}`), 'hex')
  for (let at = 0; at < mask.length; at += 1) mask[at] = (mask[at] as number) ^ (bytes[at] as number)
  return mask
}

const REFRESH_AGAIN_MS = 1_000
const PURPOSES = ['wrap', 'lookup', 'audit'] as const

export const createKeyring = (options: {
  readonly database: Database
  readonly master: MasterKeys
  /** What the installation's own keys are derived from, 32 bytes. */
  readonly root: Buffer
}): Keyring => {
  const { database, master } = options
  const rootHex = options.root.toString('hex')
  const derive = (purpose: string): Buffer =>
    Buffer.from(hash('sha256', `${hash('sha256', `millrace:${purpose}`)}${rootHex}`), 'hex')
  const known = new Map<string, Promise<TenantKeys>>()

  /** By how they are stored: a service that holds the master key is not asked twice for one. */
  const unwrapped = new Map<string, Buffer>()
  const unwrap = async (row: Row): Promise<Buffer> => {
    const stored = row.wrapped as Buffer
    const name = stored.toString('latin1')
    const before = unwrapped.get(name)
    if (before) return before
    const bytes = await master.unwrap(stored, row.master as string | null)
    unwrapped.set(name, bytes)
    return bytes
  }

  const load = async (tenantId: string): Promise<TenantKeys> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'tenant_keys',
          text: `select purpose, version, wrapped, master from millrace.tenant_key
                 where tenant_id = $1::uuid order by purpose, version`,
          values: [tenantId],
        },
      ],
    )
    const versions = new Map<number, WrapKey>()
    for (const row of rows ?? []) {
      if (row.purpose !== 'wrap') continue
      const bytes = await unwrap(row)
      versions.set(row.version as number, {
        wrap: keyOf(bytes),
        pad: hashKeyOf(Buffer.concat([Buffer.from('pad'), bytes])),
      })
    }
    const lookup = rows?.findLast((row) => row.purpose === 'lookup')
    const sealing = rows?.findLast((row) => row.purpose === 'audit')
    const audit = sealing ? { key: keyOf(await unwrap(sealing)), version: sealing.version as number } : null
    const wrapVersion = Math.max(...versions.keys())
    const newest = versions.get(wrapVersion)
    if (!newest || !lookup) throw new Fault('internal', { message: 'Internal error', detail: 'a tenant has no keys' })
    return { tenantId, ...newest, wrapVersion, versions, lookup: hashKeyOf(await unwrap(lookup)), audit }
  }

  const newScopedKey: Keyring['newScopedKey'] = (keys, scope, id) => {
    const bytes = newKeyBytes()
    return { key: keyOf(bytes), wrapped: masked(keys.pad, scope, id, bytes) }
  }
  const openScopedKey: Keyring['openScopedKey'] = (keys, scope, id, wrapped, version) =>
    keyOf(masked(versionOf(keys, version).pad, scope, id, wrapped))

  const keyMade = async (tenantId: string, purpose: (typeof PURPOSES)[number], at: number) => ({
    text: `insert into millrace.tenant_key (tenant_id, purpose, version, wrapped, created_at, master)
           values ($1::uuid, $2, 1, $3, $4::timestamptz, $5) on conflict do nothing`,
    values: [tenantId, purpose, await master.wrap(newKeyBytes()), new Date(at), master.current()],
  })
  let begun = 0
  /** Which look it was that said what is known: what an earlier one says later is older. */
  const saidBy = new Map<string, number>()
  const asksAgain = new Set<string>()
  const refresh: Keyring['refresh'] = async (tenantId) => {
    if (!known.has(tenantId)) return
    begun += 1
    const look = begun
    const loading = load(tenantId)
    try {
      await loading
    } catch {
      if (asksAgain.has(tenantId)) return
      asksAgain.add(tenantId)
      const again = (): void => {
        asksAgain.delete(tenantId)
        void refresh(tenantId)
      }
      setTimeout(again, REFRESH_AGAIN_MS).unref()
      return
    }
    if (look < (saidBy.get(tenantId) ?? 0)) return
    saidBy.set(tenantId, look)
    known.set(tenantId, loading)
  }

  return {
    ensureAuditKey: async (tenantId, at) => {
      const [rows] = await database.batch(
        [tenantId],
        [
          {
            name: 'has_audit_key',
            text: `select 1 from millrace.tenant_key where tenant_id = $1::uuid and purpose = 'audit'`,
            values: [tenantId],
          },
        ],
      )
      if (rows?.length) return
      await database.batch([tenantId], [await keyMade(tenantId, 'audit', at)])
      await refresh(tenantId)
    },
    tenant: (tenantId) => {
      let keys = known.get(tenantId)
      if (!keys) {
        keys = load(tenantId)
        known.set(tenantId, keys)
        keys.catch(() => known.delete(tenantId))
      }
      return keys
    },
    refresh,
    held: () => [...known.keys()],
    createTenantKeys: (tenantId, at) => Promise.all(PURPOSES.map((purpose) => keyMade(tenantId, purpose, at))),
    newLeadKey: (keys, leadId) => newScopedKey(keys, 'lead', leadId),
    openLeadKey: (keys, leadId, wrapped, version) =>
      keyOf(masked(versionOf(keys, version).pad, 'lead', leadId, wrapped)),
    newScopedKey,
    openScopedKey,
    rewrap: (keys, scope, id, wrapped, version) =>
      masked(keys.pad, scope, id, masked(versionOf(keys, version).pad, scope, id, wrapped)),
    login: hashKeyOf(derive('login')),
    derive,
  }
}
