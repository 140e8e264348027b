/** Where each moment of a journey lies on one line. Time in which nothing happened is folded: a review of three hours must not press the rest together. */

interface Span {
  readonly startMs: number
  readonly tookMs: number
}

export interface Bar {
  /** Shares of the line, 0 to 1. */
  readonly left: number
  readonly width: number
  /** Nothing happened for so long before it; 0 where that is not worth saying. */
  readonly waitedMs: number
}

/** Idle time longer than this share of all that was done is folded, */
const IDLE_SHARE = 0.5
/** and not below this, ms: */
const IDLE_MS = 40
/** to this share of all that was done. */
const FOLDED_SHARE = 0.12

export const waterfallOf = (spans: readonly Span[]): readonly Bar[] => {
  const done = Math.max(
    1,
    spans.reduce((sum, { tookMs }) => sum + tookMs, 0),
  )
  const idleMax = Math.max(IDLE_MS, done * IDLE_SHARE)
  let until = 0
  let at = 0
  const placed = spans.map(({ startMs, tookMs }) => {
    const idle = startMs - until
    const isFolded = idle > idleMax
    const begin = at + (isFolded ? done * FOLDED_SHARE : idle)
    const end = begin + tookMs
    if (startMs + tookMs >= until) {
      until = startMs + tookMs
      at = end
    }
    return { begin, end, waitedMs: isFolded ? idle : 0 }
  })
  const whole = Math.max(1, ...placed.map(({ end }) => end))
  return placed.map(({ begin, end, waitedMs }) => ({
    left: Math.max(0, begin) / whole,
    width: (end - Math.max(0, begin)) / whole,
    waitedMs,
  }))
}
