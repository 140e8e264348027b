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

it.each([
  // Put forward that night: 09:00 is the eighth hour of the day.
  ['2026-03-08T12:00:00Z', ['09:00'], '2026-03-08T14:00:00Z'],
  ['2026-03-08T07:00:00Z', ['02:30'], '2026-03-08T08:30:00Z'],
  // Put back: the tenth.
  ['2026-11-01T12:00:00Z', ['09:00'], '2026-11-01T15:00:00Z'],
  // The day lasts 25 hours, and its only time is over.
  ['2026-11-01T05:30:00Z', ['00:00'], '2026-11-02T06:00:00Z'],
  ['2026-11-01T06:15:00Z', ['01:30'], '2026-11-01T06:30:00Z'],
  ['2026-11-01T07:15:00Z', ['01:30'], '2026-11-02T07:30:00Z'],
])(
  'on a day when clocks in Chicago are changed, what comes at %s, to leave at %s, leaves at %s',
  (now, times, then) => {
    expect(nextBatchAt({ everyMinutes: null, at: times, zone: 'America/Chicago' }, at(now))).toBe(at(then))
  },
)

it('is always ahead, and within two days, whatever the clocks of the zone do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2028-01-01T00:00:00Z') }),
      fc.array(fc.constantFrom('00:00', '00:15', '02:00', '02:30', '23:59', '12:00'), { maxLength: 3 }),
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
