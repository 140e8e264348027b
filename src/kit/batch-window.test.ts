import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nextBatchAt } from './batch-window.ts'

const at = (text: string) => Date.parse(text)

it.each([
  [15, '2026-11-26T10:00:00Z', '2026-11-26T10:15:00Z'],
  [15, '2026-11-26T10:14:59.999Z', '2026-11-26T10:15:00Z'],
  [60, '2026-11-26T10:14:00Z', '2026-11-26T11:00:00Z'],
  [1440, '2026-11-26T10:14:00Z', '2026-11-27T00:00:00Z'],
])('every %i minutes, what comes at %s leaves at %s', (everyMinutes, now, then) => {
  expect(nextBatchAt({ everyMinutes, at: [], zone: 'UTC' }, at(now))).toBe(at(then))
})

it.each([
  ['2026-11-26T07:59:00Z', '2026-11-26T08:00:00Z'],
  ['2026-11-26T08:00:00Z', '2026-11-27T00:30:00Z'],
  ['2026-11-27T01:00:00Z', '2026-11-27T08:00:00Z'],
])('at 02:00 and 18:30 in Chicago, what comes at %s leaves at %s', (now, then) => {
  expect(nextBatchAt({ everyMinutes: null, at: ['02:00', '18:30'], zone: 'America/Chicago' }, at(now))).toBe(at(then))
})

it('is always ahead, and within two days, whatever the clocks of the zone do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') }),
      fc.array(fc.constantFrom('00:00', '02:00', '02:30', '23:59', '12:00'), { maxLength: 3 }),
      fc.constantFrom('UTC', 'America/Chicago', 'Australia/Lord_Howe', 'Africa/Cairo'),
      fc.integer({ min: 1, max: 1440 }),
      (now, times, zone, everyMinutes) => {
        const next = nextBatchAt({ everyMinutes, at: times, zone }, now)
        expect(next).toBeGreaterThan(now)
        expect(next - now).toBeLessThanOrEqual(2 * 86_400_000)
      },
    ),
  )
})
