import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { type LossyRelay, openLossyRelay } from '../../test/support/lossy-relay.ts'
import { createPresence, type Presence } from './presence.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const A = '018f0000-0000-7000-8000-00000000000a'

let db: TestDatabase
let relay: LossyRelay
let presence: Presence
let heard: ({ readonly tenantId: string; readonly epoch: number } | null)[]

const alive = async (): Promise<number[]> => {
  const [row] = await db.inspect<{ numbers: number[] }>('select millrace.live_runners() as numbers')
  return row?.numbers ?? []
}

beforeAll(async () => {
  db = await testDatabase({ poolMax: 1 })
})
afterAll(() => db.close())
beforeEach(async () => {
  heard = []
  relay = await openLossyRelay(db.connection)
  presence = await createPresence({
    connection: { ...db.connection, host: '127.0.0.1', port: relay.port },
    applicationRole: 'millrace_app',
    log: silent,
    onEpoch: (change) => heard.push(change),
    signEveryMs: 20,
    signWithinMs: 500,
  })
})
afterEach(async () => {
  await presence.close()
  await relay.close()
})

test('a process whose session ended without a word is present again, and hears of changes', async () => {
  const before = presence.number()
  expect(await alive()).toContain(before)
  relay.loseServer()
  await expect.poll(() => presence.isHeld() && presence.number() > before, { timeout: 10_000 }).toBe(true)
  expect(await alive()).toEqual([presence.number()])
  expect(heard).toEqual([null])
  await db.inspect(`select pg_notify('millrace_epoch', '${A} 7')`)
  await expect.poll(() => heard).toEqual([null, { tenantId: A, epoch: 7 }])
})

test('back behind a line that was lost, it ends its old session, which would keep its leads from everybody', async () => {
  const before = presence.number()
  relay.goDeaf()
  await expect.poll(() => presence.isHeld(), { timeout: 10_000 }).toBe(false)
  expect(await alive()).toEqual([before])
  relay.hearAgain()
  await expect.poll(() => presence.isHeld(), { timeout: 20_000 }).toBe(true)
  await expect.poll(alive).toEqual([presence.number()])
}, 40_000)

test('a session asks the server to look for it where it is silent: the end of a machine ends its sessions', async () => {
  const idle = await db.database.definer<{ s: string }>({
    text: `select current_setting('tcp_keepalives_idle') || ' ' || current_setting('tcp_keepalives_count') as s`,
  })
  // Through a Unix socket there is nothing to look for, and the setting stays 0.
  expect(idle).toEqual([{ s: db.connection.host.startsWith('/') ? '0 0' : '15 3' }])
})
