import { defineField } from '../kit/field.ts'
import { readNumber } from './numbers.ts'
import { clean, isMasked } from './text.ts'

export const number = defineField({
  type: 'number',
  summary: 'A number; thousands separators, a currency sign and a percent sign are tolerated.',
  // A number alone identifies nobody; account and identity numbers are text and want a type of their own.
  personal: false,
  value: 'double',
  parts: {},
  examples: ['1234.5', '1,234.50', '$1,200', '1.234,50 €', '-7', '(1,200)', '12%', 'many', '12**'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const found = readNumber(text.trim())
    const normal = found !== undefined && Number.isFinite(found) ? found + 0 : null
    return { raw: kept, normal, valid: normal !== null, masked: isMasked(text), parts: {} }
  },
})
