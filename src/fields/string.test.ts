import { testCases } from '../../test/support/field-cases.ts'
import { string } from './string.ts'

testCases(string, [
  { raw: ' roof repair\n', normal: 'roof repair', valid: true },
  { raw: 'two\nlines', normal: 'two\nlines', valid: true },
  { raw: '   ', normal: null, valid: false },
  { raw: null, normal: null, valid: false },
  { raw: 42, normal: '42', valid: true },
  { raw: false, normal: 'false', valid: true },
  { raw: ['roof', ' gutter'], normal: 'roof, gutter', valid: true },
  { raw: { a: 1 }, normal: null, valid: false },
  { raw: 'a\0b', normal: 'ab', valid: true },
  { raw: '\ud83d', normal: '\ufffd', valid: true },
  { raw: 'مرحبا', normal: 'مرحبا', valid: true },
  { raw: 'secret***', normal: 'secret***', valid: true, masked: true },
  { raw: 'a *** hotel', normal: 'a *** hotel', valid: true },
  { raw: 'x'.repeat(1_000_000), normal: 'x'.repeat(10_000), valid: true },
])
