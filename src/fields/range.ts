import { defineField } from '../kit/field.ts'
import { readAmount } from './amounts.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked, lineOf } from './text.ts'

interface Side {
  readonly value: number
  readonly times: number
  readonly unit: string | null
}

/** A bound that is missing lies open. */
interface Bounds {
  readonly min: Side | null
  readonly max: Side | null
}

const RANGE_CHARS_MAX = 120

// Whether the bound itself still counts is lost in speech (`under 50` of a form that goes on with `50 to 100`), so
// it is not told apart: each bound belongs to its range.
const UP_TO = /^(?:under|below|less than|fewer than|up to|at most|maximum|max\.?|<=?|≤)\s*(?=[^\s=])/i
const FROM = /^(?:over|above|more than|greater than|at least|starting at|from|minimum|min\.?|>=?|≥)\s*(?=[^\s=])/i
const OR_LESS = /\s*(?:or|and) (?:less|fewer|under|below|lower|younger)$/i
const OR_MORE = /\s*(?:\+|plus|(?:or|and) (?:more|over|up|above|higher|older|greater))$/i
const BETWEEN = /^(?:between|from) (.+?) (?:and|to) (.+)$/i
const SEPARATOR = /\s*(?:\bto\b|\band\b|[-–—~…]|\.{2,3})\s*/giu

/** A number, or a number and what it counts: `10 years`, `5 sq ft`. */
const sideOf = (text: string, country: string): Side | undefined => {
  const bare = text.replace(/\s*%$/, '')
  const whole = readAmount(bare, country)
  if (whole) return { value: whole.value, times: whole.times, unit: bare === text ? null : '%' }
  const [, digits, unit] = /^(.*\d[kmb]?) ?([\p{L}/][\p{L}\p{M} /.²]{0,30})$/iu.exec(text) ?? []
  const counted = digits === undefined ? undefined : readAmount(digits, country)
  return counted && unit !== undefined ? { value: counted.value, times: counted.times, unit: unit.trim() } : undefined
}

/** `50-75k` means 50,000 to 75,000; `500-1k` means what it says. */
const withTimes = (low: Side, high: Side): Side =>
  low.times === 1 && high.times > 1 && low.value < high.value / high.times
    ? { ...low, value: low.value * high.times }
    : low

const between = (left: Side | undefined, right: Side | undefined): Bounds | undefined => {
  if (!left || !right) return undefined
  const low = withTimes(left, right)
  return low.value <= right.value ? { min: low, max: right } : { min: right, max: low }
}

const readBetween = (text: string, country: string): Bounds | undefined => {
  const [, from, to] = BETWEEN.exec(text) ?? []
  if (from !== undefined && to !== undefined) return between(sideOf(from, country), sideOf(to, country))
  for (const { index, 0: separator } of text.matchAll(SEPARATOR)) {
    // A minus at the very start is the number's own.
    if (index === 0) continue
    const found = between(sideOf(text.slice(0, index), country), sideOf(text.slice(index + separator.length), country))
    if (found) return found
  }
  return undefined
}

const readOpen = (text: string, country: string): Bounds | undefined => {
  const below = text.replace(UP_TO, '').replace(OR_LESS, '')
  if (below !== text) {
    const max = sideOf(below, country)
    return max && { min: null, max }
  }
  const above = text.replace(FROM, '').replace(OR_MORE, '')
  const min = above === text ? undefined : sideOf(above, country)
  return min && { min, max: null }
}

const readBounds = (text: string, country: string): Bounds | undefined => {
  if (text === '' || text.length > RANGE_CHARS_MAX) return undefined
  const open = readOpen(text, country)
  if (open) return open
  const exact = sideOf(text, country)
  return exact ? { min: exact, max: exact } : readBetween(text, country)
}

const write = ({ min, max }: Bounds): string => {
  if (min === null) return `<=${max?.value}`
  if (max === null) return `${min.value}+`
  return min.value === max.value ? String(min.value) : `${min.value}-${max.value}`
}

const read = (text: string, country: string): Reading => {
  const found = readBounds(text, country)
  const min = found?.min ?? null
  const max = found?.max ?? null
  return {
    normal: found ? write(found) : null,
    valid: found !== undefined,
    masked: found === undefined && isMasked(text),
    parts: {
      min: min?.value ?? null,
      max: max?.value ?? null,
      mid: min && max ? (min.value + max.value) / 2 : null,
      is_open: found !== undefined && (min === null || max === null),
      unit: max?.unit ?? min?.unit ?? null,
    },
  }
}

export const range = defineField({
  type: 'range',
  summary:
    'A span of numbers as `min-max`, `min+` or `<=max`, from `$50k - $75k`, `5 to 10 years`, `under 500`, `100 or more`; a single number is a span of itself. Both bounds belong to it.',
  // A bracket holds many people.
  personal: false,
  value: 'string',
  parts: { min: 'double', max: 'double', mid: 'double', is_open: 'bool', unit: 'string' },
  examples: [
    '50,000 - 75,000',
    '$50k-$75k',
    '50-75k',
    'between 5 and 10 years',
    'under $500',
    '100,000+',
    '10 or more',
    '-5--2',
    '42',
    'some',
    '5*-9*',
  ],
  parse: (raw, { country }) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(text), country) }
  },
})
