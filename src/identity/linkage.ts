/**
 * Clusters joined two at a time, the likeliest first, for as long as they are likelier one person than two.
 *
 * What two clusters say of each other is weighed kind by kind: the name by the mean over pairs of rows that both have one,
 * the date of birth by the mean over those that both have one, and so on; then summed, as for a pair of rows. So a row that
 * lacks a value is judged by the rows that have it, and pairs that speak against a match count as well as those that speak
 * for it: a chain of likely pairs does not join what its ends say are two.
 *
 * The mean is a power mean of odds. A person who is written in several ways (a nickname, a town before and after) is met
 * by a further row in one of them: that it differs from the others says little, and a mean of logarithms would make it
 * say as much as that it agrees with the one.
 */
import { oddsAgainstAll } from './score.ts'
import { conflictOf, type Fixed, mergeVotes, votesOf } from './votes.ts'

/** 0 would be the mean of logarithms, where one contradiction undoes one agreement; 1 that of odds, where the best pair decides. */
const POWER = 0.25

export interface Evidence {
  readonly kinds: number
  readonly prior: { readonly same: number; readonly kin: number }
  /** Writes what each kind says of two rows, for the same person and for kin; 0 where it says nothing. */
  weigh(a: number, b: number, same: Float64Array, kin: Float64Array): void
  readonly fixed: readonly Fixed[]
}

/** Sums of powers of odds over the pairs of rows between any two clusters, and how many of them have something to say. */
interface Sums {
  readonly same: Float32Array
  readonly kin: Float32Array
  readonly counts: Float32Array
}

const sumsOf = (rows: readonly number[], evidence: Evidence): Sums => {
  const n = rows.length
  const { kinds } = evidence
  const sums: Sums = {
    same: new Float32Array(n * n * kinds),
    kin: new Float32Array(n * n * kinds),
    counts: new Float32Array(n * n * kinds),
  }
  const same = new Float64Array(kinds)
  const kin = new Float64Array(kinds)
  const counts = new Float64Array(kinds)
  for (let i = 0; i < n; i += 1)
    for (let j = i + 1; j < n; j += 1) {
      evidence.weigh(rows[i] as number, rows[j] as number, same, kin)
      for (let kind = 0; kind < kinds; kind += 1) {
        const isSilent = same[kind] === 0 && kin[kind] === 0
        counts[kind] = isSilent ? 0 : 1
        same[kind] = isSilent ? 0 : Math.exp(POWER * (same[kind] as number))
        kin[kind] = isSilent ? 0 : Math.exp(POWER * (kin[kind] as number))
      }
      for (const start of [(i * n + j) * kinds, (j * n + i) * kinds]) {
        sums.same.set(same, start)
        sums.kin.set(kin, start)
        sums.counts.set(counts, start)
      }
    }
  return sums
}

const mergeSums = (
  sums: Sums,
  keep: number,
  gone: number,
  alive: readonly number[],
  n: number,
  kinds: number,
): void => {
  for (const cells of [sums.same, sums.kin, sums.counts])
    for (const j of alive) {
      if (j === keep) continue
      const [kept, lost, turned] = [(keep * n + j) * kinds, (gone * n + j) * kinds, (j * n + keep) * kinds]
      for (let kind = 0; kind < kinds; kind += 1) {
        const sum = (cells[kept + kind] as number) + (cells[lost + kind] as number)
        cells[kept + kind] = sum
        cells[turned + kind] = sum
      }
    }
}

/**
 * Joins some rows as far as their evidence goes above `threshold` (natural log odds). `join` is told each two clusters by
 * a row of each, the lower first. Memory grows with the square of the rows.
 */
export const joinRows = (
  rows: readonly number[],
  evidence: Evidence,
  threshold: number,
  join: (keep: number, gone: number) => void,
): void => {
  const n = rows.length
  const { kinds, prior } = evidence
  const sums = sumsOf(rows, evidence)
  const votes = votesOf(rows, evidence.fixed)
  const alive = Array.from({ length: n }, (_, i) => i)
  const nearest = new Int32Array(n).fill(-1)
  const nearestOdds = new Float64Array(n)
  const oddsOf = (i: number, j: number): number => {
    const start = (i * n + j) * kinds
    let same = 1
    let kin = 1
    for (let at = start; at < start + kinds; at += 1) {
      const count = sums.counts[at] as number
      if (count === 0) continue
      same *= (sums.same[at] as number) / count
      kin *= (sums.kin[at] as number) / count
    }
    // One logarithm for the product of all kinds.
    const odds = oddsAgainstAll(prior.same + Math.log(same) / POWER, prior.kin + Math.log(kin) / POWER) - threshold
    return odds > 0 ? odds - conflictOf(votes, i, j, n) : odds
  }
  const seek = (i: number): void => {
    nearest[i] = -1
    nearestOdds[i] = 0
    for (const j of alive) {
      if (j === i) continue
      const odds = oddsOf(i, j)
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
    alive.splice(alive.indexOf(gone), 1)
    mergeSums(sums, keep, gone, alive, n, kinds)
    mergeVotes(votes, keep, gone, alive, n)
    join(rows[keep] as number, rows[gone] as number)
    seek(keep)
    for (const j of alive) {
      if (j === keep) continue
      if (nearest[j] === keep || nearest[j] === gone) seek(j)
      else {
        const odds = oddsOf(keep, j)
        if (odds <= (nearestOdds[j] as number)) continue
        nearest[j] = keep
        nearestOdds[j] = odds
      }
    }
  }
}
