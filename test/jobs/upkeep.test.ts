import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

let home: TestHouse
let tenants: string[]

beforeAll(async () => {
  home = await testHouse({ clock: movableClock(Date.parse('2026-11-20T10:00:00Z')) })
  tenants = [home.tenantId, await home.addTenant('second'), await home.addTenant('third')]
})
afterAll(() => home.close())

it('is done for every tenant, though something of one stands in the way', async () => {
  const { upkeep } = home.house
  for (const stuck of tenants) {
    await home.inspect('delete from millrace.job_schedule')
    await home.inspect(`alter table millrace.job_schedule add constraint stuck check (tenant_id <> '${stuck}')`)
    await expect(upkeep.round()).rejects.toThrow()
    const rows = await home.inspect<{ tenant_id: string }>('select tenant_id from millrace.job_schedule')
    expect(rows.map(({ tenant_id }) => tenant_id).toSorted()).toEqual(tenants.filter((id) => id !== stuck).toSorted())
    await home.inspect('alter table millrace.job_schedule drop constraint stuck')
  }
})

it('makes the next months once where several processes come at once', async () => {
  await home.inspect('drop table millrace.segment_2027_01')
  const { database } = home.house
  const make = () => database.definer({ text: `select millrace.ensure_partitions('2026-11-20', 3), pg_sleep(0.2)` })
  await expect(Promise.all([make(), make(), make(), make()])).resolves.toHaveLength(4)
  expect(await home.inspect(`select to_regclass('millrace.segment_2027_01') is not null as made`)).toEqual([
    { made: true },
  ])
})
