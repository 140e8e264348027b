import { describe, expect, it } from 'vitest'
import { readKept } from './kept.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('a submission that is read once more', () => {
  it.each([
    ['json', '{"a":"1","b":{"c":"x"}}', { a: '1', b: { c: 'x' } }],
    ['form', 'a=1&b.c=x+y', { a: '1', b: { c: 'x y' } }],
    ['query', 'a=1&b=%C3%A9', { a: '1', b: 'é' }],
    ['xml', '<lead><a>1</a></lead>', { a: '1' }],
    // Written anew, since it held a value that is not kept.
    ['form', '{"a":"1"}', { a: '1' }],
  ])('says what it said, as %s', (format, raw, values) => {
    expect(plain(readKept(format, raw))).toEqual(values)
  })

  it.each([
    ['csv', 'Email,Phone\nada@example.com,1'],
    ['form', 'a=%E9'],
    ['json', '{"a":'],
  ])('says nothing where its text alone does not tell: %s', (format, raw) => {
    expect(readKept(format, raw)).toBeNull()
  })
})
