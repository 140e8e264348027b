/**
 * At most so many calls in a second (GCRA): each takes its slot, a second's worth may go at once after a pause.
 * Pure: the time is handed in.
 */
export interface RateSlots {
  /** When the next call may go, without taking its slot. */
  next(now: number, perSecond: number): number
  /** Takes the next slot and says when it is. */
  take(now: number, perSecond: number): number
}

const BURST_MS = 1_000

export const createRateSlots = (): RateSlots => {
  /** The time at which all slots given out are used up. */
  let full = Number.NEGATIVE_INFINITY
  const next = (now: number, perSecond: number): number => {
    const gap = 1000 / perSecond
    return Math.max(now, full - Math.max(BURST_MS - gap, 0))
  }
  return {
    next,
    take: (now, perSecond) => {
      const at = next(now, perSecond)
      full = Math.max(full, now) + 1000 / perSecond
      return at
    },
  }
}
