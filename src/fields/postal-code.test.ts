import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { country } from './country.ts'
import { postalCode } from './postal-code.ts'
import { state } from './state.ts'

testCases(postalCode, [
  { raw: '02134', normal: '02134', valid: true, parts: { country: 'US', zip: '02134', plus4: null, area: '021' } },
  { raw: 2134, normal: '02134', valid: true },
  { raw: '2134', normal: '2134', valid: false },
  { raw: 78701, normal: '78701', valid: true },
  { raw: '78701 1234', normal: '78701-1234', valid: true, parts: { zip: '78701', plus4: '1234' } },
  { raw: '787011234', normal: '78701-1234', valid: true },
  { raw: 'm5v3l9', normal: 'M5V 3L9', valid: true, parts: { country: 'CA', zip: null, area: 'M5V' } },
  { raw: 'M5V-3L9', normal: 'M5V 3L9', valid: true, country: 'CA' },
  { raw: '90210', normal: '90210', valid: true, country: 'CA', parts: { country: 'US' } },
  { raw: 'sw1a1aa', normal: 'SW1A 1AA', valid: true, country: 'GB', parts: { country: 'GB', area: 'SW1A' } },
  { raw: 'M1 1AE', normal: 'M1 1AE', valid: true, country: 'GB' },
  { raw: '01067', normal: '01067', valid: true, country: 'DE', parts: { area: '01' } },
  { raw: '1067', normal: '1067', valid: false, country: 'DE' },
  { raw: '1012ab', normal: '1012 AB', valid: true, country: 'NL' },
  { raw: '00950', normal: '00-950', valid: true, country: 'PL' },
  { raw: '01310100', normal: '01310-100', valid: true, country: 'BR' },
  { raw: 'AD500', normal: 'AD500', valid: true, country: 'AD', parts: { country: 'AD' } },
  { raw: '00901', normal: '00901', valid: true, country: 'PR', parts: { country: 'US' } },
  { raw: 'C1425ABC', normal: 'C1425ABC', valid: true, country: 'AR' },
  { raw: 'lv1010', normal: 'LV-1010', valid: true, country: 'LV' },
  { raw: '1000', normal: '1000', valid: true, country: 'PH' },
  { raw: '10000', normal: '10000', valid: true, country: 'UA' },
  { raw: '787**', normal: '787**', valid: false, masked: true },
  { raw: 'D5V 3L9', normal: 'D5V 3L9', valid: false },
  { raw: '', normal: null, valid: false },
])

test('the state of the lead decides where the country is not written', () => {
  expect(postalCode.parse('2026', context).valid).toBe(false)
  const fields = { state: state.parse('New South Wales', context) }
  expect(postalCode.parse('2026', { ...context, fields })).toMatchObject({ valid: true, parts: { country: 'AU' } })
})

test('the country of the lead decides before its state', () => {
  const fields = { state: state.parse('New South Wales', context), country: country.parse('DE', context) }
  expect(postalCode.parse('01067', { ...context, fields }).parts.country).toBe('DE')
})
