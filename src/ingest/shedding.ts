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
/** So few cost nothing to keep: a loop that lags with them lags for another reason, and turning leads away won't help. */
const ADMITTED_MIN = 256
/** Once may be the collector, or somebody else's work on the machine: so often in a row it is ours. */
const LATE_IN_A_ROW = 3
const DECREASE = 0.7
const INCREASE = 0.05

export const createShedding = ({ max }: { readonly max: number }): Shedding => {
  const least = Math.min(ADMITTED_MIN, max)
  let admitted = max
  let late = 0
  return {
    admits: (inFlight) => inFlight < admitted,
    observe: (lagMs, inFlight) => {
      late = lagMs > LAG_MS_MAX ? late + 1 : 0
      if (late >= LATE_IN_A_ROW) admitted = Math.max(least, Math.floor(Math.min(admitted, inFlight) * DECREASE))
      else if (late === 0) admitted = Math.min(max, admitted + Math.max(1, Math.ceil(admitted * INCREASE)))
    },
    admitted: () => admitted,
  }
}
