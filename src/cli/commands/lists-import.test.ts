import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestHouse, testHouse } from '../../../test/support/house.ts'
import { runListsImport } from './lists-import.ts'

let home: TestHouse
const folder = mkdtempSync(join(tmpdir(), 'millrace-lists-'))

beforeAll(async () => {
  home = await testHouse()
})
afterAll(() => home.close())

const fileOf = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const run = async (file: string, over: Partial<Parameters<typeof runListsImport>[0]> = {}) => {
  let out = ''
  const progress = new PassThrough() as unknown as NodeJS.WriteStream
  const code = await runListsImport({
    file,
    list: 'dnc',
    columns: [],
    types: [],
    country: 'US',
    expires: undefined,
    label: undefined,
    tenant: undefined,
    rejects: undefined,
    json: true,
    openHouse: async () => ({ ...home.house, close: async () => undefined }),
    ended: new Promise(() => undefined),
    output: { write: (text) => (out += text) },
    progress,
    ...over,
  })
  return { code, out: out.startsWith('{') ? JSON.parse(out) : out }
}

const lists = { tenantId: '', withinMs: null }

const found = async (entries: string[]): Promise<string[][]> => {
  const standings = await home.house.lists.query({
    ...lists,
    tenantId: home.tenantId,
    lists: null,
    entries,
    now: home.house.clock.now(),
  })
  return standings.map((each) => each.map(({ list }) => list))
}

it('adds a value a line, with or without a header, and again changes nothing', async () => {
  const many = Array.from({ length: 25_000 }, (_, n) => `512-55${String(n % 10)}-${String(10000 + n).slice(1)}`)
  const file = fileOf('plain.txt', `${many.join('\n')}\nJane@Example.com\r\n`)
  const first = await run(file)
  expect([first.code, first.out.rows, first.out.rejected]).toEqual([0, 25_001, 0])
  const again = await run(file)
  expect([again.out.added, again.out.finished]).toEqual([0, true])
  expect(await found(['+15125500000', 'jane@example.com', 'joe@example.com'])).toEqual([['dnc'], ['dnc'], []])
})

it('takes columns of a CSV file together, with their types, and tells a missing one by the nearest name', async () => {
  const file = fileOf('people.csv', 'Name,Zip,Note\n"Lee, Ann",78704,x\nBo Ray,,y\n')
  const { code, out } = await run(file, {
    list: 'people',
    columns: ['name', 'zip'],
    types: ['full_name', 'postal_code'],
    label: 'People',
  })
  expect([code, out.added, out.rejected]).toEqual([0, 1, 1])
  expect(await found(['ann lee|78704'])).toEqual([['people']])
  const rejects = readFileSync(`${file}.rejects.csv`, 'utf8')
  expect(rejects).toContain('3,"no value that is read","Bo Ray,,y"')
  await expect(run(file)).rejects.toThrow(/3 columns: say which column/)
  await expect(run(file, { columns: ['nam'] })).rejects.toThrow(/Did you mean "Name"/)
  await expect(run(file, { expires: 'soon' })).rejects.toThrow(/--expires/)
})

it('keeps rejects out of the way where there are none, and stops when it is told', async () => {
  const file = fileOf('stopped.txt', `${Array.from({ length: 50 }, (_, n) => `a${n}@example.org`).join('\n')}\n`)
  const { code, out } = await run(file, { ended: Promise.resolve(), json: false, progress: process.stderr })
  expect(code).toBe(130)
  expect(out).toContain('Stopped. Run the same command again')
  expect((await run(file)).out).toMatchObject({ rows: 50, finished: true })
  expect(existsSync(`${file}.rejects.csv`)).toBe(false)
})

it('stands in the audit of the tenant, and makes no list where its entry cannot be written', async () => {
  const file = fileOf('audited.csv', 'a@example.com\n')
  await home.inspect('revoke insert on millrace.audit_entry from millrace_app')
  try {
    await expect(run(file, { list: 'audited' })).rejects.toThrow()
  } finally {
    await home.inspect('grant insert on millrace.audit_entry to millrace_app')
  }
  expect(await home.inspect(`select id from millrace.suppression_list where id = 'audited'`)).toEqual([])
  expect((await run(file, { list: 'audited' })).code).toBe(0)
  const entries = await home.house.audit.list(
    home.tenantId,
    { action: 'list.import', resourceId: 'audited' },
    {
      before: null,
      limit: 10,
    },
  )
  expect(entries).toMatchObject([{ actor: { kind: 'operator', id: 'cli' }, resource: 'lists' }])
})
