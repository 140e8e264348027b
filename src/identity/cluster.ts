/**
 * Persons out of pairs.
 *
 * Rows that likely pairs connect are a component; within one, clusters are joined two at a time, the pair with the highest
 * average log odds first, for as long as that average is above zero. Every pair of rows counts, those that speak against it
 * too: so a chain of likely pairs does not join what its ends say are two.
 *
 * An average forgets how often something was said. One row with another date of birth is an error; five rows that agree on
 * one date against five that agree on another are a father and his son, whatever else they share. So conflicts over values
 * that do not change in a life count again for each further row that both sides have to say it.
 */

import type { Edges } from './edges.ts'

export interface ClusterOptions {
  readonly size: number
  readonly edges: Edges
  /** Natural log odds above which a pair is likelier than not, as decided for this file. */
  readonly threshold: number
  /** Natural log odds of any two rows. */
  readonly oddsOf: (a: number, b: number) => number
  /** Values that do not change in a life, and what two rows say of each: 1 agree, -1 conflict, 0 nothing. */
  readonly fixed: readonly { readonly weight: number; readonly verdictOf: (a: number, b: number) => number }[]
}

/** No single pair outweighs all others: natural log odds beyond this say no more. */
const ODDS_MAX = 12
/** Larger components are first cut by a higher threshold: average linkage looks at every pair. */
const COMPONENT_MAX = 1500

const find = (parents: Int32Array, row: number): number => {
  let root = row
  while (parents[root] !== root) root = parents[root] as number
  for (let at = row; parents[at] !== root; ) {
    const next = parents[at] as number
    parents[at] = root
    at = next
  }
  return root
}

const componentsOf = (
  rows: readonly number[],
  edges: Edges,
  own: readonly number[],
  threshold: number,
  parents: Int32Array,
): { rows: number[]; edges: number[] }[] => {
  for (const row of rows) parents[row] = row
  for (const edge of own) {
    if ((edges.odds[edge] as number) <= threshold) continue
    const a = find(parents, edges.a[edge] as number)
    const b = find(parents, edges.b[edge] as number)
    // The lower row stands for both, so that the outcome does not hang on the order of edges.
    if (a !== b) parents[Math.max(a, b)] = Math.min(a, b)
  }
  const groups = new Map<number, { rows: number[]; edges: number[] }>()
  for (const row of rows) {
    const root = find(parents, row)
    const group = groups.get(root)
    if (group) group.rows.push(row)
    else groups.set(root, { rows: [row], edges: [] })
  }
  for (const edge of own) {
    const a = find(parents, edges.a[edge] as number)
    if (a === find(parents, edges.b[edge] as number)) groups.get(a)?.edges.push(edge)
  }
  return [...groups.values()]
}

const capped = (odds: number): number => Math.max(-ODDS_MAX, Math.min(ODDS_MAX, odds))

/** Rows beyond this that say the same add nothing: they may be copies of each other. */
const VOICES_MAX = 4

/** For one fixed value: sums of verdicts, and how many there were, between any two clusters and within each. */
interface Votes {
  readonly weight: number
  readonly sums: Float32Array
  readonly counts: Float32Array
  /** Rows of each cluster that have the value. */
  readonly voices: Float64Array
}

const votesOf = (rows: readonly number[], options: ClusterOptions): Votes[] =>
  options.fixed.map(({ weight, verdictOf }) => {
    const n = rows.length
    const sums = new Float32Array(n * n)
    const counts = new Float32Array(n * n)
    const voices = new Float64Array(n)
    for (let i = 0; i < n; i += 1) {
      voices[i] = verdictOf(rows[i] as number, rows[i] as number) === 0 ? 0 : 1
      for (let j = i + 1; j < n; j += 1) {
        const verdict = verdictOf(rows[i] as number, rows[j] as number)
        if (verdict === 0) continue
        for (const cell of [i * n + j, j * n + i]) {
          sums[cell] = verdict
          counts[cell] = 1
        }
      }
    }
    return { weight, sums, counts, voices }
  })

const share = (votes: Votes, cell: number): number =>
  (votes.counts[cell] as number) === 0 ? 1 : (votes.sums[cell] as number) / (votes.counts[cell] as number)

/** What conflicts between two clusters take away beyond the average: nothing while either has one voice. */
const conflictOf = (all: readonly Votes[], i: number, j: number, n: number): number => {
  let taken = 0
  for (const votes of all) {
    const voices = Math.min(votes.voices[i] as number, votes.voices[j] as number, VOICES_MAX)
    const between = share(votes, i * n + j)
    if (voices < 2 || between >= 0) continue
    // Only sides that agree within themselves contradict each other.
    const unity = Math.max(0, Math.min(share(votes, i * n + i), share(votes, j * n + j)))
    taken += votes.weight * (voices - 1) * -between * unity
  }
  return taken
}

