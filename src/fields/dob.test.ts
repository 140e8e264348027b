import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { dob } from './dob.ts'

testCases(dob, [
  { raw: '1980-11-23', normal: '1980-11-23', valid: true, parts: { year: 1980, month: 11, day: 23, age: 46 } },
  { raw: '1980-11-24', normal: '1980-11-24', valid: true, parts: { age: 45 } },
  { raw: '02/03/1980', normal: '1980-02-03', valid: true },
  { raw: '02/03/1980', normal: '1980-03-02', valid: true, country: 'GB' },
  { raw: '02031980', normal: '1980-02-03', valid: true },
  { raw: '02031980', normal: '1980-03-02', valid: true, country: 'GB' },
  { raw: '19800203', normal: '1980-02-03', valid: true },
  { raw: '5/6/26', normal: '2026-05-06', valid: true, parts: { age: 0 } },
  { raw: '5/6/27', normal: '1927-05-06', valid: true, parts: { age: 99 } },
  { raw: '1980-02-03T00:00:00.000Z', normal: '1980-02-03', valid: true },
  { raw: -300_000_000_000, normal: '1960-06-29', valid: true },
  { raw: '2027-01-01', normal: '2027-01-01', valid: false, parts: { age: null } },
  { raw: '1880-01-01', normal: '1880-01-01', valid: false, parts: { age: 146 } },
  { raw: '1981-02-29', normal: null, valid: false },
  { raw: '**/**/1980', normal: '**/**/1980', valid: false, masked: true, parts: { year: 1980, age: null } },
  { raw: 'XX/XX/1980', normal: 'XX/XX/1980', valid: false, masked: true, parts: { year: 1980 } },
  { raw: '1980-**-**', normal: '1980-**-**', valid: false, masked: true, parts: { year: 1980 } },
  { raw: '1980', normal: '1980', valid: false, parts: { year: 1980, age: null } },
  { raw: 'A'.repeat(64), normal: 'a'.repeat(64), valid: false, parts: { hashed: 'sha256' } },
  { raw: '46', normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])

test('the age is that of the submission, not of today', () => {
  expect(dob.parse('1980-11-24', { ...context, now: Date.UTC(1999, 10, 24) }).parts.age).toBe(19)
})
