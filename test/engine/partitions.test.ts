import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

const START = Date.UTC(2031, 0, 10)
const MONTH_MS = 31 * 86_400_000
const clock = movableClock(START)
let home: TestHouse

beforeAll(async () => {
  home = await testHouse({ clock })
  await home.publish(`
flow: kept
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { normalize: {} } ]
`)
})
afterAll(() => home.close())

const partitions = async (): Promise<string[]> =>
  (
    await home.inspect<{ name: string }>(
      `select relname as name from pg_class where relname like 'segment\\_20%' and relkind = 'r' order by 1`,
    )
  ).map(({ name }) => name)

it('are made by one of several processes that come to it at once, and the others go on', async () => {
  clock.advance(6 * MONTH_MS)
  const { database, upkeep } = home.house
  const waiting = () =>
    home.inspect(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
  let round: Promise<void> | null = null
  await database.transaction([home.tenantId], async (tx) => {
    const month = new Date(clock.now()).toISOString().slice(0, 10)
    await tx.query({ text: 'select millrace.ensure_partitions($1::date, 1)', values: [month] })
    round = upkeep.round()
    round.catch(() => undefined)
    await expect.poll(waiting).toHaveLength(1)
  })
  await expect(round).resolves.toBeUndefined()
  expect(await partitions()).toEqual(expect.arrayContaining(['segment_2031_07', 'segment_2031_08', 'segment_2031_09']))
})

it('go without a month that a clock ahead of its time wrote leads of, which stay whole', async () => {
  const now = clock.now()
  clock.set(Date.UTC(2032, 5, 5))
  await home.submit('kept', 'web', { email: 'early@example.com' })
  clock.set(now)
  await home.submit('kept', 'web', { email: 'ada@example.com' })
  clock.set(Date.UTC(2032, 4, 20))
  await home.house.upkeep.round()
  const made = await partitions()
  expect(made).toEqual(expect.arrayContaining(['segment_2032_05', 'segment_2032_07']))
  expect(made).not.toContain('segment_2032_06')
  clock.set(Date.UTC(2032, 5, 20))
  await home.submit('kept', 'web', { email: 'late@example.com' })
  expect(await verifyTenant({ database: home.house.database, tenantId: home.tenantId })).toMatchObject({
    leads: 3,
    breach: null,
  })
})
