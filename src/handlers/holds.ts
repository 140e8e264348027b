import { type Holder, waitFor } from './holder.ts'

/**
 * Names that leads under way decide by, in this process: who takes some is alone with them until its commit is settled.
 * What was taken lately is remembered, so that who read before it knows that it read too early.
 */
export interface Holds {
  /** Counts what was settled as durable. */
  turn(): number
  /** Waits until nobody else holds any. `true` where it had to wait. Throws RunAgain where it would wait in a circle. */
  waitFree(holder: Holder, names: readonly string[]): Promise<boolean>
  areFree(holder: Holder, names: readonly string[]): boolean
  changedSince(names: readonly string[], turn: number): boolean
  /** They are free. Given back with the holder's commit. */
  take(holder: Holder, names: readonly string[]): void
}

interface Held {
  readonly holder: Holder
  readonly settled: Promise<boolean>
}

/** Names settled last: as many as may have been since a lead under way read. */
const LATELY_MAX = 20_000

export const createHolds = (): Holds => {
  const inFlight = new Map<string, Held>()
  let turn = 0
  // Two generations: forgetting one whole costs nothing a name, and what is left reaches back far enough.
  let lately = new Map<string, number>()
  let before = new Map<string, number>()
  const other = (holder: Holder, names: readonly string[]): Held | undefined => {
    for (const name of names) {
      const held = inFlight.get(name)
      if (held && held.holder !== holder) return held
    }
    return undefined
  }
  return {
    turn: () => turn,
    waitFree: async (holder, names) => {
      let waited = false
      for (;;) {
        const held = other(holder, names)
        if (!held) return waited
        waited = true
        await waitFor(holder, [held.holder], held.settled)
      }
    },
    areFree: (holder, names) => other(holder, names) === undefined,
    changedSince: (names, then) => names.some((name) => (lately.get(name) ?? before.get(name) ?? 0) > then),
    take: (holder, names) => {
      const { promise: settled, resolve } = Promise.withResolvers<boolean>()
      const held: Held = { holder, settled }
      const own = names.filter((name) => !inFlight.has(name))
      for (const name of own) inFlight.set(name, held)
      holder.settlements.push((durable) => {
        if (durable) turn += 1
        for (const name of own) {
          inFlight.delete(name)
          if (durable) lately.set(name, turn)
        }
        if (lately.size >= LATELY_MAX) {
          before = lately
          lately = new Map()
        }
        resolve(durable)
      })
    },
  }
}
