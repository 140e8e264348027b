import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

const START = Date.UTC(2026, 10, 5, 18)
const clock = movableClock(START)
let house: TestHouse
let sink: Sink

const flow = (name: string, steps: string, more = '') => `
flow: ${name}
fields: { first_name: first_name, email: { type: email, required: true }, phone: phone, state: state }
sources: [ { id: web, name: Web, price: { id: base, amount: "15.00 USD" } } ]
destinations: { crm: { name: Salesforce CRM, type: http, url: "${sink.url}/crm", repeat: keyed, retry_delay: 60s }, other: { type: http, url: "${sink.url}/other" } }
${more}
steps:
${steps}
`

const lead = (n: number, over = {}) => ({
  first_name: 'ada',
  email: `ada${n}@example.com`,
  phone: `512555${String(1000 + n)}`,
  state: 'TX',
  ...over,
})

beforeAll(async () => {
  sink = await openSink()
  house = await testHouse({ clock, random: () => 0 })
})
afterAll(async () => {
  await house.close()
  await sink.close()
})

describe('a journey', () => {
  it('delivers a lead and tells its source what happened', async () => {
    sink.script({ do: 'answer', body: '{"id":"00Q1234567"}' })
    await house.publish(
      flow(
        'plain',
        '  - normalize: {}\n  - dedupe: { id: once, on: [[email],[phone]], within: 30d }\n  - deliver: { to: crm }',
      ),
    )
    const { status, answer } = await house.submit('plain', 'web', lead(1))
    expect(status).toBe(201)
    expect(answer).toMatchObject({
      outcome: 'success',
      accepted: true,
      price: 15,
      reason: null,
      destinations: { 'Salesforce CRM': { outcome: 'success', id: '00Q1234567' } },
    })
    const read = await house.house.reader.read(house.tenantId, answer.lead_id)
    expect(read?.events.map((event) => event.type)).toEqual([
      'lead.received',
      'source.authenticated',
      'lead.mapped',
      'acceptance.checked',
      'price.set',
      'lead.normalized',
      'duplicate.checked',
      'step.entered',
      'delivery.opened',
      'attempt.started',
      'attempt.answered',
      'attempt.ended',
      'delivery.dispatched',
      'source.closed',
    ])
    expect(read?.row).toMatchObject({ status: 'delivered', outcome: 'success', price: 15 })
  })

  it('names the winner of a duplicate, and how long ago it was', async () => {
    const first = await house.submit('plain', 'web', lead(2))
    clock.advance(7 * 86_400_000)
    const second = await house.submit('plain', 'web', lead(2, { email: 'other@example.com' }))
    expect(second).toMatchObject({
      status: 409,
      answer: {
        accepted: false,
        code: 'duplicate',
        reason: 'Duplicate lead - seen 7 days ago',
        duplicate_of: first.answer.lead_id,
        price: 0,
      },
    })
  })

  it('takes one of fifty twins', async () => {
    const before = sink.requests.length
    const all = await Promise.all(Array.from({ length: 50 }, () => house.submit('plain', 'web', lead(3))))
    expect(all.filter((one) => one.status === 201)).toHaveLength(1)
    expect(all.filter((one) => one.status === 409)).toHaveLength(49)
    expect(sink.requests.length - before).toBe(1)
  })

  it('passes exactly as many as a cap has places, over two processes', async () => {
    await house.publish(flow('capped', '  - cap: { caps: [{ id: daily, max: 100, per: day }] }'))
    const sibling = await house.sibling()
    const submit = (n: number) => {
      const values = lead(n)
      return (n % 2 === 0 ? house.house : sibling).runner.submit({
        source: {
          tenantId: house.tenantId,
          keyId: '00000000-0000-0000-0000-000000000000',
          flowId: 'capped',
          sourceId: 'web',
          method: 'bearer',
        },
        format: 'json',
        mode: 'sync',
        raw: JSON.stringify(values),
        values,
        test: false,
        idempotencyKey: null,
        ip: null,
        userAgent: null,
        receivedAt: clock.now(),
      })
    }
    const all = await Promise.all(Array.from({ length: 500 }, (_, n) => submit(n)))
    expect(all.filter((one) => one.status === 201)).toHaveLength(100)
    expect(all.filter((one) => one.answer.code === 'cap_exceeded')).toHaveLength(400)
    expect(all.find((one) => one.status === 422)?.answer.reason).toBe('Cap exceeded: daily limit reached')
  })

  it('answers one idempotency key with one lead, and another body under it with a conflict', async () => {
    const values = lead(4)
    const all = await Promise.all(
      Array.from({ length: 50 }, () => house.submit('plain', 'web', values, { idempotencyKey: 'k1' })),
    )
    expect(new Set(all.map((one) => one.answer.lead_id)).size).toBe(1)
    for (const one of all) expect(one).toEqual(all[0])
    await expect(house.submit('plain', 'web', lead(5), { idempotencyKey: 'k1' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  it('tries a delivery again by itself, and closes the journey then', async () => {
    sink.script({ do: 'answer', status: 503 }, { do: 'answer', body: '{"id":"7"}' })
    const { status, answer } = await house.submit('plain', 'web', lead(6))
    expect(status).toBe(202)
    expect(answer).toMatchObject({
      outcome: 'pending',
      code: 'delivering',
      destinations: { 'Salesforce CRM': { outcome: 'pending' } },
    })
    clock.advance(60_000)
    house.house.sweeper.start()
    await expect
      .poll(async () => (await house.house.reader.read(house.tenantId, answer.lead_id))?.row.status)
      .toBe('delivered')
    await house.house.sweeper.stop()
    const read = await house.house.reader.read(house.tenantId, answer.lead_id)
    expect(read?.lead.closed).toMatchObject({
      outcome: 'success',
      deliveries: { attempted: 1, successful: 1, failed: 0 },
    })
  })

  it('waits for a person, without holding anything in memory', async () => {
    await house.publish(flow('reviewed', '  - review: { queue: sales }\n  - deliver: { to: crm }'))
    const { status, answer } = await house.submit('reviewed', 'web', lead(7))
    expect(status).toBe(202)
    expect(answer.code).toBe('awaiting_review')
    expect(house.house.runner.inFlight()).toBe(0)
    await house.house.runner.decide({
      tenantId: house.tenantId,
      leadId: answer.lead_id,
      decision: 'approve',
      reason: null,
      by: 'ada',
    })
    const read = await house.house.reader.read(house.tenantId, answer.lead_id)
    expect(read?.row).toMatchObject({ status: 'delivered', outcome: 'success' })
  })

  it('gives its places back where no destination takes it', async () => {
    await house.publish(
      flow(
        'dearly',
        '  - dedupe: { id: once, on: [[email]], within: 30d }\n  - cap: { caps: [{ id: one, max: 1, per: total }] }\n  - deliver: { to: other }',
      ),
    )
    sink.script({ do: 'answer', status: 422 })
    const refused = await house.submit('dearly', 'web', lead(8))
    expect(refused).toMatchObject({ status: 422, answer: { code: 'delivery_failed', price: 0, accepted: false } })
    const again = await house.submit('dearly', 'web', lead(8))
    expect(again.status).toBe(201)
  })
})
