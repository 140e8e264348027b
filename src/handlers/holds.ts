import { createRegister } from '../base/register.ts'
import { after, type Soon } from '../base/soon.ts'
import { type Holder, waitFor } from './holder.ts'
import { createSettled } from './settled.ts'

/**
 * Names that leads under way decide by, in this process: who takes some is alone with them until its commit is settled.
 * What was taken is remembered, so that who read before it knows that it read too early.
 *
 * A name is a whole number from 0 to 2³⁰ − 1, the beginning of a hash. Two that are the same by chance cost a lead a wait,
 * or another look; no lead is decided otherwise by it.
 */
export interface Holds {
  /** Counts what was settled as durable. */
  turn(): number
  /** Waits until nobody else holds any. `true` where it had to wait. Throws RunAgain where it would wait in a circle. */
  waitFree(holder: Holder, names: readonly number[]): Soon<boolean>
  areFree(holder: Holder, names: readonly number[]): boolean
  changedSince(names: readonly number[], turn: number): boolean
  /** They are free. Given back with the holder's commit. */
  take(holder: Holder, names: readonly number[]): void
}

interface Held {
  readonly holder: Holder
  /** Called when the commit is settled; null where nobody waits. */
  waiting: ((durable: boolean) => void)[] | null
}

const settledOf = (held: Held): Promise<boolean> =>
  new Promise((resolve) => {
    held.waiting ??= []
    held.waiting.push(resolve)
  })

export const createHolds = (): Holds => {
  const inFlight = createRegister<number, Held>()
  const settled = createSettled()
  const other = (holder: Holder, names: readonly number[]): Held | undefined => {
    for (const name of names) {
      const held = inFlight.get(name)
      if (held !== undefined && held.holder !== holder) return held
    }
    return undefined
  }
  const waitFree = (holder: Holder, names: readonly number[], waited = false): Soon<boolean> => {
    const held = other(holder, names)
    if (held === undefined) return waited
    return after(waitFor(holder, [held.holder], settledOf(held)), () => waitFree(holder, names, true))
  }
  return {
    turn: settled.turn,
    waitFree: (holder, names) => waitFree(holder, names),
    areFree: (holder, names) => other(holder, names) === undefined,
    changedSince: (names, then) => {
      for (const name of names) if (settled.since(name, then)) return true
      return false
    },
    take: (holder, names) => {
      if (names.length === 0) return
      const held: Held = { holder, waiting: null }
      const own = names.filter((name) => !inFlight.has(name))
      for (const name of own) inFlight.set(name, held)
      holder.settlements.push((durable) => {
        for (const name of own) {
          inFlight.delete(name)
          if (durable) settled.settle(name)
        }
        if (held.waiting !== null) for (const wake of held.waiting) wake(durable)
      })
    },
  }
}
