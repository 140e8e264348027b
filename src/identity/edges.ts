/** Pairs of rows that may be one person, with their log odds. */
import type { Candidates } from './candidates.ts'
import type { Comparer } from './comparer.ts'
import type { Scorer } from './score.ts'

export interface Edges {
  readonly count: number
  readonly a: Int32Array
  readonly b: Int32Array
  /** Natural log odds. */
  readonly odds: Float32Array
}

/** Pairs less likely than this join nothing: they are scored anew where clustering asks for them. */
const ODDS_KEPT = -2

/** The edges from each of some rows to rows above it. */
export const findEdges = (options: {
  readonly from: number
  /** The first row that is not looked at. */
  readonly to: number
  readonly candidates: Candidates
  readonly comparer: Comparer
  readonly scorer: Scorer
  readonly groupCount: number
}): Edges => {
  const { from, to, candidates, comparer, scorer } = options
  const codes = new Uint16Array(Math.max(1, options.groupCount))
  const a: number[] = []
  const b: number[] = []
  const odds: number[] = []
  for (let row = from; row < to; row += 1) {
    const { rows, count } = candidates.above(row)
    for (let at = 0; at < count; at += 1) {
      const other = rows[at] as number
      comparer.compare(row, other, codes)
      const score = scorer.logOdds(row, other, codes)
      if (score < ODDS_KEPT) continue
      a.push(row)
      b.push(other)
      odds.push(score)
    }
  }
  return { count: a.length, a: Int32Array.from(a), b: Int32Array.from(b), odds: Float32Array.from(odds) }
}

export const joinEdges = (parts: readonly Edges[]): Edges => {
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const joined = { count, a: new Int32Array(count), b: new Int32Array(count), odds: new Float32Array(count) }
  let at = 0
  for (const part of parts) {
    joined.a.set(part.a, at)
    joined.b.set(part.b, at)
    joined.odds.set(part.odds, at)
    at += part.count
  }
  return joined
}

const THRESHOLD_LOW = -1
const THRESHOLD_HIGH = 2
/** Differences of F1 below this are not worth leaving even odds for. */
const INDIFFERENT = 0.002

/**
 * The natural log odds above which a pair is taken for one person: where F1 is highest if every probability is right, the
 * pairs of the file being as many as the model says; of those as good, the one nearest to even odds. Held near them, for
 * probabilities never are quite right.
 */
export const thresholdOf = (edges: Edges, truePairs: number): number => {
  const sorted = edges.odds.slice().sort()
  const f1s = new Float64Array(sorted.length)
  let right = 0
  let best = 0
  for (let at = sorted.length - 1; at >= 0; at -= 1) {
    right += 1 / (1 + Math.exp(-(sorted[at] as number)))
    const f1 = (2 * right) / (sorted.length - at + Math.max(truePairs, right))
    f1s[at] = f1
    best = Math.max(best, f1)
  }
  let threshold = Number.POSITIVE_INFINITY
  for (const [at, f1] of f1s.entries()) {
    const odds = sorted[at] as number
    if (f1 >= best - INDIFFERENT && Math.abs(odds) < Math.abs(threshold)) threshold = odds
  }
  if (!Number.isFinite(threshold)) return 0
  // The pair that stands at the threshold belongs to those above it.
  return Math.max(THRESHOLD_LOW, Math.min(THRESHOLD_HIGH, threshold - 1e-6))
}
