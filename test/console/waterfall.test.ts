import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waterfallOf } from '../../console/src/lead/waterfall.ts'

const spans = fc
  .array(fc.tuple(fc.nat({ max: 10_000_000 }), fc.nat({ max: 60_000 })), { minLength: 1, maxLength: 30 })
  .map((pairs) => {
    let at = 0
    return pairs.map(([idle, tookMs]) => {
      const startMs = at + idle
      at = startMs + tookMs
      return { startMs, tookMs }
    })
  })

describe('the waterfall of a journey', () => {
  it('keeps every bar on the line, in order, and as long as it took beside the others', () => {
    fc.assert(
      fc.property(spans, (given) => {
        const bars = waterfallOf(given)
        for (const [at, { left, width }] of bars.entries()) {
          expect(left).toBeGreaterThanOrEqual(0)
          expect(left + width).toBeLessThanOrEqual(1 + 1e-9)
          const before = bars[at - 1]
          if (before) expect(left).toBeGreaterThanOrEqual(before.left + before.width - 1e-9)
        }
        const whole = bars.reduce((sum, { width }) => sum + width, 0)
        const took = given.reduce((sum, { tookMs }) => sum + tookMs, 0)
        for (const [at, { width }] of bars.entries())
          if (took > 0) expect(width / whole).toBeCloseTo((given[at]?.tookMs ?? 0) / took, 6)
      }),
    )
  })

  it('folds hours in which nothing happened, and says how long they were', () => {
    const bars = waterfallOf([
      { startMs: 0, tookMs: 20 },
      { startMs: 3 * 3_600_000, tookMs: 20 },
    ])
    expect(bars.map(({ waitedMs }) => waitedMs)).toEqual([0, 3 * 3_600_000 - 20])
    expect(bars[1]?.width).toBeGreaterThan(0.3)
  })
})
