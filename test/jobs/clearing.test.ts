import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { firstIdAt } from '../../src/base/ids.ts'
import { clearFiles, clearItems, oldFiles } from '../../src/jobs/clear-batches.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { scansOf, sharedPlan } from '../support/plans.ts'

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

let made = 0
/** Of what was made so many days ago: each later than the one before. */
const idAt = (days: number): string => {
  made += 1
  return firstIdAt(clock.now() - days * DAY_MS).slice(0, -12) + made.toString(16).padStart(12, '0')
}
const idsOf = (count: number): string[] => Array.from({ length: count }, () => idAt(91))

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

it('lets go of batches that left long ago, but not of what a lead has not seen of one', async () => {
  const at = (days: number) => new Date(clock.now() - days * DAY_MS) as never
  const file = async (tenantId: string, days: number, state: string): Promise<string> => {
    const [row] = await home.inspect<{ id: string }>(
      `insert into millrace.batch_file (tenant_id, id, flow_id, destination, name, state, made_at, next_at)
       values ($1, $4, 'f', 'd', 'n', $2, $3, $3) returning id`,
      [tenantId, state, at(days), idAt(days)],
    )
    return row?.id ?? ''
  }
  const item = (tenantId: string, of: string, delivery: string) =>
    home.inspect(
      `with i as (
         insert into millrace.batch_item (tenant_id, delivery, lead_id, flow_id, destination, due_at, file, line)
         values ($1, gen_random_uuid(), gen_random_uuid(), 'f', 'd', $3, $2, 1) returning *
       )
       insert into millrace.delivery (tenant_id, lead_id, id, opened_at, changed_at, attempts, flow_id, destination, state)
       select tenant_id, lead_id, delivery, due_at, due_at, 1, 'f', 'd', $4 from i returning 1`,
      [tenantId, of, at(91), delivery],
    )
  const old = await file(home.tenantId, 91, 'sent')
  for (let n = 0; n < 3; n += 1) await item(home.tenantId, old, 'delivered')
  const unseen = await file(home.tenantId, 91, 'failed')
  await item(home.tenantId, unseen, 'waiting')
  await item(home.tenantId, unseen, 'dead')
  const young = await file(home.tenantId, 89, 'sent')
  await item(home.tenantId, young, 'delivered')
  const writing = await file(home.tenantId, 200, 'writing')
  await item(home.tenantId, writing, 'waiting')
  const theirs = await file(other, 91, 'sent')
  await item(other, theirs, 'delivered')
  await home.house.upkeep.tendTenants()
  const left = await home.inspect<{ id: string; items: number }>(
    `select f.id, (select count(*) from millrace.batch_item i where i.file = f.id)::integer as items
     from millrace.batch_file f`,
  )
  expect(new Map(left.map(({ id, items }) => [id, items]))).toEqual(
    new Map([
      [unseen, 1],
      [young, 1],
      [writing, 1],
    ]),
  )
})

it('lets go of batches of one lead each, however many there are', async () => {
  await home.inspect(
    `with f as (
       insert into millrace.batch_file (tenant_id, id, flow_id, destination, name, state, made_at, next_at)
       select $1, id, 'many', 'd', 'n', 'sent', $2, $2 from unnest($3::uuid[]) as id returning *
     )
     insert into millrace.batch_item (tenant_id, delivery, lead_id, flow_id, destination, due_at, file, line)
     select tenant_id, gen_random_uuid(), gen_random_uuid(), flow_id, destination, made_at, id, 1 from f`,
    [home.tenantId, new Date(clock.now() - 91 * DAY_MS), idsOf(2_500)] as never,
  )
  await home.house.upkeep.tendTenants()
  const left = (table: string) => home.inspect(`select 1 from millrace.${table} where flow_id = 'many'`)
  expect(await left('batch_item')).toHaveLength(0)
  expect(await left('batch_file')).toHaveLength(0)
})

/** `waiting` of the oldest hold what their lead has not seen yet, and stay. */
const files = (flow: string, count: number, waiting: number) =>
  home.inspect(
    `with f as (
       insert into millrace.batch_file (tenant_id, id, flow_id, destination, name, state, made_at, next_at)
       select $1, id, $2, 'd', 'n', 'sent',
         $3::timestamptz + case when n <= $5 then interval '0' else interval '1 second' end, $3
       from unnest($4::uuid[]) with ordinality as w(id, n)
       returning *
     ), i as (
       insert into millrace.batch_item (tenant_id, delivery, lead_id, flow_id, destination, due_at, file, line)
       select tenant_id, gen_random_uuid(), gen_random_uuid(), flow_id, destination, made_at, id, 1 from f returning *
     )
     insert into millrace.delivery (tenant_id, lead_id, id, opened_at, changed_at, attempts, flow_id, destination, state)
     select tenant_id, lead_id, delivery, due_at, due_at, 1, flow_id, destination,
       case when due_at = $3 then 'waiting' else 'delivered' end from i`,
    [home.tenantId, flow, new Date(clock.now() - 91 * DAY_MS), idsOf(count), waiting] as never,
  )

it('lets go of batches behind those that have to stay, however many these are', async () => {
  await files('behind', 2_600, 2_100)
  await home.house.upkeep.tendTenants()
  const left = (table: string) => home.inspect(`select 1 from millrace.${table} where flow_id = 'behind'`)
  expect(await left('batch_item')).toHaveLength(2_100)
  expect(await left('batch_file')).toHaveLength(2_100)
})

it('looks up what batches hold, with no statistics to go by', async () => {
  const id = '0193a000-0000-7000-8000-000000000000'
  const statements = [
    oldFiles(home.tenantId, clock.now(), id),
    clearItems(home.tenantId, [id]),
    clearFiles(home.tenantId, [id]),
  ]
  const bounds: Readonly<Record<string, RegExp>> = {
    batch_file: /\bid (=|>) /,
    batch_item: /\b(file|delivery) = /,
    delivery: /lead_id = /,
  }
  for (const statement of statements) {
    const nodes = await home.house.database.transaction([home.tenantId], (tx) => sharedPlan(tx, statement))
    for (const { table, node } of scansOf(nodes, Object.keys(bounds)))
      expect(`${statement.name}: ${node['Index Cond']}`).toMatch(bounds[table] ?? /^$/)
    expect(nodes.some((node) => node['Join Filter'] !== undefined)).toBe(false)
  }
})

it('lets go of jobs on dead letters that ended long ago', async () => {
  for (const ended of [91, 89, null])
    await home.inspect(
      `insert into millrace.replay_run (tenant_id, id, filter, per_second, state, matched, by, started_at, ended_at)
       values ($1, gen_random_uuid(), '{}', 1, $2, 1, 'ada', $3, $4)`,
      [
        home.tenantId,
        ended === null ? 'running' : 'done',
        new Date(clock.now() - 100 * DAY_MS),
        ended === null ? null : new Date(clock.now() - ended * DAY_MS),
      ] as never,
    )
  await home.house.upkeep.tendTenants()
  expect(await home.inspect('select state from millrace.replay_run order by state')).toEqual([
    { state: 'done' },
    { state: 'running' },
  ])
})
