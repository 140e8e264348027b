import { int8s, texts } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'

/**
 * Who had their data erased: looked up for every lead at the door, so it is kept in memory, by tenant. Most tenants have
 * few, and then a lead costs two look-ups in a set; none, and it costs nothing.
 *
 * What an erasure in another process adds is heard of with the tenant's epoch. A lead that slips in before it is heard
 * is found by the keeper (src/privacy/keeper.ts), which looks again.
 */
export interface Blocks {
  /** The keyed hashes of the erased; null where nobody is. */
  erased(tenantId: string): Promise<ReadonlySet<bigint> | null>
  /** A commit before a call met a block of one of these: they are looked up before the next is tried. */
  suspect(keys: readonly bigint[]): void
  /** `keys` is asked only where there is any suspect at all. */
  isSuspect(keys: () => readonly bigint[]): boolean
  /** Why a person is not to be reached; null: they may be. */
  why(tenantId: string, keys: readonly bigint[], channels: readonly string[]): Promise<string | null>
  forget(tenantId: string): void
}

const SUSPECTS_MAX = 10_000

const PAGE = 20_000

export const createBlocks = (options: { readonly database: Database }): Blocks => {
  const { database } = options
  const suspects = new Set<bigint>()
  const known = new Map<string, Promise<ReadonlySet<bigint> | null>>()

  const load = async (tenantId: string): Promise<ReadonlySet<bigint> | null> => {
    const keys = new Set<bigint>()
    let after: string | null = null
    for (;;) {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'erased_keys',
            text: `select key::text as key from millrace.person_block
                   where tenant_id = $1::uuid and why = 'erased' and ($2::bigint is null or key > $2::bigint)
                   order by key limit ${PAGE}`,
            values: [tenantId, after],
          },
        ],
      )
      for (const row of rows) keys.add(BigInt(row.key as string))
      const last = rows.at(-1)
      if (!last || rows.length < PAGE) return keys.size === 0 ? null : keys
      after = last.key as string
    }
  }

  return {
    erased: (tenantId) => {
      let keys = known.get(tenantId)
      if (!keys) {
        keys = load(tenantId)
        known.set(tenantId, keys)
        keys.catch(() => known.delete(tenantId))
      }
      return keys
    },
    suspect: (keys) => {
      if (suspects.size > SUSPECTS_MAX) suspects.clear()
      for (const key of keys) suspects.add(key)
    },
    isSuspect: (keys) => suspects.size > 0 && keys().some((key) => suspects.has(key)),
    why: async (tenantId, keys, channels) => {
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'why_blocked',
            text: `select why from millrace.person_block
                   where tenant_id = $1::uuid and key = any ($2::bigint[]) and channel = any ($3::text[])
                   limit 1`,
            values: [tenantId, int8s([...keys]), texts([...channels])],
          },
        ],
      )
      return (rows[0]?.why as string | undefined) ?? null
    },
    forget: (tenantId) => {
      known.delete(tenantId)
    },
  }
}
