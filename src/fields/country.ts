import { defineField } from '../kit/field.ts'
import { findCountry } from './countries.ts'
import { clean, isMasked, lineOf } from './text.ts'

/** A longer text names no country: it is not kept as one. */
const NAME_CHARS_MAX = 100

export const country = defineField({
  type: 'country',
  summary: 'A country by ISO 3166-1 code of two or three letters or by English name, as two letters (`US`).',
  // Millions share it.
  personal: false,
  value: 'string',
  parts: { name: 'string', alpha3: 'string' },
  examples: ['US', 'usa', 'United Kingdom', 'Côte d’Ivoire', 'the Netherlands', 'Atlantis'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const isShort = line !== '' && line.length <= NAME_CHARS_MAX
    const found = isShort ? findCountry(line) : undefined
    return {
      raw: kept,
      normal: found?.alpha2 ?? (isShort ? line : null),
      valid: found !== undefined,
      masked: found === undefined && isMasked(line),
      parts: { name: found?.name ?? null, alpha3: found?.alpha3 ?? null },
    }
  },
})
