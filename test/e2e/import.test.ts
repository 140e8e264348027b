import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { type ImportOptions, runImport } from '../../src/cli/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import type { House } from '../../src/house.ts'
import { registries, type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

let house: TestHouse
let sink: Sink
const folder = mkdtempSync(join(tmpdir(), 'millrace-import-'))

beforeAll(async () => {
  sink = await openSink()
  house = await testHouse({ random: () => 0 })
  await house.publish(`
flow: people
fields: { first_name: first_name, email: { type: email, required: true }, age: number }
sources:
  - { id: file, name: File }
  - { id: old, name: Old, enabled: false }
destinations: { crm: { name: CRM, type: http, url: "${sink.url}/crm", repeat: keyed, retry_delay: 600s } }
steps:
  - normalize: {}
  - filter: { when: '!(lead.age < 18)', reason: Too young }
  - dedupe: { id: once, on: [[email]] }
  - deliver: { to: crm }
`)
})
afterAll(async () => {
  await house.close()
  await sink.close()
})

let files = 0
const fileOf = (content: string | Buffer): string => {
  const file = join(folder, `${files++}.csv`)
  writeFileSync(file, content)
  return file
}

/** Runs the command on the test's own house, and tells all it wrote. */
const run = async (
  file: string,
  over: Partial<ImportOptions> = {},
  houseOver: (real: House) => Partial<House> = () => ({}),
) => {
  const real = house.house
  const progress = new PassThrough()
  let out = ''
  let code: number | null = null
  let error: unknown = null
  try {
    code = await runImport({
      file,
      flow: 'people',
      source: 'file',
      maps: [],
      tenant: undefined,
      json: true,
      rejects: undefined,
      restart: false,
      config: real.config,
      registries,
      openHouse: async () => ({ ...real, ...houseOver(real), close: () => real.sweeper.stop() }),
      ended: new Promise(() => undefined),
      output: { write: (text) => (out += text) },
      progress: progress as unknown as NodeJS.WriteStream,
      ...over,
    })
  } catch (thrown) {
    error = thrown
  }
  return {
    code,
    error,
    out,
    json: out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : null,
    told: String(progress.read() ?? ''),
  }
}

const leads = async (): Promise<number> => {
  const [rows] = await house.house.database.batch(
    [house.tenantId],
    [{ text: 'select count(*)::integer as n from millrace.lead where tenant_id = $1::uuid', values: [house.tenantId] }],
  )
  return rows?.[0]?.n as number
}

const people = (tag: string, count: number): string =>
  `name,email,note\n${Array.from({ length: count }, (_, n) => `Ann,${tag}${n}@example.com,"n ${n}"\n`).join('')}`

describe('an import', () => {
  it('says what became of each row', async () => {
    const file = fileOf(
      Buffer.concat([
        Buffer.from('Given;E-Mail;Age;Ref\r\n'),
        Buffer.from('ann;Ann@Example.com;30;1\r\nbo;ann@example.com;30;2\r\ncy;;30;3\r\ndi;di@example.com;12;4\r\n'),
        Buffer.from('=1+1;"unclosed;1\r\nève;eve@example.com;40;6\r\n'),
        Buffer.from('M\xfcller;m@example.com;1;7\r\n', 'latin1'),
      ]),
    )
    const before = sink.requests.length
    const { code, json } = await run(file, { maps: ['Given=first_name'] })
    expect(code).toBe(0)
    expect(json).toMatchObject({
      rows: 7,
      accepted: 2,
      pending: 0,
      duplicates: 1,
      rejected: { missing_field: 1, filtered: 1 },
      delivered: 2,
      failed: 0,
      unreadable: [
        { line: 6, reason: 'A quote is opened and never closed' },
        { line: 8, reason: 'Not UTF-8 text' },
      ],
      unreadable_count: 2,
      rejects_file: `${file}.rejects.csv`,
      finished: true,
    })
    expect(sink.requests.length - before).toBe(2)
    expect(readFileSync(`${file}.rejects.csv`)).toEqual(
      Buffer.concat([
        Buffer.from('line,reason,row\r\n6,"A quote is opened and never closed","\'=1+1;""unclosed;1"\r\n'),
        Buffer.from('8,"Not UTF-8 text","M\xfcller;m@example.com;1;7"\r\n', 'latin1'),
      ]),
    )
  })

  it('reads what Excel writes, Windows-1252, and says so', async () => {
    const file = fileOf(Buffer.from('name,email\r\nM\xfcller \x80,mueller@example.com\r\n', 'latin1'))
    expect((await run(file)).json).toMatchObject({ rows: 1, encoding: 'windows-1252', unreadable_count: 0 })
    const [row] = await house.house.reader.list(house.tenantId, {}, { before: null, limit: 1 })
    const read = row && (await house.house.reader.read(house.tenantId, row.id))
    expect(read?.lead.extra).toEqual({ name: 'Müller €' })
  })

  it('keeps the row as it stood in the file, and what no field takes', async () => {
    await run(fileOf('name,email,ref\n"Ann, A.",kept@example.com, 7\n'))
    const [row] = await house.house.reader.list(house.tenantId, {}, { before: null, limit: 1 }).then((page) => page)
    const read = row && (await house.house.reader.read(house.tenantId, row.id))
    expect(read?.lead.extra).toEqual({ name: 'Ann, A.', ref: '7' })
    expect(read?.events[0]).toMatchObject({
      data: { format: 'csv' },
      sealed: { submission: 'name,email,ref\n"Ann, A.",kept@example.com, 7' },
    })
  })

  it('makes one lead of a row, however often it is sent', async () => {
    const file = fileOf(people('again', 200))
    const before = await leads()
    const first = await run(file)
    expect(first.json).toMatchObject({ rows: 200, accepted: 200, already_sent: 0, finished: true })
    const idle = await run(file, { json: false })
    expect(idle.told).toContain('This file was imported before: no row is sent.')
    expect(idle.out).toMatch(/accepted +200\n/)
    const again = await run(file, { restart: true })
    expect(again.json).toMatchObject({ rows: 200, accepted: 200, duplicates: 0, already_sent: 200, finished: true })
    expect(await leads()).toBe(before + 200)
  })

  it('stops when it is told to, after the rows in flight, and goes on there', async () => {
    const file = fileOf(people('stop', 600))
    const before = await leads()
    let submitted = 0
    let end = (): void => undefined
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const stopped = await run(file, { ended }, ({ runner }) => ({
      runner: {
        ...runner,
        submit: (submission) => {
          submitted += 1
          if (submitted === 150) end()
          return runner.submit(submission)
        },
      },
    }))
    expect(stopped.code).toBe(130)
    expect(stopped.json?.finished).toBe(false)
    const done = stopped.json?.rows as number
    expect(done).toBe(submitted)
    expect(done).toBeGreaterThanOrEqual(150)
    expect(done).toBeLessThan(600)
    expect(await leads()).toBe(before + done)

    const others = await run(file, { maps: ['name=first_name'] })
    expect(others.error).toMatchObject({
      message: expect.stringContaining(`stopped at line ${done + 2} with other --map`),
    })
    const rest = await run(file, { json: false })
    expect(rest.told).toContain(`Going on at line ${done + 2}, after ${done} rows.`)
    expect(rest.out).toMatch(/rows read +600\n +accepted +600\n/)
    expect(await leads()).toBe(before + 600)
  })

  it('waits where it cannot be served, and rejects no row for it', async () => {
    let submitted = 0
    const { json } = await run(fileOf(people('busy', 100)), {}, ({ runner }) => ({
      runner: {
        ...runner,
        submit: async (submission) => {
          submitted += 1
          if (submitted % 50 === 1)
            throw new Fault(submitted === 1 ? 'overloaded' : 'database_unavailable', { message: 'Come back' })
          return runner.submit(submission)
        },
      },
    }))
    expect(json).toMatchObject({ rows: 100, accepted: 100, rejected: {}, unreadable_count: 0 })
    expect(submitted).toBeGreaterThan(100)
  })

  it('ends in one line where its source is switched off, keeps what is done, and goes on later', async () => {
    const file = fileOf(people('off', 300))
    const before = await leads()
    let submitted = 0
    const broken = await run(file, {}, ({ runner }) => ({
      runner: {
        ...runner,
        submit: async (submission) => {
          submitted += 1
          if (submitted > 100) throw new Fault('source_disabled', { message: 'Source "file" is disabled' })
          return runner.submit(submission)
        },
      },
    }))
    expect(broken.error).toMatchObject({ code: 'source_disabled' })
    expect(broken.json).toMatchObject({ rows: 100, accepted: 100, finished: false })
    expect((await run(file)).json).toMatchObject({ rows: 300, accepted: 300, finished: true })
    expect(await leads()).toBe(before + 300)
  })

  it('counts deliveries that fail, and those that will be tried again', async () => {
    sink.script({ do: 'answer', status: 422 })
    expect((await run(fileOf('email\nfail@example.com\n'))).json).toMatchObject({
      accepted: 0,
      rejected: { delivery_failed: 1 },
      failed: 1,
    })
    sink.script({ do: 'answer', status: 503 })
    expect((await run(fileOf('email\nlater@example.com\n'))).json).toMatchObject({
      accepted: 0,
      pending: 1,
      deliveries_pending: 1,
    })
  })

  it('takes a row as large as a submission may be', async () => {
    const { json } = await run(fileOf(`email,note\nlarge@example.com,${'x'.repeat(1_000_000)}\nsmall@example.com,\n`))
    expect(json).toMatchObject({ rows: 2, accepted: 2 })
  })

  it('of a header alone is an import of nothing', async () => {
    const { code, json } = await run(fileOf('email,name\n'))
    expect(code).toBe(0)
    expect(json).toMatchObject({ rows: 0, accepted: 0, rejects_file: null, finished: true })
  })

  it('leaves no personal data in its checkpoint or in the log', async () => {
    await run(fileOf('name,email\nZaphod,zaphod@beeblebrox.example\n"Zaphod,zaphod@beeblebrox.example\n'))
    const imports = join(house.house.config.dataDir, 'imports')
    const kept = readdirSync(imports).map((name) => readFileSync(join(imports, name), 'utf8'))
    expect(kept.length).toBeGreaterThan(0)
    expect(`${kept.join()}${house.logged.join()}`.toLowerCase()).not.toMatch(/zaphod|beeblebrox/)
  })
})

describe('an import that cannot be', () => {
  it.each([
    [{ flow: 'poeple' }, /There is no flow "poeple"\. Did you mean "people"\?/],
    [{ source: 'flie' }, /Flow "people" has no source "flie"\. Did you mean "file"\?/],
    [{ source: 'old' }, /Source "old" of flow "people" is disabled/],
    [{ tenant: 'nobody' }, /There is no tenant "nobody"; there are: acme/],
    [{ maps: ['emial=email'] }, /no header "emial"\. Did you mean "email"\?/],
    [{ maps: ['email=emial'] }, /no field "emial"\. Did you mean "email"\?/],
    [{ config: readConfig({ ENABLE_BATCH_PROCESSING: 'false' }) }, /ENABLE_BATCH_PROCESSING=false/],
  ] as [Partial<ImportOptions>, RegExp][])('says so in one line: %#', async (over, message) => {
    const before = await leads()
    const { error, code } = await run(fileOf('email\nnever@example.com\n'), over)
    expect(code).toBeNull()
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    expect((error as Error).message).not.toContain('\n')
    expect(await leads()).toBe(before)
  })

  it('names the rejects file that it cannot write, and keeps the row for the next run', async () => {
    const file = fileOf('email\none@example.com\n"bad\ntwo@example.com\n')
    const { error, json } = await run(file, { rejects: join(folder, 'nowhere', 'rejects.csv') })
    expect(error).toMatchObject({ message: expect.stringContaining('Give another: --rejects FILE') })
    expect(json).toMatchObject({ rows: 1, finished: false })
    expect((await run(file)).json).toMatchObject({ rows: 3, accepted: 2, unreadable_count: 1, finished: true })
    const own = await run(fileOf('email\nx@example.com\n'), { rejects: file, file })
    expect(own.error).toMatchObject({ message: expect.stringContaining('this is the file to import') })
  })
})
