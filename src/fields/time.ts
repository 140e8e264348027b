import { defineField } from '../kit/field.ts'
import { CLOCK, type ClockTime, readClock, writeClock, ZONE } from './clock-times.ts'
import type { Reading } from './settled.ts'
import { clean, lineOf } from './text.ts'

const PERIODS: ReadonlySet<string> = new Set(['morning', 'afternoon', 'evening', 'night'])

const ZONED = new RegExp(`^(${CLOCK}|noon|midnight) ?(?:${ZONE}|[ECMP]T)$`, 'i')

/** Morning from 5, afternoon from 12, evening from 17, night from 21. */
const periodOf = (hour: number): string => {
  if (hour < 5 || hour >= 21) return 'night'
  if (hour < 12) return 'morning'
  return hour < 17 ? 'afternoon' : 'evening'
}

const nothing = { hour: null, minute: null, second: null, minutes: null, period: null }

const readTime = (text: string): ClockTime | undefined => readClock(text) ?? readClock(ZONED.exec(text)?.[1] ?? '')

const read = (text: string): Reading => {
  const found = readTime(text)
  if (!found) {
    // The answer to "when may we call?", which no clock can show.
    const word = text.toLowerCase().replace(/^(?:in the |at )|s$/g, '')
    const period = PERIODS.has(word) ? word : null
    return { normal: period, valid: false, masked: false, parts: { ...nothing, period } }
  }
  const { hour, minute, second } = found
  const written = writeClock({ ...found, millisecond: 0 })
  return {
    normal: second === 0 ? written.slice(0, 5) : written,
    valid: true,
    masked: false,
    parts: { hour, minute, second, minutes: hour * 60 + minute, period: periodOf(hour) },
  }
}

export const time = defineField({
  type: 'time',
  summary:
    'A time of day as `HH:MM`, with seconds where they are not zero, from `2:30 pm`, `14h30`, `1430`, `noon`. It is taken as written, without regard to zones. `morning` and the like are kept, but not valid. `minutes` counts from midnight.',
  // All the world shares it.
  personal: false,
  value: 'string',
  parts: { hour: 'double', minute: 'double', second: 'double', minutes: 'double', period: 'string' },
  examples: ['14:30', '2:30 pm', '9am', '14h30', '0930', '23:59:59', '2:30 PM CST', 'noon', 'evenings', '25:00'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(text)) }
  },
})
