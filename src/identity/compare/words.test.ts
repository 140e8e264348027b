import { expect, it } from 'vitest'
import { readStreet } from './streets.ts'
import { readGender } from './words.ts'

it('a word that every object answers to is a word', () => {
  expect(readGender('constructor')).toEqual({ key: 'constructor' })
  expect(readStreet({ number: '1', lines: ['Constructor Street'] })).toMatchObject({ lines: ['constructor st', ''] })
})
