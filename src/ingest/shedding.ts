/**
 * How many leads are taken on at once, by how the process fares.
 *
 * An event loop that lags means that work waits for its turn: more of it would only make all of it late. Then fewer new
 * leads are taken on, and whoever sends them is told to come back; what is under way is never dropped, so the oldest work
 * is what is protected. Additive increase, multiplicative decrease: it settles where the process just keeps up.
 */

export interface Shedding {
  /** Whether one more may come in beside so many. */
  admits(inFlight: number): boolean
  /** What was measured since the last time. */
  observe(lagMs: number, inFlight: number): void
  readonly admitted: () => number
}

/** A loop that answers within this is one that keeps up, also while it collects garbage or starts. */
export const LAG_MS_MAX = 250
/** Fewer would idle while the database works. */
const ADMITTED_MIN = 32
const DECREASE = 0.7
const INCREASE = 0.05

export const createShedding = ({ max }: { readonly max: number }): Shedding => {
  const least = Math.min(ADMITTED_MIN, max)
  let admitted = max
  return {
    admits: (inFlight) => inFlight < admitted,
    observe: (lagMs, inFlight) => {
      if (lagMs > LAG_MS_MAX) admitted = Math.max(least, Math.floor(Math.min(admitted, inFlight) * DECREASE))
      else admitted = Math.min(max, admitted + Math.max(1, Math.ceil(admitted * INCREASE)))
    },
    admitted: () => admitted,
  }
}
