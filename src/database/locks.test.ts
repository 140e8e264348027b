import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { createDatabase, type Database } from './pool.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

let db: TestDatabase
/** As two processes have it, each with fewer connections than locks are held. */
let one: Database
let other: Database
beforeAll(async () => {
  db = await testDatabase()
  const open = () => createDatabase({ connection: db.connection, poolMax: 1, log: silent })
  one = await open()
  other = await open()
})
afterAll(async () => {
  await one.close()
  await other.close()
  await db.close()
})

it('any number of things may be held at once, and what is done under them has the pool to itself', async () => {
  const held = await Promise.all(Array.from({ length: 20 }, (_, n) => one.lock(`thing ${n}`)))
  expect(await one.definer({ text: 'select 1::integer as one' })).toEqual([{ one: 1 }])
  for (const letGo of held) letGo()
})

it('one thing is held by one at a time, in order within a process, in all processes', async () => {
  let inside = 0
  let most = 0
  const order: number[] = []
  const work = async (database: Database, n: number): Promise<void> => {
    const letGo = await database.lock('thing')
    inside += 1
    most = Math.max(most, inside)
    if (database === one) order.push(n)
    await database.definer({ text: 'select 1' })
    inside -= 1
    letGo()
    // Twice does not let go what the next holds.
    letGo()
  }
  await Promise.all(Array.from({ length: 12 }, (_, n) => work(n % 2 ? one : other, n)))
  expect(most).toBe(1)
  expect(order).toEqual([1, 3, 5, 7, 9, 11])
})

it('a process that always wants a thing leaves it free from time to time, for long enough that another gets it', async () => {
  let isHad = false
  const busy = async (): Promise<void> => {
    while (!isHad) {
      const letGo = await one.lock('wanted')
      for (let n = 0; n < 100; n += 1) await one.definer({ text: 'select 1' })
      letGo()
    }
  }
  const watched = async (): Promise<void> => {
    ;(await one.lock('wanted'))()
    // Between two that hold it in turn it is free for a moment: several looks in a row find it so where it is left alone.
    for (let free = 0; free < 5; ) {
      const held = await db.inspect(`select 1 from pg_locks where locktype = 'advisory' and classid = 7119`)
      free = held.length === 0 ? free + 1 : 0
    }
    ;(await other.lock('wanted'))()
    isHad = true
  }
  await Promise.all([busy(), busy(), watched()])
})

it('is free again when the session that held it is gone, and the next is taken in a new one', async () => {
  const letGo = await one.lock('lost')
  const backends = () =>
    db.inspect<{ pid: number }>(`select pid from pg_locks where locktype = 'advisory' and classid = 7119`)
  const [held] = await backends()
  await db.inspect('select pg_terminate_backend($1)', [held?.pid])
  ;(await other.lock('lost'))()
  letGo()
  ;(await vi.waitFor(() => one.lock('another'), { timeout: 15_000 }))()
})
