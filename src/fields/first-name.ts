import { defineField } from '../kit/field.ts'
import { nameCase } from './name-case.ts'
import { clean, isMasked, lineOf } from './text.ts'

// Two capitals that end in J, or hold no vowel, are initials (AJ, TK); others are a short name (BO, ED, JO).
export const isInitials = (word: string): boolean => /^(?:[a-z]j|[b-df-hj-np-tv-xz]{2})$/.test(word)

export const firstName = defineField({
  type: 'first_name',
  summary: 'A given name: spaces collapsed, ALL CAPITALS and all small letters put right. Valid if it has a letter.',
  // Names a person.
  personal: true,
  value: 'string',
  parts: { first: 'string', middle: 'string', initial: 'string' },
  examples: ['Jane', 'JEAN-LUC', 'mary  ann', 'José', 'AJ', 'J***', '123'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const written = nameCase(lineOf(text), { hasParticles: false, isInitials })
    const valid = /\p{L}/u.test(written)
    const masked = isMasked(written)
    const space = written.indexOf(' ')
    const first = space < 0 ? written : written.slice(0, space)
    const initial = /\p{L}/u.exec(written)?.[0].toUpperCase()
    return {
      raw: kept,
      normal: written === '' ? null : written,
      valid: valid && !masked,
      masked,
      parts: {
        first: valid && !masked ? first : null,
        middle: valid && !masked && space >= 0 ? written.slice(space + 1) : null,
        initial: initial ?? null,
      },
    }
  },
})
