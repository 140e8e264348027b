import { testCases } from '../../test/support/field-cases.ts'
import { fullName } from './full-name.ts'

const none = { prefix: null, first: null, middle: null, last: null, suffix: null }

testCases(fullName, [
  { raw: 'Jane Doe', normal: 'Jane Doe', valid: true, parts: { ...none, first: 'Jane', last: 'Doe' } },
  { raw: ' jane   DOE ', normal: 'jane DOE', valid: true, parts: { first: 'jane', last: 'DOE' } },
  { raw: 'JANE DOE', normal: 'Jane Doe', valid: true },
  { raw: 'jane o’doe', normal: 'Jane O’Doe', valid: true },
  {
    raw: 'DR. JANE QUINCY DOE, PHD',
    normal: 'Dr. Jane Quincy Doe PhD',
    valid: true,
    parts: { prefix: 'Dr.', first: 'Jane', middle: 'Quincy', last: 'Doe', suffix: 'PhD' },
  },
  { raw: 'Mr. John Doe Jr', normal: 'Mr. John Doe Jr.', valid: true, parts: { prefix: 'Mr.', suffix: 'Jr.' } },
  { raw: 'John Doe III', normal: 'John Doe III', valid: true, parts: { last: 'Doe', suffix: 'III' } },
  { raw: 'Doe, Jane', normal: 'Jane Doe', valid: true, parts: { first: 'Jane', last: 'Doe' } },
  { raw: 'DOE, JANE Q', normal: 'Jane Q Doe', valid: true, parts: { middle: 'Q' } },
  { raw: 'Doe, John, Jr.', normal: 'John Doe Jr.', valid: true, parts: { last: 'Doe', suffix: 'Jr.' } },
  { raw: 'Doe Jr, John', normal: 'John Doe Jr.', valid: true, parts: { last: 'Doe', suffix: 'Jr.' } },
  { raw: 'van der Berg, Ludwig', normal: 'Ludwig van der Berg', valid: true, parts: { last: 'van der Berg' } },
  { raw: 'LUDWIG VAN DER BERG', normal: 'Ludwig van der Berg', valid: true, parts: { last: 'van der Berg' } },
  { raw: 'María García y López', normal: 'María García y López', valid: true, parts: { last: 'García y López' } },
  { raw: 'Jane E Smith', normal: 'Jane E Smith', valid: true, parts: { middle: 'E', last: 'Smith' } },
  { raw: 'JANE Y SMITH', normal: 'Jane Y Smith', valid: true, parts: { middle: 'Y', last: 'Smith' } },
  {
    raw: 'John and Jane Doe',
    normal: 'John and Jane Doe',
    valid: true,
    parts: { first: 'John and Jane', last: 'Doe' },
  },
  { raw: 'Thomas Do', normal: 'Thomas Do', valid: true, parts: { last: 'Do', suffix: null } },
  { raw: 'AJ McDonald', normal: 'AJ McDonald', valid: true, parts: { first: 'AJ' } },
  { raw: 'Madonna', normal: 'Madonna', valid: true, parts: { first: 'Madonna', last: null } },
  { raw: '王小明', normal: '王小明', valid: true },
  { raw: 'محمد علي', normal: 'محمد علي', valid: true, parts: { first: 'محمد', last: 'علي' } },
  { raw: 'jane@example.com', normal: 'jane@example.com', valid: false, parts: none },
  { raw: 'J*** Doe', normal: 'J*** Doe', valid: false, masked: true, parts: none },
  { raw: 'A'.repeat(40), normal: 'a'.repeat(40), valid: false, parts: { hashed: 'sha1' } },
  { raw: '123', normal: '123', valid: false },
  { raw: 'x '.repeat(500_000), normal: null, valid: false },
  { raw: '', normal: null, valid: false },
])
