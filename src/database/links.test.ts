import { createServer, type Server, Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { isFault } from '../base/faults.ts'
import { int4s } from './arrays.ts'
import { createDatabase, isOutcomeUnknown, isTimedOut } from './pool.ts'

const A = '018f0000-0000-7000-8000-00000000000a'
const silent = { info: () => {}, warn: () => {}, error: () => {} }

let db: TestDatabase

beforeAll(async () => {
  db = await testDatabase({ poolMax: 1 })
  await db.inspect('create table millrace.note (id int)')
  await db.inspect('grant all on millrace.note to millrace_app')
})
afterAll(() => db.close())
beforeEach(() => db.inspect('delete from millrace.note'))

const write = (id: number) => ({
  name: 'write_notes',
  text: 'insert into note select * from unnest($1::int4[])',
  values: [int4s([id])],
})
const read = { name: 'read_notes', text: 'select id from note order by id' }
const stored = () => db.inspect('select id from millrace.note order by id')
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: unknown) => error,
  )

const backends = (name: string) =>
  db.inspect<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and application_name = $1`,
    [name],
  )

describe('a connection', () => {
  test('makes the plans it keeps anew as its tables grow: after 4, 16 and 64 round trips', async () => {
    await db.inspect('create sequence millrace.planned')
    // Said to be immutable, it is worked out by whoever makes the plan.
    await db.inspect(
      `create function millrace.plan() returns bigint immutable security definer language plpgsql
       as $$ begin return nextval('millrace.planned'); end $$`,
    )
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    for (let n = 0; n < 100; n += 1) await one.definer({ name: 'planned', text: 'select millrace.plan()' })
    expect(await db.inspect('select last_value::integer as plans from millrace.planned')).toEqual([{ plans: 4 }])
    await one.close()
  })
})

describe('the pool', () => {
  test('that has served takes it for an absence when the server does not know its user any more', async () => {
    const user = `exchanged_${process.pid}`
    await db.inspect(`create role ${user} login in role millrace_app`)
    const pool = await createDatabase({ connection: { ...db.connection, user }, poolMax: 1, log: silent, waitMs: 300 })
    try {
      await db.inspect(`alter role ${user} nologin`)
      await db.inspect(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`)
      const away = { code: 'database_unavailable', kind: 'unavailable' }
      await expect.poll(() => failure(pool.definer(read))).toMatchObject(away)
      expect(await failure(pool.definer(read))).toMatchObject(away)
      await db.inspect(`alter role ${user} login`)
      await expect.poll(() => pool.definer(read).catch(() => null)).toEqual([])
    } finally {
      await pool.close()
      await db.inspect(`drop role ${user}`)
    }
  })

  test.each([
    ['is only read from', 'set default_transaction_read_only = on', write(1), false],
    ['holds a statement up', `set statement_timeout = '20ms'`, { text: 'select pg_sleep(20)' }, true],
  ])('takes it for an absence that the server %s', async (_, setting, statement, timedOut) => {
    const pool = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    await pool.definer({ text: setting })
    const error = await failure(pool.batch([A], [statement]))
    expect(error).toMatchObject({ code: 'database_unavailable' })
    expect(isTimedOut(error)).toBe(timedOut)
    await pool.close()
  })

  test('hands connections out first come first served, and gives up after a bounded wait', async () => {
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent, waitMs: 150 })
    const order: number[] = []
    await Promise.all([1, 2, 3].map((n) => one.transaction([], async () => order.push(n))))
    expect(order).toEqual([1, 2, 3])
    let free: () => void = () => {}
    const held = one.transaction([], () => new Promise<void>((resolve) => (free = resolve)))
    const error = await failure(one.definer(read))
    expect(error).toMatchObject({ code: 'database_unavailable', kind: 'unavailable' })
    free()
    await held
    expect(await one.definer(read)).toEqual([])
    expect(one.stats()).toEqual({ open: 1, idle: 1, waiting: 0 })
    await one.close()
    expect(await failure(one.definer(read))).toMatchObject({ code: 'database_unavailable' })
  })

  test('replaces connections that the server ended, idle and busy', async () => {
    const lost: unknown[] = []
    const pool = await createDatabase({
      connection: { ...db.connection },
      poolMax: 2,
      log: silent,
      onConnectionLost: (error) => lost.push(error),
    })
    const busy = pool.transaction([A], async (tx) => {
      const [row] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
      await db.inspect('select pg_terminate_backend($1)', [row?.pid])
      await tx.query(write(1))
    })
    const error = await failure(busy)
    expect(error).toMatchObject({ code: 'database_unavailable' })
    expect(isOutcomeUnknown(error)).toBe(false)
    const [idle] = await pool.definer<{ pid: number }>({ text: 'select pg_backend_pid() as pid' })
    await db.inspect('select pg_terminate_backend($1)', [idle?.pid])
    await expect.poll(() => pool.stats().open).toBe(0)
    expect(await pool.definer({ text: 'select 1 as one' })).toEqual([{ one: 1 }])
    expect(lost.length).toBeGreaterThanOrEqual(2)
    await pool.close()
    expect(await stored()).toEqual([])
  })

  test('close waits for what is under way and leaves no connection', async () => {
    const before = (await backends('millrace')).length
    const pool = await createDatabase({ connection: db.connection, poolMax: 3, log: silent })
    const work = Promise.all([1, 2, 3].map((n) => pool.batch([A], [write(n)])))
    await Promise.all([pool.close(), pool.close(), work])
    expect(await stored()).toHaveLength(3)
    await expect.poll(async () => (await backends('millrace')).length).toBe(before)
  })
})

