import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import type { Fault } from '../base/faults.ts'
import { int4s, texts } from './arrays.ts'
import { createDatabase, type Database, sqlState, type Tx, violatedConstraint } from './pool.ts'

const A = '018f0000-0000-7000-8000-00000000000a'
const B = '018f0000-0000-7000-8000-00000000000b'
const silent = { info: () => {}, warn: () => {}, error: () => {} }

let db: TestDatabase
let database: Database

beforeAll(async () => {
  db = await testDatabase({ poolMax: 2 })
  database = db.database
  for (const sql of [
    `create table millrace.note (tenant_id uuid not null, id int, body text, constraint note_once unique (tenant_id, id),
       constraint note_late unique (body) deferrable initially deferred)`,
    'alter table millrace.note enable row level security',
    'alter table millrace.note force row level security',
    `create policy tenant on millrace.note to millrace_app using (tenant_id = any (millrace.tenants()))
       with check (tenant_id = any (millrace.tenants()))`,
    'grant all on millrace.note to millrace_app',
  ]) {
    await db.inspect(sql)
  }
})
afterAll(() => db.close())
beforeEach(() => db.inspect('delete from millrace.note'))

const write = (tenantId: string, ids: number[], bodies: (string | null)[]) => ({
  name: 'write_notes',
  text: 'insert into note select $1::uuid, i, b from unnest($2::int4[], $3::text[]) as u(i, b)',
  values: [tenantId, int4s(ids), texts(bodies)],
})
const read = { name: 'read_notes', text: 'select tenant_id, id, body from note order by tenant_id, id' }
const stored = () => db.inspect('select tenant_id, id, body from millrace.note order by tenant_id, id')
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: unknown) => error,
  )

describe('tenants', () => {
  test('a transaction sees and writes only the tenants it was opened for', async () => {
    await database.batch([A], [write(A, [1], ['of a'])])
    await database.batch([B], [write(B, [1], ['of b'])])
    expect(await database.batch([A], [read])).toEqual([[{ tenant_id: A, id: 1, body: 'of a' }]])
    expect((await database.batch([A, B], [read]))[0]).toHaveLength(2)
    expect(await database.batch([], [read])).toEqual([[]])
    expect(await database.definer(read)).toEqual([])
    expect(sqlState(await failure(database.batch([A], [write(B, [2], ['x'])])))).toBe('42501')
  })

  test('the tenants of one transaction are gone in the next on the same connection', async () => {
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    await one.batch([A], [write(A, [1], ['a'])])
    expect(await one.definer(read)).toEqual([])
    expect(await one.transaction([], (tx) => tx.query(read))).toEqual([])
    await one.close()
  })

  test('what is no uuid is refused as a tenant', async () => {
    expect(await failure(database.batch([`${A},${B}`], [read]))).toMatchObject({ code: 'internal' })
  })
})

describe('a session', () => {
  test('compiles no statement and spreads none over processes, whatever the server is set to', async () => {
    const [row] = await db.inspect<{ name: string }>('select current_database() as name')
    await db.inspect(`alter database "${row?.name}" set jit = on`)
    await db.inspect(`alter database "${row?.name}" set max_parallel_workers_per_gather = 2`)
    const fresh = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    try {
      const text = `select current_setting('jit') as jit, current_setting('max_parallel_workers_per_gather') as workers`
      expect(await fresh.definer({ text })).toEqual([{ jit: 'off', workers: '0' }])
    } finally {
      await fresh.close()
    }
  })
})

