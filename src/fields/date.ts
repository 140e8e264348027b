import { defineField } from '../kit/field.ts'
import { readDate, writeDate, yearsSince } from './dates.ts'
import { clean, isMasked, lineOf } from './text.ts'

export const date = defineField({
  type: 'date',
  summary:
    'A day as `YYYY-MM-DD`, from ISO 8601, `m/d/yyyy` or `d/m/yyyy` by country, `d.m.yyyy`, `Jan 5, 2024` or milliseconds or seconds since 1970. The day is taken as written, without regard to zones.',
  // Often a day of birth, whatever its field is called.
  personal: true,
  value: 'string',
  parts: { year: 'double', month: 'double', day: 'double', age: 'double' },
  examples: ['2024-02-29', '2/29/2024', '29.2.2024', 'Feb 29, 2024', '1709164800000', '2023-02-29', '**/**/1980'],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const found = readDate(line, context)
    return {
      raw: kept,
      normal: found ? writeDate(found) : null,
      valid: found !== undefined,
      masked: isMasked(line),
      parts: {
        year: found?.year ?? null,
        month: found?.month ?? null,
        day: found?.day ?? null,
        age: found ? yearsSince(found, context.now) : null,
      },
    }
  },
})
