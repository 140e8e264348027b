/**
 * When names were last settled as durable in this process, so that who read before it knows that it read too early: of
 * fixed size, and nothing in it for the collector to go through. Of the few hundred settled while a lead looks up, one in
 * some hundreds falls on the place of another, which costs that lead a look-up.
 */
export interface Settled {
  /** Counts what was settled. */
  turn(): number
  /** By the beginning of its hash, a whole number. */
  settle(name: number): void
  since(name: number, turn: number): boolean
}

const PLACES = 2 ** 17

export const createSettled = (): Settled => {
  let turn = 0
  const settledAt = new Float64Array(PLACES)
  return {
    turn: () => turn,
    settle: (name) => {
      turn += 1
      settledAt[name % PLACES] = turn
    },
    since: (name, then) => (settledAt[name % PLACES] as number) > then,
  }
}
