import { expect, it } from 'vitest'
import { createSettled } from './settled.ts'

it('who read before a name was settled knows that it read too early; who read after, or asks for another, does not', () => {
  const settled = createSettled()
  const early = settled.turn()
  settled.settle(7)
  const late = settled.turn()
  settled.settle(9)
  expect([settled.since(7, early), settled.since(7, late), settled.since(9, late)]).toEqual([true, false, true])
  expect(settled.since(8, early)).toBe(false)
  // By the beginning alone, which may be another's: it looks again, and never too little.
  expect(settled.since(7 + 2 ** 17, early)).toBe(true)
})
