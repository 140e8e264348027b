import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { type Hours, isHoliday, readDays, readSpan, standingAt } from './hours.ts'

const spans = (...texts: string[]) =>
  texts.map((text) => {
    const span = readSpan(text)
    if (!span) throw new Error(text)
    return span
  })

const hours = (zone: string, week: readonly (readonly string[])[], holidays: Record<string, string[]> = {}): Hours => ({
  zone,
  week: week.map((day) => spans(...day)),
  holidays: new Map(Object.entries(holidays).map(([date, texts]) => [date, spans(...texts)])),
})

const WORK = ['09:00-12:00', '13:00-17:00']
const office = hours('America/New_York', [WORK, WORK, WORK, WORK, WORK, ['10:00-14:00'], []], {
  '2026-12-25': [],
  '01-01': [],
  '2026-12-24': ['09:00-12:00'],
})
const at = (text: string) => Date.parse(text)
const shown = (standing: { open: boolean; until: number | null }) =>
  `${standing.open ? 'open' : 'closed'} until ${standing.until === null ? 'ever' : new Date(standing.until).toISOString()}`

describe('open hours', () => {
  it.each([
    ['2026-11-27T14:00:00Z', 'open until 2026-11-27T17:00:00.000Z'],
    ['2026-11-27T17:00:00Z', 'closed until 2026-11-27T18:00:00.000Z'],
    ['2026-11-27T22:00:00Z', 'closed until 2026-11-28T15:00:00.000Z'],
    // From Saturday's end until Monday.
    ['2026-11-28T19:00:00Z', 'closed until 2026-11-30T14:00:00.000Z'],
    // Half a day before Christmas, which is a Friday; then Saturday's hours.
    ['2026-12-24T17:00:00Z', 'closed until 2026-12-26T15:00:00.000Z'],
    // New Year's Day of any year.
    ['2026-12-31T22:00:00Z', 'closed until 2027-01-02T15:00:00.000Z'],
  ])('of an office: %s is %s', (now, standing) => {
    expect(shown(standingAt(office, at(now)))).toBe(standing)
  })

  it('go on beyond midnight', () => {
    const bar = hours('UTC', [[], [], [], [], ['22:00-02:30'], [], []])
    expect(shown(standingAt(bar, at('2026-11-27T21:59:00Z')))).toBe('closed until 2026-11-27T22:00:00.000Z')
    expect(shown(standingAt(bar, at('2026-11-27T23:00:00Z')))).toBe('open until 2026-11-28T02:30:00.000Z')
    expect(shown(standingAt(bar, at('2026-11-28T02:30:00Z')))).toBe('closed until 2026-12-04T22:00:00.000Z')
  })

  it('lack the minutes that clocks put forward leave out, and open where they land', () => {
    const night = hours('America/New_York', [[], [], [], [], [], [], ['02:30-04:00']])
    // 8 March 2026, 02:00 becomes 03:00, which is 07:00 UTC.
    expect(shown(standingAt(night, at('2026-03-08T06:30:00Z')))).toBe('closed until 2026-03-08T07:00:00.000Z')
    expect(shown(standingAt(night, at('2026-03-08T07:00:00Z')))).toBe('open until 2026-03-08T08:00:00.000Z')
    const gone = hours('America/New_York', [[], [], [], [], [], [], ['02:10-02:50']])
    expect(shown(standingAt(gone, at('2026-03-08T06:30:00Z')))).toBe('closed until 2026-03-15T06:10:00.000Z')
  })

  it('hold twice where clocks put back show them twice', () => {
    const night = hours('America/New_York', [[], [], [], [], [], [], ['01:15-01:45']])
    // 1 November 2026: 01:15 EDT is 05:15 UTC, 01:15 EST 06:15 UTC.
    expect(shown(standingAt(night, at('2026-11-01T05:00:00Z')))).toBe('closed until 2026-11-01T05:15:00.000Z')
    expect(shown(standingAt(night, at('2026-11-01T05:20:00Z')))).toBe('open until 2026-11-01T05:45:00.000Z')
    expect(shown(standingAt(night, at('2026-11-01T05:50:00Z')))).toBe('closed until 2026-11-01T06:15:00.000Z')
    expect(shown(standingAt(night, at('2026-11-01T06:20:00Z')))).toBe('open until 2026-11-01T06:45:00.000Z')
  })

  it('that are never, or always, end nowhere', () => {
    expect(shown(standingAt(hours('UTC', [[], [], [], [], [], [], []]), at('2026-11-27T12:00:00Z')))).toBe(
      'closed until ever',
    )
    const always = hours(
      'UTC',
      Array.from({ length: 7 }, () => ['00:00-24:00']),
    )
    expect(shown(standingAt(always, at('2026-11-27T12:00:00Z')))).toBe('open until ever')
  })

  it('agree with what the clocks show at any minute, in any zone', () => {
    const zones = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Sao_Paulo']
    const night = (zone: string) =>
      hours(
        zone,
        Array.from({ length: 7 }, () => ['01:30-03:15', '22:45-00:30']),
      )
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2026-03-01T00:00:00Z'), max: at('2026-11-30T00:00:00Z') }),
        (zone, now) => {
          const clock = (ms: number) => {
            const here = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
            const minute = here.hour * 60 + here.minute
            return minute < 30 || (minute >= 90 && minute < 195) || minute >= 22 * 60 + 45
          }
          const { open, until } = standingAt(night(zone), now)
          expect(open).toBe(clock(now))
          if (until === null) throw new Error('it changes every day')
          expect(clock(until)).toBe(!open)
          expect(clock(until - 1)).toBe(open)
          for (let between = now; between < until; between += 60_000)
            if (clock(between) !== open) throw new Error('missed')
        },
      ),
      { numRuns: 60 },
    )
  })
})

it.each([
  ['mon-fri', [0, 1, 2, 3, 4]],
  ['sat,sun', [5, 6]],
  ['Fri - Mon', [4, 5, 6, 0]],
  ['daily', [0, 1, 2, 3, 4, 5, 6]],
  ['monday', null],
  ['', null],
])('reads the days %j as %j', (text, days) => {
  expect(readDays(text)).toEqual(days)
})

it.each(['9-17', '25:00-26:00', '09:00', '09:60-10:00', '09:00-09:00', ''])('does not read %j as a span', (text) => {
  expect(readSpan(text)).toBe(null)
})

it.each([
  ['2026-12-25', true],
  ['12-25', true],
  ['02-29', true],
  ['2026-02-29', false],
  ['25.12.', false],
])('%s as a holiday: %s', (text, is) => {
  expect(isHoliday(text)).toBe(is)
})
