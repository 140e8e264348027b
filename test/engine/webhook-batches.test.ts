import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallEnd } from '../../src/delivery/gate.ts'
import { signatureOf } from '../../src/kit/standard-webhooks.ts'
import type { Outbound } from '../../src/outbound/outbound.ts'
import type { BatchWriter } from '../../src/runner/batch-writer.ts'
import { batchWriter } from '../support/batch-writer.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { storeSecret } from '../support/secrets.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** Events that leave in one signed call: each lead's in their order, each under the id it would have had alone. */

let engine: Engine
let sink: Sink
let process: Process
let outbound: Outbound
let writer: BatchWriter
/** What calls were counted as. */
let ends: CallEnd[] = []

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  const { gate } = process
  await storeSecret(engine, process, 'sign', 'key')
  await engine.publish(`
flow: events
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  hook: { type: webhook, url: "${sink.url}/hook", secret: sign, when: [lead.scored, lead.sold], batch: { every: 5, max: 3 } }
steps:
  - deliver: { id: one, to: hook, map: { event: lead.scored, mail: '{{ lead.email }}' } }
  - deliver: { id: none, to: hook, map: { event: lead.priced, mail: '{{ lead.email }}' } }
  - deliver: { id: two, to: hook, map: { event: lead.sold, mail: '{{ lead.email }}' } }
`)
  ;({ writer, outbound } = batchWriter(engine, {
    ...process,
    gate: {
      ...gate,
      admit: async (...asked) => {
        const pass = await gate.admit(...asked)
        if (!pass.admitted) return pass
        return {
          ...pass,
          end: (seen) => {
            if (seen.is !== 'void') ends.push(seen)
            pass.end(seen)
          },
        }
      },
    },
  }))
})
beforeEach(() => {
  sink.otherwise({ do: 'answer' })
  ends = []
})
afterAll(async () => {
  await outbound.close()
  await engine.close()
  await sink.close()
})

let count = 0
const submit = async (): Promise<{ readonly id: string; readonly mail: string }> => {
  count += 1
  const mail = `lead${count}@example.com`
  return { id: (await process.submit({ flow: 'events', values: { email: mail } })).answer.lead_id, mail }
}
const deliveriesOf = async (id: string) => [
  ...((await process.reader.read(engine.tenantId, id))?.lead.deliveries.values() ?? []),
]
const window = async (): Promise<void> => {
  engine.clock.advance(5 * 60_000)
  await writer.round()
  engine.clock.advance(10_000)
  await process.work()
}
interface Told {
  readonly type: string
  readonly timestamp: string
  readonly data: { readonly events: readonly { id: string; type: string; data: { readonly mail: string } }[] }
}
const toldOf = (body: string) => JSON.parse(body) as Told

describe('a batch of events', () => {
  it('leaves in one call that a receiver can verify, and holds so many at most', async () => {
    const leads = [await submit(), await submit(), await submit(), await submit()]
    expect(sink.requests).toHaveLength(0)
    await window()
    expect(sink.requests.map(({ body }) => toldOf(body).data.events.length)).toEqual([3, 1])
    for (const { headers, body } of sink.requests) {
      const id = String(headers['webhook-id'])
      const timestamp = Number(headers['webhook-timestamp'])
      expect(headers['webhook-signature']).toBe(signatureOf({ secret: 'key', id, timestamp, body }))
      expect(toldOf(body)).toMatchObject({ type: 'batch', timestamp: expect.stringMatching(/^2\d{3}-.*Z$/) })
    }
    const ids = new Set(sink.requests.map(({ headers }) => headers['webhook-id']))
    expect(ids.size).toBe(2)
    const events = sink.requests.flatMap(({ body }) => toldOf(body).data.events)
    expect(events.map(({ data }) => data.mail).sort()).toEqual(leads.map(({ mail }) => mail))
    // Each has the id of its delivery, which is what it would have carried alone.
    const [first] = await deliveriesOf(leads[0]?.id ?? '')
    expect(events.find(({ data }) => data.mail === leads[0]?.mail)).toMatchObject({
      id: first?.id,
      type: 'lead.scored',
    })
    expect(first?.outcome).toBe('success')
  })

  it('tells the events of a lead in their order, a batch each, and calls nobody for those it does not take', async () => {
    const { id, mail } = await submit()
    const from = sink.requests.length
    for (let windows = 0; windows < 6; windows += 1) await window()
    const told = sink.requests
      .slice(from)
      .flatMap(({ body }) => toldOf(body).data.events)
      .filter(({ data }) => data.mail === mail)
    expect(told.map(({ type }) => type)).toEqual(['lead.scored', 'lead.sold'])
    const deliveries = await deliveriesOf(id)
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['success', 'success', 'success'])
    expect(deliveries[1]?.reason).toContain('does not take "lead.priced"')
  })

  it('that was not answered goes out again whole, under the same id', async () => {
    const { id } = await submit()
    const from = sink.requests.length
    sink.script({ do: 'reset' })
    await window()
    await window()
    const [first, second] = sink.requests.slice(from)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.body).toBe(first?.body)
    expect((await deliveriesOf(id))[0]?.outcome).toBe('success')
  })

  it('that is refused is a no to each of its events', async () => {
    // What the leads before still tell is told first.
    for (let windows = 0; windows < 6; windows += 1) await window()
    ends = []
    const { id } = await submit()
    sink.script({ do: 'answer', status: 422 })
    await window()
    expect((await deliveriesOf(id))[0]).toMatchObject({ outcome: 'failure', code: 'destination.rejected' })
    expect(ends).toMatchObject([{ is: 'answered', outcome: 'failure' }])
  })

  it('has a new id for an event that a person changed', async () => {
    const { id, mail } = await submit()
    sink.script({ do: 'answer', status: 404 })
    await window()
    const [dead] = await deliveriesOf(id)
    expect(dead?.outcome).toBe('error')
    await process.amendments.decideDelivery({
      tenantId: engine.tenantId,
      leadId: id,
      deliveryId: dead?.id ?? '',
      decision: 'send_again',
      payload: { event: 'lead.scored', mail: `changed-${mail}` },
      by: 'ada',
      reason: null,
    })
    await process.work()
    const from = sink.requests.length
    await window()
    const events = sink.requests.slice(from).flatMap(({ body }) => toldOf(body).data.events)
    const changed = events.find(({ data }) => data.mail === `changed-${mail}`)
    expect(changed?.id).toMatch(/\S/)
    expect(changed?.id).not.toBe(dead?.id)
  })
})
