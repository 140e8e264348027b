import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wordKey } from './text.ts'

test.each([
  ["  O'Brien & Sons, Inc. ", 'obrien sons inc'],
  ['L.L.C.', 'llc'],
  ['Côte d’Ivoire', 'cote divoire'],
  ['東京', '東京'],
  ['--', ''],
])('the key of %s is %s', (text, key) => {
  expect(wordKey(text)).toBe(key)
})

test('a text of plain letters has the same key whether or not another letter stands beside it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
      expect(wordKey(`${text} é`)).toBe(`${wordKey(text)} e`.trim())
    }),
  )
})
