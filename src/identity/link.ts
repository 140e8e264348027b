/** A whole file linked: weights, pairs, clusters. Each part can stand alone, so that a long run can be taken up again. */
import { type Candidates, createCandidates } from './candidates.ts'
import { clusterRows } from './cluster.ts'
import { type Comparer, createComparer } from './comparer.ts'
import { type Edges, findEdges, joinEdges, thresholdOf } from './edges.ts'
import type { Model } from './em.ts'
import { type Judgement, judgeCodes } from './explain.ts'
import { learnModel } from './learning.ts'
import { createScorer } from './score.ts'
import { rarityIn, type Table } from './table.ts'
import { fixedFeatures } from './verdicts.ts'

export interface Linked {
  readonly model: Model
  /** Natural log odds. */
  readonly threshold: number
  /** Per row of the file, from 0: a number that rows of one person have in common, the lowest of their places. */
  readonly clusters: Int32Array
  readonly candidatePairs: number
}

export interface Progress {
  readonly phase: 'learning' | 'comparing'
  readonly done: number
  /** Rows. */
  readonly total: number
}

/** What linking a table needs, made once. */
export interface Linkage {
  readonly table: Table
  readonly candidates: Candidates
  readonly comparer: Comparer
}

export const createLinkage = (table: Table): Linkage => ({
  table,
  candidates: createCandidates(table),
  comparer: createComparer(table),
})

const CHUNK_ROWS = 2_000

/** The edges of the rows from `from` on, in chunks; `next` is the row that the next chunk begins with. */
export function* edgesFrom(
  linkage: Linkage,
  model: Model,
  from: number,
): Generator<{ readonly next: number; readonly edges: Edges }, void> {
  const { table, candidates, comparer } = linkage
  const scorer = createScorer(table, model)
  for (let row = from; row < table.size; row += CHUNK_ROWS) {
    const to = Math.min(table.size, row + CHUNK_ROWS)
    const groupCount = table.schema.groups.length
    yield { next: to, edges: findEdges({ from: row, to, candidates, comparer, scorer, groupCount }) }
  }
}

/** Why two rows of a table are one person, or not. */
export const judgeBetween = (linkage: Linkage, model: Model): ((a: number, b: number) => Judgement) => {
  const { table, comparer } = linkage
  const codes = new Uint16Array(Math.max(1, table.schema.groups.length))
  return (a, b) => {
    comparer.compare(a, b, codes)
    return judgeCodes(table.schema, model, codes, rarityIn(table, { a, b }))
  }
}

const oddsOfCopies = (linkage: Linkage, model: Model): ((row: number) => number) => {
  const codes = new Uint16Array(Math.max(1, linkage.table.schema.groups.length))
  const scorer = createScorer(linkage.table, model)
  return (row) => {
    linkage.comparer.compare(row, row, codes)
    return scorer.logOdds(row, row, codes)
  }
}

/** Persons out of all edges of a table. */
export const clusterTable = (
  linkage: Linkage,
  model: Model,
  edges: Edges,
): { readonly threshold: number; readonly clusters: Int32Array } => {
  const { table, comparer } = linkage
  const threshold = thresholdOf(edges, (model.sameShare * table.size * (table.size - 1)) / 2)
  const { kinds, prior, weigh } = createScorer(table, model)
  const codes = new Uint16Array(Math.max(1, table.schema.groups.length))
  const clusters = clusterRows({
    size: table.size,
    edges,
    threshold,
    evidence: {
      kinds,
      prior,
      weigh: (a, b, same, kin) => {
        comparer.compare(a, b, codes)
        weigh(a, b, codes, same, kin)
      },
      fixed: fixedFeatures(table.schema, model).map(({ group, verdicts, weight }) => ({
        weight,
        verdictOf: (a, b) => verdicts[comparer.codeOf(group, a, b)] as number,
      })),
    },
  })
  // A row and its copies are one person where the row says enough: "John" alone does not.
  const odds = oddsOfCopies(linkage, model)
  let first = 0
  let isEnough = false
  const starts = new Set(table.distinct)
  for (let row = 0; row < table.size; row += 1) {
    if (starts.has(row)) {
      first = row
      isEnough = row + 1 < table.size && !starts.has(row + 1) && odds(row) > threshold
    } else if (isEnough) clusters[row] = clusters[first] as number
  }
  return { threshold, clusters: inFileOrder(table, clusters) }
}

/** Links a table in memory. Yields how far it is. */
export function* link(table: Table): Generator<Progress, Linked> {
  const linkage = createLinkage(table)
  const learning = learnModel(table, linkage.comparer, linkage.candidates)
  let step = learning.next()
  while (!step.done) {
    yield { phase: 'learning', ...step.value }
    step = learning.next()
  }
  const { model, candidatePairs } = step.value
  const parts: Edges[] = []
  for (const { next, edges } of edgesFrom(linkage, model, 0)) {
    parts.push(edges)
    yield { phase: 'comparing', done: next, total: table.size }
  }
  return { model, candidatePairs, ...clusterTable(linkage, model, joinEdges(parts)) }
}

/** Links a table in one go. */
export const linkWhole = (table: Table): Linked => {
  const linking = link(table)
  for (;;) {
    const step = linking.next()
    if (step.done) return step.value
  }
}

const inFileOrder = (table: Table, clusters: Int32Array): Int32Array => {
  const lowest = new Map<number, number>()
  for (let row = 0; row < table.size; row += 1) {
    const cluster = clusters[row] as number
    const place = table.places[row] as number
    lowest.set(cluster, Math.min(lowest.get(cluster) ?? place, place))
  }
  const out = new Int32Array(table.size)
  for (let row = 0; row < table.size; row += 1)
    out[table.places[row] as number] = lowest.get(clusters[row] as number) as number
  return out
}
