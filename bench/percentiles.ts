/** The value below or at which so many of a hundred lie (nearest rank); NaN where there is none. */
export const percentile = (sorted: ArrayLike<number>, percent: number): number => {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length))
  return sorted[rank - 1] ?? Number.NaN
}

/** The middle one, or the mean of the two in the middle; NaN where there is none. */
export const median = (values: readonly number[]): number => {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
