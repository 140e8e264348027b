import { Temporal } from 'temporal-polyfill'
import { Fault } from '../base/faults.ts'

/**
 * Cron expressions of five fields (minute, hour, day of month, month, day of week) in a time zone.
 *
 * A star, lists `1,15`, ranges `9-17`, steps `9-17/2`; days of the week 0 to 7, Sunday being 0 and 7. Where both days
 * are restricted, either one is enough, as cron has it. A local time that a change of the clock skips is not run; one
 * that comes twice is run once, the first time.
 */
export interface Cron {
  /** The first time after this one, ms since 1970; null: none within eight years. */
  next(after: number, zone: string): number | null
}

const FIELDS = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of the week', from: 0, to: 7 },
] as const

const wrong = (text: string, why: string): Fault =>
  new Fault('setting_invalid', { message: `"${text.slice(0, 60)}" is no cron expression: ${why}` })

const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/

const readField = (text: string, field: string, { name, from, to }: (typeof FIELDS)[number]): ReadonlySet<number> => {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const match = PART.exec(part)
    if (!match) throw wrong(text, `the ${name} "${part}" cannot be read`)
    const [, low, high, every] = match
    const first = low === undefined ? from : Number(low)
    const last = high !== undefined ? Number(high) : low === undefined || every !== undefined ? to : first
    const step = every === undefined ? 1 : Number(every)
    if (first < from || last > to || first > last || step < 1)
      throw wrong(text, `the ${name} goes from ${from} to ${to}, not "${part}"`)
    for (let value = first; value <= last; value += step) values.add(value)
  }
  return values
}

const DAYS_MAX = 8 * 366

/** Throws Fault `setting_invalid`. */
export const readCron = (text: string): Cron => {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== FIELDS.length) throw wrong(text, `expected five fields, found ${fields.length}`)
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, at) =>
    readField(text, fields[at] ?? '', field),
  ) as [ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>, ReadonlySet<number>]
  const anyDay = fields[2] === '*'
  const anyWeekday = fields[4] === '*'
  const isDay = (date: Temporal.PlainDate): boolean => {
    if (!months.has(date.month)) return false
    const day = days.has(date.day)
    const weekday = weekdays.has(date.dayOfWeek) || (date.dayOfWeek === 7 && weekdays.has(0))
    if (anyDay) return weekday
    return anyWeekday ? day : day || weekday
  }
  const times = [...hours]
    .sort((a, b) => a - b)
    .flatMap((hour) => [...minutes].sort((a, b) => a - b).map((minute) => ({ hour, minute })))
  return {
    next: (after, zone) => {
      let date = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(zone).toPlainDate()
      for (let days = 0; days <= DAYS_MAX; days += 1, date = date.add({ days: 1 })) {
        if (!isDay(date)) continue
        for (const time of times) {
          const wanted = date.toPlainDateTime(time)
          const at = wanted.toZonedDateTime(zone, { disambiguation: 'earlier' })
          // Skipped by a change of the clock: what it became is another time.
          if (!at.toPlainDateTime().equals(wanted)) continue
          if (at.epochMilliseconds > after) return at.epochMilliseconds
        }
      }
      return null
    },
  }
}
