import { defineField, type Json } from '../kit/field.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked, lineOf } from './text.ts'

/** In UTF-16 units. A list as JSON text, with all its marks, stays within what is read. */
const READ_CHARS_MAX = 8000
const KEPT_CHARS_MAX = 3000
const ITEM_CHARS_MAX = 200
const ITEMS_MAX = 100

/** The first of these that stands in a text parts it: a comma may well be part of an entry of a longer list. */
const SEPARATORS = [/[\r\n]+/, ';', '|', ',']

const split = (text: string): string[] => {
  const separator = SEPARATORS.find((mark) => (typeof mark === 'string' ? text.includes(mark) : mark.test(text)))
  return separator === undefined ? [text] : text.split(separator)
}

const readJson = (text: string): Json | undefined => {
  if (!/^\[.*\]$/s.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return clean(value, READ_CHARS_MAX).raw
  } catch {
    return undefined
  }
}

/** A form's boxes as an object: those that are ticked. */
const ticked = (entry: readonly [string, Json]): string[] =>
  entry[1] === true || entry[1] === 1 || /^(?:true|yes|on|1)$/i.test(String(entry[1])) ? [entry[0]] : []

const entriesOf = (raw: Json, text: string): readonly Json[] => {
  const value = typeof raw === 'string' ? (readJson(text) ?? split(text)) : raw
  if (Array.isArray(value)) return value
  if (value !== null && typeof value === 'object') return Object.entries(value).flatMap(ticked)
  return value === null ? [] : [value]
}

/** Entries as lines, without blanks and repeats, until the whole is long enough. */
const itemsOf = (entries: readonly Json[]): string[] => {
  const items = new Set<string>()
  let chars = 0
  for (const entry of entries) {
    if (typeof entry === 'object' || items.size >= ITEMS_MAX) continue
    const item = lineOf(lineOf(String(entry)).slice(0, ITEM_CHARS_MAX).toWellFormed())
    if (item === '' || items.has(item) || chars + item.length > KEPT_CHARS_MAX) continue
    items.add(item)
    chars += item.length
  }
  return [...items]
}

const reading = (items: readonly string[]): Reading => ({
  normal: items.length === 0 ? null : [...items],
  valid: items.length > 0,
  masked: items.some((item) => !item.includes(' ') && isMasked(item)),
  parts: { count: items.length, first: items[0] ?? null, last: items.at(-1) ?? null },
})

export const list = defineField({
  type: 'list',
  summary:
    'Several choices as a list of texts, without blanks and repeats: from a JSON list, an object of ticked boxes, or a text parted by line breaks, semicolons, bars or commas, whichever of them comes first in this order. At most 100 entries of 200 characters, 3,000 in all.',
  // Free text may hold anything.
  personal: true,
  value: 'list<string>',
  parts: { count: 'double', first: 'string', last: 'string' },
  examples: ['roof, gutter, siding', 'within 30 days, or later; roof', '["roof","gutter"]', 'roof|roof||gutter', ' , '],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw, READ_CHARS_MAX)
    return { raw: kept, ...reading(itemsOf(entriesOf(kept, text))) }
  },
})
