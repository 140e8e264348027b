/** Compares the rows of a table group by group, and remembers pairs of values it has compared. */
import type { Group } from './compare/group.ts'
import type { Keyed } from './schema.ts'
import type { Table } from './table.ts'

// Direct-mapped, one a group: bounded, and a pair that falls on another's place is compared again.
const CACHE_SLOTS = 1 << 18
const VALUE_BITS = 2 ** 23

export interface Comparer {
  /** The code of one group of two rows. */
  codeOf(group: number, a: number, b: number): number
  /** Writes the code of each group of two rows into `out`. */
  compare(a: number, b: number, out: Uint16Array): void
}

export const createComparer = (table: Table): Comparer => {
  const caches = table.schema.groups.map(() => ({
    keys: new Float64Array(CACHE_SLOTS).fill(-1),
    codes: new Uint16Array(CACHE_SLOTS),
  }))
  const codeOf = (at: number, a: number, b: number): number => {
    const ids = table.ids[at] as Int32Array
    const idA = ids[a] as number
    const idB = ids[b] as number
    if (idA < 0 || idB < 0) return 0
    const low = Math.min(idA, idB)
    const high = Math.max(idA, idB)
    const key = low * VALUE_BITS + high
    const slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> 14
    const cache = caches[at] as (typeof caches)[number]
    if (cache.keys[slot] === key) return cache.codes[slot] as number
    const values = table.values[at] as readonly Keyed[]
    const code = (table.schema.groups[at] as Group<Keyed>).compare(values[low] as Keyed, values[high] as Keyed)
    cache.keys[slot] = key
    cache.codes[slot] = code
    return code
  }
  return {
    codeOf,
    compare: (a, b, out) => {
      for (let at = 0; at < caches.length; at += 1) out[at] = codeOf(at, a, b)
    },
  }
}
