import { hash, randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBatches } from '../../src/handlers/batches.ts'
import { createTokens } from '../../src/handlers/tokens.ts'
import { createLeadLoader } from '../../src/journal/read.ts'
import type { OutboundRequest } from '../../src/outbound/outbound.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'
import { createBatchWriter } from '../../src/runner/batch-writer.ts'
import { createCatalog } from '../../src/runner/catalog.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { registries } from '../support/house.ts'

/** What leaves together is in one file, each lead once, whoever dies in between; the receipt says what left. */

let engine: Engine
const root = mkdtempSync(join(tmpdir(), 'millrace-files-'))
/** Persons who opted out. */
const blocked = new Set<bigint>()
let calls: string[] = []
/** What the next writes meet. */
const faults: (() => never)[] = []

beforeAll(async () => {
  engine = await startEngine()
  await engine.publish(`
flow: filed
fields: { email: { type: email, required: true }, name: string }
sources: [ { id: web } ]
destinations:
  drop: { type: files, to: { folder: out }, every: 15 }
steps:
  - deliver: { to: drop, map: { mail: '{{ lead.email }}', name: '{{ lead.name }}' } }
`)
})
afterAll(async () => {
  await engine.close()
  rmSync(root, { recursive: true, force: true })
})

const writerOf = ({ database, keyring, secrets, gate }: Process) => {
  const real = createOutbound({
    allow: [],
    bodyBytesMax: 1000,
    connectTimeoutMs: 1000,
    connectionsPerOrigin: 1,
    filesDir: root,
  })
  const outbound = {
    ...real,
    send: (request: OutboundRequest) => {
      calls.push(request.url)
      faults.shift()?.()
      return real.send(request)
    },
  }
  const { clock } = engine
  const tokens = createTokens({ database, clock, secrets, send: async () => ({ status: 500, headers: {}, body: '' }) })
  return createBatchWriter({
    ctx: { clock, secrets, tokens, outbound },
    batches: createBatches({ database }),
    keyring,
    catalog: createCatalog({ database, registries }),
    loader: createLeadLoader({ database, keyring }),
    blocks: { why: async (_tenant, keys) => (keys.some((key) => blocked.has(key)) ? 'revoked' : null) },
    gate,
    random: () => 0,
    timeoutMs: 1000,
    log: { error: () => undefined },
  })
}

const folder = () => join(root, engine.tenantId, 'out')
const written = () => {
  try {
    return readdirSync(folder()).sort()
  } catch {
    return []
  }
}
const read = (name: string) => readFileSync(join(folder(), name), 'utf8')
let count = 0
const submit = (process: Process, name: string) => {
  count += 1
  return process.submit({ flow: 'filed', values: { email: `file${count}@example.com`, name } })
}

it('leads wait for their window, leave in one file, and know their line', async () => {
  const process = await engine.start()
  const writer = writerOf(process)
  const told = [
    await submit(process, 'Ann'),
    await submit(process, '=HYPERLINK("x")'),
    await submit(process, 'Bo, "B"'),
  ]
  expect(told.map(({ status, answer }) => [status, answer.code])).toEqual(Array(3).fill([202, 'delivering']))
  await writer.round()
  expect(written()).toEqual([])

  engine.clock.advance(15 * 60_000)
  await writer.round()
  const [file = '', receipt = ''] = written()
  expect(written()).toEqual([
    expect.stringMatching(/^filed-\d{4}-\d\d-\d\d-\d{6}-[0-9a-f]{12}\.csv$/),
    `${file}.receipt.json`,
  ])
  const lines = read(file).split('\r\n')
  expect(lines).toHaveLength(5)
  expect(lines[0]).toBe('mail,name')
  expect(read(file)).toContain(`"'=HYPERLINK(""x"")"`)
  const said = JSON.parse(read(receipt))
  expect(said).toMatchObject({ file, rows: 3, sha256: hash('sha256', read(file)) })

  engine.clock.advance(20_000)
  await process.work()
  for (const { answer } of told) {
    const found = await process.reader.read(engine.tenantId, answer.lead_id)
    const [delivery] = [...(found?.lead.deliveries.values() ?? [])]
    expect(delivery).toMatchObject({ outcome: 'success', reference: expect.stringMatching(`^${file}#[123]$`) })
    const line = Number(delivery?.reference?.split('#')[1])
    expect(said.deliveries[line - 1]).toEqual({ line, delivery: delivery?.id, lead: answer.lead_id })
    expect(found?.lead.closed?.outcome).toBe('success')
  }
})

it('a file that could not be written is written again, whole, under its own name', async () => {
  const process = await engine.start()
  const writer = writerOf(process)
  calls = []
  await submit(process, 'Cy')
  engine.clock.advance(16 * 60_000)
  faults.push(() => {
    throw Object.assign(new Error('a process that died here'), { name: 'Died' })
  })
  // It dies on the way out: nothing of it is known but that it was begun.
  await expect(writer.round()).rejects.toThrow('died here')
  const before = written().length
  await writerOf(await engine.start()).round()
  expect(written()).toHaveLength(before)
  engine.clock.advance(6 * 60_000)
  await writerOf(await engine.start()).round()
  expect(written()).toHaveLength(before + 2)
  expect(new Set(calls.map((url) => url.replace('.receipt.json', ''))).size).toBe(1)
})

