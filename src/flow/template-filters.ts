/** The filters of templates. What is not listed does not exist: each is bounded and depends on its arguments only. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { Json } from '../kit/field.ts'
import { readInstantMs, writeDate } from './calendar.ts'
import { isZone } from './places.ts'

export interface FilterContext {
  /** ISO 3166-1 alpha-2 */
  readonly country: string
  /** IANA */
  readonly zone: string
}

/** Filters of the library that are kept as they are: they are pure, and their work is bounded by the memory limit. */
export const LIBRARY_FILTERS: readonly string[] = [
  'abs',
  'append',
  'at_least',
  'at_most',
  'capitalize',
  'ceil',
  'compact',
  'default',
  'divided_by',
  'downcase',
  'escape',
  'first',
  'floor',
  'join',
  'json',
  'last',
  'lstrip',
  'minus',
  'modulo',
  'newline_to_br',
  'plus',
  'prepend',
  'remove',
  'remove_first',
  'remove_last',
  'replace',
  'replace_first',
  'replace_last',
  'reverse',
  'round',
  'rstrip',
  'size',
  'slice',
  'sort',
  'split',
  'strip',
  'strip_newlines',
  'times',
  'truncate',
  'truncatewords',
  'uniq',
  'upcase',
  'url_encode',
]

const PHONE_LENGTH_MAX = 40

type Filter = (value: Json | undefined, ...args: readonly (Json | undefined)[]) => Json

const text = (value: Json | undefined): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? '' : String(value)

const phone = (value: Json | undefined, country: string) => {
  const written = text(value)
  if (written === '' || written.length > PHONE_LENGTH_MAX) return undefined
  try {
    // The library's type of a country is its own list of codes; an unknown one means: none is assumed.
    return parsePhoneNumberFromString(written, { defaultCountry: country as 'US' })
  } catch {
    return undefined
  }
}

const instantOf = (value: Json | undefined): number | null => {
  if (typeof value === 'number') return value
  const written = text(value)
  return /^\d{11,14}$/.test(written) ? Number(written) : readInstantMs(written)
}

/** Our own filters. */
export const ownFilters = ({ country, zone }: FilterContext): Readonly<Record<string, Filter>> => ({
  /** Only the digits: `(512) 555-0100` as `5125550100`. */
  digits: (value) => text(value).replace(/\D/g, ''),
  /** `(512) 555-0100`; what is no phone number stays as it is. */
  phone_national: (value) => phone(value, country)?.formatNational() ?? text(value),
  /** `+15125550100`; what is no phone number stays as it is. */
  phone_e164: (value) => phone(value, country)?.number ?? text(value),
  /** ms since 1970, or a date or time in ISO 8601, by a pattern; in the flow's zone, or the one given. A date alone has no zone and keeps its day. */
  date: (value, pattern, asked) => {
    const ms = instantOf(value)
    if (ms === null) return text(value)
    const dateAlone = typeof value === 'string' && value.trim().length === 10
    const given = text(asked)
    const where = dateAlone ? 'UTC' : given !== '' && isZone(given) ? given : zone
    return writeDate(ms, pattern === undefined ? '%F' : text(pattern).slice(0, 200), where) ?? text(value)
  },
  /** The value as a number, or nothing. */
  number: (value) => {
    const written = text(value).trim()
    const number = Number(written)
    return written !== '' && Number.isFinite(number) ? number : null
  },
})