describe('between us and the server', () => {
  /** Passes bytes on to the real server, and can fall silent or hang up. */
  const relay = async (): Promise<{
    server: Server
    port: number
    hangUp: () => void
    hold: () => void
    resume: () => void
  }> => {
    const sockets = new Set<Socket>()
    const target = join(db.connection.host, `.s.PGSQL.${db.connection.port}`)
    const isSocket = db.connection.host.startsWith('/')
    let held = false
    const server = createServer((near) => {
      const upstream = new Socket()
      if (isSocket) upstream.connect(target)
      else upstream.connect(db.connection.port, db.connection.host)
      near.pipe(upstream)
      upstream.on('data', (chunk) => {
        if (!held) near.write(chunk)
      })
      for (const socket of [near, upstream]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          near.destroy()
          upstream.destroy()
        })
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return {
      server,
      port: typeof address === 'object' && address !== null ? address.port : 0,
      hangUp: () => {
        for (const socket of sockets) socket.destroy()
      },
      hold: () => {
        held = true
      },
      resume: () => {
        held = false
      },
    }
  }

  test('a lost answer to a COMMIT is reported as unknown, and callers are not left hanging by a silent server', async () => {
    const between = await relay()
    const pool = await createDatabase({
      connection: { ...db.connection, host: '127.0.0.1', port: between.port },
      poolMax: 1,
      log: silent,
    })
    between.hold()
    const work = failure(pool.batch([A], [write(1)]))
    await expect.poll(stored).toHaveLength(1)
    between.hangUp()
    const error = await work
    expect(error).toMatchObject({ code: 'database_unavailable' })
    expect(isOutcomeUnknown(error)).toBe(true)
    between.resume()
    expect(await pool.definer({ text: 'select 1 as one' })).toEqual([{ one: 1 }])
    between.server.close()
    between.hangUp()
    await pool.close()
  })

  test('with no server a caller gets a fault after its wait, and the pool comes back with the server', async () => {
    const between = await relay()
    const { port } = between
    const pool = await createDatabase({
      connection: { ...db.connection, host: '127.0.0.1', port },
      poolMax: 2,
      log: silent,
      waitMs: 200,
    })
    between.server.close()
    between.hangUp()
    expect(await failure(pool.definer({ text: 'select 1' }))).toMatchObject({ code: 'database_unavailable' })
    const nowhere = { connection: { ...db.connection, host: '127.0.0.1', port }, poolMax: 1, log: silent, waitMs: 100 }
    expect(await failure(createDatabase(nowhere))).toSatisfy(
      (fault: unknown) =>
        isFault(fault) && fault.code === 'database_unavailable' && (fault.detail ?? '').includes('ECONNREFUSED'),
    )
    between.server.listen(port, '127.0.0.1')
    await expect.poll(() => pool.definer({ text: 'select 1 as one' }).catch(() => 'not yet')).toEqual([{ one: 1 }])
    between.server.close()
    between.hangUp()
    await pool.close()
  })
})
