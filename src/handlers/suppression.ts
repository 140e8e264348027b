import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { keyedHash16 } from '../base/seal.ts'
import { byteas, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'

export interface Suppression {
  lookup(
    keys: TenantKeys,
    now: number,
    input: RequestInput<'suppression.lookup'>,
  ): Promise<RequestAnswer<'suppression.lookup'>>
}

interface Entry {
  readonly list: string
  readonly label: string
  readonly addedAt: number
  readonly expiresAt: number | null
}

/** The key of a value in any suppression list of a tenant: the same however it was written, since normal forms are hashed. */
export const suppressionKey = (keys: TenantKeys, normal: string): Buffer =>
  keyedHash16(keys.lookup, `suppression|${normal.toLowerCase()}`)

export const createSuppression = (options: { readonly database: Database; readonly rowsMax: number }): Suppression => {
  const { database, rowsMax } = options

  const lookup = gather<{ tenantId: string; keys: readonly Buffer[] }, Entry[][]>({
    rowsMax,
    concurrency: 2,
    whole: isFault,
    run: async (items) => {
      const tenantIds: string[] = []
      const keys: Buffer[] = []
      for (const item of items) {
        for (const key of item.keys) {
          tenantIds.push(item.tenantId)
          keys.push(key)
        }
      }
      const [rows] = await database.batch(
        [...new Set(tenantIds)],
        [
          {
            name: 'suppression_lookup',
            text: `select w.n::integer as n, e.list_id, l.label, e.added_at, e.expires_at
                   from unnest($1::uuid[], $2::bytea[]) with ordinality as w(tenant_id, key, n)
                   join millrace.suppression_entry e on e.tenant_id = w.tenant_id and e.key = w.key
                   join millrace.suppression_list l on l.tenant_id = e.tenant_id and l.id = e.list_id`,
            values: [uuids(tenantIds), byteas(keys)],
          },
        ],
      )
      const found: Entry[][] = keys.map(() => [])
      for (const row of rows ?? []) {
        found[(row.n as number) - 1]?.push({
          list: row.list_id as string,
          label: row.label as string,
          addedAt: row.added_at as number,
          expiresAt: row.expires_at as number | null,
        })
      }
      let from = 0
      return items.map((item) => {
        const part = found.slice(from, from + item.keys.length)
        from += item.keys.length
        return part
      })
    },
  })

  return {
    lookup: async (keys, now, input) => {
      if (input.values.length === 0) return { found: false }
      const found = await lookup({
        tenantId: keys.tenantId,
        keys: input.values.map(({ value }) => suppressionKey(keys, value)),
      })
      for (const list of input.lists) {
        for (const [index, entries] of found.entries()) {
          const entry = entries.find((e) => e.list === list && (e.expiresAt === null || e.expiresAt > now))
          const value = input.values[index]
          if (entry && value)
            return { found: true, list, label: entry.label, field: value.field, addedAt: entry.addedAt }
        }
      }
      return { found: false }
    },
  }
}
