import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createShedding, LAG_MS_MAX } from './shedding.ts'

it('admits up to the maximum as long as the loop keeps up', () => {
  const shedding = createShedding({ max: 100 })
  for (let n = 0; n < 50; n += 1) shedding.observe(LAG_MS_MAX, 99)
  expect([shedding.admits(99), shedding.admits(100)]).toEqual([true, false])
})

it('takes on less while the loop lags, and more again when it keeps up', () => {
  const shedding = createShedding({ max: 2_000 })
  for (let n = 0; n < 2; n += 1) shedding.observe(LAG_MS_MAX + 1, 1_000)
  expect(shedding.admitted()).toBe(2_000)
  shedding.observe(LAG_MS_MAX + 1, 1_000)
  expect(shedding.admitted()).toBe(700)
  shedding.observe(LAG_MS_MAX + 1, 700)
  expect(shedding.admitted()).toBe(489)
  for (let n = 0; n < 40; n += 1) shedding.observe(0, 400)
  expect(shedding.admitted()).toBe(2_000)
})

it('never drops below what keeps the database busy, nor rises above the maximum', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.array(fc.tuple(fc.double({ min: 0, max: 10_000, noNaN: true }), fc.nat(5_000)), { maxLength: 200 }),
      (max, seen) => {
        const shedding = createShedding({ max })
        for (const [lag, inFlight] of seen) {
          shedding.observe(lag, inFlight)
          expect(shedding.admitted()).toBeGreaterThanOrEqual(Math.min(256, max))
          expect(shedding.admitted()).toBeLessThanOrEqual(max)
        }
      },
    ),
  )
})
