import { expect, test } from 'vitest'
import { testCases } from '../../test/support/field-cases.ts'
import { findCountry } from './countries.ts'
import { country } from './country.ts'

testCases(country, [
  { raw: 'us', normal: 'US', valid: true, parts: { name: 'United States', alpha3: 'USA' } },
  { raw: 'U.S.A.', normal: 'US', valid: true },
  { raw: 'United States of America', normal: 'US', valid: true },
  { raw: 'UK', normal: 'GB', valid: true },
  { raw: 'gbr', normal: 'GB', valid: true },
  { raw: 'the Netherlands', normal: 'NL', valid: true },
  { raw: "cote d'ivoire", normal: 'CI', valid: true },
  { raw: 'Bosnia and Herzegovina', normal: 'BA', valid: true },
  { raw: 'Turkey', normal: 'TR', valid: true },
  { raw: 'Atlantis', normal: 'Atlantis', valid: false, parts: { name: null, alpha3: null } },
  { raw: '', normal: null, valid: false },
])

test('all 249 countries of ISO 3166-1 are found by either code', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const pairs = letters.flatMap((a) => letters.map((b) => a + b))
  const found = pairs.flatMap((code) => findCountry(code) ?? []).filter(({ alpha2 }) => alpha2 !== 'GB')
  expect(found).toHaveLength(248)
  for (const { alpha2, alpha3, name } of found) {
    expect(findCountry(alpha3)?.alpha2).toBe(alpha2)
    expect(findCountry(name)?.alpha2).toBe(alpha2)
  }
})
