import { defineField } from '../kit/field.ts'
import { CLOCK, readClock, readOffset, writeClock, ZONE } from './clock-times.ts'
import { type CalendarDate, type DateContext, dayOf, readDate, writeDate } from './dates.ts'
import type { Reading } from './settled.ts'
import { clean, lineOf } from './text.ts'

const DATETIME_CHARS_MAX = 100

const SPLIT = new RegExp(`^(.{6,40}?)(?:T|,? +(?:at )?)(${CLOCK}|noon|midnight)(?: ?(${ZONE}))?$`, 'i')
const EPOCH = /^(?:(-?\d{12,13})|(\d{10})(\.\d{1,9})?)$/

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const none: Reading = {
  normal: null,
  valid: false,
  masked: false,
  parts: { date: null, time: null, weekday: null, at: null, has_zone: false },
}

const reading = (day: CalendarDate, time: string, at: number | null): Reading => {
  const date = writeDate(day)
  return {
    normal: `${date}T${time}${at === null ? '' : 'Z'}`,
    valid: true,
    masked: false,
    parts: {
      date,
      time,
      weekday: WEEKDAYS[new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay()] ?? null,
      at,
      has_zone: at !== null,
    },
  }
}

/** A moment in UTC. Undefined outside the years 1000 to 9999. */
const readingAt = (ms: number): Reading | undefined => {
  const day = dayOf(ms)
  const moment = new Date(ms)
  if (!day) return undefined
  const clock = {
    hour: moment.getUTCHours(),
    minute: moment.getUTCMinutes(),
    second: moment.getUTCSeconds(),
    millisecond: moment.getUTCMilliseconds(),
  }
  return reading(day, writeClock(clock), moment.getTime())
}

const readEpoch = (text: string): Reading | undefined => {
  const [, ms, s, fraction = ''] = EPOCH.exec(text) ?? []
  if (ms !== undefined) return readingAt(Number(ms))
  return s === undefined ? undefined : readingAt(Math.round(Number(s + fraction) * 1000))
}

const read = (text: string, context: DateContext): Reading => {
  if (text === '' || text.length > DATETIME_CHARS_MAX) return none
  const epoch = readEpoch(text)
  if (epoch) return epoch
  // What JavaScript writes ends with the zone's name in brackets.
  const [, date, clock = '', zone] = SPLIT.exec(text.replace(/ \([^()]*\)$/, '')) ?? []
  const day = readDate(date ?? text, context)
  if (!day) return none
  if (date === undefined) {
    // A date with something behind it that is no time is not half right.
    return /:/.test(text) ? none : reading(day, '00:00:00', null)
  }
  const time = readClock(clock)
  if (!time) return none
  if (zone === undefined) return reading(day, writeClock(time), null)
  const offset = readOffset(zone)
  if (offset === undefined) return none
  const { hour, minute, second, millisecond } = time
  const local = Date.UTC(day.year, day.month - 1, day.day, hour, minute, second, millisecond)
  return readingAt(local - offset * 60_000) ?? none
}

export const datetime = defineField({
  type: 'datetime',
  summary:
    'A day and a time of day by ISO 8601: in UTC (`2024-02-29T20:30:00Z`) where a zone is written, as written (`2024-02-29T14:30:00`) where none is, as nobody knows which is meant. `at` is milliseconds since 1970, of those with a zone. A day alone is its first moment. Milliseconds or seconds since 1970 are read too.',
  // When somebody did something follows them about, and it may be a moment of birth.
  personal: true,
  value: 'string',
  parts: { date: 'string', time: 'string', weekday: 'string', at: 'double', has_zone: 'bool' },
  examples: [
    '2024-02-29T14:30:00-06:00',
    '2/29/2024 2:30 PM',
    'Thu, 29 Feb 2024 20:30:00 GMT',
    'Feb 29, 2024 at 2:30pm CST',
    '1709238600',
    '1709238600123',
    '2024-02-29',
    '2024-02-30T10:00',
    'soon',
  ],
  parse: (raw, { country, now }) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(text), { country, now }) }
  },
})
