/**
 * What fields of different groups say together: an e-mail address is made of a surname, a phone number begins as its town
 * does. Strangers who agree on the one agree on the other far more often than chance would have it, and counting both in
 * full would make them one person.
 *
 * Each group is linked to others by a tree of its strongest dependences among strangers (Chow and Liu, 1968); along a link
 * the shares of two features' levels are those of the pair.
 */
import { levelsOf } from './compare/group.ts'
import type { Patterns } from './patterns.ts'
import type { Schema } from './schema.ts'

export interface Link {
  readonly groups: readonly [number, number]
  readonly features: readonly [number, number]
  /** Levels of the second feature: a pair of levels is `first * size + second`. */
  readonly size: number
  /** Natural logarithm, per pair of levels: how much oftener it is met than chance says. */
  readonly same: Float64Array
  readonly strangers: Float64Array
}

/** Levels of every feature of every group, by code. */
export type Levels = readonly (readonly Uint8Array[])[]

export const levelTables = (schema: Schema): Levels =>
  schema.groups.map(({ features }) => {
    const size = features.reduce((product, { levels }) => product * levels.length, 1)
    const byCode = Array.from({ length: size }, (_, code) => levelsOf(features, code))
    return features.map((_, feature) => Uint8Array.from(byCode, (levels) => levels[feature] ?? 0))
  })

/** Bits a pair of features must share before it is linked: less is noise, or no matter. */
const INFORMATION_MIN = 0.0002
/** So many times what independent features would seem to share in so few pairs is taken off. */
const CHANCES = 4
const PAIRS_MIN = 2_000
const INERTIA_SAME = 20
const INERTIA_STRANGERS = 3

export interface Counting {
  readonly schema: Schema
  readonly patterns: Patterns
  readonly levels: Levels
}

const cellsOf = (
  { schema, patterns, levels }: Counting,
  weights: Float64Array,
  groups: readonly [number, number],
  features: readonly [number, number],
): { readonly cells: Float64Array; readonly size: number; readonly rows: number } => {
  const [a, b] = groups
  const levelsA = levels[a]?.[features[0]] as Uint8Array
  const levelsB = levels[b]?.[features[1]] as Uint8Array
  const rows = schema.groups[a]?.features[features[0]]?.levels.length ?? 0
  const size = schema.groups[b]?.features[features[1]]?.levels.length ?? 0
  const cells = new Float64Array(rows * size)
  const codes = patterns.codes()
  for (let pattern = 0; pattern < weights.length; pattern += 1) {
    const weight = weights[pattern] as number
    if (weight === 0) continue
    const levelA = levelsA[codes[pattern * patterns.groupCount + a] as number] as number
    const levelB = levelsB[codes[pattern * patterns.groupCount + b] as number] as number
    if (levelA === 0 || levelB === 0) continue
    cells[levelA * size + levelB] = (cells[levelA * size + levelB] as number) + weight
  }
  return { cells, size, rows }
}

const sums = (
  cells: Float64Array,
  rows: number,
  size: number,
): { readonly total: number; readonly a: Float64Array; readonly b: Float64Array } => {
  const a = new Float64Array(rows)
  const b = new Float64Array(size)
  let total = 0
  for (const [cell, count] of cells.entries()) {
    const row = Math.floor(cell / size)
    a[row] = (a[row] as number) + count
    b[cell % size] = (b[cell % size] as number) + count
    total += count
  }
  return { total, a, b }
}

const informationOf = (cells: Float64Array, rows: number, size: number): number => {
  const { total, a, b } = sums(cells, rows, size)
  if (total < PAIRS_MIN) return 0
  let bits = 0
  for (const [cell, count] of cells.entries()) {
    if (count < 1) continue
    const expected = ((a[Math.floor(cell / size)] as number) * (b[cell % size] as number)) / total
    bits += (count / total) * Math.log2(count / expected)
  }
  const used = (counts: Float64Array): number => counts.reduce((levels, count) => levels + (count >= 1 ? 1 : 0), 0)
  const chance = ((used(a) - 1) * (used(b) - 1)) / (2 * total * Math.LN2)
  return bits - CHANCES * chance
}

const ratiosOf = (cells: Float64Array, rows: number, size: number, inertia: number): Float64Array => {
  const { total, a, b } = sums(cells, rows, size)
  return cells.map((count, cell) => {
    const row = Math.floor(cell / size)
    if (row === 0 || cell % size === 0 || total === 0) return 0
    const expected = ((a[row] as number) * (b[cell % size] as number)) / total
    return Math.log((count + inertia) / (expected + inertia))
  })
}

/** Which features to link, by what strangers show. */
export const chooseLinks = (
  counting: Counting,
  strangers: Float64Array,
): readonly Pick<Link, 'groups' | 'features'>[] => {
  const { groups } = counting.schema
  const found: { groups: [number, number]; features: [number, number]; bits: number }[] = []
  for (let a = 0; a < groups.length; a += 1)
    for (let b = a + 1; b < groups.length; b += 1)
      for (const x of groups[a]?.features.keys() ?? [])
        for (const y of groups[b]?.features.keys() ?? []) {
          const { cells, size, rows } = cellsOf(counting, strangers, [a, b], [x, y])
          const bits = informationOf(cells, rows, size)
          if (bits >= INFORMATION_MIN) found.push({ groups: [a, b], features: [x, y], bits })
        }
  found.sort((one, other) => other.bits - one.bits)
  const tree = groups.map((_, group) => group)
  const root = (group: number): number => (tree[group] === group ? group : root(tree[group] as number))
  return found.filter(({ groups: [a, b] }) => {
    const [rootA, rootB] = [root(a), root(b)]
    tree[rootB] = rootA
    return rootA !== rootB
  })
}

export const weighLinks = (
  counting: Counting,
  chosen: readonly Pick<Link, 'groups' | 'features'>[],
  weights: { readonly same: Float64Array; readonly strangers: Float64Array },
): Link[] =>
  chosen.map(({ groups, features }) => {
    const same = cellsOf(counting, weights.same, groups, features)
    const strangers = cellsOf(counting, weights.strangers, groups, features)
    return {
      groups,
      features,
      size: same.size,
      same: ratiosOf(same.cells, same.rows, same.size, INERTIA_SAME),
      strangers: ratiosOf(strangers.cells, strangers.rows, strangers.size, INERTIA_STRANGERS),
    }
  })
