/**
 * Time as a parameter: every part that needs the time is handed a Clock, and no SQL statement calls now().
 *
 * `now` is in milliseconds since 1970. The system clock never goes back: where the machine's clock is set back, it goes
 * on at half the speed until that has caught up. Standing still it would keep every retry, window and lease waiting for
 * as long as the step was.
 */
export interface Clock {
  now(): number
}

export interface Machine {
  /** The machine's clock, ms since 1970; may be set. */
  readonly wall: () => number
  /** ms since whenever; never set. */
  readonly passed: () => number
}

export const MACHINE: Machine = { wall: () => Date.now(), passed: () => performance.now() }

export const clockOf = (machine: Machine): Clock => {
  let last = 0
  /** Where the machine's clock fell behind. */
  let behind: { readonly from: number; readonly at: number } | null = null
  return {
    now: () => {
      const wall = machine.wall()
      if (wall >= last) {
        last = wall
        behind = null
        return last
      }
      behind ??= { from: last, at: machine.passed() }
      last = Math.max(last, behind.from + Math.floor((machine.passed() - behind.at) / 2))
      return last
    },
  }
}

export const systemClock = (): Clock => clockOf(MACHINE)

/** A clock that is told how far the machine's is from the one that counts. It never goes back either. */
export interface SteeredClock extends Clock {
  /** How far the one that counts is ahead of the machine's, ms. */
  steer(aheadMs: number): void
  aheadMs(): number
}

export const steeredClock = (machine: Machine = MACHINE): SteeredClock => {
  let ahead = 0
  const { now } = clockOf({ wall: () => machine.wall() + ahead, passed: machine.passed })
  return {
    now,
    steer: (aheadMs) => {
      ahead = Math.round(aheadMs)
    },
    aheadMs: () => ahead,
  }
}

/** A clock for tests: it moves when told. */
export interface MovableClock extends Clock {
  set(ms: number): void
  advance(ms: number): void
}

export const movableClock = (start: number): MovableClock => {
  let current = start
  return {
    now: () => current,
    set: (ms) => {
      current = ms
    },
    advance: (ms) => {
      current += ms
    },
  }
}
