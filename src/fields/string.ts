import { defineField, type Json } from '../kit/field.ts'
import { clean } from './text.ts'

/** Free text is longer than other values: a message of some pages is kept whole. */
const STRING_CHARS_MAX = 10_000

/** A text has space inside, a masked value has not: `***` within a sentence hides nothing. */
const MASKED = /^\S*[*•●]{2,}\S*$/

/** A list of choices as one text, from what was kept of it; undefined for anything else. */
const joined = (raw: Json): string | undefined => {
  if (!Array.isArray(raw) || raw.length < 2) return undefined
  const texts = raw.map((item) => (typeof item === 'string' || typeof item === 'number' ? String(item).trim() : null))
  return texts.includes(null) ? undefined : texts.filter((text) => text !== '').join(', ')
}

export const string = defineField({
  type: 'string',
  summary: 'Text, trimmed. A list of texts is joined with a comma and a space.',
  // Free text may hold anything, a name or a telephone number among it.
  personal: true,
  value: 'string',
  parts: {},
  examples: ['roof repair', '  two words ', 'Größe L', '***'],
  parse: (raw) => {
    const cleaned = clean(raw, STRING_CHARS_MAX)
    const text = (joined(cleaned.raw) ?? cleaned.text).slice(0, STRING_CHARS_MAX).toWellFormed().trim()
    const valid = text !== ''
    return { raw: cleaned.raw, normal: valid ? text : null, valid, masked: MASKED.test(text), parts: {} }
  },
})
