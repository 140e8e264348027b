import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { country } from './country.ts'
import { state } from './state.ts'

testCases(state, [
  { raw: 'tx', normal: 'TX', valid: true, parts: { name: 'Texas', country: 'US' } },
  { raw: ' Texas', normal: 'TX', valid: true },
  { raw: 'new   york', normal: 'NY', valid: true },
  { raw: 'N.Y.', normal: 'NY', valid: true },
  { raw: 'Washington, D.C.', normal: 'DC', valid: true },
  { raw: 'puerto rico', normal: 'PR', valid: true },
  { raw: 'Ontario', normal: 'ON', valid: true, parts: { country: 'CA' } },
  { raw: 'Québec', normal: 'QC', valid: true },
  { raw: 'WA', normal: 'WA', valid: true, parts: { name: 'Washington' } },
  { raw: 'WA', normal: 'WA', valid: true, country: 'AU', parts: { name: 'Western Australia' } },
  { raw: 'Western Australia', normal: 'AU-WA', valid: true, parts: { country: 'AU' } },
  { raw: 'US-TX', normal: 'TX', valid: true },
  { raw: 'us-tx', normal: 'TX', valid: true },
  { raw: 'CA-ON', normal: 'ON', valid: true, parts: { name: 'Ontario', country: 'CA' } },
  { raw: 'AU-NSW', normal: 'NSW', valid: true, parts: { country: 'AU' } },
  { raw: 'GB-ENG', normal: 'ENG', valid: true, parts: { name: 'England', country: 'GB' } },
  { raw: 'US-ON', normal: 'US-ON', valid: false },
  { raw: 'Scotland', normal: 'SCT', valid: true, country: 'GB' },
  { raw: 'Bayern', normal: 'BY', valid: true, country: 'DE', parts: { name: 'Bavaria' } },
  { raw: 'DE-BY', normal: 'DE-BY', valid: true, parts: { name: 'Bavaria', country: 'DE' } },
  { raw: 'jal', normal: 'JAL', valid: true, country: 'MX' },
  { raw: 'São Paulo', normal: 'SP', valid: true, country: 'BR' },
  { raw: 'AR', normal: 'AR', valid: true, country: 'IN', parts: { name: 'Arunachal Pradesh' } },
  { raw: 'Bavaria', normal: 'Bavaria', valid: false, parts: { name: null, country: null } },
  { raw: 'x'.repeat(200), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])

test('the country of the lead decides before the country of the flow', () => {
  const fields = { country: country.parse('Australia', context) }
  expect(state.parse('WA', { ...context, fields }).parts).toEqual({ name: 'Western Australia', country: 'AU' })
})
