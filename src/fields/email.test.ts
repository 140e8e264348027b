import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { email } from './email.ts'
import { readFull, readPlain } from './email-address.ts'
import { suggestDomain } from './email-domains.ts'
import { dataLines } from './text.ts'

const hash = 'ABCDEF0123456789'.repeat(4)

testCases(email, [
  {
    raw: ' Jane.Doe+roof@Mail.Example.CO.UK ',
    normal: 'jane.doe+roof@mail.example.co.uk',
    valid: true,
    parts: { user: 'jane.doe+roof', domain: 'mail.example.co.uk', host: 'example', tld: 'uk', hashed: null },
  },
  { raw: 'jane@gmail.com', normal: 'jane@gmail.com', valid: true, parts: { is_free: true, suggestion: null } },
  { raw: 'jane@gmial.com', normal: 'jane@gmial.com', valid: true, parts: { suggestion: 'gmail.com' } },
  { raw: 'jane@gmail', normal: 'jane@gmail', valid: false, parts: { suggestion: 'gmail.com' } },
  { raw: 'x@0-mail.com', normal: 'x@0-mail.com', valid: true, parts: { is_disposable: true, is_free: false } },
  { raw: 'x@sub.0-mail.com', normal: 'x@sub.0-mail.com', valid: true, parts: { is_disposable: true } },
  { raw: 'info+x@example.com', normal: 'info+x@example.com', valid: true, parts: { is_role: true } },
  { raw: 'Jane Doe <JANE@example.com>', normal: 'jane@example.com', valid: true },
  { raw: 'mailto:jane@example.com', normal: 'jane@example.com', valid: true },
  { raw: '"Jane Doe"@example.com', normal: '"jane doe"@example.com', valid: true },
  { raw: 'jane@Müller.de', normal: 'jane@xn--mller-kva.de', valid: true },
  { raw: 'josé@example.com', normal: 'josé@example.com', valid: true },
  { raw: 'jane@[203.0.113.7]', normal: 'jane@[203.0.113.7]', valid: true, parts: { tld: null } },
  { raw: 'jane@[IPv6:2001:DB8:0::1]', normal: 'jane@[ipv6:2001:db8::1]', valid: true },
  { raw: 'jane@example.com\r\n', normal: 'jane@example.com', valid: true },
  { raw: 'jane\n@example.com', normal: null, valid: false },
  { raw: 'ja\0ne@example.com', normal: null, valid: false },
  { raw: 'jane doe@example.com', normal: 'jane doe@example.com', valid: false },
  { raw: 'jane@203.0.113.7', normal: 'jane@203.0.113.7', valid: false },
  {
    raw: 'j***@Example.com',
    normal: 'j***@example.com',
    valid: false,
    masked: true,
    parts: { user: null, domain: 'example.com' },
  },
  {
    raw: 'jane@*****.com',
    normal: 'jane@*****.com',
    valid: false,
    masked: true,
    parts: { user: 'jane', domain: null, tld: 'com' },
  },
  { raw: hash.slice(0, 32), normal: hash.slice(0, 32).toLowerCase(), valid: false, parts: { hashed: 'md5' } },
  { raw: hash.slice(0, 40), normal: hash.slice(0, 40).toLowerCase(), valid: false, parts: { hashed: 'sha1' } },
  { raw: hash, normal: hash.toLowerCase(), valid: false, parts: { hashed: 'sha256' } },
  { raw: 'none', normal: 'none', valid: false },
  { raw: '', normal: null, valid: false },
  { raw: `${'a'.repeat(1_000_000)}@example.com`, normal: null, valid: false },
])

describe('the collection of isemail', () => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    parseTagValue: false,
    trimValues: false,
    processEntities: true,
    htmlEntities: true,
  })
  const document = parser.parse(readFileSync(new URL('../../test/data/isemail-tests.xml', import.meta.url), 'utf8'))
  const entries: readonly { address: string; category: string }[] = document.tests.test
  const control = (address: string) =>
    address.replace(/[\u2400-\u241f]/g, (picture) => String.fromCharCode(picture.charCodeAt(0) - 0x2400))
  const of = (category: string, read: (address: string) => string) =>
    entries
      .filter((entry) => entry.category.trim() === category)
      .map((entry) => read(entry.address))
      .map((address) => ({ address, valid: email.parse(address, context).valid }))

  for (const [name, read] of [
    ['control characters', control],
    ['control characters as pictures', (address: string) => address],
  ] as const) {
    test(`with ${name}, at most 2 of the 66 erroneous addresses are valid`, () => {
      const erroneous = of('ISEMAIL_ERR', read)
      expect(erroneous).toHaveLength(66)
      expect(erroneous.filter(({ valid }) => valid).length).toBeLessThanOrEqual(2)
    })
    test(`with ${name}, all 14 plainly right addresses are valid`, () => {
      const right = of('ISEMAIL_VALID_CATEGORY', read)
      expect(right).toHaveLength(14)
      expect(right.filter(({ valid }) => !valid)).toEqual([])
    })
  }
})

test('every domain of the disposable list is recognised, and so is what lies below it', () => {
  const domains = dataLines(readFileSync(new URL('./data/disposable-domains.txt', import.meta.url), 'utf8'))
  expect(domains.length).toBeGreaterThan(8000)
  const missed = domains.filter((domain) =>
    [`jane@${domain}`, `jane@mail.${domain}`].some(
      (address) => email.parse(address, context).parts.is_disposable !== true,
    ),
  )
  expect(missed).toEqual([])
})

test('the fast path reads no address otherwise than the whole grammar', () => {
  const piece = fc.string({ unit: fc.constantFrom(...'ab09._+-@'), maxLength: 12 })
  const address = fc.tuple(
    piece,
    fc.constantFrom('@', '.'),
    piece,
    fc.constantFrom('.com', '.c-m', '.1', '', '.', '-.io'),
  )
  fc.assert(
    fc.property(address, (written) => {
      const text = written.join('')
      const plain = readPlain(text)
      if (plain) expect(plain).toEqual(readFull(text))
    }),
    { numRuns: 5000 },
  )
})

test.each([
  ['gmial.com', 'gmail.com'],
  ['gmai.com', 'gmail.com'],
  ['gmail.co', 'gmail.com'],
  ['gmail.con', 'gmail.com'],
  ['hotmial.com', 'hotmail.com'],
  ['yaho.com', 'yahoo.com'],
  ['outlok.com', 'outlook.com'],
  ['iclould.com', 'icloud.com'],
  ['acme.con', 'acme.com'],
  ['aol.con', 'aol.com'],
  ['gmailcom', 'gmail.com'],
])('%s is probably meant for %s', (written, meant) => {
  expect(suggestDomain(written)).toBe(meant)
})

test.each(['gmail.com', 'ymail.com', 'mail.com', 'fox.net', 'acme.co', 'example.com', 'yahoo.co.uk', 'live.nl'])(
  '%s may well be meant',
  (domain) => {
    expect(suggestDomain(domain)).toBeNull()
  },
)
