import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let process: Process

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: called
fields: { email: email, at: string, ms: number }
sources: [ { id: web } ]
steps:
  - wait: { id: text, until: lead.at }
  - wait: { id: number, until: lead.ms }
`)
})
afterAll(() => engine.close())

it.each([
  { at: '+012026-01-01T00:00:00Z' },
  { at: '-002026-01-01T00:00:00Z' },
  { at: '9999-12-31T23:59:59Z' },
  { ms: 1e15 },
  { ms: 1e16 },
  { ms: -1e16 },
])('waits for no time that nobody can write down: %o', async (values) => {
  const { status, answer } = await process.submit({ flow: 'called', values: { email: 'ada@example.com', ...values } })
  expect([status, answer.outcome]).toEqual([201, 'success'])
})

it('waits until a time far away, and still knows which over a restart', async () => {
  const { status, answer } = await process.submit({ flow: 'called', values: { at: '9998-12-31T00:00:00Z' } })
  expect([status, answer.code]).toEqual([202, 'waiting'])
  const other = await engine.start()
  await other.work()
  expect((await other.reader.read(engine.tenantId, answer.lead_id))?.lead.closed).toBeNull()
})
