import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { createQuota, type Quota } from './quota.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const NOW = Date.parse('2026-11-26T10:00:30Z')
const MINUTE = 60_000
let scopes = 0
const newScope = () => {
  scopes += 1
  return `test:${scopes}`
}

/** A quota that counts its questions. */
const counting = () => {
  let asked = 0
  const quota = createQuota({
    database: {
      definer: (statement) => {
        asked += 1
        return db.database.definer(statement)
      },
    },
  })
  return { quota, asked: () => asked }
}

const takeMany = async (
  quota: Quota,
  limit: Parameters<Quota['take']>[0],
  count: number,
  now = NOW,
): Promise<number> => {
  const taken = await Promise.all(Array.from({ length: count }, async () => quota.take(limit, now)))
  return taken.filter(({ allowed }) => allowed).length
}

describe('a limit', () => {
  it.each([1, 7, 100, 1_000])('of %i is never exceeded by five processes, and is used up', async (max) => {
    const limit = { scope: newScope(), max, window: MINUTE }
    const processes = Array.from({ length: 5 }, () => counting().quota)
    let allowed = 0
    for (let round = 0; round < 4; round += 1) {
      const each = await Promise.all(processes.map((quota) => takeMany(quota, limit, Math.ceil(max / 4))))
      allowed += each.reduce((sum, count) => sum + count, 0)
    }
    expect(allowed).toBeLessThanOrEqual(max)
    for (const quota of processes) allowed += await takeMany(quota, limit, max)
    expect(allowed).toBe(max)
  })

  it('costs a question for many, and tells when to come again', async () => {
    const { quota, asked } = counting()
    const limit = { scope: newScope(), max: 100_000, window: 3_600_000 }
    for (let n = 0; n < 20; n += 1) expect(await takeMany(quota, limit, 500)).toBe(500)
    expect(asked()).toBeLessThan(40)
    const few = { scope: newScope(), max: 3, window: MINUTE }
    expect(await takeMany(quota, few, 10)).toBe(3)
    expect(await quota.take(few, NOW)).toEqual({ allowed: false, retryAfterMs: 30_000, windowMs: MINUTE })
    const before = asked()
    expect(await takeMany(quota, few, 100)).toBe(0)
    expect(asked()).toBe(before)
    expect(await takeMany(quota, few, 10, NOW + 30_000)).toBe(3)
  })

  it('of a month begins anew with the next', async () => {
    const { quota } = counting()
    const limit = { scope: newScope(), max: 5, window: 'month' as const }
    const end = Date.parse('2026-11-30T23:59:59.999Z')
    expect(await takeMany(quota, limit, 9, end)).toBe(5)
    const refused = await quota.take(limit, end)
    expect(refused).toMatchObject({ allowed: false, retryAfterMs: 1 })
    expect(await takeMany(quota, limit, 9, end + 1)).toBe(5)
  })

  it('gets back what a process did not use', async () => {
    const limit = { scope: newScope(), max: 8, window: MINUTE }
    const first = counting().quota
    const granted = await first.take(limit, NOW)
    if (granted.allowed) first.giveBack(granted.lease)
    await first.close()
    expect(await takeMany(counting().quota, limit, 20)).toBe(8)
  })

  it('rejects where the database is away and nothing is left, and goes on when it is back', async () => {
    let away = true
    const quota = createQuota({
      database: {
        definer: (statement) => (away ? Promise.reject(new Error('away')) : db.database.definer(statement)),
      },
    })
    const limit = { scope: newScope(), max: 3, window: MINUTE }
    await expect(quota.take(limit, NOW)).rejects.toThrow('away')
    away = false
    expect(await takeMany(quota, limit, 5)).toBe(3)
  })
})
