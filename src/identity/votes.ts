/**
 * Conflicts over values that do not change in a life.
 *
 * An average forgets how often something was said. One row with another date of birth is an error; five rows that agree on
 * one date against five that agree on another are a father and his son, whatever else they share. So such conflicts count
 * again for each further row that both sides have to say it.
 */

/** One such value: what two rows say of it (1 agree, -1 conflict, 0 nothing), and the log odds a further voice takes away. */
export interface Fixed {
  readonly weight: number
  readonly verdictOf: (a: number, b: number) => number
}

/** Rows beyond this that say the same add nothing: they may be copies of each other. */
const VOICES_MAX = 4

/** For one fixed value: sums of verdicts, and how many there were, between any two clusters and within each. */
export interface Votes {
  readonly weight: number
  readonly sums: Float32Array
  readonly counts: Float32Array
  /** Rows of each cluster that have the value. */
  readonly voices: Float64Array
}

export const votesOf = (rows: readonly number[], fixed: readonly Fixed[]): Votes[] =>
  fixed.map(({ weight, verdictOf }) => {
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
export const conflictOf = (all: readonly Votes[], i: number, j: number, n: number): number => {
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

export const mergeVotes = (
  all: readonly Votes[],
  keep: number,
  gone: number,
  alive: readonly number[],
  n: number,
): void => {
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
