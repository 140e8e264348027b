import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

const DAY_MS = 86_400_000
const clock = movableClock(Date.parse('2026-11-20T10:00:00Z'))
let home: TestHouse
let other: string

beforeAll(async () => {
  home = await testHouse({ clock })
  other = await home.addTenant('other')
})
afterAll(() => home.close())

const add = async (tenantId: string, expiresAt: number | null, from: number, count: number) => {
  await home.house.database.batch(
    [tenantId],
    [
      {
        text: `insert into millrace.suppression_list (tenant_id, id, label, created_at)
               values ($1::uuid, 'sold', 'sold', $2::timestamptz) on conflict do nothing`,
        values: [tenantId, new Date(clock.now())],
      },
    ],
  )
  const entries = Array.from({ length: count }, (_, index) => `person${from + index}@example.com`)
  await home.house.lists.add({ tenantId, list: 'sold', entries, expiresAt, now: clock.now() })
}
const stands = async (tenantId: string): Promise<readonly [number, number]> => {
  const [row] = await home.inspect<{ rows: number; counted: number }>(
    `select (select count(*) from millrace.suppression_entry where tenant_id = $1)::integer as rows,
       (select entries from millrace.suppression_list where tenant_id = $1)::integer as counted`,
    [tenantId],
  )
  return [row?.rows ?? -1, row?.counted ?? -1]
}

it('lets go of entries that are over, tenant by tenant and part by part, and counts what is left', async () => {
  await add(home.tenantId, clock.now() + DAY_MS, 0, 2_500)
  await add(home.tenantId, clock.now() + 2 * DAY_MS, 2_500, 10)
  await add(home.tenantId, null, 2_510, 5)
  await add(other, clock.now() + DAY_MS, 0, 3)
  await home.house.upkeep.tendTenants()
  expect(await stands(home.tenantId)).toEqual([2_515, 2_515])
  clock.advance(DAY_MS)
  await home.house.upkeep.tendTenants()
  expect(await stands(home.tenantId)).toEqual([15, 15])
  expect(await stands(other)).toEqual([0, 0])
  clock.advance(DAY_MS)
  await home.house.upkeep.tendTenants()
  expect(await stands(home.tenantId)).toEqual([5, 5])
})

it('lets go of facts that are no longer fresh, and of no others', async () => {
  const put = (tenantId: string, key: string, fresh: number) =>
    home.inspect(
      `insert into millrace.fact (tenant_id, key, said_at, fresh_until, sealed) values ($1, $2, $3, $4, 'x')`,
      [tenantId, Buffer.from(key), new Date(clock.now()), new Date(fresh)] as never,
    )
  await put(home.tenantId, 'old', clock.now())
  await put(home.tenantId, 'fresh', clock.now() + 1)
  await put(other, 'fresh', clock.now() + 1)
  await home.house.upkeep.tendTenants()
  expect(await home.inspect('select tenant_id from millrace.fact')).toHaveLength(2)
})
