import { expect, it } from 'vitest'
import { SCOPES as OF_KEYS, ROLES as OF_MATRIX } from '../access/matrix.ts'
import { FAULTS } from '../base/faults.ts'
import { REJECTIONS } from '../lead/codes.ts'
import { DELIVERY_CODES, REJECTION_CODES, ROLES, SCOPES } from './contract/words.ts'

it('holds each list of names to what it is a list of', () => {
  expect([...ROLES]).toEqual(Object.keys(OF_MATRIX))
  expect([...SCOPES]).toEqual(Object.keys(OF_KEYS))
  expect(REJECTION_CODES.toSorted()).toEqual(Object.keys(REJECTIONS).toSorted())
  const faults = Object.keys(FAULTS)
  const ofDestinations = faults.filter((code) => code.startsWith('destination.'))
  expect(DELIVERY_CODES.filter((code) => code.startsWith('destination.')).toSorted()).toEqual(ofDestinations.toSorted())
  expect(DELIVERY_CODES.filter((code) => !faults.includes(code))).toEqual([])
})
