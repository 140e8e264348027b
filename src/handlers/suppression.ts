import { entriesOf } from '../base/list-entry.ts'
import { keyedHash16 } from '../base/seal.ts'
import { after, type Soon } from '../base/soon.ts'
import type { TenantKeys } from '../journal/keyring.ts'
import type { RequestAnswer, RequestInput } from '../kit/requests.ts'
import type { Ahead } from './ahead.ts'
import { hashesIn, type KnownLists, type ListKnown } from './lists.ts'
import type { LookUp, Suppressed } from './look-up.ts'

export interface Suppression {
  lookup(
    keys: TenantKeys,
    now: number,
    input: RequestInput<'suppression.lookup'>,
    ahead: Ahead | null,
  ): Soon<RequestAnswer<'suppression.lookup'>>
}

/** The key of an entry in any suppression list of a tenant: the same however it was written, since normal forms are hashed. */
export const suppressionKey = (keys: TenantKeys, entry: string): Buffer =>
  keyedHash16(keys.lookup, `suppression|${entry.toLowerCase()}`)

/** Every entry that would suppress one of the values, with the field it stands for. */
export const soughtEntries = (
  known: ReadonlyMap<string, ListKnown>,
  input: RequestInput<'suppression.lookup'>,
): { readonly field: string; readonly entry: string }[] => {
  const hashes = hashesIn(known, input.lists)
  if (hashes.length === 0) return input.values.map(({ field, value }) => ({ field, entry: value }))
  return input.values.flatMap(({ field, value }) => entriesOf(value, hashes).map((entry) => ({ field, entry })))
}

const NOT_FOUND = { found: false } as const

/** The first hit, in the order of lists and values, and all others beside it. `found`: what stands of each entry sought. */
const hitsIn = (asked: {
  readonly input: RequestInput<'suppression.lookup'>
  readonly known: ReadonlyMap<string, ListKnown>
  readonly sought: readonly { readonly field: string }[]
  readonly found: readonly (readonly Suppressed[])[]
  readonly now: number
}): RequestAnswer<'suppression.lookup'> => {
  const { input, known, sought, found, now } = asked
  if (found.every((entries) => entries.length === 0)) return NOT_FOUND
  const since = input.withinMs === undefined || input.withinMs === null ? null : now - input.withinMs
  const hits: { list: string; field: string; addedAt: number }[] = []
  for (const list of input.lists) {
    for (const [index, entries] of found.entries()) {
      const entry = entries.find(
        (e) => e.list === list && (e.expiresAt === null || e.expiresAt > now) && (since === null || e.addedAt >= since),
      )
      const field = sought[index]?.field
      if (entry && field !== undefined && !hits.some((hit) => hit.list === list && hit.field === field))
        hits.push({ list, field, addedAt: entry.addedAt })
    }
  }
  const [first] = hits
  if (!first) return NOT_FOUND
  const label = known.get(first.list)?.label ?? first.list
  return { found: true, ...first, label, ...(hits.length > 1 && { hits }) }
}

export const createSuppression = (options: { readonly lookUp: LookUp; readonly lists: KnownLists }): Suppression => ({
  lookup: (keys, now, input, ahead) =>
    after(options.lists.of(keys.tenantId, input.lists), (known) => {
      const sought = soughtEntries(known, input)
      if (sought.length === 0) return NOT_FOUND
      const read = sought.map(({ entry }) => ahead?.suppressions.get(entry))
      const found = read.includes(undefined)
        ? options
            .lookUp({
              tenantId: keys.tenantId,
              claims: [],
              suppressions: sought.map(({ entry }) => suppressionKey(keys, entry)),
            })
            .then((answer) => answer.suppressions)
        : (read as (readonly Suppressed[])[])
      return after(found, (entries) => hitsIn({ input, known, sought, found: entries, now }))
    }),
})
