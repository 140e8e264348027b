import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { setHolds } from '../../src/delivery/holds.ts'
import { dueLanes, takeNotices } from '../../src/privacy/notices-due.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { scansOf, sharedPlan } from '../support/plans.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** What recipients are to be told waits in lanes: what is stopped, or has much to hear, holds up no other. */

let home: TestHouse
let sink: Sink
const clock = movableClock(Date.parse('2026-11-20T10:00:00Z'))

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise({ do: 'answer', body: '{}' })
  home = await testHouse({ clock })
  const forget = (name: string) => `{ type: http, url: "${sink.url}/${name}", forget: { url: "${sink.url}/${name}" } }`
  await home.publish(`
flow: told
fields: { email: email }
sources: [ { id: web } ]
destinations: { stopped: ${forget('stopped')}, busy: ${forget('busy')}, idle: ${forget('idle')} }
steps: [ { deliver: { to: [stopped, busy, idle] } } ]
`)
})
afterAll(async () => {
  await home.close()
  await sink.close()
})

/** Younger ones of one destination after those of another. */
const add = (destination: string, count: number, ageMs: number) =>
  home.inspect(
    `insert into millrace.recipient_notice (tenant_id, id, request_id, lead_id, delivery, flow_id, flow_version,
       destination, act, status, next_at, due_at)
     select $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid()::text, 'told', 1, $2, 'erase',
       'due', $3, $3 from generate_series(1, $4)`,
    [home.tenantId, destination, new Date(clock.now() - ageMs), count] as never,
  )
const toldSince = (from: number) =>
  Object.fromEntries(
    [...Map.groupBy(sink.requests.slice(from), ({ path }) => path.slice(1))].map(([name, calls]) => [
      name,
      calls.length,
    ]),
  )

it('tells in turn, and leaves what is stopped as it is, however much that is', async () => {
  const { database, delivery, privacy } = home.house
  const { tenantId } = home
  await database.transaction([tenantId], (tx) =>
    setHolds(tx, {
      tenantId,
      holds: [{ scope: 'destination', name: 'told/stopped' }],
      now: clock.now(),
      until: null,
      by: 'ada',
      reason: null,
    }),
  )
  await delivery.gate.refresh()
  await add('stopped', 200, 3_000)
  await add('busy', 200, 2_000)
  await add('idle', 10, 1_000)
  const untouched = () =>
    home.inspect<{ n: number }>(
      `select count(distinct xmin::text)::integer as n from millrace.recipient_notice where destination = 'stopped'
         and attempts = 0`,
    )
  const before = await untouched()
  expect(await privacy.notices.round()).toBe(50)
  expect(toldSince(0)).toEqual({ busy: 40, idle: 10 })
  while ((await privacy.notices.round()) > 0);
  expect(toldSince(0)).toEqual({ busy: 200, idle: 10 })
  expect(await untouched()).toEqual(before)
  await home.inspect('delete from millrace.hold')
  await delivery.gate.refresh()
  while ((await privacy.notices.round()) > 0);
  expect(toldSince(0)).toEqual({ busy: 200, idle: 10, stopped: 200 })
})

it('are looked for by whom they are for, with no statistics to go by', async () => {
  const { tenantId } = home
  const lanes = [{ flow: 'told', destination: 'busy' }]
  for (const statement of [dueLanes(tenantId, 0), takeNotices({ tenantId, lanes, now: 0 })]) {
    const nodes = await home.house.database.transaction([tenantId], (tx) => sharedPlan(tx, statement))
    const bounds = scansOf(nodes, ['recipient_notice']).map(({ node }) => node['Index Cond'] ?? 'the whole table')
    // The first lane of all is the first entry of the index.
    const unbound = bounds.filter((bound) => !/flow_id|\bid = /.test(bound))
    expect(unbound.length, `${statement.name}: ${bounds.join('; ')}`).toBeLessThanOrEqual(
      statement.name === 'notices_lanes' ? 1 : 0,
    )
    expect(nodes.some((node) => node['Join Filter'] !== undefined)).toBe(false)
  }
})
