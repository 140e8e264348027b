import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { createRounds } from '../../src/jobs/rounds.ts'
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

it('says in the log what broke and where, and no value: a name alone mends nothing', async () => {
  const logged: object[] = []
  const log = { info: () => {}, warn: () => {}, error: (fields: object) => void logged.push(fields) }
  const rounds = createRounds({
    name: 'tending',
    look: async () => {
      await home.house.database.definer({ name: 'tend', text: `select 'ada@example.com'::integer` })
    },
    stop: async () => {},
    log,
  })
  rounds.start()
  await expect.poll(() => logged.length, { timeout: 10_000 }).toBeGreaterThan(0)
  await rounds.stop()
  expect(logged[0]).toMatchObject({ errors: [{ name: 'SqlError', sql_state: '22P02', statement: 'tend' }] })
  expect(JSON.stringify(logged)).not.toContain('ada@')
})

it('looks for lost leads in time that grows with them, whatever the statistics say', async () => {
  const many = 1_000
  await home.inspect('analyze millrace.lead')
  await home.inspect(
    `insert into millrace.lead (tenant_id, id, received_at, flow_version, seq, test, flow_id, source_id, status, head,
       key_version)
     select '${home.tenantId}', gen_random_uuid(), '2026-11-20T09:00:00Z', 1, 1, false, 'f', 's', 'received', '\\x00', 1
     from generate_series(1, ${many})`,
  )
  await home.inspect(
    `insert into millrace.work (tenant_id, lead_id, wake_at)
     select tenant_id, id, '2026-11-21T00:00:00Z' from millrace.lead where closed_at is null`,
  )
  // As the search reads it: one statement, so that what it read is counted by itself.
  const [row] = await home.inspect<{ found: number; read: number }>(
    `with search as materialized (
       select millrace.adopt_lost_work('2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z')::integer as found
     )
     select found, (pg_stat_get_xact_tuples_returned('millrace.work'::regclass)
       + pg_stat_get_xact_tuples_returned('millrace.work_pkey'::regclass)
       + pg_stat_get_xact_tuples_returned('millrace.work_lane'::regclass))::integer as read from search`,
  )
  expect(row?.found).toBe(0)
  expect(row?.read).toBeLessThan(4 * many)
})
