import { defineField } from '../kit/field.ts'
import { readDate, writeDate, yearsSince } from './dates.ts'
import type { Reading } from './settled.ts'
import { clean, hashKind, isMasked, lineOf } from './text.ts'

/** Nobody has lived longer: an earlier day is a slip. */
const AGE_MAX = 125

const NORMAL_CHARS_MAX = 40
const YEAR = /(?<!\d)(?:1[89]|20)\d{2}(?!\d)/
const YEAR_OR_MASKED = /^\d{4}$|[*•●]|^[xX/.-]+\d{4}$/

const nothing = { year: null, month: null, day: null, age: null, hashed: null }

/** What is left where day and month are hidden or were never asked: the year, if it can be one. */
const readPart = (text: string): Reading => {
  const isKept = text.length <= NORMAL_CHARS_MAX && YEAR_OR_MASKED.test(text)
  const year = isKept ? YEAR.exec(text)?.[0] : undefined
  return {
    normal: isKept ? text : null,
    valid: false,
    masked: isMasked(text) || /^[xX]/.test(text),
    parts: { ...nothing, year: year === undefined ? null : Number(year) },
  }
}

export const dob = defineField({
  type: 'dob',
  summary:
    'A day of birth as `YYYY-MM-DD`, written in any of the ways of `date`; two-digit years lie behind. Valid if it makes an age of 0 to 125. Of a masked day the year is kept; the age counts whole years at the moment of submission.',
  // With a postal code it names most persons.
  personal: true,
  value: 'string',
  parts: { year: 'double', month: 'double', day: 'double', age: 'double', hashed: 'string' },
  examples: [
    '1980-02-29',
    '2/29/80',
    '29.2.1980',
    '02291980',
    'Feb 29, 1980',
    '2099-01-01',
    '**/**/1980',
    '1980',
    '5d41402abc4b2a76b9719d911017c592',
  ],
  parse: (raw, { country, now }) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const found = readDate(line, { country, now, yearsAhead: 0 })
    if (found) {
      const age = yearsSince(found, now)
      return {
        raw: kept,
        normal: writeDate(found),
        valid: age !== null && age <= AGE_MAX,
        masked: false,
        parts: { ...found, age, hashed: null },
      }
    }
    const hashed = hashKind(line)
    if (!hashed) return { raw: kept, ...readPart(line) }
    return { raw: kept, normal: line.toLowerCase(), valid: false, masked: false, parts: { ...nothing, hashed } }
  },
})
