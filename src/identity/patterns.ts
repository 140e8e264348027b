/** The codes of all groups of a pair as one pattern; each distinct one is kept once and counted. */

import { codesOf } from './compare/group.ts'
import type { Schema } from './schema.ts'

export interface Patterns {
  readonly groupCount: number
  /** The number of a pattern, a new one where it was not seen. */
  of(codes: Uint16Array): number
  /** Code of group g of pattern p: `codes()[p * groupCount + g]`. */
  codes(): Uint16Array
  count(): number
}

export const createPatterns = (schema: Schema): Patterns => {
  const radices = schema.groups.map(({ features }) => codesOf(features))
  const groupCount = radices.length
  const isNumber = radices.reduce((product, radix) => product * radix, 1) <= Number.MAX_SAFE_INTEGER
  const known = new Map<number | string, number>()
  let codes = new Uint16Array(1024 * Math.max(1, groupCount))
  const keyOf = (own: Uint16Array): number | string => {
    if (!isNumber) return own.join(' ')
    let key = 0
    for (let at = 0; at < groupCount; at += 1) key = key * (radices[at] as number) + (own[at] as number)
    return key
  }
  return {
    groupCount,
    of: (own) => {
      const key = keyOf(own)
      const before = known.get(key)
      if (before !== undefined) return before
      const number = known.size
      known.set(key, number)
      if ((number + 1) * groupCount > codes.length) {
        const larger = new Uint16Array(codes.length * 2)
        larger.set(codes)
        codes = larger
      }
      codes.set(own.subarray(0, groupCount), number * groupCount)
      return number
    },
    codes: () => codes,
    count: () => known.size,
  }
}
