/** How well clusters agree with the truth. */

export interface Agreement {
  /** Pairs of rows that are one person. */
  readonly truePairs: number
  readonly foundPairs: number
  readonly rightPairs: number
  readonly precision: number
  readonly recall: number
  /** Harmonic mean of the two, over pairs. */
  readonly f1: number
  /** The same over rows: B-cubed (Bagga and Baldwin, 1998). */
  readonly b3F1: number
}

const pairsOf = (count: number): number => (count * (count - 1)) / 2

const harmonic = (precision: number, recall: number): number =>
  precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall)

/** `clusters` and `truth`: one label a row. With no pairs to find and none found, all is right. */
export const agreementOf = (clusters: ArrayLike<number>, truth: readonly string[]): Agreement => {
  const found = new Map<number, number>()
  const real = new Map<string, number>()
  const both = new Map<string, number>()
  for (const [row, label] of truth.entries()) {
    const cluster = clusters[row] as number
    found.set(cluster, (found.get(cluster) ?? 0) + 1)
    real.set(label, (real.get(label) ?? 0) + 1)
    const cell = `${cluster} ${label}`
    both.set(cell, (both.get(cell) ?? 0) + 1)
  }
  const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + pairsOf(count), 0)
  const foundPairs = sum(found.values())
  const truePairs = sum(real.values())
  const rightPairs = sum(both.values())
  const precision = foundPairs === 0 ? 1 : rightPairs / foundPairs
  const recall = truePairs === 0 ? 1 : rightPairs / truePairs
  let precision3 = 0
  let recall3 = 0
  for (const [cell, count] of both) {
    const space = cell.indexOf(' ')
    precision3 += count ** 2 / (found.get(Number(cell.slice(0, space))) ?? 1)
    recall3 += count ** 2 / (real.get(cell.slice(space + 1)) ?? 1)
  }
  const rows = Math.max(1, truth.length)
  return {
    truePairs,
    foundPairs,
    rightPairs,
    precision,
    recall,
    f1: harmonic(precision, recall),
    b3F1: truth.length === 0 ? 1 : harmonic(precision3 / rows, recall3 / rows),
  }
}