it('two processes make one file of what is due, and no lead stands in two', async () => {
  const [one, two] = [await engine.start(), await engine.start()]
  const before = new Set(written())
  for (let lead = 0; lead < 6; lead += 1) await submit(lead % 2 === 0 ? one : two, `Twin ${lead}`)
  engine.clock.advance(16 * 60_000)
  await Promise.all([writerOf(one).round(), writerOf(two).round()])
  const rows = written()
    .filter((name) => !before.has(name) && name.endsWith('.csv'))
    .flatMap((name) => read(name).trim().split('\r\n').slice(1))
  expect(rows).toHaveLength(6)
  expect(new Set(rows).size).toBe(6)
})

it('who opted out while the window was open stands in no file', async () => {
  const process = await engine.start()
  const told = await submit(process, 'Opted out')
  const keys = await process.keyring.tenant(engine.tenantId)
  blocked.add(lookupColumn(keys, 'email', `file${count}@example.com`))
  engine.clock.advance(16 * 60_000)
  await writerOf(process).round()
  for (const name of written()) expect(read(name)).not.toContain('Opted out')
  engine.clock.advance(20_000)
  await process.work()
  const found = await process.reader.read(engine.tenantId, told.answer.lead_id)
  expect([...(found?.lead.deliveries.values() ?? [])]).toMatchObject([{ outcome: 'failure', code: 'person_blocked' }])
})

it('a file that another process has taken up is left to it: whoever was too slow writes nothing of it down', async () => {
  const process = await engine.start()
  await submit(process, 'Slow')
  engine.clock.advance(16 * 60_000)
  const batches = createBatches({ database: process.database })
  const lane = { tenantId: engine.tenantId, flowId: 'filed', destination: 'drop' }
  const take = async (last: string) =>
    batches.take(lane, {
      now: engine.clock.now(),
      id: `00000000-0000-7000-8000-0000000000${last}`,
      name: `slow-${last}`,
      rowsMax: 10,
    })
  const first = await take('aa')
  if (!first) throw new Error('nothing was due')
  expect(await batches.renew(first, engine.clock.now() + 4 * 60_000)).toBe(true)
  engine.clock.advance(6 * 60_000)
  // Renewed, it is in hand still.
  expect(await take('bb')).toBeNull()
  engine.clock.advance(6 * 60_000)
  const second = await take('cc')
  expect(second).toMatchObject({ id: first.id, attempts: 2, isAbandoned: true })
  expect(await batches.renew(first, engine.clock.now())).toBe(false)
  const [{ delivery } = { delivery: '' }] = first.items
  const end = {
    state: 'failed' as const,
    rows: 1,
    bytes: 1,
    digest: null,
    code: 'setting_invalid',
    lines: new Map([[delivery, 1]]),
    results: new Map(),
    nextAt: engine.clock.now(),
  }
  await batches.end(first, end, engine.clock.now())
  expect(await batches.find(engine.tenantId, delivery)).toMatchObject({ file: { state: 'writing', line: null } })
  await batches.end(second ?? first, { ...end, state: 'sent', code: null }, engine.clock.now())
  expect(await batches.find(engine.tenantId, delivery)).toMatchObject({ file: { state: 'sent', line: 1 } })
})

it('ten thousand deliveries are told what became of them at once, also on a table that nothing is known of', async () => {
  const process = await engine.start()
  const batches = createBatches({ database: process.database })
  const many = 10_000
  await engine.db.inspect(
    `insert into millrace.batch_item (tenant_id, delivery, lead_id, flow_id, destination, due_at)
     select $1, gen_random_uuid(), gen_random_uuid(), 'many', 'd', $2 from generate_series(1, ${many})`,
    [engine.tenantId, new Date(engine.clock.now())] as never,
  )
  const lane = { tenantId: engine.tenantId, flowId: 'many', destination: 'd' }
  const now = engine.clock.now()
  const file = await batches.take(lane, { now, id: randomUUID(), name: 'many', rowsMax: many })
  if (!file) throw new Error('nothing was due')
  const lines = new Map(file.items.map(({ delivery }, at) => [delivery, at + 1]))
  const end = { state: 'sent' as const, rows: many, bytes: 1, digest: null, code: null, lines, results: new Map() }
  // Compared each with each, they take longer than any statement may.
  await batches.end(file, { ...end, nextAt: now }, now)
  const [last = ''] = [...lines.keys()].slice(-1)
  expect(await batches.find(engine.tenantId, last)).toMatchObject({ file: { state: 'sent', line: many } })
})

it('lanes that something is due for are found, each once, and no others', async () => {
  const process = await engine.start()
  const batches = createBatches({ database: process.database })
  const now = engine.clock.now()
  const strangers = await Promise.all(['a', 'b'].map((slug) => engine.addTenant(slug)))
  const add = (tenantId: string, destination: string, dueAt: number) =>
    batches.add({ tenantId, flowId: 'x', destination, delivery: randomUUID(), leadId: randomUUID(), attempt: 1, dueAt })
  for (const tenantId of strangers)
    for (const destination of ['one', 'three', 'two']) {
      // What comes first in its lane is not due: one behind it decides.
      await add(tenantId, destination, now + 60_000)
      for (let n = 0; n < 3; n += 1) await add(tenantId, destination, destination === 'two' ? now + 1 : now - n)
    }
  const found = (await batches.due(now)).filter(({ flowId }) => flowId === 'x')
  expect(found.map(({ tenantId, destination }) => `${tenantId} ${destination}`).toSorted()).toEqual(
    strangers.flatMap((tenantId) => [`${tenantId} one`, `${tenantId} three`]).toSorted(),
  )
})

it('what stands in the tables names nobody', async () => {
  const [items] = await engine.db.inspect<{ text: string }>(
    `select string_agg(i::text, ' ') || string_agg(f::text, ' ') as text from millrace.batch_item i, millrace.batch_file f`,
  )
  expect(items?.text).not.toMatch(/example\.com|Ann|Twin/)
})
