import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantOf, type Period, windowOf } from './windows.ts'

const at = (iso: string) => Date.parse(iso)
/** Computed anew: asking for another window first makes the function forget the last. */
const fresh = (asked: { per: Period; zone: string; now: number }) => {
  windowOf({ ...asked, now: asked.now - 40 * 86_400_000 })
  return windowOf(asked)
}
const written = (per: Period, zone: string, iso: string) => {
  const { from, until } = windowOf({ per, zone, now: at(iso) })
  return [new Date(from).toISOString(), until === null ? null : new Date(until).toISOString()]
}

describe('windowOf', () => {
  it.each([
    ['minute', 'America/Chicago', '2026-11-05T12:34:56.789Z', '2026-11-05T12:34:00.000Z', '2026-11-05T12:35:00.000Z'],
    ['hour', 'America/Chicago', '2026-11-05T12:34:56Z', '2026-11-05T12:00:00.000Z', '2026-11-05T13:00:00.000Z'],
    ['hour', 'Asia/Kolkata', '2026-11-05T12:34:56Z', '2026-11-05T12:30:00.000Z', '2026-11-05T13:30:00.000Z'],
    ['day', 'America/Chicago', '2026-11-05T05:59:59Z', '2026-11-04T06:00:00.000Z', '2026-11-05T06:00:00.000Z'],
    ['day', 'America/Chicago', '2026-11-05T06:00:00Z', '2026-11-05T06:00:00.000Z', '2026-11-06T06:00:00.000Z'],
    // Monday to Monday, over the turn of the year.
    ['week', 'UTC', '2027-01-01T12:00:00Z', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'],
    ['week', 'UTC', '2026-11-08T23:59:59Z', '2026-11-02T00:00:00.000Z', '2026-11-09T00:00:00.000Z'],
    ['month', 'Europe/Zurich', '2028-02-29T12:00:00Z', '2028-01-31T23:00:00.000Z', '2028-02-29T23:00:00.000Z'],
  ] as const)('%s in %s at %s', (per, zone, now, from, until) => {
    expect(written(per, zone, now)).toEqual([from, until])
  })

  it('never ends for a total', () => {
    expect(windowOf({ per: 'total', zone: 'UTC', now: 5 })).toEqual({ from: 0, until: null })
  })

  it.each([
    ['clocks put forward: 23 hours', 'America/Chicago', '2026-03-08T12:00:00Z', 23],
    ['clocks put back: 25 hours', 'America/Chicago', '2026-11-01T12:00:00Z', 25],
    ['midnight left out: the day begins at one', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', 23],
    ['clocks put back at midnight: the evening before is longer', 'America/Sao_Paulo', '2018-02-17T12:00:00Z', 25],
    ['a shift of half an hour', 'Australia/Lord_Howe', '2026-04-04T20:00:00Z', 24.5],
    ['a date left out altogether joins the day before', 'Pacific/Apia', '2011-12-30T09:59:59Z', 24],
  ])('day: %s', (_, zone, now, hours) => {
    const { from, until } = windowOf({ per: 'day', zone, now: at(now) })
    expect(((until ?? 0) - from) / 3_600_000).toBe(hours)
  })

  it('counts the hour that comes twice as two hours', () => {
    const zone = 'America/Chicago'
    expect(written('hour', zone, '2026-11-01T06:30:00Z')).toEqual([
      '2026-11-01T06:00:00.000Z',
      '2026-11-01T07:00:00.000Z',
    ])
    expect(written('hour', zone, '2026-11-01T07:30:00Z')).toEqual([
      '2026-11-01T07:00:00.000Z',
      '2026-11-01T08:00:00.000Z',
    ])
  })

  it('ends an hour at a shift that cuts it short', () => {
    // Lord Howe goes from +11:00 to +10:30 at 15:00 UTC: 02:00 becomes 01:30, and that hour ends at 15:30 UTC.
    const zone = 'Australia/Lord_Howe'
    expect(written('hour', zone, '2026-04-04T14:59:00Z')).toEqual([
      '2026-04-04T14:00:00.000Z',
      '2026-04-04T15:00:00.000Z',
    ])
    expect(written('hour', zone, '2026-04-04T15:00:00Z')).toEqual([
      '2026-04-04T15:00:00.000Z',
      '2026-04-04T15:30:00.000Z',
    ])
  })

  it('throws for a zone that is none', () => {
    expect(() => windowOf({ per: 'day', zone: 'America/Gotham', now: 0 })).toThrow(RangeError)
  })

  const zones = [
    'UTC',
    'America/Chicago',
    'America/St_Johns',
    'America/Sao_Paulo',
    'America/Havana',
    'Africa/Casablanca',
    'Asia/Kolkata',
    'Asia/Tehran',
    'Australia/Lord_Howe',
    'Europe/Zurich',
    'Pacific/Apia',
    'Pacific/Chatham',
  ]

  it('gives windows that hold their instants and follow one another without gap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom<Period>('minute', 'hour', 'day', 'week', 'month'),
        fc.integer({ min: at('1999-01-01T00:00:00Z'), max: at('2036-01-01T00:00:00Z') }),
        (zone, per, now) => {
          const window = fresh({ per, zone, now })
          const until = window.until ?? Number.NaN
          expect(window.from).toBeLessThanOrEqual(now)
          expect(until).toBeGreaterThan(now)
          expect(fresh({ per, zone, now: window.from })).toEqual(window)
          expect(fresh({ per, zone, now: until - 1 })).toEqual(window)
          expect(fresh({ per, zone, now: until }).from).toBe(until)
          expect(fresh({ per, zone, now: window.from - 1 }).until).toBe(window.from)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('keeps that around every shift of the clocks of these zones', () => {
    for (const zone of zones) {
      for (let now = at('2010-10-01T00:00:00Z'); now < at('2012-05-01T00:00:00Z'); ) {
        const { from, until } = windowOf({ per: 'day', zone, now })
        expect([zone, from]).toEqual([zone, now > at('2010-10-01T00:00:00Z') ? now : from])
        now = until ?? Number.POSITIVE_INFINITY
      }
    }
  })
})

describe('instantOf', () => {
  it.each([
    [1_762_346_096_789, 1_762_346_096_789],
    ['2026-11-05T12:00:00Z', at('2026-11-05T12:00:00Z')],
    ['2026-11-05T12:00:00-06:00', at('2026-11-05T18:00:00Z')],
    ['2026-11-05T12:00', at('2026-11-05T18:00:00Z')],
    ['2026-11-05', at('2026-11-05T06:00:00Z')],
    ['tomorrow', null],
    ['', null],
    [null, null],
    [Number.NaN, null],
    // What no column of the database holds, or can be read back from it.
    [1e300, null],
    [1e16, null],
    [-1e16, null],
    [Date.UTC(9999, 0, 1), null],
    ['+012026-11-05T12:00:00Z', null],
    ['-000044-03-15', null],
    ['9998-12-31T23:59:59Z', at('9998-12-31T23:59:59Z')],
  ])('reads %s', (value, expected) => {
    expect(instantOf(value, 'America/Chicago')).toBe(expected)
  })
})