describe('a batch', () => {
  test('gives the rows of each statement in order', async () => {
    const rows = await database.batch([A], [write(A, [1, 2], ['x', null]), read, { text: 'select 7 as seven' }])
    expect(rows).toEqual([
      [],
      [
        { tenant_id: A, id: 1, body: 'x' },
        { tenant_id: A, id: 2, body: null },
      ],
      [{ seven: 7 }],
    ])
  })

  test('that fails in the middle writes nothing, names the first failure, and leaves the connection good', async () => {
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    const [before] = await one.definer({ text: 'select pg_backend_pid() as pid' })
    const error = await failure(
      one.batch(
        [A],
        [write(A, [1], ['a']), { ...write(A, [1], ['b']), name: 'again' }, { name: 'later', text: 'select 1/0' }],
      ),
    )
    expect(sqlState(error)).toBe('23505')
    expect(violatedConstraint(error)).toBe('note_once')
    expect((error as Error).message).toContain('again')
    expect(await stored()).toEqual([])
    expect(await one.batch([A], [{ name: 'later', text: 'select 5 as five' }])).toEqual([[{ five: 5 }]])
    expect(await one.definer({ text: 'select pg_backend_pid() as pid' })).toEqual([before])
    await one.close()
  })

  test('that a server refuses which takes no writes any more is put off, and the next is another session', async () => {
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    const demote = { text: 'set default_transaction_read_only = on' }
    for (const work of [
      () => one.batch([A], [write(A, [1], ['a'])]),
      () => one.transaction([A], (tx) => tx.query(write(A, [1], ['a']))),
      () => one.definer({ text: 'create table millrace.nobody_makes_this ()' }),
    ]) {
      await one.definer(demote)
      expect(await failure(work())).toMatchObject({ code: 'database_unavailable' })
      await one.batch([A], [{ text: 'delete from note' }, write(A, [1], ['a'])])
    }
    await one.close()
  })

  test('whose COMMIT fails has failed', async () => {
    expect(violatedConstraint(await failure(database.batch([A], [write(A, [1, 2], ['same', 'same'])])))).toBe(
      'note_late',
    )
    expect(await stored()).toEqual([])
  })

  test('never repeats values in its error', async () => {
    await database.batch([A], [write(A, [1], ['jane@example.com'])])
    const texts = [
      await failure(database.batch([A], [write(A, [2], ['jane@example.com'])])),
      await failure(database.batch([A], [{ text: 'select $1::text::int4', values: ['jane@example.com'] }])),
      await failure(database.batch([A], [{ text: `select 'jane@example.com'::uuid` }])),
    ].map((error) => `${(error as Error).message} ${(error as Error).stack} ${JSON.stringify(error)}`)
    for (const text of texts) expect(text).not.toContain('jane')
  })
})

describe('a transaction', () => {
  test('commits what ran, queries issued without awaiting included', async () => {
    const rows = await database.transaction([A], async (tx) => {
      const first = tx.query(write(A, [1], ['one']))
      const second = tx.query({ ...write(A, [2], ['two']) })
      const third = tx.query<{ id: number }>(read)
      await Promise.all([first, second])
      return third
    })
    expect(rows.map(({ id }) => id)).toEqual([1, 2])
    expect(await stored()).toHaveLength(2)
  })

  test('rolls back on a throw and hands the thrown thing on', async () => {
    const reason = new Error('ours')
    const run = async (tx: Tx) => {
      await tx.query(write(A, [1], ['a']))
      throw reason
    }
    expect(await failure(database.transaction([A], run))).toBe(reason)
    expect(await stored()).toEqual([])
  })

  test('whose failed statement was swallowed is not taken for committed', async () => {
    const error = await failure(
      database.transaction([A], async (tx) => {
        await tx.query(write(A, [1], ['a']))
        await tx.query({ text: 'select 1/0' }).catch(() => {})
        return 'done'
      }),
    )
    expect(sqlState(error)).toBe('22012')
    expect(await stored()).toEqual([])
  })

  test('whose unawaited statement fails is not taken for committed', async () => {
    const error = await failure(
      database.transaction([A], async (tx) => {
        void tx.query({ text: 'select 1/0' })
        void tx.query(write(A, [1], ['a']))
      }),
    )
    expect(sqlState(error)).toBe('22012')
    expect(await stored()).toEqual([])
  })

  test('may go on after a failure that a savepoint caught', async () => {
    await database.transaction([A], async (tx) => {
      await tx.query({ text: 'savepoint s' })
      await tx.query({ text: 'select 1/0' }).catch(() => tx.query({ text: 'rollback to savepoint s' }))
      await tx.query(write(A, [1], ['a']))
    })
    expect(await stored()).toHaveLength(1)
  })

  test('cannot be used after its end', async () => {
    let kept: Tx | undefined
    await database.transaction([A], async (tx) => {
      kept = tx
    })
    expect(await failure(kept?.query(read) ?? Promise.resolve())).toMatchObject({ code: 'internal' })
  })
})