const mergeVotes = (all: readonly Votes[], keep: number, gone: number, alive: readonly number[], n: number): void => {
  for (const { sums, counts, voices } of all) {
    for (const cells of [sums, counts]) {
      const own = (cells[keep * n + keep] as number) + (cells[gone * n + gone] as number)
      cells[keep * n + keep] = own + (cells[keep * n + gone] as number)
      for (const j of alive) {
        if (j === keep) continue
        const sum = (cells[keep * n + j] as number) + (cells[gone * n + j] as number)
        cells[keep * n + j] = sum
        cells[j * n + keep] = sum
      }
    }
    voices[keep] = (voices[keep] as number) + (voices[gone] as number)
  }
}

/** Average linkage by nearest-neighbour search over a full matrix of sums. */
const joinWithin = (
  rows: readonly number[],
  edges: Edges,
  own: readonly number[],
  options: ClusterOptions,
  parents: Int32Array,
): void => {
  const n = rows.length
  const at = new Map(rows.map((row, index) => [row, index]))
  const sums = new Float32Array(n * n).fill(Number.NaN)
  for (const edge of own) {
    const i = at.get(edges.a[edge] as number) as number
    const j = at.get(edges.b[edge] as number) as number
    const odds = capped((edges.odds[edge] as number) - options.threshold)
    sums[i * n + j] = odds
    sums[j * n + i] = odds
  }
  for (let i = 0; i < n; i += 1)
    for (let j = i + 1; j < n; j += 1) {
      if (!Number.isNaN(sums[i * n + j] as number)) continue
      const odds = capped(options.oddsOf(rows[i] as number, rows[j] as number) - options.threshold)
      sums[i * n + j] = odds
      sums[j * n + i] = odds
    }
  const votes = votesOf(rows, options)
  const sizes = new Float64Array(n).fill(1)
  const alive = Array.from({ length: n }, (_, i) => i)
  const nearest = new Int32Array(n).fill(-1)
  const nearestOdds = new Float64Array(n)
  const linkage = (i: number, j: number): number => {
    const average = (sums[i * n + j] as number) / ((sizes[i] as number) * (sizes[j] as number))
    return average > 0 ? average - conflictOf(votes, i, j, n) : average
  }
  const seek = (i: number): void => {
    nearest[i] = -1
    nearestOdds[i] = 0
    for (const j of alive) {
      if (j === i) continue
      const odds = linkage(i, j)
      if (odds <= (nearestOdds[i] as number)) continue
      nearest[i] = j
      nearestOdds[i] = odds
    }
  }
  for (const i of alive) seek(i)
  for (;;) {
    let a = -1
    for (const i of alive)
      if ((nearest[i] as number) >= 0 && (a < 0 || (nearestOdds[i] as number) > (nearestOdds[a] as number))) a = i
    if (a < 0) return
    const other = nearest[a] as number
    const [keep, gone] = a < other ? [a, other] : [other, a]
    sizes[keep] = (sizes[keep] as number) + (sizes[gone] as number)
    alive.splice(alive.indexOf(gone), 1)
    for (const j of alive) {
      if (j === keep) continue
      const sum = (sums[keep * n + j] as number) + (sums[gone * n + j] as number)
      sums[keep * n + j] = sum
      sums[j * n + keep] = sum
    }
    mergeVotes(votes, keep, gone, alive, n)
    parents[find(parents, rows[gone] as number)] = find(parents, rows[keep] as number)
    seek(keep)
    for (const j of alive) {
      if (j === keep) continue
      if (nearest[j] === keep || nearest[j] === gone) seek(j)
      else {
        const odds = linkage(keep, j)
        if (odds <= (nearestOdds[j] as number)) continue
        nearest[j] = keep
        nearestOdds[j] = odds
      }
    }
  }
}

/** Per row: the lowest row of its cluster. */
export const clusterRows = (options: ClusterOptions): Int32Array => {
  const { size, edges } = options
  const scratch = new Int32Array(size)
  const parents = Int32Array.from({ length: size }, (_, row) => row)
  const rows = Array.from({ length: size }, (_, row) => row)
  const all = Array.from({ length: edges.count }, (_, edge) => edge)
  const settle = (own: readonly number[], ownEdges: readonly number[], threshold: number): void => {
    for (const component of componentsOf(own, edges, ownEdges, threshold, scratch)) {
      if (component.rows.length === 1) continue
      if (component.rows.length > COMPONENT_MAX) settle(component.rows, component.edges, threshold + 1)
      else joinWithin(component.rows, edges, component.edges, options, parents)
    }
  }
  settle(rows, all, options.threshold)
  const clusters = new Int32Array(size)
  const lowest = new Map<number, number>()
  for (let row = 0; row < size; row += 1) {
    const root = find(parents, row)
    const low = lowest.get(root) ?? row
    lowest.set(root, low)
    clusters[row] = low
  }
  return clusters
}
