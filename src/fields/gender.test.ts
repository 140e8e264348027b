import { testCases } from '../../test/support/field-cases.ts'
import { gender } from './gender.ts'

testCases(gender, [
  ...['m', 'Male', 'MAN', 'männlich', 'Hombre'].map((raw) => ({
    raw,
    normal: 'male',
    valid: true,
    parts: { code: 'M' },
  })),
  ...['f', 'Female', 'woman', 'Femme', 'weiblich'].map((raw) => ({
    raw,
    normal: 'female',
    valid: true,
    parts: { code: 'F' },
  })),
  ...['x', 'Non-binary', 'nonbinary', 'divers', 'Other'].map((raw) => ({
    raw,
    normal: 'nonbinary',
    valid: true,
    parts: { code: 'X' },
  })),
  ...['Prefer not to say', 'unknown', 'U'].map((raw) => ({
    raw,
    normal: 'undisclosed',
    valid: true,
    parts: { code: 'U' },
  })),
  { raw: 'b'.repeat(64), normal: 'b'.repeat(64), valid: false, parts: { hashed: 'sha256', code: null } },
  { raw: 'yes', normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
