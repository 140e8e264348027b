import type { Shedding } from '../ingest/shedding.ts'

const EVERY_MS = 100

/** Measures how late a timer comes. Returns what ends it. */
export const watchLag = (shedding: Shedding, inFlight: () => number): (() => void) => {
  let expected = performance.now() + EVERY_MS
  const timer = setInterval(() => {
    const now = performance.now()
    shedding.observe(Math.max(0, now - expected), inFlight())
    expected = now + EVERY_MS
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
