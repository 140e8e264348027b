/** Numbers that a seed determines: the same seed gives the same people, pauses and moments of death. */
export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from `from` to `to`, both possible. */
  between(from: number, to: number): number
  pick<T>(from: readonly [T, ...T[]]): T
  /** A stream of its own, so that one user's draws do not shift another's. */
  fork(): Random
}

/** Mulberry32: small, and even enough for choosing moments. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
    fork: () => createRandom(Math.floor(next() * 4_294_967_296)),
  }
}
