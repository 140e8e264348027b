import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { type Machine, steeredClock } from '../base/clock.ts'
import { followServerTime } from './server-time.ts'

const HOUR = 3_600_000

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

/** A machine whose clock is off by so much; the database's is the one of the machine that the tests run on. */
const machineOff = (byMs: number) => {
  let off = byMs
  const warned: object[] = []
  const machine: Machine = { wall: () => Date.now() + off, passed: () => performance.now() }
  const log = { info: () => {}, warn: (what: object) => warned.push(what), error: () => {} }
  return {
    machine,
    log,
    warned,
    set: (ms: number) => {
      off = ms
    },
  }
}

test.each([HOUR, -HOUR])('a machine that is off by %i ms tells the time of the database', async (byMs) => {
  const { machine, log, warned, set } = machineOff(byMs)
  const clock = steeredClock(machine)
  const time = await followServerTime({ database: db.database, clock, log, machine })
  const agrees = (): void => expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
  agrees()
  expect(warned).toHaveLength(1)
  // Put right meanwhile, by whoever minds the machine: it is seen at the next look, long before the minute is over.
  set(byMs / 2)
  await time.look()
  set(0)
  await time.look()
  expect(Math.abs(clock.aheadMs())).toBeLessThan(1_000)
  await time.close()
})

test('a machine that is right is left alone', async () => {
  const { machine, log, warned } = machineOff(20)
  const clock = steeredClock(machine)
  const time = await followServerTime({ database: db.database, clock, log, machine })
  expect([clock.aheadMs(), warned]).toEqual([0, []])
  await time.close()
})
