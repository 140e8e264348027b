import { DIGESTS, type Digest } from '../base/list-entry.ts'
import { after, type Soon } from '../base/soon.ts'
import type { Database } from '../database/pool.ts'

/** What is known of a list without looking into it. */
export interface ListKnown {
  readonly label: string
  /** Digests that some of its entries were given as. */
  readonly hashes: readonly Digest[]
}

/** A tenant's lists, read once and kept until its configuration changes. */
export interface KnownLists {
  /** `lists`: those that are looked into; one that is not there is as good as empty. */
  of(tenantId: string, lists?: readonly string[]): Soon<ReadonlyMap<string, ListKnown>>
  forget(tenantId: string): void
}

export const createKnownLists = (options: { readonly database: Database }): KnownLists => {
  const { database } = options
  const known = new Map<string, Soon<Map<string, ListKnown>>>()

  const load = async (tenantId: string): Promise<Map<string, ListKnown>> => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'known_lists',
          text: `select id, label, array_to_string(hashes, ',') as hashes from millrace.suppression_list where tenant_id = $1::uuid`,
          values: [tenantId],
        },
      ],
    )
    return new Map(
      rows.map((row) => {
        const hashes = (row.hashes as string).split(',')
        return [row.id as string, { label: row.label as string, hashes: DIGESTS.filter((d) => hashes.includes(d)) }]
      }),
    )
  }

  const readOf = (tenantId: string): Promise<Map<string, ListKnown>> => {
    const loading = load(tenantId)
    known.set(tenantId, loading)
    loading.then(
      (lists) => known.get(tenantId) === loading && known.set(tenantId, lists),
      () => known.get(tenantId) === loading && known.delete(tenantId),
    )
    return loading
  }

  return {
    of: (tenantId, lists = []) =>
      after(known.get(tenantId) ?? readOf(tenantId), (found) => {
        if (lists.every((list) => found.has(list))) return found
        // Made since, perhaps, and the hint is on its way: a list must never be taken for empty because it is new.
        return readOf(tenantId).then((anew) => {
          for (const list of lists) if (!anew.has(list)) anew.set(list, { label: list, hashes: [] })
          return anew
        })
      }),
    forget: (tenantId) => {
      known.delete(tenantId)
    },
  }
}

/** The digests to look for in any of these lists. */
export const hashesIn = (known: ReadonlyMap<string, ListKnown>, lists: readonly string[]): readonly Digest[] => {
  let hashes: readonly Digest[] = []
  for (const id of lists) {
    const list = known.get(id)
    if (list && list.hashes.length > 0) hashes = [...new Set([...hashes, ...list.hashes])]
  }
  return hashes
}
