/** What the values of a column say of it. */
import { fieldTypes } from '../fields/index.ts'
import { wordKey } from '../fields/text.ts'
import type { FieldType, ParseContext } from '../kit/field.ts'

export interface Column {
  readonly header: string
  /** Of the first rows, in order; blank ones too. */
  readonly values: readonly string[]
}

export interface Places {
  /** ISO 3166-1 alpha-2 */
  readonly country: string
  /** ms since 1970: what two-digit years and ages count from. */
  readonly now: number
}

const VALUES_MAX = 400
const VALUE_CHARS_MAX = 400

/** What tools write where they have nothing. */
const NOTHING = new Set([
  '',
  'null',
  'nil',
  'none',
  'n/a',
  'na',
  'nan',
  '#n/a',
  'undefined',
  '-',
  '--',
  '.',
  '(none)',
  'unknown',
  '[]',
  '?',
])

/** Meta writes `p:+1512…` and `l:123`, others `'78701`, so that spreadsheets leave a number alone. */
const TEXT_MARK = /^(?:(?:p|z|l|f|c|ag|as):|')(?=[+\d])/

export const givenOf = (values: readonly string[]): readonly string[] => {
  const given: string[] = []
  for (const value of values) {
    const text = value.trim().slice(0, VALUE_CHARS_MAX)
    if (!NOTHING.has(text.toLowerCase())) given.push(text.replace(TEXT_MARK, ''))
    if (given.length >= VALUES_MAX) break
  }
  return given
}

export const shareOf = (values: readonly string[], test: (value: string) => boolean): number => {
  if (values.length === 0) return 0
  let count = 0
  for (const value of values) if (test(value)) count++
  return count / values.length
}

const EMAIL = /^[^@\s,;]+@[^@\s,;]+\.[^@\s.,;]{2,}$/
const URL_SHAPE = /^(?:https?:\/\/|www\.)\S+\.\S+$/i
const DATE_SHAPE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|(?:1[89]|20)\d{2}[01]\d[0-3]\d|\d{1,2}[ -][a-z]{3,9}[ -]\d{2,4}|[a-z]{3,9}\.? \d{1,2},? \d{4})/i
const CLOCK = /\d{1,2}:\d{2}/
const PHONE_SHAPE = /^(?:\+|00)?[\d\s().\-/x#*X]{7,25}$|^(?:\+|00)?[\d\s().-]{7,20}\s*(?:x|ext)\.?\s*\d{1,6}$/i
const POSTAL_SHAPE = /^(?=.*\d)[a-z\d][a-z\d -]{1,9}[a-z\d]$/i
const NUMBER = /^[-+]?[\d,. ]*\d%?$/
const NAME_WORD = /^\p{L}[\p{L}\p{M}'’.-]*$/u
const MASKED = /[*•●]/
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i

const digitsIn = (value: string): number => value.replace(/\D/g, '').length
const wordsIn = (value: string): readonly string[] => value.split(/\s+/)

const isEmail = (value: string): boolean => EMAIL.test(value)
const isNameLike = (value: string): boolean =>
  value.length <= 60 && wordsIn(value).every((word) => NAME_WORD.test(word.replace(/,$/, '')))

/** Shapes that a value of a type may have though its parser, bound to one country, does not know it. */
const SHAPES: Readonly<Record<string, (value: string) => boolean>> = {
  email: (value) => isEmail(value) || (MASKED.test(value) && value.includes('@')) || HASH.test(value),
  phone: (value) => (PHONE_SHAPE.test(value) && digitsIn(value) >= 6 && digitsIn(value) <= 15) || HASH.test(value),
  postal_code: (value) => POSTAL_SHAPE.test(value),
  state: (value) => value.length <= 40 && isNameLike(value) && !EMAIL.test(value),
  country: (value) => value.length <= 50 && isNameLike(value),
  city: (value) => value.length <= 60 && !/[@/]/.test(value) && /\p{L}/u.test(value) && !/^\d/.test(value),
  first_name: (value) => isNameLike(value) || HASH.test(value) || MASKED.test(value),
  last_name: (value) => isNameLike(value) || HASH.test(value) || MASKED.test(value),
  full_name: isNameLike,
  company: (value) => /\p{L}/u.test(value) && !EMAIL.test(value) && !URL_SHAPE.test(value),
  job_title: (value) => /\p{L}/u.test(value) && value.length <= 100 && !EMAIL.test(value) && !URL_SHAPE.test(value),
  street: (value) => /\p{L}/u.test(value) && !EMAIL.test(value) && !URL_SHAPE.test(value),
  full_address: (value) => /\p{L}/u.test(value) && /\d/.test(value),
  dob: (value) => DATE_SHAPE.test(value) || MASKED.test(value),
  date: (value) => DATE_SHAPE.test(value),
  datetime: (value) => DATE_SHAPE.test(value) || /^\d{10}(?:\d{3})?$/.test(value),
  url: (value) => URL_SHAPE.test(value) || /^[\w-]+(?:\.[\w-]+)+(?:\/\S*)?$/.test(value),
  ssn: (value) => /^[\dxX*•-]{4,11}$/.test(value),
  string: () => true,
  list: () => true,
  credential: () => true,
}

/** Where a parser takes nearly everything, only the shape decides. */
const SHAPE_DECIDES = new Set([
  'first_name',
  'last_name',
  'full_name',
  'city',
  'company',
  'job_title',
  'street',
  'full_address',
  'dob',
  'datetime',
  'string',
  'list',
])

const isValid = (type: FieldType, value: string, context: ParseContext): boolean => {
  const parsed = type.parse(value, context)
  return parsed.valid || (parsed.masked && parsed.normal !== null)
}

/** What a value counts that has the shape and that the parser refuses: little where names of places are meant. */
const SHAPE_ALONE = 0.75
const PLACE_ALONE = 0.55
const PLACES = new Set(['state', 'country'])

/** How well the values fit a type, 0 to 1. */
export const supportOf = (typeName: string, given: readonly string[], places: Places): number => {
  const type = fieldTypes[typeName]
  const shape = SHAPES[typeName]
  if (type === undefined) return 0
  const context: ParseContext = { ...places, fields: {} }
  if (SHAPE_DECIDES.has(typeName)) return shareOf(given, (value) => shape?.(value) ?? true)
  const alone = PLACES.has(typeName) ? PLACE_ALONE : SHAPE_ALONE
  let fit = 0
  for (const value of given) fit += isValid(type, value, context) ? 1 : shape?.(value) === true ? alone : 0
  return given.length === 0 ? 0 : fit / given.length
}

export interface Guess {
  /** Null: the values have this type, and what they mean is not said by it. */
  readonly field: string | null
  readonly type: string
  readonly sure: number
  readonly why: string
}

const SALUTATION = /^(?:mr|mrs|ms|miss|mx|dr|prof|sir|madam|mister|rev)\.?$/i
const GENDER = /^(?:m|f|male|female|man|woman|non-?binary)$/i
const YES_NO = /^(?:yes|no|true|false|y|n|t|f|0|1|on|off)$/i
const MONEY = /^[-+(]?\s*(?:[$€£¥]|(?:USD|EUR|GBP|CAD|AUD)\s)\s*[\d.,]+\s*[kmb]?\)?$/i
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const CERTIFICATE = /^https?:\/\/(?:cert|ping)\.(?:staging\.)?trustedform\.com\//i
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/
const USER_AGENT = /^Mozilla\/\d/
const FORMATTED_PHONE = /^(?:\+\d[\d\s().-]{7,18}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4})(?:\s*(?:x|ext)\.?\s*\d+)?$/i
const ZIP = /^\d{5}(?:-\d{4})?$/
const CANADIAN = /^[a-z]\d[a-z][ -]?\d[a-z]\d$/i
const BRITISH = /^[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}$/i
const STREET = /^\d+[a-z]?\s+(?:\p{L}|\d+(?:st|nd|rd|th)\b).{2,}/iu
const DATE_ALONE = /^\S+$|^\d{1,2}[ -][a-z]{3,9}[ -]\d{2,4}$|^[a-z]{3,9}\.? \d{1,2},? \d{4}$/i

const distinctOf = (given: readonly string[]): number => new Set(given.map(wordKey)).size

/** What the values say by themselves, the surest first. A few values are no evidence. */
export const guessesOf = (given: readonly string[], places: Places): Guess[] => {
  if (given.length === 0) return []
  const context: ParseContext = { ...places, fields: {} }
  const valid = (type: string) => (value: string) => {
    const known = fieldTypes[type]
    return known !== undefined && isValid(known, value, context)
  }
  const distinct = distinctOf(given)
  const found: Guess[] = []
  const add = (field: string | null, type: string, most: number, share: number, why: string, least = 0.8): void => {
    if (share >= least) found.push({ field, type, sure: most * share, why })
  }
  const of = (test: (value: string) => boolean): number => shareOf(given, test)
  add('email', 'email', 0.93, of(isEmail), 'the values are email addresses')
  add(
    'trustedform_cert_url',
    'certificate_url',
    0.96,
    of((value) => CERTIFICATE.test(value)),
    'the values are addresses of TrustedForm certificates',
  )
  add(
    'ip_address',
    'ip',
    0.88,
    of((value) => IPV4.test(value) || (value.includes(':') && valid('ip')(value))),
    'the values are IP addresses',
  )
  add(
    'user_agent',
    'user_agent',
    0.92,
    of((value) => USER_AGENT.test(value)),
    'the values are what browsers call themselves',
  )
  add(
    'phone',
    'phone',
    0.86,
    of((value) => FORMATTED_PHONE.test(value) && (valid('phone')(value) || digitsIn(value) >= 10)),
    'the values are written as phone numbers',
  )
  add(
    'phone',
    'phone',
    0.58,
    of((value) => /^1?\d{10}$/.test(value) && valid('phone')(value)),
    'the values may be phone numbers',
    0.9,
  )
  add(
    null,
    'url',
    0.6,
    of((value) => URL_SHAPE.test(value) && !CERTIFICATE.test(value)),
    'the values are web addresses',
  )
  add(
    'name_prefix',
    'string',
    0.82,
    of((value) => SALUTATION.test(value)),
    'the values are salutations',
  )
  add(
    'gender',
    'gender',
    distinct >= 2 ? 0.78 : 0.55,
    of((value) => GENDER.test(value)),
    'the values are those of a gender',
    0.9,
  )
  add(
    'state',
    'state',
    distinct >= 3 ? 0.76 : 0.6,
    of((value) => value.length <= 20 && !/\d/.test(value) && valid('state')(value)),
    'the values are states',
    0.9,
  )
  add(
    'country',
    'country',
    0.74,
    of((value) => value.length > 3 && valid('country')(value)),
    'the values are countries',
    0.9,
  )
  add(
    'postal_code',
    'postal_code',
    0.82,
    of((value) => CANADIAN.test(value) || BRITISH.test(value)),
    'the values are written as postal codes',
    0.9,
  )
  add(
    'postal_code',
    'postal_code',
    0.64,
    of((value) => ZIP.test(value)),
    'the values may be ZIP codes',
    0.95,
  )
  add(
    'street',
    'street',
    0.72,
    of((value) => STREET.test(value) && !value.includes('@')),
    'the values begin as street addresses do',
  )
  add(
    'full_name',
    'full_name',
    0.55,
    distinct < given.length / 4
      ? 0
      : of((value) => isNameLike(value) && wordsIn(value).length >= 2 && wordsIn(value).length <= 4),
    'the values may be names',
  )
  add(
    null,
    'uuid',
    0.5,
    of((value) => UUID.test(value)),
    'the values are UUIDs',
  )
  add(
    null,
    'datetime',
    0.5,
    of((value) => DATE_SHAPE.test(value) && CLOCK.test(value)),
    'the values are times',
  )
  add(
    null,
    'date',
    0.5,
    of((value) => DATE_SHAPE.test(value) && DATE_ALONE.test(value)),
    'the values are dates',
  )
  add(
    null,
    'currency',
    0.5,
    of((value) => MONEY.test(value)),
    'the values are amounts of money',
  )
  add(
    null,
    'boolean',
    0.5,
    of((value) => YES_NO.test(value)),
    'the values are yes and no',
  )
  add(
    null,
    'number',
    0.5,
    of((value) => NUMBER.test(value)),
    'the values are numbers',
  )
  return found.toSorted((a, b) => b.sure - a.sure)
}

export const isSalutation = (value: string): boolean => SALUTATION.test(value)
export const isOneWord = (value: string): boolean => isNameLike(value) && wordsIn(value).length === 1
/** A street with its city and postal code behind: `1 Main St, Austin, TX 78701`. */
export const isWholeAddress = (value: string): boolean =>
  value.includes(',') && /\d[\d-]*[a-z\d ]*$/i.test(value) && /\p{L}/u.test(value)
/** `+1`, `44`: what countries are dialled by. */
export const isCallingCode = (value: string): boolean => /^\+?\d{1,4}$/.test(value)
/** A birthday without its year, as mailing tools keep it. */
export const isDayAndMonth = (value: string): boolean => /^\d{1,2}[/.-]\d{1,2}$/.test(value)
export const isZip = (value: string): boolean => ZIP.test(value)
export const isYesNo = (value: string): boolean => YES_NO.test(value)
/** A name of a column never is one of these: the file has no line of names. */
export const isNoHeader = (header: string): boolean =>
  isEmail(header) || FORMATTED_PHONE.test(header) || MONEY.test(header)

/** Words for what somebody does: `VP of Sales` says a rank, `Roof lead` nothing. */
export const isJobTitle =
  (places: Places) =>
  (value: string): boolean => {
    const parts = fieldTypes.job_title?.parse(value, { ...places, fields: {} }).parts
    return parts !== undefined && (parts.seniority !== null || parts.function !== null)
  }
