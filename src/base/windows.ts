import { Temporal } from 'temporal-polyfill'

/**
 * Calendar windows: the hour, day, week or month in which an instant lies, in a time zone.
 *
 * The windows of one zone follow one another without gap or overlap, whatever its clocks do: a day on which they are
 * put forward lasts 23 hours, one that the zone leaves out altogether joins the day before, an hour that is cut short
 * by a shift of 30 minutes ends at the shift.
 */

export type Period = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'total'

export interface Window {
  /** First instant of the window, ms since 1970. */
  readonly from: number
  /** First instant after it, ms since 1970; null: it never ends. */
  readonly until: number | null
}

export interface WindowAsked {
  readonly per: Period
  /** IANA time zone. An unknown one throws RangeError: flows are checked before they run. */
  readonly zone: string
  /** ms since 1970 */
  readonly now: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** A zone has one window of each period open at a time; this bounds what forged zones could make us keep. */
const REMEMBERED_MAX = 2_000

const zoned = (now: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone)

const dayStart = (date: Temporal.PlainDate, zone: string): number =>
  date.toZonedDateTime({ timeZone: zone }).epochMilliseconds

/** The date on which a window of the period begins, and how long it is by the calendar. */
const calendar = (per: 'day' | 'week' | 'month', date: Temporal.PlainDate) => {
  if (per === 'day') return { first: date, length: { days: 1 } }
  if (per === 'week') return { first: date.subtract({ days: date.dayOfWeek - 1 }), length: { weeks: 1 } }
  return { first: date.with({ day: 1 }), length: { months: 1 } }
}

const calendarWindow = (per: 'day' | 'week' | 'month', zone: string, now: number): Window => {
  const { first, length } = calendar(per, zoned(now, zone).toPlainDate())
  let date = first
  let from = dayStart(date, zone)
  let until = dayStart(date.add(length), zone)
  // Where clocks are put back over midnight, an instant of the evening repeated lies after the next day has begun.
  while (until <= now) {
    date = date.add(length)
    from = until
    until = dayStart(date.add(length), zone)
  }
  return { from, until }
}

/** Hours as the zone's clocks show them, which in some zones begin at the half hour. */
const hourWindow = (zone: string, now: number): Window => {
  const here = zoned(now, zone)
  const offsetMs = here.offsetNanoseconds / 1_000_000
  const from = Math.floor((now + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs
  const before = zoned(now + 1, zone).getTimeZoneTransition('previous')?.epochMilliseconds ?? from
  const after = here.getTimeZoneTransition('next')?.epochMilliseconds ?? Number.POSITIVE_INFINITY
  return { from: Math.max(from, before), until: Math.min(from + HOUR_MS, after) }
}

const compute = ({ per, zone, now }: WindowAsked): Window => {
  if (per === 'total') return { from: 0, until: null }
  if (per === 'hour') return hourWindow(zone, now)
  if (per !== 'minute') return calendarWindow(per, zone, now)
  // Every zone in use now differs from UTC by whole minutes.
  const from = Math.floor(now / MINUTE_MS) * MINUTE_MS
  return { from, until: from + MINUTE_MS }
}

const remembered = new Map<string, Window>()

/** The window of the period that `now` lies in. Pure: what it remembers, it would compute again the same. */
export const windowOf = (asked: WindowAsked): Window => {
  const key = `${asked.per} ${asked.zone}`
  const known = remembered.get(key)
  if (known && known.from <= asked.now && (known.until === null || asked.now < known.until)) return known
  const window = compute(asked)
  if (remembered.size >= REMEMBERED_MAX) remembered.clear()
  remembered.set(key, window)
  return window
}

const nextTimes = new Map<string, { readonly from: number; readonly next: number }>()

/**
 * The first instant after `now` at which the clocks of the zone show one of these times, `02:00`. One that they leave out
 * is so much later that day, one that they show twice counts the first time.
 */
export const nextTimeOfDay = (asked: {
  readonly times: readonly string[]
  readonly zone: string
  readonly now: number
}): number => {
  const { times, zone, now } = asked
  const key = `${zone} ${times.join(' ')}`
  const known = nextTimes.get(key)
  if (known && known.from <= now && now < known.next) return known.next
  let next = Number.POSITIVE_INFINITY
  for (let date = zoned(now, zone).toPlainDate(); next === Number.POSITIVE_INFINITY; date = date.add({ days: 1 }))
    for (const time of times) {
      const at = date.toZonedDateTime({ timeZone: zone, plainTime: time }).epochMilliseconds
      if (at > now) next = Math.min(next, at)
    }
  if (nextTimes.size >= REMEMBERED_MAX) nextTimes.clear()
  nextTimes.set(key, { from: now, next })
  return next
}

/** The first instant of the years that a column of the database can be read in, and the first after them. */
const INSTANTS = { from: Date.parse('0001-01-01T00:00:00Z'), until: Date.parse('9999-01-01T00:00:00Z') }

const within = (ms: number): number | null => (ms >= INSTANTS.from && ms < INSTANTS.until ? ms : null)

/**
 * Reads an instant as a rule or a sender writes it: ms since 1970, an ISO 8601 time with its offset, or a local time or
 * date, which is taken in the zone. Null where it is none of these, or lies outside of the years 1 to 9998.
 */
export const instantOf = (value: unknown, zone: string): number | null => {
  if (typeof value === 'number') return within(Math.trunc(value))
  if (typeof value !== 'string' || value.trim() === '') return null
  const text = value.trim()
  try {
    if (/(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text) && text.includes(':'))
      return within(Temporal.Instant.from(text).epochMilliseconds)
    return within(Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