describe('prepared statements', () => {
  test('one name for two texts is refused before anything is sent', async () => {
    await database.batch([A], [read])
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    await one.definer(read)
    expect(await failure(one.definer({ name: 'read_notes', text: 'select 1' }))).toMatchObject({ code: 'internal' })
    expect(await one.definer(read)).toEqual([])
    await one.close()
  })

  test('survive a change of the table they read', async () => {
    const one = await createDatabase({ connection: db.connection, poolMax: 1, log: silent })
    const all = { name: 'all_of_note', text: 'select * from note' }
    await one.batch([A], [write(A, [1], ['a'])])
    await one.batch([A], [all])
    await db.inspect('alter table millrace.note add column extra int')
    expect(sqlState(await failure(one.batch([A], [all])))).toBe('0A000')
    expect(await one.batch([A], [all])).toEqual([[{ tenant_id: A, id: 1, body: 'a', extra: null }]])
    await db.inspect('alter table millrace.note drop column extra')
    await one.close()
  })

  test('used twice in a batch whose first use fails to parse recover', async () => {
    const missing = { name: 'missing', text: 'select * from later_table' }
    expect(sqlState(await failure(database.batch([A], [missing, missing])))).toBe('42P01')
    await db.inspect('create table millrace.later_table as select 1 as n')
    await db.inspect('grant select on millrace.later_table to millrace_app')
    expect(await database.batch([A], [missing, missing])).toEqual([[{ n: 1 }], [{ n: 1 }]])
    await db.inspect('drop table millrace.later_table')
  })
})

test('columns come as the values this room promises', async () => {
  const [row] = await database.definer({
    text: `select 1::int8 as int8, '2026-11-02 08:30:00.123456+02'::timestamptz as at, '\\x00ff'::bytea as bytes,
      1.50::numeric as numeric, '2026-11-02'::date as date, '{"a":[1]}'::jsonb as json, array[1, null]::int4[] as ints,
      array['a', null, 'b,"c']::text[] as texts, array['\\x01']::bytea[] as lists, true as yes, null::int8 as none,
      'infinity'::timestamptz as ever, $1::text as given, $2::bytea as sent, $3::timestamptz as moment, $4::bool as flag`,
    values: ['ü', Uint8Array.of(1, 2), new Date(5), false],
  })
  expect(row).toEqual({
    int8: 1,
    at: Date.UTC(2026, 10, 2, 6, 30, 0, 123),
    bytes: Buffer.from([0, 255]),
    numeric: '1.50',
    date: '2026-11-02',
    json: { a: [1] },
    ints: [1, null],
    texts: ['a', null, 'b,"c'],
    lists: [Buffer.from([1])],
    yes: true,
    none: null,
    ever: Number.POSITIVE_INFINITY,
    given: 'ü',
    sent: Buffer.from([1, 2]),
    moment: 5,
    flag: false,
  })
  expect(await failure(database.definer({ text: 'select 9007199254740993::int8' }))).toMatchObject({ code: 'internal' })
})

describe('serving is refused', () => {
  test.each([
    ['superuser', 'is a superuser'],
    ['bypassrls', 'BYPASSRLS'],
  ])('as a role that is %s', async (attribute, words) => {
    await db.inspect(`create role millrace_test_${attribute} ${attribute}`)
    try {
      const options = {
        connection: db.superuser,
        poolMax: 1,
        log: silent,
        applicationRole: `millrace_test_${attribute}`,
      }
      const error = (await failure(createDatabase(options))) as Fault
      expect(error).toMatchObject({ code: 'setting_invalid' })
      expect(error.message).toContain(words)
    } finally {
      await db.inspect(`drop role millrace_test_${attribute}`)
    }
  })

  test('where the role or the database does not exist, in words for a person', async () => {
    const noRole = { connection: db.connection, poolMax: 1, log: silent, applicationRole: 'nobody_has_this' }
    expect(await failure(createDatabase(noRole))).toMatchObject({ code: 'setting_invalid' })
    const noDatabase = { connection: { ...db.connection, database: 'nobody_has_this' }, poolMax: 1, log: silent }
    const error = (await failure(createDatabase(noDatabase))) as Fault
    expect(error).toMatchObject({ code: 'setting_invalid' })
    expect(error.message).toContain('nobody_has_this')
  })
})
