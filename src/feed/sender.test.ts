import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestHouse, testHouse } from '../../test/support/house.ts'
import { movableClock } from '../base/clock.ts'
import { Fault } from '../base/faults.ts'
import { newId } from '../base/ids.ts'
import type { Database } from '../database/pool.ts'
import { createFeedSender } from './sender.ts'

const clock = movableClock(Date.UTC(2026, 10, 26, 10))
let home: TestHouse

beforeAll(async () => {
  home = await testHouse({ clock })
})
afterAll(() => home.close())

it('gives its place at the gate back once, also where the database goes away when a 410 is to be noted', async () => {
  const { database } = home.house
  const id = newId(clock.now())
  await home.inspect(
    `with w as (
       insert into millrace.webhook (tenant_id, id, name, host, events, fields, tests, enabled, created_at, changed_at)
       values ($1, $2, 'w', 'h', '{lead.accepted}', false, false, true, $3, $3) returning tenant_id, id
     )
     insert into millrace.webhook_event (tenant_id, webhook_id, subject, seq, position, type, at, next_at)
     select tenant_id, id, gen_random_uuid(), 1, 0, 'lead.accepted', $3, $3 from w returning 1`,
    [home.tenantId, id, new Date(clock.now())] as never,
  )
  let isAway = true
  const flickering: Database = {
    ...database,
    batch: async (tenants, statements) => {
      if (isAway && statements.some(({ name }) => name === 'disable_webhook'))
        throw new Fault('database_unavailable', { message: 'The database is away' })
      return database.batch(tenants, statements)
    },
  }
  const ends: string[] = []
  const logged: string[] = []
  const sender = createFeedSender({
    database: flickering,
    clock,
    random: () => 0,
    gate: {
      stopped: () => null,
      pauseByHouse: async () => undefined,
      admit: async () => ({ admitted: true, end: ({ is }) => void ends.push(is) }),
    },
    outbound: { send: async () => ({ status: 410, headers: {}, body: '', ms: 1 }) },
    credential: async () => ({ secret: () => 'https://hooks.example.com/x' }),
    body: async () => '{}',
    onGivenUp: () => undefined,
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (_fields: object, text: string) => void logged.push(text),
    },
  })
  await sender.round().catch(() => undefined)
  expect(ends).toEqual(['answered'])
  const stands = () => home.inspect('select enabled, code from millrace.webhook')
  expect(await stands()).toEqual([{ enabled: true, code: null }])
  // It is told again when whoever had it in hand is given up, and is switched off then.
  isAway = false
  clock.advance(61_000)
  await sender.round()
  expect(ends).toEqual(['answered', 'answered'])
  expect(await stands()).toEqual([{ enabled: false, code: 'unsubscribed' }])
  expect(logged).toEqual([])
})
