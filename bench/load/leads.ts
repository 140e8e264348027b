/**
 * Invented leads as bytes, cheap enough that making them costs the machine next to nothing: a request is laid out once
 * as a template, and only the digits that make a lead its own are written into it.
 */

export interface LeadRequest {
  /** The whole HTTP/1.1 request. Written over by the next call of the same template. */
  readonly bytes: Buffer
}

export interface LeadTemplate {
  /** Bytes of the body. */
  readonly bodyBytes: number
  /** The request with the name, place, email and phone of this serial, 0 to `SERIALS_MAX` − 1. */
  fill(serial: number): Buffer
}

export interface RequestTarget {
  readonly host: string
  readonly path: string
  readonly key: string
}

/** As many phone numbers as an area code has. */
export const SERIALS_MAX = 8_000_000
const SERIAL_DIGITS = 8
/** Coprime to the count above, so that neighbours in time are not neighbours by number. */
const SPREAD = 2_357_947

const FIRST = ['Ada', 'Grace', 'Linus', 'Maria', 'Chen', 'Priya', 'José', 'Emily', 'Robert', 'Tanisha', 'Walter']
const DOMAINS = ['gmail.com', 'example.com', 'yahoo.com', 'hillcountryroofing.example', 'outlook.com', 'example.org']
const PLACES = [
  { area: '512', state: 'TX', region: '78' },
  { area: '303', state: 'CO', region: '80' },
  { area: '206', state: 'Washington', region: '98' },
  { area: '617', state: 'MA', region: '02' },
  { area: '404', state: 'ga', region: '30' },
  { area: '602', state: 'AZ', region: '85' },
  { area: '415', state: 'CA', region: '94' },
]
const SERVICES = ['roofing', 'plumbing', 'hvac', 'windows', 'solar']
const URGENCIES = ['today', 'this week', 'this month', 'just looking']

const pick = <T>(values: readonly T[], at: number): T => values[at % values.length] as T

const MARK = '########'
const NUMBER_MARK = '$$$-$$$$'
const NAME_MARK = '@@@@@@@@'
const PLACE_MARK = '%%%'

const CONSONANTS = Buffer.from('bdfgklmnprstvzjw')
const VOWELS = Buffer.from('aeio')

/** A surname of four syllables out of the bits of a number: some fall on many leads' names, most on few. */
const writeName = (target: Buffer, at: number, bits: number): void => {
  for (let syllable = 0; syllable < 4; syllable += 1) {
    target[at + 2 * syllable] = CONSONANTS[(bits >>> (6 * syllable)) & 15] as number
    target[at + 2 * syllable + 1] = VOWELS[(bits >>> (6 * syllable + 4)) & 3] as number
  }
}

/** Unaccented small letters, as they stand in an address. */
const local = (name: string): string =>
  name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')

const body = (at: number): string => {
  const first = pick(FIRST, at)
  const place = pick(PLACES, at)
  return JSON.stringify({
    first_name: first,
    last_name: NAME_MARK,
    email: `${local(first)}.${MARK}@${pick(DOMAINS, at)}`,
    phone: `(${place.area}) ${NUMBER_MARK}`,
    state: place.state,
    postal_code: `${place.region}${PLACE_MARK}`,
    service: pick(SERVICES, at),
    urgency: pick(URGENCIES, at),
  })
}

const writeDigits = (target: Buffer, at: number, digits: { readonly value: number; readonly count: number }): void => {
  let rest = digits.value
  for (let i = digits.count - 1; i >= 0; i -= 1) {
    target[at + i] = 48 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}

/** Templates with different `at` differ in name, place and wish. */
export const leadTemplate = (at: number, { host, path, key }: RequestTarget): LeadTemplate => {
  const content = Buffer.from(body(at))
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${content.length}`,
  ].join('\r\n')
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), content])
  const emailAt = bytes.indexOf(MARK)
  const phoneAt = bytes.indexOf(NUMBER_MARK)
  const nameAt = bytes.indexOf(NAME_MARK)
  const placeAt = bytes.indexOf(PLACE_MARK)
  return {
    bodyBytes: content.length,
    fill: (serial) => {
      writeDigits(bytes, emailAt, { value: serial, count: SERIAL_DIGITS })
      const bits = Math.imul(serial + 1, 0x9e3779b1)
      writeName(bytes, nameAt, bits ^ (bits >>> 15))
      writeDigits(bytes, placeAt, { value: (bits >>> 8) % 1000, count: 3 })
      // The first digit of an exchange is 2 to 9.
      const number = 2_000_000 + ((serial * SPREAD) % SERIALS_MAX)
      writeDigits(bytes, phoneAt, { value: Math.floor(number / 10_000), count: 3 })
      writeDigits(bytes, phoneAt + 4, { value: number % 10_000, count: 4 })
      return bytes
    },
  }
}
