/** What clock and calendar show at an instant in a zone, and dates written by a `%`-pattern. */

export interface Civil {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** The days as rules write them, Sunday first. */
export const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    if (formats.size < 1000) formats.set(zone, format)
  }
  return format
}

const INSTANT_MS_MAX = 8.64e15

/** Null where the instant is no time or the zone is none. */
export const civilAt = (ms: number, zone: string): Civil | null => {
  if (!(Math.abs(ms) <= INSTANT_MS_MAX)) return null
  try {
    const text = formatOf(zone).format(ms)
    const match = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(text)
    if (match === null) return null
    const [, month, day, year, hour, minute, second] = match.map(Number)
    if (month === undefined || day === undefined || year === undefined) return null
    return {
      year,
      month,
      day,
      weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(),
      hour: hour ?? 0,
      minute: minute ?? 0,
      second: second ?? 0,
    }
  } catch {
    return null
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

const offsetText = (ms: number, civil: Civil): string => {
  const shown = Date.UTC(civil.year, civil.month - 1, civil.day, civil.hour, civil.minute, civil.second)
  const minutes = Math.round((shown - Math.floor(ms / 1000) * 1000) / 60_000)
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
}

const PARTS: Readonly<Record<string, (civil: Civil, ms: number) => string>> = {
  Y: (c) => String(c.year),
  y: (c) => two(c.year % 100),
  m: (c) => two(c.month),
  d: (c) => two(c.day),
  e: (c) => String(c.day).padStart(2, ' '),
  H: (c) => two(c.hour),
  I: (c) => two(c.hour % 12 === 0 ? 12 : c.hour % 12),
  M: (c) => two(c.minute),
  S: (c) => two(c.second),
  p: (c) => (c.hour < 12 ? 'AM' : 'PM'),
  B: (c) => MONTHS[c.month - 1] ?? '',
  b: (c) => (MONTHS[c.month - 1] ?? '').slice(0, 3),
  A: (c) => WEEKDAYS[c.weekday] ?? '',
  a: (c) => (WEEKDAYS[c.weekday] ?? '').slice(0, 3),
  F: (c) => `${c.year}-${two(c.month)}-${two(c.day)}`,
  T: (c) => `${two(c.hour)}:${two(c.minute)}:${two(c.second)}`,
  z: (c, ms) => offsetText(ms, c),
  s: (_, ms) => String(Math.floor(ms / 1000)),
  '%': () => '%',
}

/** Writes an instant by a pattern: `%Y-%m-%d %H:%M`. An unknown letter stands as it is. */
export const writeDate = (ms: number, pattern: string, zone: string): string | null => {
  const civil = civilAt(ms, zone)
  if (civil === null) return null
  return pattern.replace(/%([A-Za-z%])/g, (whole, letter: string) => PARTS[letter]?.(civil, ms) ?? whole)
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/

/** Reads `2026-11-30` (midnight in UTC) or `2026-11-30T09:00:00Z` as ms. Null for anything else: a time without a zone means nothing. */
export const readInstantMs = (text: string): number | null => {
  const trimmed = text.trim()
  if (!DATE.test(trimmed) && !INSTANT.test(trimmed)) return null
  const ms = Date.parse(trimmed.replace(' ', 'T'))
  return Number.isNaN(ms) ? null : ms
}
