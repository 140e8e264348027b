/** The filters of templates. What is not listed does not exist: each is bounded and depends on its arguments only. */
import { createHmac, hash } from 'node:crypto'
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
  'url_decode',
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

/** What is longer comes cut. */
export const TEXT_READ_MAX = 65_536

/** A missing value has no hash, so that nobody takes that of an empty text for a person's; nor has what was cut. */
const hashable = (written: string): boolean => written !== '' && written.length < TEXT_READ_MAX

const hashed = (value: Json | undefined, algorithm: string): Json => {
  const written = text(value)
  return hashable(written) ? hash(algorithm, written) : null
}

const HMACS = ['sha256', 'sha1', 'md5', 'sha512']

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
/** XML has no place for these, escaped or not. */
const XML_FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const MASK_KEPT = 3

const masked = (value: string, kept: number): string => {
  const at = value.lastIndexOf('@')
  if (at > 0) return `${value.slice(0, 1)}***${value.slice(at)}`
  let shown = 0
  return value.replace(/[\p{L}\p{N}]/gu, (sign) => (shown++ < kept ? sign : '*'))
}

/** Digits in the places of `#`; what is left over stands behind, so that no digit is lost. */
const patterned = (digits: string, pattern: string): string => {
  let at = 0
  const written = pattern.replace(/#/g, () => digits[at++] ?? '')
  return written + digits.slice(at)
}

const PATTERN_LENGTH_MAX = 60

const titled = (value: string): string =>
  value
    .toLowerCase()
    .replace(/(^|[\s\-'’(/])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())

/** Our own filters. */
export const ownFilters = ({ country, zone }: FilterContext): Readonly<Record<string, Filter>> => ({
  /** Only the digits: `(512) 555-0100` as `5125550100`. */
  digits: (value) => text(value).replace(/\D/g, ''),
  /** `(512) 555-0100`; what is no phone number stays as it is. */
  phone_national: (value) => phone(value, country)?.formatNational() ?? text(value),
  /** `+15125550100`; what is no phone number stays as it is. */
  phone_e164: (value) => phone(value, country)?.number ?? text(value),
  /** `+1 512 555 0100`; what is no phone number stays as it is. */
  phone_international: (value) => phone(value, country)?.formatInternational() ?? text(value),
  /** `5125550100`: the number inside its country, digits alone; what is no phone number stays as it is. */
  phone_digits: (value) => phone(value, country)?.nationalNumber ?? text(value),
  /** By a pattern: `###-###-####` as `512-555-0100`. */
  phone_format: (value, pattern) => {
    const digits = phone(value, country)?.nationalNumber
    const asked = text(pattern).slice(0, PATTERN_LENGTH_MAX)
    return digits === undefined ? text(value) : asked === '' ? String(digits) : patterned(String(digits), asked)
  },
  /** ms since 1970, or a date or time in ISO 8601, by a pattern; in the flow's zone, or the one given. A date alone has no zone and keeps its day. */
  date: (value, pattern, asked) => {
    const ms = instantOf(value)
    if (ms === null) return text(value)
    const dateAlone = typeof value === 'string' && value.trim().length === 10
    const given = text(asked)
    const where = dateAlone ? 'UTC' : given !== '' && isZone(given) ? given : zone
    return writeDate(ms, pattern === undefined ? '%F' : text(pattern).slice(0, 200), where) ?? text(value)
  },
  /** Hexadecimal, small letters; of a missing value nothing. */
  md5: (value) => hashed(value, 'md5'),
  sha1: (value) => hashed(value, 'sha1'),
  sha256: (value) => hashed(value, 'sha256'),
  /** `hmac: "key"`, or `hmac: "key", "sha1"`. Hexadecimal. */
  hmac: (value, key, algorithm) => {
    const [written, secret, named] = [text(value), text(key), text(algorithm) || 'sha256']
    return !hashable(written) || secret === '' || !HMACS.includes(named)
      ? null
      : createHmac(named, secret).update(written).digest('hex')
  },
  base64: (value) => Buffer.from(text(value), 'utf8').toString('base64'),
  xml_escape: (value) =>
    text(value)
      .replace(XML_FORBIDDEN, '')
      .replace(/[&<>"']/g, (sign) => XML[sign] ?? sign),
  /** As the inside of a JSON text, without its quotes. */
  json_escape: (value) => JSON.stringify(text(value)).slice(1, -1),
  /** `McAllister-smith o'neil` as `Mcallister-Smith O'Neil`. */
  titlecase: (value) => titled(text(value)),
  /** `j***@example.com`, `512*******`: the first three letters or digits stay, or as many as are asked for. */
  mask: (value, kept) => masked(text(value), typeof kept === 'number' && kept >= 0 ? kept : MASK_KEPT),
  /** The value as a number, or nothing. */
  number: (value) => {
    const written = text(value).trim()
    const number = Number(written)
    return written !== '' && Number.isFinite(number) ? number : null
  },
})
