import { testCases } from '../../test/support/field-cases.ts'
import { postalCode } from './postal-code.ts'

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
  { raw: '787**', normal: '787**', valid: false, masked: true },
  { raw: 'D5V 3L9', normal: 'D5V 3L9', valid: false },
  { raw: '', normal: null, valid: false },
])
