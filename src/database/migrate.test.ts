import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmptyTestDatabase, testDatabase } from '../../test/support/database.ts'
import type { Fault } from '../base/faults.ts'
import { migrate } from './migrate.ts'

const NOW = Date.UTC(2026, 10, 23)

let db: EmptyTestDatabase
let folder: string
beforeAll(async () => {
  db = await testDatabase({ migrated: false })
  folder = mkdtempSync(join(tmpdir(), 'millrace-migrations-'))
  chmodSync(folder, 0o700)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await db.close()
})
beforeEach(async () => {
  await db.inspect('drop schema if exists millrace cascade')
  rmSync(folder, { recursive: true })
  folder = mkdtempSync(join(tmpdir(), 'millrace-migrations-'))
})

const write = (name: string, sql: string): void => writeFileSync(join(folder, name), sql)
const run = (options: { check?: boolean } = {}) => migrate({ connection: db.connection, now: NOW, folder, ...options })
const failure = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => {
      throw new Error('expected a failure')
    },
    (error: Fault) => error,
  )

const first = [
  '000001_first.sql',
  'create table millrace.one (n int);\n-- Down migration is a word, not a marker\ninsert into millrace.one values (1);',
] as const
const second = ['000002_second.sql', 'insert into millrace.one values (2);'] as const

describe('migrate', () => {
  test('applies each file once, in order, and notes when', async () => {
    write(...second)
    write(...first)
    expect(await run({ check: true })).toEqual({ pending: ['000001_first.sql', '000002_second.sql'] })
    expect(await run()).toEqual({ pending: ['000001_first.sql', '000002_second.sql'] })
    expect(await run()).toEqual({ pending: [] })
    write('000003_third.sql', 'insert into millrace.one values (3);')
    expect(await run()).toEqual({ pending: ['000003_third.sql'] })
    expect(await db.inspect('select n from millrace.one order by n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(await db.inspect('select distinct at from millrace.migration')).toEqual([{ at: new Date(NOW) }])
  })

  test('lets several programs call it at once', async () => {
    write(...first)
    write(...second)
    const outcomes = await Promise.all([run(), run(), run()])
    expect(outcomes.filter(({ pending }) => pending.length === 2)).toHaveLength(1)
    expect(await db.inspect('select n from millrace.one order by n')).toEqual([{ n: 1 }, { n: 2 }])
  })

  test('leaves nothing of a file that fails, and names its line', async () => {
    write(...first)
    write('000002_broken.sql', 'insert into millrace.one values (2);\n\nselect nothing from nowhere;\n')
    const error = await failure(run())
    expect(error.message).toBe('migrations/000002_broken.sql:3: relation "nowhere" does not exist')
    expect(await db.inspect('select n from millrace.one')).toEqual([{ n: 1 }])
    expect(await db.inspect('select name from millrace.migration')).toEqual([{ name: '000001_first.sql' }])
  })

  test('makes a role that row-level security binds', async () => {
    write(...first)
    await run()
    const roles = await db.inspect(
      `select rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = 'millrace_app'`,
    )
    expect(roles).toEqual([{ rolsuper: false, rolbypassrls: false, rolcanlogin: false }])
  })

  test.each([{ check: false }, { check: true }])(
    'refuses a database that a newer program migrated: %o',
    async (options) => {
      write(...first)
      await run()
      await db.inspect(`insert into millrace.migration (name, at, sha256) values ('000002_later.sql', 'epoch', '')`)
      const error = await failure(run(options))
      expect(error.code).toBe('setting_invalid')
      expect(error.message).toContain('000002_later.sql')
      expect(error.message).toContain('newer')
    },
  )

  test('goes on beside a newer program whose migrations only add', async () => {
    write(...first)
    write('000002_adds.sql', '-- expands\nalter table millrace.one add column later int;')
    await run()
    rmSync(join(folder, '000002_adds.sql'))
    expect(await run()).toEqual({ pending: [] })
    expect(await run({ check: true })).toEqual({ pending: [] })
  })

  test('refuses a file that was changed after it was applied', async () => {
    write(...first)
    await run()
    write('000001_first.sql', `${first[1]}\n`)
    expect((await failure(run())).message).toContain('000001_first.sql was changed')
  })

  test.each(['000003_gap.sql', '2_short.sql', '000002_Upper.sql'])('refuses a file named %s', async (name) => {
    write(...first)
    write(name, 'select 1')
    expect((await failure(run())).message).toContain('expected a file named 000002_')
  })
})
