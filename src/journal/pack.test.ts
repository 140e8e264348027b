import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fieldTypes } from '../fields/index.ts'
import { packHalf, unpackHalf } from './pack.ts'

const present = (parts: object) =>
  Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== null && part !== false))

it('gives back every field as it was parsed, but for parts that are null or false', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(fieldTypes)), fc.jsonValue(), (type, raw) => {
      const parsed = type.parse(raw, { country: 'US', now: 0, fields: {} })
      const written = JSON.parse(JSON.stringify(packHalf({ fields: { x: parsed }, extra: {} }))) as object
      const read = unpackHalf(written) as { fields: { x: typeof parsed } }
      expect(read.fields.x).toEqual(JSON.parse(JSON.stringify({ ...parsed, parts: present(parsed.parts) })))
    }),
  )
})

it('gives back answers with name, version and fingerprint', () => {
  const answers = [
    { name: 'cap.reserve', kind: 'cap.reserve', v: 1, fp: 'aa', answer: { reserved: true } },
    { name: 'second', kind: 'cap.reserve', v: 1, fp: 'bb', answer: null },
    { name: 'cap.reserve', kind: 'cap.reserve', v: 2, fp: 'cc', answer: [1] },
  ]
  expect(unpackHalf(packHalf({ answers }))).toEqual({ answers })
  for (const answer of answers) expect(unpackHalf(packHalf({ answer }))).toEqual({ answer })
})
