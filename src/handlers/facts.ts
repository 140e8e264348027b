import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { createRegister } from '../base/register.ts'
import { keyedHash16, seal } from '../base/seal.ts'
import { byteas, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import { openUnderTenant, type TenantKeys } from '../journal/keyring.ts'
import type { Json } from '../kit/field.ts'
import type { CompiledEnricher } from '../kit/flow.ts'
import type { FactsAnswer } from '../kit/requests.ts'

/** The lasting part of an answer. */
type Said = Pick<FactsAnswer, 'outcome' | 'reason' | 'facts'>

/** `since`: when it was said, ms since 1970. */
export type Known = Said & { readonly since: number }

/**
 * What enrichers said, for leads that ask the same while it is fresh. Found by a keyed hash of what was asked, sealed
 * under the tenant's key, and deleted with any lead that was told it.
 */
export interface Facts {
  /** Null: nobody asked this yet, or it is no longer fresh. */
  known(keys: TenantKeys, key: Buffer, now: number): Promise<Known | null>
  /**
   * Of leads that ask the same at once in this process, the first is to ask, and calls `done` after; the others are told
   * when it has.
   */
  turn(keys: TenantKeys, key: Buffer): { readonly done: () => void } | { readonly others: Promise<void> }
  /** Not where the lead was erased in the meantime. */
  keep(
    keys: TenantKeys,
    kept: {
      readonly leadId: string
      readonly key: Buffer
      readonly said: Said
      readonly now: number
      /** ms since 1970 */
      readonly until: number
    },
  ): Promise<void>
}

/** Another setting, another set of facts or another question is another key. */
export const factKey = (
  keys: TenantKeys,
  { destination, facts }: CompiledEnricher,
  payload: { readonly [key: string]: Json },
): Buffer => {
  const names = facts.map(({ name, type }) => [name, type.type])
  return keyedHash16(
    keys.lookup,
    `fact|${JSON.stringify([destination.type.type, destination.settings, names, payload])}`,
  )
}

interface Asked {
  readonly tenantId: string
  readonly key: Buffer
}

interface Row {
  readonly sealed: Buffer
  readonly saidAt: number
  readonly freshUntil: number
}

export const createFacts = (options: { readonly database: Database; readonly rowsMax: number }): Facts => {
  const { database, rowsMax } = options

  const read = gather<Asked, Row | null>({
    rowsMax,
    concurrency: 2,
    whole: isFault,
    run: async (items) => {
      const [rows = []] = await database.batch(
        [...new Set(items.map(({ tenantId }) => tenantId))],
        [
          {
            name: 'known_facts',
            text: `select w.n::integer as n, f.sealed, f.said_at, f.fresh_until
                   from unnest($1::uuid[], $2::bytea[]) with ordinality as w(tenant_id, key, n)
                   join millrace.fact f on f.tenant_id = w.tenant_id and f.key = w.key`,
            values: [uuids(items.map(({ tenantId }) => tenantId)), byteas(items.map(({ key }) => key))],
          },
        ],
      )
      const found = new Array<Row | null>(items.length).fill(null)
      for (const row of rows)
        found[(row.n as number) - 1] = {
          sealed: row.sealed as Buffer,
          saidAt: row.said_at as number,
          freshUntil: row.fresh_until as number,
        }
      return found
    },
  })

  const asking = createRegister<string, Promise<void>>()
  const nameOf = ({ tenantId }: TenantKeys, key: Buffer): string => `${tenantId}|${key.toString('base64url')}`

  return {
    turn: (keys, key) => {
      const name = nameOf(keys, key)
      const others = asking.get(name)
      if (others) return { others }
      const { promise, resolve } = Promise.withResolvers<void>()
      asking.set(name, promise)
      const done = (): void => {
        asking.delete(name)
        resolve()
      }
      return { done }
    },

    known: async (keys, key, now) => {
      const row = await read({ tenantId: keys.tenantId, key })
      if (row === null || row.freshUntil <= now) return null
      try {
        return { ...JSON.parse(openUnderTenant(keys, row.sealed).toString('utf8')), since: row.saidAt }
      } catch {
        // Sealed under a key that is gone: it is asked anew.
        return null
      }
    },
    keep: async (keys, { leadId, key, said, now, until }) => {
      await database.batch(
        [keys.tenantId],
        [
          {
            name: 'keep_facts',
            // The lock makes an erasure of this lead wait until these stand, or these for the erasure.
            text: `insert into millrace.fact as f (tenant_id, key, said_at, fresh_until, sealed)
                   select l.tenant_id, $3::bytea, $4::timestamptz, $5::timestamptz, $6::bytea from millrace.lead l
                   where l.tenant_id = $1::uuid and l.id = $2::uuid and l.wrapped_key is not null for share
                   on conflict (tenant_id, key) do update
                     set said_at = excluded.said_at, fresh_until = excluded.fresh_until, sealed = excluded.sealed`,
            values: [keys.tenantId, leadId, key, new Date(now), new Date(until), seal(keys.wrap, JSON.stringify(said))],
          },
        ],
      )
    },
  }
}
