import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { credential } from './credential.ts'

testCases(credential, [
  { raw: ' correct-horse-7\n', normal: 'correct-horse-7', valid: true, parts: { kind: 'key' } },
  { raw: 'two  Words', normal: 'two  Words', valid: true, parts: { kind: 'phrase' } },
  { raw: 'pass*word', normal: 'pass*word', valid: true },
  { raw: 'Bearer abc.def', normal: 'Bearer abc.def', valid: true, parts: { kind: 'bearer' } },
  { raw: 'Basic dXNlcjpwYXNz', normal: 'Basic dXNlcjpwYXNz', valid: true, parts: { kind: 'basic' } },
  {
    raw: 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.',
    normal: 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.',
    valid: true,
    parts: { kind: 'jwt' },
  },
  { raw: 'a'.repeat(64), normal: 'a'.repeat(64), valid: true, parts: { kind: 'hex' } },
  {
    raw: '$2b$10$abcdefghijklmnopqrstuv',
    normal: '$2b$10$abcdefghijklmnopqrstuv',
    valid: true,
    parts: { kind: 'password_hash' },
  },
  { raw: '********', normal: '********', valid: false, masked: true, parts: { kind: null } },
  { raw: 'abcd••••••', normal: 'abcd••••••', valid: false, masked: true },
  { raw: 'xxxxxxxx', normal: 'xxxxxxxx', valid: false, masked: true },
  { raw: '  ', normal: null, valid: false },
  { raw: { user: 'jane', password: 'x' }, normal: null, valid: false },
])

test('no part tells a letter of it', () => {
  expect(credential.parse('hunter2', context).parts).toEqual({ kind: 'key' })
})
