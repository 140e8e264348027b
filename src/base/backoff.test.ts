import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACKOFF_CAP_MS, delayMs } from './backoff.ts'

describe('delayMs', () => {
  it.each([
    { given: { attempt: 1, baseMs: 1_000, random: 0 }, waits: 1_000 },
    { given: { attempt: 2, baseMs: 1_000, random: 0 }, waits: 2_000 },
    { given: { attempt: 5, baseMs: 1_000, random: 0 }, waits: 16_000 },
    { given: { attempt: 5, baseMs: 1_000, random: 0.5 }, waits: 16_500 },
    { given: { attempt: 60, baseMs: 1_000, random: 0.9 }, waits: 299_900 },
    { given: { attempt: 2_000, baseMs: 1_000, random: 0 }, waits: 299_000 },
    { given: { attempt: 9, baseMs: 1_000, capMs: 10_000, random: 0 }, waits: 9_000 },
    { given: { attempt: 0, baseMs: 1_000, random: 0 }, waits: 1_000 },
    { given: { attempt: 1, baseMs: 1_000, delaysMs: [5_000, 3_600_000], random: 0 }, waits: 5_000 },
    { given: { attempt: 2, baseMs: 1_000, delaysMs: [5_000, 3_600_000], random: 0.25 }, waits: 3_600_250 },
    { given: { attempt: 9, baseMs: 1_000, delaysMs: [5_000, 3_600_000], random: 0 }, waits: 3_600_000 },
    { given: { attempt: 1, baseMs: 1_000, delaysMs: [], random: 0 }, waits: 1_000 },
    { given: { attempt: 1, baseMs: 1_000, retryAfterMs: 30_000, random: 0.5 }, waits: 30_500 },
    { given: { attempt: 5, baseMs: 1_000, retryAfterMs: 2_000, random: 0 }, waits: 16_000 },
    { given: { attempt: 1, baseMs: 1_000, retryAfterMs: 900_000, random: 0 }, waits: 900_000 },
    { given: { attempt: 1, baseMs: 1_000, retryAfterMs: 1e12, random: 0 }, waits: 86_400_000 },
  ])('$given waits $waits ms', ({ given, waits }) => {
    expect(delayMs(given)).toBe(waits)
  })

  it('never waits less than was asked, nor more than the cap where nothing was asked', () => {
    const input = fc.record({
      attempt: fc.integer({ min: 1, max: 5_000 }),
      baseMs: fc.integer({ min: 0, max: 1_000_000 }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    })
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 86_400_000 }), (given, retryAfterMs) => {
        expect(delayMs(given)).toBeLessThanOrEqual(BACKOFF_CAP_MS)
        expect(delayMs({ ...given, attempt: given.attempt + 1 })).toBeGreaterThanOrEqual(delayMs(given))
        expect(delayMs({ ...given, retryAfterMs })).toBeGreaterThanOrEqual(retryAfterMs)
      }),
    )
  })
})
