import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { setHolds } from '../../src/delivery/holds.ts'
import { createBatches } from '../../src/handlers/batches.ts'
import type { Outbound } from '../../src/outbound/outbound.ts'
import type { BatchWriter } from '../../src/runner/batch-writer.ts'
import { batchWriter } from '../support/batch-writer.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** Leads that leave in one call: each is told what became of it, and none leaves twice where that would do harm. */

let engine: Engine
let sink: Sink
let process: Process
let outbound: Outbound
let writer: BatchWriter

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: together
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  each:
    type: http
    url: "${sink.url}/each"
    repeat: unsafe
    retry_delays: [1m]
    batch: { every: 5, max: 3, under: leads, results: results }
    response: { outcome_path: status, success_values: [ok], reason_path: why, reference_path: id }
steps: [ { deliver: { to: each, map: { mail: '{{ lead.email }}' } } } ]
`)
  ;({ writer, outbound } = batchWriter(engine, process))
})
beforeEach(() => sink.otherwise(({ body }) => ({ do: 'answer', body: answerTo(body) })))
afterAll(async () => {
  await outbound.close()
  await engine.close()
  await sink.close()
})

const answerTo = (body: string): string =>
  JSON.stringify({
    results: (JSON.parse(body).leads as { mail: string }[]).map(({ mail }) =>
      mail.startsWith('bad') ? { status: 'no', why: `${mail} is bad` } : { status: 'ok', id: `id-${mail}` },
    ),
  })

let count = 0
const submit = async (kind = 'ok'): Promise<string> => {
  count += 1
  return (await process.submit({ flow: 'together', values: { email: `${kind}${count}@example.com` } })).answer.lead_id
}
const delivered = async (id: string) => {
  const [one] = [...((await process.reader.read(engine.tenantId, id))?.lead.deliveries.values() ?? [])]
  return one
}
const window = async (): Promise<void> => {
  engine.clock.advance(5 * 60_000)
  await writer.round()
  engine.clock.advance(10_000)
  await process.work()
}

describe('a batch over HTTP', () => {
  it('holds so many at most, and tells each lead what the answer says of it', async () => {
    const ids = [await submit(), await submit('bad'), await submit(), await submit()]
    const from = sink.requests.length
    await window()
    const sent = sink.requests.slice(from)
    expect(sent.map(({ body }) => JSON.parse(body).leads.length)).toEqual([3, 1])
    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
    const outcomes = await Promise.all(ids.map(delivered))
    expect(outcomes.map((one) => one?.outcome)).toEqual(['success', 'failure', 'success', 'success'])
    expect(outcomes[0]?.reference).toMatch(/^id-ok/)
    expect(outcomes[1]?.reason).toMatch(/is bad$/)
    // What was said of them holds personal data: it stands sealed.
    const rows = await engine.db.inspect<{ result: Buffer }>('select result from millrace.batch_item')
    expect(rows.every(({ result }) => !result.toString('latin1').includes('example.com'))).toBe(true)
  })

  it('that was sent and not answered is not sent again where it would be taken twice: a person says what became of it', async () => {
    sink.otherwise({ do: 'reset' })
    const id = await submit()
    const from = sink.requests.length
    await window()
    await window()
    expect(sink.requests.length).toBe(from + 1)
    expect(await delivered(id)).toMatchObject({ outcome: 'open', parked: true, code: 'destination.unknown_outcome' })
  })

  it('whose process died with it in hand is not sent again either', async () => {
    const id = await submit()
    engine.clock.advance(5 * 60_000)
    const now = engine.clock.now()
    const lane = { tenantId: engine.tenantId, flowId: 'together', destination: 'each' }
    const batches = createBatches({ database: process.database })
    await batches.take(lane, { now, id: '00000000-0000-7000-8000-0000000000aa', name: 'died', rowsMax: 3 })
    const from = sink.requests.length
    engine.clock.advance(6 * 60_000)
    await writer.round()
    engine.clock.advance(10_000)
    await process.work()
    expect(sink.requests.length).toBe(from)
    expect(await delivered(id)).toMatchObject({ parked: true, code: 'destination.unknown_outcome' })
  })

  it('that is busy goes out again whole, under the same key', async () => {
    sink.script({ do: 'answer', status: 503 })
    const id = await submit()
    const from = sink.requests.length
    await window()
    await window()
    expect(sink.requests.slice(from).map(({ headers }) => headers['idempotency-key'])).toHaveLength(2)
    expect(new Set(sink.requests.slice(from).map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect((await delivered(id))?.outcome).toBe('success')
  })

  it('with fewer results than leads says of none what became of it', async () => {
    sink.script({ do: 'answer', body: '{"results":[]}' })
    const id = await submit()
    await window()
    expect(await delivered(id)).toMatchObject({ parked: true, code: 'destination.unknown_outcome' })
  })

  it('waits while its destination is stopped', async () => {
    const { tenantId } = engine
    const holds = [{ scope: 'emergency' as const, name: '' }]
    await process.database.transaction([tenantId], (tx) =>
      setHolds(tx, { tenantId, holds, now: engine.clock.now(), until: null, by: 'ada', reason: null }),
    )
    await process.gate.refresh()
    const id = await submit()
    const from = sink.requests.length
    await window()
    expect(sink.requests.length).toBe(from)
    await engine.db.inspect('delete from millrace.hold')
    await process.gate.refresh()
    await window()
    expect((await delivered(id))?.outcome).toBe('success')
  })

  it('whose destination is slow holds up no other', async () => {
    await engine.publish(`
