import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { defineField, type Part } from '../kit/field.ts'
import { nanpCountries, readNanp } from './phone-nanp.ts'
import { readNational, readPlanned } from './phone-plans.ts'
import { zonesOf } from './phone-zones.ts'
import type { Reading } from './settled.ts'
import { clean, hashKind } from './text.ts'

type Parts = Record<string, Part>
const NOTHING = {
  national: null,
  area: null,
  exchange: null,
  line: null,
  extension: null,
  country: null,
  calling_code: null,
  type: null,
  is_toll_free: false,
  hashed: null,
}

const nothing = (): Parts => ({ ...NOTHING, time_zones: [] })

const unknown = (normal: string | null): Reading => ({ normal, valid: false, masked: false, parts: nothing() })

/** Area, exchange and line: the three pieces of ten North American digits. Elsewhere areas have no fixed length. */
const pieces = (national: string) => ({
  area: national.slice(0, 3),
  exchange: national.slice(3, 6),
  line: national.slice(6),
})

const readCommon = (text: string, country: string): Reading | undefined => {
  const found = readNanp(text, country) ?? readPlanned(text, country)
  if (!found) return undefined
  const { callingCode, national } = found
  return {
    normal: `+${callingCode}${national}`,
    valid: true,
    masked: false,
    parts: {
      ...NOTHING,
      national,
      ...(callingCode === '1' ? pieces(national) : {}),
      country: found.country,
      calling_code: callingCode,
      type: found.type,
      is_toll_free: found.type === 'toll_free',
      time_zones: zonesOf(callingCode + national),
    },
  }
}

const libraryRead = (text: string, country: string) => {
  try {
    return parsePhoneNumberFromString(text, isSupportedCountry(country) ? { defaultCountry: country } : undefined)
  } catch {
    // The library means to answer undefined; where it throws instead, the text is beyond understanding all the same.
    return undefined
  }
}

/** One reading by the library. The normal form of an impossible number is its digits, as nothing better is known. */
const readOnce = (text: string, country: string): Reading => {
  const found = libraryRead(text, country)
  if (!found) return unknown(null)
  const { nationalNumber: national, countryCallingCode: callingCode, ext } = found
  const valid = found.isValid()
  if (!valid && !found.isPossible()) {
    const digits = text.replace(/\D/g, '')
    const sign = text.trimStart().startsWith('+') ? '+' : ''
    return unknown(ext || digits === '' || digits.length > 20 ? null : sign + digits)
  }
  const type = found.getType()?.toLowerCase() ?? null
  return {
    normal: ext ? `${found.number};ext=${ext}` : found.number,
    valid,
    masked: false,
    parts: {
      ...NOTHING,
      national,
      ...(callingCode === '1' && national.length === 10 ? pieces(national) : {}),
      extension: ext ?? null,
      country: found.country ?? null,
      calling_code: callingCode,
      type,
      is_toll_free: type === 'toll_free',
      time_zones: valid ? zonesOf(callingCode + national) : [],
    },
  }
}

/**
 * A reading whose normal form stays as it is when read again. A number that is not valid may not, as national
 * prefixes are stripped by trial: then it has no normal form. Valid ones do stay: no country has one that does not.
 */
const readAny = (text: string, country: string): Reading => {
  const reading = readOnce(text, country)
  if (typeof reading.normal !== 'string' || reading.normal === text) return reading
  if (reading.valid && reading.parts.extension === null) return reading
  const again = readCommon(reading.normal, country) ?? readOnce(reading.normal, country)
  return again.normal === reading.normal && again.valid === reading.valid ? reading : unknown(null)
}

const MASKED = /[*•●]|[xX#]{2,}/

// One star beside a whole number hides nothing.
const WHOLE = /^(?:\+?1)?\d{10}$/

/** Digits and stars of a number partly hidden, or undefined. */
const starsOf = (text: string): string | undefined => {
  if (!MASKED.test(text)) return undefined
  const stars = text.replace(/[•●xX#]/g, '*').replace(/[^\d*+]/g, '')
  const kept = (stars.startsWith('+') ? '+' : '') + stars.replaceAll('+', '')
  const isOne = kept.indexOf('*') === kept.lastIndexOf('*')
  return kept.length > 20 || (isOne && WHOLE.test(kept.replace('*', ''))) ? undefined : kept
}

/** What is left of a masked North American number; of others only the digits themselves are kept. */
const readMasked = (stars: string, country: string): Reading => {
  const bare = stars.replace(/^\+/, '')
  const isNanp = stars.startsWith('+') ? bare.startsWith('1') : nanpCountries.has(country)
  const national = isNanp && bare.length === 11 && bare.startsWith('1') ? bare.slice(1) : bare
  if (!isNanp || national.length !== 10) {
    return { normal: stars, valid: false, masked: true, parts: nothing() }
  }
  const known = (piece: string) => (/^\d+$/.test(piece) ? piece : null)
  const { area, exchange, line } = pieces(national)
  // Any number of the area tells its country: an area lies within one.
  const sample = known(area) ? readNational('1', `${area}${known(exchange) ?? '555'}2368`) : undefined
  return {
    normal: `+1${national}`,
    valid: false,
    masked: true,
    parts: {
      ...NOTHING,
      area: known(area),
      exchange: known(exchange),
      line: known(line),
      country: sample?.country ?? null,
      calling_code: '1',
      type: sample?.type === 'toll_free' ? 'toll_free' : null,
      is_toll_free: sample?.type === 'toll_free',
      time_zones: sample ? zonesOf(`1${area}${known(exchange) ?? ''}`) : [],
    },
  }
}

const read = (text: string, country: string): Reading => {
  const common = readCommon(text, country)
  if (common) return common
  if (text === '') return unknown(null)
  const hashed = hashKind(text)
  if (hashed) return { ...unknown(text.toLowerCase()), parts: { ...nothing(), hashed } }
  const stars = starsOf(text)
  if (stars) return readMasked(stars, country)
  return readAny(text, country)
}

export const phone = defineField({
  type: 'phone',
  summary:
    'A telephone number as E.164 (`+15125551234`, with `;ext=123` where it has an extension). Numbers without a country code belong to the country of the flow. A masked or hashed number is not valid, but its known parts are kept.',
  // Reaches one person.
  personal: true,
  value: 'string',
  parts: {
    national: 'string',
    area: 'string',
    exchange: 'string',
    line: 'string',
    extension: 'string',
    country: 'string',
    calling_code: 'string',
    type: 'string',
    is_toll_free: 'bool',
    time_zones: 'list<string>',
    hashed: 'string',
  },
  examples: [
    '(512) 555-0123',
    '+1 416 555 0123',
    '800-555-0199',
    '512-555-0123 ext. 12',
    '+44 20 7946 0958',
    '512*******',
    '5d41402abc4b2a76b9719d911017c592',
    '12',
    'none',
  ],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(text.trim(), context.country) }
  },
})
