import { Temporal } from 'temporal-polyfill'

/**
 * Open hours: whether a place is open at an instant, by what its own clocks show, and when it opens next.
 *
 * Where clocks are put forward, the minutes that never show are not open; where they are put back, an hour that shows
 * twice is open twice.
 */

/** Minutes of a day, `from` included and `to` not; 0 to 1440. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Hours {
  /** IANA */
  readonly zone: string
  /** Monday first. */
  readonly week: readonly (readonly Span[])[]
  /** By date, `2026-12-25`, or by day of every year, `12-25`: in place of the week's. */
  readonly holidays: ReadonlyMap<string, readonly Span[]>
}

const DAY_MINUTES = 1440
const SPAN = /^(\d{1,2}):(\d\d)\s*(?:-|–|to)\s*(\d{1,2}):(\d\d)$/

/** Reads `09:00-17:00` or `22:00-02:00`, which goes on into the next day; null where it is neither. */
export const readSpan = (text: string): Span | null => {
  const match = SPAN.exec(text.trim())
  if (match === null) return null
  const [, h1, m1, h2, m2] = match.map(Number)
  const from = (h1 ?? 0) * 60 + (m1 ?? 0)
  const end = (h2 ?? 0) * 60 + (m2 ?? 0)
  if (from >= DAY_MINUTES || end > DAY_MINUTES || (m1 ?? 0) > 59 || (m2 ?? 0) > 59 || from === end) return null
  return { from, to: end > from ? end : end + DAY_MINUTES }
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Reads `mon`, `mon-fri`, `sat,sun`, `daily`, as indexes of the week, Monday 0; null where it is none. */
export const readDays = (text: string): readonly number[] | null => {
  const days: number[] = []
  for (const part of text.toLowerCase().split(',')) {
    const trimmed = part.trim()
    if (trimmed === 'daily') return [0, 1, 2, 3, 4, 5, 6]
    const [first, last = first, ...more] = trimmed
      .split(/\s*[-–]\s*/)
      .map((name) => (DAYS as readonly string[]).indexOf(name))
    if (first === undefined || last === undefined || more.length > 0 || first < 0 || last < 0) return null
    for (let day = first; ; day = (day + 1) % 7) {
      days.push(day)
      if (day === last) break
    }
  }
  return days
}

const DATE = /^(?:(\d{4})-)?(\d\d)-(\d\d)$/

/** Whether a text is a date, or a day of every year. */
export const isHoliday = (text: string): boolean => {
  const [, year, month, day] = DATE.exec(text) ?? []
  if (month === undefined || day === undefined) return false
  try {
    Temporal.PlainDate.from(
      { year: Number(year ?? 2024), month: Number(month), day: Number(day) },
      { overflow: 'reject' },
    )
    return true
  } catch {
    return false
  }
}

const ofDate = (hours: Hours, date: Temporal.PlainDate): readonly Span[] => {
  const text = date.toString()
  return hours.holidays.get(text) ?? hours.holidays.get(text.slice(5)) ?? hours.week[date.dayOfWeek - 1] ?? []
}

/** The spans that touch a date, those that began the day before included. */
const spansOn = (hours: Hours, date: Temporal.PlainDate): readonly Span[] => {
  const before = ofDate(hours, date.subtract({ days: 1 }))
  return [
    ...ofDate(hours, date),
    ...before.filter(({ to }) => to > DAY_MINUTES).map(({ to }) => ({ from: 0, to: to - DAY_MINUTES })),
  ]
}

const MINUTE_MS = 60_000

const zonedAt = (now: number, zone: string) => Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone)

const isOpen = (hours: Hours, now: number): boolean => {
  const here = zonedAt(now, hours.zone)
  const minute = here.hour * 60 + here.minute
  return spansOn(hours, here.toPlainDate()).some(({ from, to }) => from <= minute && minute < to)
}

/** Further ahead nobody waits: a place that does not open within a year has none. */
const DAYS_AHEAD = 370

/** The instants on a date at which the clocks show something that may open or close. */
const edgesOn = (hours: Hours, date: Temporal.PlainDate): number[] => {
  const { zone } = hours
  const edges = new Set<number>()
  const midnight = date.toZonedDateTime({ timeZone: zone })
  edges.add(midnight.epochMilliseconds)
  for (const { from, to } of spansOn(hours, date)) {
    for (const minute of [from, to]) {
      if (minute >= DAY_MINUTES) continue
      const local = date.toPlainDateTime({ hour: Math.floor(minute / 60), minute: minute % 60 })
      for (const disambiguation of ['earlier', 'later'] as const)
        edges.add(local.toZonedDateTime(zone, { disambiguation }).epochMilliseconds)
    }
  }
  const shift = midnight.getTimeZoneTransition('next')?.epochMilliseconds
  if (shift !== undefined && shift - midnight.epochMilliseconds < 36 * 60 * MINUTE_MS) edges.add(shift)
  return [...edges].sort((a, b) => a - b)
}

export interface Standing {
  readonly open: boolean
  /** Until when that holds, ms since 1970; null: as far as is looked ahead. */
  readonly until: number | null
}

/** Whether it is open now, and until when that stays so. */
export const standingAt = (hours: Hours, now: number): Standing => {
  const open = isOpen(hours, now)
  let date = zonedAt(now, hours.zone).toPlainDate()
  for (let day = 0; day < DAYS_AHEAD; day += 1) {
    for (const edge of edgesOn(hours, date))
      if (edge > now && isOpen(hours, edge) !== open) return { open, until: edge }
    date = date.add({ days: 1 })
  }
  return { open, until: null }
}

/** How long an answer without an end is taken for good: to look a year ahead takes a while. */
const KEPT_MS = DAY_MINUTES * MINUTE_MS

/** The same, remembering the last answer: most leads come within one span. */
export const watchHours = (hours: Hours): ((now: number) => Standing) => {
  let known: { from: number; standing: Standing } | null = null
  return (now) => {
    if (known && now >= known.from && now < (known.standing.until ?? known.from + KEPT_MS)) return known.standing
    const standing = standingAt(hours, now)
    known = { from: now, standing }
    return standing
  }
}
