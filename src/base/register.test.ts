import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRegister } from './register.ts'

const name = fc.oneof(fc.integer({ min: 0, max: 2 ** 30 }), fc.string(), fc.constantFrom('a', 'b', 'c', 'd', 1, 2, 3))
const change = fc.oneof(
  fc.record({ does: fc.constant('set' as const), name, value: fc.nat() }),
  fc.record({ does: fc.constant('delete' as const), name }),
)

it('holds what a Map would, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 2_000, size: 'max' }), (changes) => {
      const register = createRegister<string | number, number>()
      const map = new Map<string | number, number>()
      for (const each of changes) {
        if (each.does === 'set') {
          register.set(each.name, each.value)
          map.set(each.name, each.value)
        } else {
          register.delete(each.name)
          map.delete(each.name)
        }
      }
      for (const { name: each } of changes) {
        expect(register.get(each)).toBe(map.get(each))
        expect(register.has(each)).toBe(map.has(each))
      }
    }),
  )
})

it('finds each of many that stay when as many have gone', () => {
  const register = createRegister<string, number>()
  const names = Array.from({ length: 1_000 }, (_, n) => `name ${n}`)
  for (const [n, each] of names.entries()) register.set(each, n)
  for (const each of names.slice(0, 500)) register.delete(each)
  expect(names.map((each) => register.get(each))).toEqual(names.map((_, n) => (n < 500 ? undefined : n)))
})
