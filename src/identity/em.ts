/**
 * Weights without labels: Fellegi and Sunter's model (1969), its parameters by expectation and maximization.
 *
 * Three kinds of pairs: the same person; strangers; and kin, who share what a family shares (surname, address, phone) and
 * nothing else. u comes from random pairs, each counted as far as it is not the same person; m from candidate pairs, each
 * as far as it is. All pairs that are no candidates count as strangers, so that blocking does not bend the shares.
 */
import type { Patterns } from './patterns.ts'
import type { Schema } from './schema.ts'
import {
  type CodeShape,
  defaultMarginals,
  inOrder,
  jointOf,
  type Marginals,
  marginalsOf,
  plausible,
  shapeOf,
} from './weights.ts'

export interface GroupTables {
  /** Per code: natural logarithms of its probability among the same, strangers and kin. */
  readonly same: Float64Array
  readonly strangers: Float64Array
  readonly kin: Float64Array
}

export interface Model {
  readonly groups: readonly GroupTables[]
  /** Shares of all pairs. */
  readonly sameShare: number
  readonly kinShare: number
  readonly rounds: number
}

export interface Counted {
  readonly schema: Schema
  readonly patterns: Patterns
  /** Per pattern: candidate pairs and random pairs with it. */
  readonly candidates: Float64Array
  readonly random: Float64Array
  /** All pairs of the file. */
  readonly pairs: number
  readonly rows: number
}

const ROUNDS_MAX = 60
const CONVERGED = 1e-4
/** How many pairs the shipped defaults weigh as. */
const PRIOR_SAME = 20
const PRIOR_STRANGERS = 100
const INERTIA_SAME = 20
const INERTIA_STRANGERS = 3
const KIN_SHARE_OF_SAME_MAX = 3

const logs = (values: Float64Array): Float64Array => values.map((value) => Math.log(Math.max(value, 1e-12)))

interface State {
  readonly same: Marginals
  readonly strangers: Marginals
  readonly tables: GroupTables
}

const kinMarginals = (shape: CodeShape, same: Marginals, strangers: Marginals): Marginals =>
  shape.features.map(({ shared }, at) => (shared ? (same[at] as Float64Array) : (strangers[at] as Float64Array)))

const stateOf = (
  shape: CodeShape,
  counts: { readonly same: Float64Array; readonly strangers: Float64Array } | null,
): State => {
  const defaults = { same: defaultMarginals(shape, 'm'), strangers: defaultMarginals(shape, 'u') }
  const found = counts ? marginalsOf(shape, counts.same, defaults.same, PRIOR_SAME) : defaults.same
  const strangers = counts
    ? marginalsOf(shape, counts.strangers, defaults.strangers, PRIOR_STRANGERS)
    : defaults.strangers
  const same = inOrder(plausible(shape, found), strangers)
  return {
    same,
    strangers,
    tables: {
      same: logs(jointOf(shape, same, counts?.same ?? null, INERTIA_SAME)),
      strangers: logs(jointOf(shape, strangers, counts?.strangers ?? null, INERTIA_STRANGERS)),
      kin: logs(jointOf(shape, kinMarginals(shape, same, strangers), null, 0)),
    },
  }
}

/** The shipped defaults as a model, for data too small to learn from. */
export const defaultModel = (schema: Schema, rows: number): Model => ({
  groups: schema.groups.map(({ features }) => stateOf(shapeOf(features), null).tables),
  sameShare: Math.min(0.1, 1 / Math.max(rows, 10)),
  kinShare: Math.min(0.02, 0.2 / Math.max(rows, 10)),
  rounds: 0,
})

export const learn = (counted: Counted): Model => {
  const { schema, patterns, candidates, random, pairs, rows } = counted
  const shapes = schema.groups.map(({ features }) => shapeOf(features))
  const groupCount = shapes.length
  const count = patterns.count()
  const codes = patterns.codes()
  let sameShare = Math.min(0.1, rows / 2 / pairs)
  let kinShare = sameShare * 0.1
  // The first u is that of all random pairs: those that are the same person are few.
  const countsBy = (weights: Float64Array): Float64Array[] => {
    const sums = shapes.map(({ size }) => new Float64Array(size))
    for (let pattern = 0; pattern < count; pattern += 1) {
      const weight = weights[pattern] as number
      if (weight === 0) continue
      for (let group = 0; group < groupCount; group += 1) {
        const own = sums[group] as Float64Array
        const code = codes[pattern * groupCount + group] as number
        own[code] = (own[code] as number) + weight
      }
    }
    return sums
  }
  let tables = shapes.map((shape, group) => {
    const strangers = countsBy(random)[group] as Float64Array
    return stateOf(shape, { same: new Float64Array(shape.size), strangers }).tables
  })
  const same = new Float64Array(count)
  const strangers = new Float64Array(count)
  let rounds = 0
  for (; rounds < ROUNDS_MAX; rounds += 1) {
    const logSame = Math.log(sameShare)
    const logKin = Math.log(kinShare)
    const logStrangers = Math.log(1 - sameShare - kinShare)
    let sameSum = 0
    let kinSum = 0
    for (let pattern = 0; pattern < count; pattern += 1) {
      let s = logSame
      let u = logStrangers
      let k = logKin
      for (let group = 0; group < groupCount; group += 1) {
        const code = codes[pattern * groupCount + group] as number
        const table = tables[group] as GroupTables
        s += table.same[code] as number
        u += table.strangers[code] as number
        k += table.kin[code] as number
      }
      const top = Math.max(s, u, k)
      const [es, eu, ek] = [Math.exp(s - top), Math.exp(u - top), Math.exp(k - top)]
      const total = es + eu + ek
      const found = candidates[pattern] as number
      same[pattern] = (es / total) * found
      strangers[pattern] = (eu / total) * (random[pattern] as number)
      sameSum += same[pattern] as number
      kinSum += (ek / total) * found
    }
    const counts = { same: countsBy(same), strangers: countsBy(strangers) }
    tables = shapes.map(
      (shape, group) =>
        stateOf(shape, {
          same: counts.same[group] as Float64Array,
          strangers: counts.strangers[group] as Float64Array,
        }).tables,
    )
    const next = Math.min(0.3, Math.max(sameSum, 0.5) / pairs)
    kinShare = Math.min(KIN_SHARE_OF_SAME_MAX * next, Math.max(kinSum, 0.05) / pairs)
    const change = Math.abs(Math.log(next / sameShare))
    sameShare = next
    if (change < CONVERGED && rounds > 5) break
  }
  return { groups: tables, sameShare, kinShare, rounds }
}
