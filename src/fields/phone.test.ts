import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { type CountryCode, getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { phone } from './phone.ts'
import { nanpCountries, readNanp } from './phone-nanp.ts'
import { readPlanned } from './phone-plans.ts'

const common = {
  national: '5125551234',
  area: '512',
  exchange: '555',
  line: '1234',
  country: 'US',
  calling_code: '1',
  type: 'fixed_line_or_mobile',
  is_toll_free: false,
  time_zones: ['America/Chicago'],
}

testCases(phone, [
  ...[
    '5125551234',
    '(512) 555-1234',
    '512.555.1234',
    '+1 512 555 1234',
    '1-512-555-1234',
    'tel:+15125551234',
    5125551234,
  ].map((raw) => ({ raw, normal: '+15125551234', valid: true, parts: { ...common, extension: null, hashed: null } })),
  ...['512-555-1234 ext. 12', '5125551234x12', '+15125551234;ext=12'].map((raw) => ({
    raw,
    normal: '+15125551234;ext=12',
    valid: true,
    parts: { ...common, extension: '12' },
  })),
  { raw: '+1 512 555 1234', normal: '+15125551234', valid: true, country: 'GB', parts: common },
  {
    raw: '416 555 0123',
    normal: '+14165550123',
    valid: true,
    parts: { country: 'CA', time_zones: ['America/Toronto'] },
  },
  {
    raw: '800-555-0199',
    normal: '+18005550199',
    valid: true,
    parts: { type: 'toll_free', is_toll_free: true, time_zones: [] },
  },
  { raw: '900-555-0199', normal: '+19005550199', valid: true, parts: { type: 'premium_rate' } },
  {
    raw: '020 7946 0958',
    normal: '+442079460958',
    valid: true,
    country: 'GB',
    parts: { type: 'fixed_line', area: null },
  },
  { raw: '011 44 20 7946 0958', normal: '+442079460958', valid: true, parts: { time_zones: ['Europe/London'] } },
  { raw: '07400 123456', normal: '+447400123456', valid: true, country: 'GB', parts: { type: 'mobile' } },
  { raw: '123-456-7890', normal: '+11234567890', valid: false, parts: { type: null, time_zones: [] } },
  { raw: '555-1234', normal: '5551234', valid: false, parts: { national: null } },
  {
    raw: '512*******',
    normal: '+1512*******',
    valid: false,
    masked: true,
    parts: { area: '512', exchange: null, country: 'US', time_zones: ['America/Chicago'] },
  },
  {
    raw: '+1 (512) 789-****',
    normal: '+1512789****',
    valid: false,
    masked: true,
    parts: { area: '512', exchange: '789', line: null },
  },
  {
    raw: 'XXX-XXX-1234',
    normal: '+1******1234',
    valid: false,
    masked: true,
    parts: { area: null, line: '1234', time_zones: [] },
  },
  { raw: '800-xxx-xxxx', normal: '+1800*******', valid: false, masked: true, parts: { is_toll_free: true } },
  { raw: '+44 20 **** 0958', normal: '+4420****0958', valid: false, masked: true, parts: { area: null } },
  {
    raw: '5D41402ABC4B2A76B9719D911017C592',
    normal: '5d41402abc4b2a76b9719d911017c592',
    valid: false,
    parts: { hashed: 'md5' },
  },
  { raw: '512-555-123*', normal: '+1512555123*', valid: false, masked: true, parts: { area: '512', exchange: '555' } },
  { raw: '512-555-1234*', normal: '+15125551234', valid: true },
  { raw: '+44 20 7946 095*', normal: '+44207946095*', valid: false, masked: true },
  { raw: 'none', normal: null, valid: false },
  { raw: '', normal: null, valid: false },
  { raw: '1'.repeat(1_000_000), normal: null, valid: false },
])

describe("the example numbers of Google's library", () => {
  const [, ...rows] = readFileSync(new URL('../../test/data/phone-examples.csv', import.meta.url), 'utf8')
    .trim()
    .split(/\r?\n/)
  const parsed = rows.map((row) => {
    const [callingCode = '', , type = '', national = ''] = row.split(';')
    return { expected: type.toLowerCase(), found: phone.parse(`+${callingCode}${national}`, context) }
  })

  test('1,145 of 1,148 are valid', () => {
    expect(parsed).toHaveLength(1148)
    expect(parsed.filter(({ found }) => found.valid).length).toBeGreaterThanOrEqual(1145)
  })

  test('1,143 are of the right type, a number that may be both counting as fixed or mobile', () => {
    const isRight = (expected: string, type: unknown) =>
      type === expected || (type === 'fixed_line_or_mobile' && (expected === 'fixed_line' || expected === 'mobile'))
    expect(parsed.filter(({ expected, found }) => isRight(expected, found.parts.type)).length).toBeGreaterThanOrEqual(
      1143,
    )
  })
})

describe('the fast path for North American numbers', () => {
  const digits = (count: number) =>
    fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: count, maxLength: count })
  // Codes of the small territories and special services, which random digits seldom meet.
  const area = fc.oneof(
    digits(3),
    fc.constantFrom(
      ...'242 264 268 284 345 441 500 521 523 600 649 658 664 671 684 721 758 767 787 800 809 829 833 849 868 869 876 900 939'.split(
        ' ',
      ),
    ),
  )
  const written = fc
    .tuple(area, digits(3), digits(4), fc.constantFrom('', '+1', '1', '+1 ', '1-'), fc.constantFrom('', '-', ' ', '.'))
    .map(([a, b, c, code, mark]) => `${code}${a}${mark}${b}${mark}${c}`)

  test('gives the answer of the library, and gives it for every valid number', () => {
    fc.assert(
      fc.property(written, fc.constantFrom<CountryCode[]>('US', 'CA', 'GB', 'JM'), (text, country) => {
        const fast = readNanp(text, country)
        const found = parsePhoneNumberFromString(text, country)
        const isDomestic = country === 'US' || country === 'CA' || text.startsWith('+')
        if (!fast) {
          expect(found?.isValid() === true && found.countryCallingCode === '1' && isDomestic).toBe(false)
          return
        }
        expect({ ...fast, ext: undefined }).toEqual({
          callingCode: found?.countryCallingCode,
          national: found?.nationalNumber,
          country: found?.country,
          type: found?.isValid() ? found.getType()?.toLowerCase() : 'not valid',
          ext: found?.ext,
        })
        expect(`+1${fast.national}`).toBe(found?.number)
      }),
      { numRuns: 3000 },
    )
  })

  test('knows the 25 countries of the plan', () => {
    expect(nanpCountries.size).toBe(25)
  })
})

