import { testCases } from '../../test/support/field-cases.ts'
import { boolean } from './boolean.ts'

testCases(boolean, [
  ...['yes', 'Yes ', 'TRUE', 'y', '1', 'on', 1, true].map((raw) => ({ raw, normal: true, valid: true })),
  ...['no', ' No', 'FALSE', 'n', '0', 'off', 0, false].map((raw) => ({ raw, normal: false, valid: true })),
  ...['', 'maybe', 2, null, [], {}].map((raw) => ({ raw, normal: null, valid: false })),
  { raw: ['yes'], normal: true, valid: true },
])
