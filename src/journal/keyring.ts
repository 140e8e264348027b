import type { KeyObject } from 'node:crypto'
import { hash } from 'node:crypto'
import { Fault } from '../base/faults.ts'
import { type HashKey, hashKeyOf, keyedHash, keyOf, newKeyBytes, open, seal } from '../base/seal.ts'
import type { Database } from '../database/pool.ts'

/**
 * Keys: the master key wraps each tenant's keys; a tenant's `wrap` key wraps the key of each of its leads.
 * The `lookup` key makes keyed hashes and is never rotated with the wrapping keys, so lookups survive rotation.
 */
export interface TenantKeys {
  readonly tenantId: string
  /** Seals what is the tenant's own: secrets, logins. */
  readonly wrap: KeyObject
  /** Wraps the keys of leads. */
  readonly pad: HashKey
  readonly wrapVersion: number
  readonly lookup: HashKey
}

export interface Keyring {
  tenant(tenantId: string): Promise<TenantKeys>
  /** Makes the keys of a new tenant, inside the caller's transaction. */
  createTenantKeys(
    tenantId: string,
    at: number,
  ): { readonly text: string; readonly values: (string | number | Buffer | Date)[] }[]
  /** A new key for a lead, and how it is stored. */
  newLeadKey(keys: TenantKeys, leadId: string): { readonly key: KeyObject; readonly wrapped: Buffer }
  openLeadKey(keys: TenantKeys, leadId: string, wrapped: Uint8Array): KeyObject
  /** Keyed hash of a login's email, the same in all tenants of this installation. */
  readonly login: HashKey
  /** A key derived for one purpose of the installation, 32 bytes: token signing, journal anchors. */
  derive(purpose: string): Buffer
}

/**
 * Wraps and unwraps a lead's key: XOR with a pad of 32 bytes that the tenant's key and the lead's id yield, one pad for
 * one key, never used twice. A tenth of the cost of a cipher, and every lead needs it. That the key is the right one is
 * proved by what it opens: segments are authenticated.
 */
const masked = (keys: TenantKeys, leadId: string, bytes: Uint8Array): Buffer => {
  const pad = Buffer.from(keyedHash(keys.pad, `lead key|${leadId}`), 'hex')
  for (let at = 0; at < pad.length; at += 1) pad[at] = (pad[at] as number) ^ (bytes[at] as number)
  return pad
}

export const createKeyring = (options: { readonly database: Database; readonly master: Buffer }): Keyring => {
  const { database } = options
  const master = keyOf(options.master)
  const masterHex = options.master.toString('hex')
  const derive = (purpose: string): Buffer =>
    Buffer.from(hash('sha256', `${hash('sha256', `millrace:${purpose}`)}${masterHex}`), 'hex')
  const known = new Map<string, Promise<TenantKeys>>()

  const load = async (tenantId: string): Promise<TenantKeys> => {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'tenant_keys',
          text: `select distinct on (purpose) purpose, version, wrapped from millrace.tenant_key
                 where tenant_id = $1::uuid order by purpose, version desc`,
          values: [tenantId],
        },
      ],
    )
    const found = new Map((rows ?? []).map((row) => [row.purpose as string, row]))
    const wrap = found.get('wrap')
    const lookup = found.get('lookup')
    if (!wrap || !lookup) throw new Fault('internal', { message: 'Internal error', detail: 'a tenant has no keys' })
    const unwrap = (wrapped: unknown): Buffer => {
      try {
        return open(master, wrapped as Buffer)
      } catch (cause) {
        throw new Fault('setting_invalid', {
          message: 'MILLRACE_MASTER_KEY: this key does not open the database; it was set up with another one.',
          cause,
        })
      }
    }
    const wrapKey = unwrap(wrap.wrapped)
    return {
      tenantId,
      wrap: keyOf(wrapKey),
      pad: hashKeyOf(Buffer.concat([Buffer.from('pad'), wrapKey])),
      wrapVersion: wrap.version as number,
      lookup: hashKeyOf(unwrap(lookup.wrapped)),
    }
  }

  return {
    tenant: (tenantId) => {
      let keys = known.get(tenantId)
      if (!keys) {
        keys = load(tenantId)
        known.set(tenantId, keys)
        keys.catch(() => known.delete(tenantId))
      }
      return keys
    },
    createTenantKeys: (tenantId, at) =>
      (['wrap', 'lookup'] as const).map((purpose) => ({
        text: `insert into millrace.tenant_key (tenant_id, purpose, version, wrapped, created_at)
               values ($1::uuid, $2, $3, $4, $5::timestamptz)`,
        values: [tenantId, purpose, 1, seal(master, newKeyBytes()), new Date(at)],
      })),
    newLeadKey: (keys, leadId) => {
      const bytes = newKeyBytes()
      return { key: keyOf(bytes), wrapped: masked(keys, leadId, bytes) }
    },
    openLeadKey: (keys, leadId, wrapped) => keyOf(masked(keys, leadId, wrapped)),
    login: hashKeyOf(derive('login')),
    derive,
  }
}