describe('the fast path for any other number', () => {
  const [, ...rows] = readFileSync(new URL('../../test/data/phone-examples.csv', import.meta.url), 'utf8')
    .trim()
    .split(/\r?\n/)
  const examples = rows.map((row) => row.split(';')).map(([code = '', , , national = '']) => ({ code, national }))

  const expectEqual = (text: string, country: CountryCode): boolean => {
    const fast = readPlanned(text, country)
    if (!fast) return false
    const found = parsePhoneNumberFromString(text, country)
    expect({ text, in: country, ...fast }).toEqual({
      text,
      in: country,
      callingCode: found?.countryCallingCode,
      national: found?.nationalNumber,
      country: found?.country,
      type: found?.isValid() ? found.getType()?.toLowerCase() : 'not valid',
    })
    return true
  }

  test('reads nearly every example, and each as the library does', () => {
    const read = examples.filter(({ code, national }) => expectEqual(`+${code}${national}`, 'US'))
    expect(read.length).toBeGreaterThan(1100)
  })

  test('reads numbers near the examples, at home and abroad, as the library does', () => {
    const digit = fc.constantFrom(...'0123456789')
    const near = fc
      .tuple(fc.constantFrom(...examples), fc.array(fc.tuple(fc.nat(11), digit), { maxLength: 3 }))
      .map(([{ code, national }, changes]) => {
        const digits = [...national]
        for (const [at, to] of changes) if (at < digits.length) digits[at] = to
        return { code, national: digits.join('') }
      })
    const written = fc
      .tuple(near, fc.constantFrom('', '0', '1', '8', '00', '(0)'), fc.constantFrom('+', '', 'code'), fc.nat(8))
      .map(([{ code, national }, prefix, form, cut]) => {
        const spaced = `${national.slice(0, cut)} ${national.slice(cut)}`.trim()
        return form === '+' ? `+${code} ${prefix}${spaced}` : form === '' ? prefix + spaced : `${code}${spaced}`
      })
    fc.assert(
      fc.property(written, fc.constantFrom(...getCountries()), (text, country) => {
        expectEqual(text, country)
      }),
      { numRuns: 4000 },
    )
  })

  test('reads domestic numbers of the countries that leads come from', () => {
    for (const [text, country] of [
      ['020 7946 0958', 'GB'],
      ['07400 123456', 'GB'],
      ['030 901820', 'DE'],
      ['06 12 34 56 78', 'FR'],
      ['0412 345 678', 'AU'],
      ['612 34 56 78', 'ES'],
      ['02 1234 5678', 'IT'],
      ['98765 43210', 'IN'],
    ] as const) {
      expect(expectEqual(text, country), `${text} is left to the library`).toBe(true)
    }
  })
})
