import { expect, test } from 'vitest'
import { OBSCENE_WORDS, obscenityOf } from './obscene-words.ts'

const isObscene = obscenityOf(OBSCENE_WORDS)

test.each(['You bitch!', 'fuck!!!', 'sh!t', 'sh!t!', '$hit', 'f u c k!', 'shit1', '(wtf?!)'])(
  'a sign beside a word is a sign, within it a letter: %s',
  (text) => {
    expect(isObscene(text)).toBe(true)
  },
)

test.each(['Class 1! assistant ass1stant $100 pass!', 'Hi!', '!', '100% 1@1', ''])('says nothing rude: %s', (text) => {
  expect(isObscene(text)).toBe(false)
})

test('an empty word of a list finds nothing', () => {
  expect(obscenityOf([''])('1! fine')).toBe(false)
})
