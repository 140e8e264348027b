/**
 * Weights without labels: Fellegi and Sunter's model (1969), its parameters by expectation and maximization.
 *
 * Three kinds of pairs: the same person; strangers; and kin, who share what a family shares (surname, address, phone) and
 * nothing else. u comes from random pairs, each counted as far as it is not the same person; m from candidate pairs, each
 * as far as it is. All pairs that are no candidates count as strangers, so that blocking does not bend the shares.
 */
import { chooseLinks, type Link, levelTables, weighLinks } from './links.ts'
import type { Patterns } from './patterns.ts'
import type { Schema } from './schema.ts'
import {
  type CodeShape,
  defaultMarginals,
  inOrder,
  jointOf,
  type Marginals,
  marginalsOf,
  others,
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
  readonly links: readonly Link[]
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
  /** Per pattern: pairs that somebody said are the same person, and are not. */
  readonly labels?: { readonly same: Float64Array; readonly different: Float64Array }
}

/** What is reckoned of a pattern without labels counts as so many of them. */
const RECKONED_AS_LABELS = 4

const ROUNDS_MAX = 60
const ROUNDS_UNLINKED = 4
const CONVERGED = 1e-4
/** How many pairs the shipped defaults weigh as. */
const PRIOR_SAME = 20
const PRIOR_STRANGERS = 100
const PRIOR_KIN = 50
const INERTIA_SAME = 20
const INERTIA_STRANGERS = 3
const KIN_SHARE_OF_SAME_MAX = 3

const logs = (values: Float64Array): Float64Array => values.map((value) => Math.log(Math.max(value, 1e-12)))

/** What kin are taken for before any is seen: like the same person in what a family shares, like strangers in the rest. */
const kinPrior = (shape: CodeShape, defaults: Marginals, strangers: Marginals): Marginals =>
  shape.features.map(({ shared }, at) => (shared ? (defaults[at] as Float64Array) : (strangers[at] as Float64Array)))

interface Counts {
  readonly same: Float64Array
  readonly strangers: Float64Array
  readonly kin: Float64Array
}

const tablesOf = (shape: CodeShape, counts: Counts | null): GroupTables => {
  const defaults = { same: defaultMarginals(shape, 'm'), strangers: defaultMarginals(shape, 'u') }
  const found = counts ? marginalsOf(shape, counts.same, defaults.same, PRIOR_SAME) : defaults.same
  const strangers = counts
    ? marginalsOf(shape, counts.strangers, defaults.strangers, PRIOR_STRANGERS)
    : defaults.strangers
  const same = inOrder(plausible(shape, found), strangers)
  const prior = kinPrior(shape, defaults.same, strangers)
  const kin = counts ? others(shape, marginalsOf(shape, counts.kin, prior, PRIOR_KIN)) : prior
  return {
    same: logs(jointOf(shape, same, counts?.same ?? null, INERTIA_SAME)),
    strangers: logs(jointOf(shape, strangers, counts?.strangers ?? null, INERTIA_STRANGERS)),
    kin: logs(jointOf(shape, kin, counts?.kin ?? null, INERTIA_SAME)),
  }
}

/** The shipped defaults as a model, for data too small to learn from. */
export const defaultModel = (schema: Schema, rows: number): Model => ({
  groups: schema.groups.map(({ features }) => tablesOf(shapeOf(features), null)),
  links: [],
  sameShare: Math.min(0.1, 1 / Math.max(rows, 10)),
  kinShare: Math.min(0.02, 0.2 / Math.max(rows, 10)),
  rounds: 0,
})

export const learn = (counted: Counted): Model => {
  const { schema, patterns, candidates, random, pairs, rows, labels } = counted
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
    const none = new Float64Array(shape.size)
    return tablesOf(shape, { same: none, strangers, kin: none })
  })
  const same = new Float64Array(count)
  const strangers = new Float64Array(count)
  const kin = new Float64Array(count)
  const counting = { schema, patterns, levels: levelTables(schema) }
  let chosen: ReturnType<typeof chooseLinks> | null = null
  let links: readonly Link[] = []
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
      for (const { groups, features, size, same: sameLogs, strangers: strangerLogs } of links) {
        const codeA = codes[pattern * groupCount + groups[0]] as number
        const codeB = codes[pattern * groupCount + groups[1]] as number
        const levelA = counting.levels[groups[0]]?.[features[0]]?.[codeA] as number
        const levelB = counting.levels[groups[1]]?.[features[1]]?.[codeB] as number
        s += sameLogs[levelA * size + levelB] as number
        u += strangerLogs[levelA * size + levelB] as number
      }
      const top = Math.max(s, u, k)
      const [es, eu, ek] = [Math.exp(s - top), Math.exp(u - top), Math.exp(k - top)]
      const total = es + eu + ek
      const yes = labels?.same[pattern] ?? 0
      const no = labels?.different[pattern] ?? 0
      const found = (candidates[pattern] as number) + yes + no
      const reckoned = es / total
      const share = (reckoned * RECKONED_AS_LABELS + yes) / (RECKONED_AS_LABELS + yes + no)
      // What labels take from the same, strangers and kin divide as before.
      const rest = reckoned < 1 ? (1 - share) / (1 - reckoned) : 0
      same[pattern] = share * found
      strangers[pattern] = (eu / total) * rest * (random[pattern] as number)
      sameSum += same[pattern] as number
      kin[pattern] = (ek / total) * rest * found
      kinSum += kin[pattern] as number
    }
    const counts = { same: countsBy(same), strangers: countsBy(strangers), kin: countsBy(kin) }
    tables = shapes.map((shape, group) =>
      tablesOf(shape, {
        same: counts.same[group] as Float64Array,
        strangers: counts.strangers[group] as Float64Array,
        kin: counts.kin[group] as Float64Array,
      }),
    )
    // At first the same person hides among random pairs, and would link everything with everything.
    if (rounds === ROUNDS_UNLINKED) chosen = chooseLinks(counting, strangers)
    if (chosen) links = weighLinks(counting, chosen, { same, strangers })
    const next = Math.min(0.3, Math.max(sameSum, 0.5) / pairs)
    kinShare = Math.min(KIN_SHARE_OF_SAME_MAX * next, Math.max(kinSum, 0.05) / pairs)
    const change = Math.abs(Math.log(next / sameShare))
    sameShare = next
    if (change < CONVERGED && rounds > ROUNDS_UNLINKED + 3) break
  }
  return { groups: tables, links, sameShare, kinShare, rounds }
}
