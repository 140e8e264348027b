import { expect, test } from 'vitest'
import { context, testCases } from '../../test/support/field-cases.ts'
import { list } from './list.ts'

testCases(list, [
  {
    raw: 'roof, gutter ,, siding',
    normal: ['roof', 'gutter', 'siding'],
    valid: true,
    parts: { count: 3, first: 'roof', last: 'siding' },
  },
  {
    raw: ['roof', ' gutter ', '', 'roof', null, 3, true, { a: 1 }],
    normal: ['roof', 'gutter', '3', 'true'],
    valid: true,
  },
  { raw: ['a, b', 'c'], normal: ['a, b', 'c'], valid: true },
  { raw: ['a, b'], normal: ['a, b'], valid: true },
  { raw: '["a, b","c"]', normal: ['a, b', 'c'], valid: true },
  { raw: '[broken', normal: ['[broken'], valid: true },
  { raw: 'soon, or later; now', normal: ['soon, or later', 'now'], valid: true },
  { raw: 'a;b\nc;d', normal: ['a;b', 'c;d'], valid: true },
  { raw: 'a|b', normal: ['a', 'b'], valid: true },
  { raw: { roof: true, gutter: false, siding: 'yes', garage: '0' }, normal: ['roof', 'siding'], valid: true },
  { raw: 'one', normal: ['one'], valid: true },
  { raw: 7, normal: ['7'], valid: true },
  { raw: 'roof, gut***', normal: ['roof', 'gut***'], valid: true, masked: true },
  { raw: ' , ;', normal: [','], valid: true },
  { raw: [], normal: null, valid: false, parts: { count: 0 } },
  { raw: '', normal: null, valid: false },
])

test('a long list is cut, not refused', () => {
  const { normal } = list.parse(
    Array.from({ length: 500 }, (_, at) => `item ${at}`),
    context,
  )
  expect(normal).toHaveLength(99)
})
