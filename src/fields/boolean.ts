import { defineField } from '../kit/field.ts'
import { clean } from './text.ts'

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 't', '1', 'on', 'checked'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'f', '0', 'off', 'unchecked'].map((word) => [word, false] as const),
])

export const boolean = defineField({
  type: 'boolean',
  summary: 'Yes or no: true, yes, y, t, 1, on, checked, and their opposites, in any case.',
  // An answer alone identifies nobody.
  personal: false,
  value: 'bool',
  parts: {},
  examples: ['yes', 'No', 'TRUE', '0', 'on', 'maybe'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const normal = WORDS.get(text.trim().toLowerCase()) ?? null
    return { raw: kept, normal, valid: normal !== null, masked: false, parts: {} }
  },
})
