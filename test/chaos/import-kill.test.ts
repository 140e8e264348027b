import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../src/base/ids.ts'
import { readConfig } from '../../src/config.ts'
import { type House, openHouse } from '../../src/house.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { registries } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

const ROWS = 1_200
const MILLRACE = fileURLToPath(new URL('../../millrace', import.meta.url))

let db: TestDatabase
let house: House
let sink: Sink
let tenantId: string
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-import-kill-'))

beforeAll(async () => {
  db = await testDatabase()
  sink = await openSink()
  house = await openHouse({
    config: readConfig({ MILLRACE_DATA: dataDir }),
    registries,
    log: pino({ level: 'silent' }),
    onProgress: () => undefined,
    attach: false,
    connection: db.connection,
    outboundAllow: [],
  })
  const now = house.clock.now()
  tenantId = newId(now)
  await house.database.transaction([tenantId], async (tx) => {
    await tx.query({
      text: `insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, 'acme', 'Acme', $2::timestamptz)`,
      values: [tenantId, new Date(now)],
    })
    for (const statement of await house.keyring.createTenantKeys(tenantId, now)) await tx.query(statement)
  })
  const published = await house.publish({
    tenantId,
    by: 'test',
    text: `
flow: people
fields: { email: { type: email, required: true }, name: string }
sources: [ { id: file } ]
destinations: { crm: { name: CRM, type: http, url: "${sink.url}/crm", repeat: keyed, retry_delay: 1s } }
steps:
  - dedupe: { id: once, on: [[email]] }
  - deliver: { to: crm, map: { email: '{{ lead.email }}' } }
`,
  })
  expect(published.problems).toEqual([])
})
afterAll(async () => {
  await house.close(1000)
  await sink.close()
  await db.close()
})

const start = (
  file: string,
): { child: ChildProcess; ended: Promise<{ code: number | null; out: string; err: string }> } => {
  const { host, port, user, password, database } = db.connection
  const login = `${user}${password === undefined ? '' : `:${encodeURIComponent(password)}`}`
  const child = spawn(MILLRACE, ['import', file, '--flow', 'people', '--source', 'file', '--json'], {
    env: {
      ...process.env,
      DATABASE_URL: `postgresql://${login}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`,
      MILLRACE_DATA: dataDir,
      OUTBOUND_ALLOW: '127.0.0.1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout?.on('data', (data) => {
    out += data
  })
  child.stderr?.on('data', (data) => {
    err += data
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, out, err })) }
}

it('finishes after kills, and doubles no row', async () => {
  const file = join(dataDir, 'people.csv')
  const rows = Array.from({ length: ROWS }, (_, n) => `p${n}@example.com,"Person ${n}"\n`)
  writeFileSync(file, `email,name\n${rows.join('')}"unclosed\n`)

  // Each time somewhere else: at the very beginning, and in the middle of what is left.
  for (const more of [1, 250, 400]) {
    const { child, ended } = start(file)
    await sink.received(sink.requests.length + more)
    child.kill('SIGKILL')
    await ended
  }
  const { code, out, err } = await start(file).ended
  expect(err).toBe('')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    rows: ROWS + 1,
    accepted: ROWS,
    pending: 0,
    duplicates: 0,
    rejected: {},
    delivered: ROWS,
    failed: 0,
    unreadable: [{ line: ROWS + 2, reason: 'A quote is opened and never closed' }],
    finished: true,
  })

  const [found] = await db.inspect<{ leads: number; open: number; emails: number }>(
    `select count(*)::integer as leads, count(*) filter (where closed_at is null)::integer as open,
            count(distinct email_key)::integer as emails
     from millrace.lead where tenant_id = $1::uuid`,
    [tenantId],
  )
  expect(found).toEqual({ leads: ROWS, open: 0, emails: ROWS })
  const delivered = new Set(sink.requests.map((request) => JSON.parse(request.body).email))
  expect(delivered.size).toBe(ROWS)
  expect(readdirSync(join(dataDir, 'imports'))).toHaveLength(1)
})
