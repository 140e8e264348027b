import { defineField } from '../kit/field.ts'
import { addressCountry } from './countries.ts'
import type { Reading } from './settled.ts'
import { clean, isMasked, lineOf } from './text.ts'

interface Shape {
  /** Matches a code in capitals without spaces and hyphens. */
  readonly pattern: RegExp
  /** Where the separator goes, counted from the start or, below zero, from the end; none if left out. */
  readonly cutAt?: number
  readonly separator?: string
}

const digits = (count: number): Shape => ({ pattern: new RegExp(`^\\d{${count}}$`) })

const withDigits = (count: number, countries: string): [string, Shape][] =>
  countries.split(' ').map((country) => [country, digits(count)])

// Their addresses are written with the codes of the United States.
const WITH_ZIP: ReadonlySet<string> = new Set(['US', 'PR', 'GU', 'VI', 'AS', 'MP', 'UM', 'FM', 'MH', 'PW'])

const CANADA = /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d$/
const BRITAIN =
  /^(?:GIR0AA|(?:[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKPSTUW]|[A-HK-Y]\d[ABEHMNPRVWXY]))\d[ABD-HJLNP-UW-Z]{2})$/

// By the countries' postal services; the United States, whose code has two parts, is read apart.
const SHAPES: Readonly<Record<string, Shape>> = {
  CA: { pattern: CANADA, cutAt: 3 },
  GB: { pattern: BRITAIN, cutAt: -3 },
  IE: { pattern: /^(?:[AC-FHKNPRTV-Y]\d{2}|D6W)[0-9AC-FHKNPRTV-Y]{4}$/, cutAt: 3 },
  NL: { pattern: /^[1-9]\d{3}[A-Z]{2}$/, cutAt: 4 },
  SE: { pattern: /^\d{5}$/, cutAt: 3 },
  CZ: { pattern: /^\d{5}$/, cutAt: 3 },
  SK: { pattern: /^\d{5}$/, cutAt: 3 },
  GR: { pattern: /^\d{5}$/, cutAt: 3 },
  PL: { pattern: /^\d{5}$/, cutAt: 2, separator: '-' },
  PT: { pattern: /^\d{7}$/, cutAt: 4, separator: '-' },
  BR: { pattern: /^\d{8}$/, cutAt: 5, separator: '-' },
  JP: { pattern: /^\d{7}$/, cutAt: 3, separator: '-' },
  AR: { pattern: /^(?:\d{4}|[A-HJ-NP-Z]\d{4}[A-Z]{3})$/ },
  CL: { pattern: /^\d{7}$/, cutAt: 3, separator: '-' },
  IL: { pattern: /^\d{5}(?:\d{2})?$/ },
  IR: { pattern: /^\d{10}$/, cutAt: 5, separator: '-' },
  LV: { pattern: /^LV\d{4}$/, cutAt: 2, separator: '-' },
  MT: { pattern: /^[A-Z]{3}\d{4}$/, cutAt: 3 },
  TW: { pattern: /^\d{3}(?:\d{2,3})?$/ },
  ...Object.fromEntries(withDigits(3, 'FO IS')),
  ...Object.fromEntries(withDigits(4, 'AU NZ AT BE BG BD CH CY DK GE GL HU LI LU NO PH PY SI TN ZA AM AF AL VE')),
  ...Object.fromEntries(
    withDigits(
      5,
      'DE ES FI FR IT KR MX MY TH TR BA DO DZ EE EG GT HR ID JO KE KW LK LT MA MC ME NP PE PK RS SA SM SN UA UY ZM',
    ),
  ),
  ...Object.fromEntries(withDigits(6, 'CN CO IN RO RU SG BY EC KZ KG MN NG TM UZ VN')),
}

const GENERAL = /^[A-Z0-9][A-Z0-9 -]{1,8}[A-Z0-9]$/
const UNITED_STATES = /^(\d{5})(?:[- ]?(\d{4}))?$/

const nothing = { country: null, zip: null, plus4: null, area: null }

const readUs = (text: string): Reading | undefined => {
  const [, zip, plus4 = null] = UNITED_STATES.exec(text) ?? []
  if (zip === undefined) return undefined
  return {
    normal: plus4 === null ? zip : `${zip}-${plus4}`,
    valid: true,
    masked: false,
    parts: { country: 'US', zip, plus4, area: zip.slice(0, 3) },
  }
}

const readShaped = (text: string, country: string): Reading | undefined => {
  const shape = SHAPES[country]
  const bare = text.replace(/[ -]/g, '')
  if (!shape?.pattern.test(bare)) return undefined
  const { cutAt, separator = ' ' } = shape
  if (cutAt === undefined) {
    return { normal: bare, valid: true, masked: false, parts: { ...nothing, country, area: bare.slice(0, 2) } }
  }
  const area = bare.slice(0, cutAt)
  return {
    normal: area + separator + bare.slice(cutAt),
    valid: true,
    masked: false,
    parts: { ...nothing, country, area },
  }
}

const readOf = (text: string, country: string): Reading | undefined =>
  WITH_ZIP.has(country) ? readUs(text) : readShaped(text, country)

/** The lead's country, then those whose codes cannot be taken for another's. Canada is next to the United States. */
const countriesFor = (country: string): string[] => [country, 'CA', 'GB', ...(country === 'CA' ? ['US'] : [])]

/** A code of a known shape, in capitals; the given country first (ISO 3166-1 alpha-2), then those that are plain. */
export const findPostalCode = (text: string, country: string): Reading | undefined => {
  for (const candidate of countriesFor(country)) {
    const found = readOf(text, candidate)
    if (found) return found
  }
  return undefined
}

const read = (text: string, country: string): Reading => {
  const found = findPostalCode(text, country)
  if (found) return found
  const hasShape = WITH_ZIP.has(country) || SHAPES[country] !== undefined
  const valid = !hasShape && GENERAL.test(text) && /\d/.test(text)
  const normal = text === '' || text.length > 20 ? null : text
  const masked = isMasked(text)
  return { normal, valid, masked, parts: { ...nothing, country: valid ? country : null } }
}

/** A spreadsheet or a program that takes a zip for a number drops its leading zeros: 2134 is 02134. */
const withZeros = (raw: unknown, text: string, country: string): string =>
  typeof raw === 'number' && country === 'US' && /^\d{3,4}$/.test(text) ? text.padStart(5, '0') : text

export const postalCode = defineField({
  type: 'postal_code',
  summary:
    'A postal code in the form of its country (`02134`, `78701-1234`, `M5V 3L9`, `SW1A 1AA`). Leading zeros stay; in the US a number (not a text) of three or four digits gets them back.',
  // With nine digits a few houses, and with a date of birth most persons, are found by it.
  personal: true,
  value: 'string',
  parts: { country: 'string', zip: 'string', plus4: 'string', area: 'string' },
  examples: ['02134', '78701-1234', '787011234', 'm5v3l9', 'sw1a1aa', '787**', '1234', '-'],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    const country = addressCountry(context)
    const written = withZeros(raw, text.trim(), country)
    const line = lineOf(written)
    // Codes are ASCII; the capitals of other letters may be more letters, and capitals of those.
    return { raw: kept, ...read(/^[ -~]*$/.test(line) ? line.toUpperCase() : line, country) }
  },
})
