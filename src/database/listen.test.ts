import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmptyTestDatabase, testDatabase } from '../../test/support/database.ts'
import { listen } from './listen.ts'

let db: EmptyTestDatabase
beforeAll(async () => {
  db = await testDatabase({ migrated: false })
})
afterAll(() => db.close())

test('hears notifications, and says when it may have missed some', async () => {
  const heard: string[] = []
  let began = 0
  const listener = listen({
    connection: db.connection,
    channels: ['news', 'other'],
    onNotification: (channel, payload) => heard.push(`${channel}:${payload}`),
    onListening: () => {
      began += 1
    },
    log: { warn: () => {} },
  })
  await expect.poll(() => began).toBe(1)
  await db.inspect(`select pg_notify('news', 'ä'), pg_notify('unheard', 'x'), pg_notify('other', '')`)
  await expect.poll(() => heard).toEqual(['news:ä', 'other:'])
  await db.inspect(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`)
  await expect.poll(() => began).toBe(2)
  await db.inspect(`select pg_notify('news', 'again')`)
  await expect.poll(() => heard.at(-1)).toBe('news:again')
  await listener.close()
  await db.inspect(`select pg_notify('news', 'late')`)
  expect(heard.at(-1)).toBe('news:again')
})
