import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testDatabase } from '../../test/support/database.ts'
import { dumpSchema } from './dump-schema.ts'

const committed = readFileSync(new URL('../../schema.sql', import.meta.url), 'utf8')

test.each([15, 18] as const)('schema.sql is what the migrations make on Postgres %i', async (version) => {
  const db = await testDatabase({ version })
  const dumped = await dumpSchema(db.connection)
  await db.close()
  expect(dumped, 'schema.sql is out of date. Run: npm run schema').toBe(committed)
})

test('every kind of change shows', async () => {
  const db = await testDatabase()
  const changes = [
    'alter table millrace.tenant add column extra numeric(10, 2) default 1',
    'alter table millrace.tenant alter column name drop not null',
    'create index tenant_by_name on millrace.tenant (name)',
    'alter table millrace.tenant add constraint named check (length(name) > 1)',
    'alter table millrace.tenant no force row level security',
    'create policy another on millrace.tenant for select to millrace_app using (enabled)',
    'grant delete on millrace.tenant to millrace_app',
    'grant update (slug) on millrace.tenant to public',
    "create type millrace.colour as enum ('red', 'green')",
    'create sequence millrace.numbers',
    'create view millrace.names as select name from millrace.tenant',
    "create function millrace.one() returns int language sql as 'select 1'",
    'revoke execute on function millrace.one() from public',
    'create extension pg_trgm',
  ]
  let before = await dumpSchema(db.superuser)
  for (const change of changes) {
    await db.inspect(change)
    const after = await dumpSchema(db.superuser)
    expect(after, change).not.toBe(before)
    before = after
  }
  await db.close()
})
