/**
 * Time as a parameter: every part that needs the time is handed a Clock, and no SQL statement calls now().
 *
 * `now` is in milliseconds since 1970. The system clock is monotonic: where the machine's clock is set back,
 * it holds still until the clock has caught up.
 */
export interface Clock {
  now(): number
}

export const systemClock = (): Clock => {
  let last = 0
  return {
    now: () => {
      const wall = Date.now()
      if (wall > last) last = wall
      return last
    },
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
