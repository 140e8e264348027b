import { expect, it } from 'vitest'
import { clockOf } from './clock.ts'

const HOUR = 3_600_000

const machine = () => {
  let wall = 1_800_000_000_000
  let passed = 0
  return {
    clock: clockOf({ wall: () => wall, passed: () => passed }),
    pass: (ms: number) => {
      wall += ms
      passed += ms
    },
    set: (by: number) => {
      wall += by
    },
    wall: () => wall,
  }
}

it('a clock that is set back an hour goes on, half as fast, and is right again in two hours', () => {
  const { clock, pass, set, wall } = machine()
  const before = clock.now()
  set(-HOUR)
  expect(clock.now()).toBe(before)
  pass(10_000)
  expect(clock.now()).toBe(before + 5_000)
  pass(2 * HOUR - 10_000)
  expect(clock.now()).toBe(wall())
  pass(1)
  expect(clock.now()).toBe(wall())
})

it('it never goes back, however often it is set', () => {
  const { clock, pass, set } = machine()
  let last = clock.now()
  for (const by of [-HOUR, HOUR, -10, -HOUR, 5, 2 * HOUR, -3 * HOUR]) {
    set(by)
    for (const ms of [0, 1, 7, 60_000]) {
      pass(ms)
      expect(clock.now()).toBeGreaterThanOrEqual(last)
      last = clock.now()
    }
  }
})
