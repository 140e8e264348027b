import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { ssn } from './ssn.ts'

testCases(ssn, [
  ...['123-45-6789', '123456789', '123 45 6789', '123.45.6789', 123456789].map((raw) => ({
    raw,
    normal: '123-45-6789',
    valid: true,
    parts: { last4: '6789', is_itin: false, hashed: null },
  })),
  { raw: 12345678, normal: '012-34-5678', valid: true },
  { raw: '12345678', normal: null, valid: false },
  ...['000-12-3456', '666-12-3456', '123-00-6789', '123-45-0000', '987-49-4320', '078-05-1120', '219-09-9999'].map(
    (raw) => ({ raw, normal: raw, valid: false, parts: { last4: raw.slice(-4), is_itin: false } }),
  ),
  { raw: '900-70-1234', normal: '900-70-1234', valid: false, parts: { is_itin: true } },
  { raw: '900-93-1234', normal: '900-93-1234', valid: false, parts: { is_itin: false } },
  ...['***-**-6789', 'XXX-XX-6789', 'xxxxx6789', '*6789', '6789'].map((raw) => ({
    raw,
    normal: '***-**-6789',
    valid: false,
    masked: true,
    parts: { last4: '6789' },
  })),
  { raw: '123-45-****', normal: '***-**-****', valid: false, masked: true, parts: { last4: null } },
  { raw: 'C'.repeat(64), normal: 'c'.repeat(64), valid: false, parts: { hashed: 'sha256', last4: null } },
  { raw: '1234567890', normal: null, valid: false },
  { raw: 'none', normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])

test('no part gives more than the last four digits', () => {
  const { parts } = ssn.parse('123-45-6789', context)
  expect(JSON.stringify(parts)).not.toMatch(/123|45/)
})