flow: apart
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  slow: { type: http, url: "${sink.url}/slow", repeat: unsafe, batch: { every: 5, max: 3 } }
  quick: { type: http, url: "${sink.url}/quick", repeat: unsafe, batch: { every: 5, max: 3 } }
steps:
  - deliver: { id: slow, to: slow, when: 'lead.email.contains("slow")' }
  - deliver: { id: quick, to: quick, when: 'lead.email.contains("quick")' }
`)
    sink.otherwise(({ path }) => ({ do: path === '/slow' ? 'hold' : 'answer' }))
    const from = sink.requests.length
    const paths = () => sink.requests.slice(from).map(({ path }) => path)
    const look = async (...kinds: string[]) => {
      for (const kind of kinds) await process.submit({ flow: 'apart', values: { email: `${kind}@example.com` } })
      engine.clock.advance(5 * 60_000)
      await writer.look()
    }
    await look('slow', 'quick')
    await expect.poll(() => paths().toSorted()).toEqual(['/quick', '/slow'])
    await look('slow', 'quick')
    await expect.poll(() => paths().filter((path) => path === '/quick')).toHaveLength(2)
    expect(paths().filter((path) => path === '/slow')).toHaveLength(1)
    sink.otherwise({ do: 'answer' })
    sink.release()
    await writer.idle()
  })

  it('by keys is not sent in another batch, under another key, where nobody knows whether it was taken', async () => {
    await engine.publish(`
flow: by-keys
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  keyed:
    type: http
    url: "${sink.url}/keyed"
    idempotency_header: Idempotency-Key
    retry_delays: [1m]
    batch: { every: 5, results: results }
    response: { outcome_path: status, success_values: [ok] }
steps: [ { deliver: { to: keyed, map: { mail: '{{ lead.email }}' } } } ]
`)
    const { answer } = await process.submit({ flow: 'by-keys', values: { email: 'keyed@example.com' } })
    const from = sink.requests.length
    // Answered, and nothing is said of the lead.
    sink.otherwise({ do: 'answer', body: '{"results":[{}]}' })
    await window()
    await window()
    expect(new Set(sink.requests.slice(from).map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(await delivered(answer.lead_id)).toMatchObject({ parked: true, code: 'destination.unknown_outcome' })
  })

  it.each([
    ['no longer names its destination', 'plain: { type: http, url: "SINK/plain" }', 'plain', true],
    ['no longer collects for it', 'later: { type: http, url: "SINK/at-once" }', 'later', true],
    ['is switched off', null, 'later', false],
  ])('leaves for those that waited where their flow %s', async (_, now, to, enabled) => {
    count += 1
    const name = `changed-${count}`
    const flow = (destinations: string, target: string) => `
flow: ${name}
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { ${destinations.replace('SINK', sink.url)} }
steps: [ { deliver: { to: ${target}, map: { mail: '{{ lead.email }}' } } } ]
`
    await engine.publish(flow('later: { type: http, url: "SINK/collected", batch: { every: 5 } }', 'later'))
    const { answer } = await process.submit({ flow: name, values: { email: `${name}@example.com` } })
    if (now !== null) await engine.publish(flow(now, to))
    if (!enabled) await engine.db.inspect('update millrace.flow set enabled = false where id = $1', [name])
    sink.otherwise({ do: 'answer' })
    const from = sink.requests.length
    await window()
    expect(sink.requests.slice(from).map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
      ['/collected', [{ mail: `${name}@example.com` }]],
    ])
    expect(await delivered(answer.lead_id)).toMatchObject({ outcome: 'success' })
  })

  it('loses none that comes up while its flow, which collects no longer, is looked at', async () => {
    const flow = (batch: string) => `
flow: ended
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { later: { type: http, url: "${sink.url}/ended"${batch} } }
steps: [ { deliver: { to: later, map: { mail: '{{ lead.email }}' } } } ]
`
    await engine.publish(flow(', batch: { every: 5 }'))
    const collect = async (email: string) => (await process.submit({ flow: 'ended', values: { email } })).answer.lead_id
    const first = await collect('first@example.com')
    engine.clock.advance(5 * 60_000)
    const second = await collect('second@example.com')
    await engine.publish(flow(''))
    sink.otherwise({ do: 'answer' })
    let admitted = 0
    const admit: Process['gate']['admit'] = (...asked) => {
      admitted += 1
      // The window of the second ends when the first has left and nothing more was due.
      if (admitted === 2) engine.clock.advance(5 * 60_000)
      return process.gate.admit(...asked)
    }
    const slow = batchWriter(engine, { ...process, gate: { ...process.gate, admit } })
    await slow.writer.round()
    await slow.outbound.close()
    await window()
    expect(await Promise.all([first, second].map(delivered))).toMatchObject([
      { outcome: 'success' },
      { outcome: 'success' },
    ])
  })

  it('sent again after it was given up, it goes with a new batch', async () => {
    sink.script({ do: 'answer', status: 404 })
    const id = await submit()
    await window()
    const dead = await delivered(id)
    expect(dead?.outcome).toBe('error')
    await process.amendments.decideDelivery({
      tenantId: engine.tenantId,
      leadId: id,
      deliveryId: dead?.id ?? '',
      decision: 'send_again',
      by: 'ada',
      reason: null,
    })
    await process.work()
    await window()
    expect((await delivered(id))?.outcome).toBe('success')
  })
})
