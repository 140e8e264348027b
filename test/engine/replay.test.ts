import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Asking, ask } from '../../src/kit/requests.ts'
import { next, type StepResult } from '../../src/kit/step.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { capOf, claimOf, oddStep, withStep } from '../support/odd-steps.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

const flow = (name: string, steps: string) => `
flow: ${name}
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web } ]
destinations:
  a: { type: http, url: "${sink.url}/a", repeat: keyed, retry_delay: 60s }
  b: { type: http, url: "${sink.url}/b", repeat: unsafe }
steps:
${steps}
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const lead = () => {
  count += 1
  return { email: `replay${count}@example.com`, phone: `512555${String(3000 + count)}` }
}

const used = async (name: string): Promise<number[]> =>
  (
    await engine.db.inspect<{ used: string }>('select used from millrace.cap_usage where scope like $1', [`${name}/%`])
  ).map((row) => Number(row.used))

const read = async (process: Process, leadId: string) => {
  const found = await process.reader.read(engine.tenantId, leadId)
  if (!found) throw new Error('no such lead')
  return found
}

const tamper = (name: string, from: string, to: string) =>
  engine.db.inspect(`update millrace.flow_version set document = replace(document, $2, $3) where flow_id = $1`, [
    name,
    from,
    to,
  ])

describe('a step taken up again', () => {
  it('parks as replay_diverged where it asks something else under a name it was answered, and asks nothing', async () => {
    await engine.publish(flow('changed', '  - odd: {}'), {
      registries: withStep(oddStep(() => odd('one'))),
    })
    function* odd(value: string): Asking<StepResult> {
      yield* ask('identity.claim', claimOf(value))
      yield* ask('time.wait', { until: engine.clock.now() + 60_000 })
      return next()
    }
    const first = await engine.start({ registries: withStep(oddStep(() => odd('one'))) })
    const { answer } = await first.submit({ flow: 'changed', values: lead() })
    expect(answer.code).toBe('waiting')
    await first.bury()
    const second = await engine.start({ registries: withStep(oddStep(() => odd('two'))) })
    engine.clock.advance(60_000)
    await second.work()
    const { lead: parked, row } = await read(second, answer.lead_id)
    expect(parked.parked).toMatchObject({ code: 'replay_diverged', fault: 'replay_diverged' })
    expect(row.code).toBe('replay_diverged')
    const claims = await engine.db.inspect('select from millrace.claim where lead_id = $1', [answer.lead_id])
    expect(claims).toHaveLength(1)
    const before = await read(second, answer.lead_id)
    engine.clock.advance(3_600_000)
    await second.work()
    expect((await read(second, answer.lead_id)).events).toHaveLength(before.events.length)
    await second.bury()
  })

  it('is not fooled by a stored document that was changed: the same field under another rule diverges', async () => {
    const name = 'tampered'
    await engine.publish(
      flow(name, '  - review: { queue: sales, note: "Look at {{ lead.email }}" }\n  - deliver: { to: a }'),
    )
    const first = await engine.start()
    const { answer } = await first.submit({ flow: name, values: lead() })
    await first.bury()
    await tamper(name, 'queue: sales', 'queue: other')
    const second = await engine.start()
    const sent = sink.requests.length
    await second.runner.decide({
      tenantId: engine.tenantId,
      leadId: answer.lead_id,
      decision: 'approve',
      reason: null,
      by: 'ada',
    })
    expect((await read(second, answer.lead_id)).lead.parked).toMatchObject({ code: 'replay_diverged' })
    expect(sink.requests.length).toBe(sent)
    await second.bury()
  })

  it('sends nothing new before it has asked for all that its journal knows', async () => {
    const asking = (old: boolean) =>
      oddStep(function* odd(lead) {
        if (old) yield* ask('cap.reserve', capOf('x'), 'places')
        else yield* ask('delivery.send', { destination: 'b', payload: {}, waitFor: 'attempt' }, 'b')
        yield* ask('time.wait', { until: lead.now + 60_000 })
        return next()
      })
    await engine.publish(flow('reordered', '  - odd: {}'), { registries: withStep(asking(true)) })
    const first = await engine.start({ registries: withStep(asking(true)) })
    const { answer } = await first.submit({ flow: 'reordered', values: lead() })
    await first.bury()
    const second = await engine.start({ registries: withStep(asking(false)) })
    const sent = sink.requests.length
    engine.clock.advance(60_000)
    await second.work()
    expect((await read(second, answer.lead_id)).lead.parked?.code).toBe('replay_diverged')
    expect(sink.requests.length).toBe(sent)
    await second.bury()
  })

  it('sees now and what became of earlier deliveries as it saw them first', async () => {
    await engine.publish(
      flow(
        'seen',
        `  - deliver: { id: first, to: a }
  - review: { queue: sales, note: "First came to {{ deliveries.a.outcome }} at {{ now }}" }
  - deliver: { id: second, to: b, map: { ref: "{{ deliveries.a.reference }}" } }`,
      ),
    )
    const first = await engine.start()
    sink.script({ do: 'answer', status: 503 }, { do: 'answer', body: '{"id":"A1"}' })
    const { answer } = await first.submit({ flow: 'seen', values: lead() })
    expect((await read(first, answer.lead_id)).row.status).toBe('pending_review')
    // The first delivery succeeds on the side, while the review is open.
    engine.clock.advance(60_000)
    await first.work()
    expect([...(await read(first, answer.lead_id)).lead.deliveries.values()].map((one) => one.outcome)).toEqual([
      'success',
    ])
    await first.runner.decide({
      tenantId: engine.tenantId,
      leadId: answer.lead_id,
      decision: 'approve',
      reason: null,
      by: 'ada',
    })
    const { lead: done } = await read(first, answer.lead_id)
    expect(done.parked).toBeNull()
    expect(done.closed).toMatchObject({ outcome: 'success' })
    expect(JSON.parse(sink.requests.at(-1)?.body ?? '')).toEqual({ ref: 'A1' })
    await first.bury()
  })

  it('keeps what it was answered before it threw, and is not counted twice when it is mended', async () => {
    let broken = true
    const throwing = oddStep(function* odd() {
      yield* ask('identity.claim', claimOf('once'))
      yield* ask('cap.reserve', capOf('x'))
      if (broken) throw new Fault('setting_invalid', { message: 'There is no such setting' })
      return next()
    })
    const process = await engine.start({ registries: withStep(throwing) })
    await engine.publish(flow('threw', '  - odd: {}'), { registries: withStep(throwing) })
    const { status, answer } = await process.submit({ flow: 'threw', values: lead() })
    expect({ status, code: answer.code }).toEqual({ status: 202, code: 'processing_fault' })
    expect(await used('threw')).toEqual([1])
    broken = false
    await engine.db.inspect('update millrace.work set wake_at = $2 where lead_id = $1', [
      answer.lead_id,
      new Date(engine.clock.now()),
    ])
    await process.work()
    expect((await read(process, answer.lead_id)).row.outcome).toBe('success')
    expect(await used('threw')).toEqual([1])
    await process.bury()
  })

  it('gives back what a step held that threw, whether the flow goes on or ends there', async () => {
    const throwing = oddStep(function* odd() {
      yield* ask('cap.reserve', capOf('x'))
      throw new Error('mistake')
    })
    const process = await engine.start({ registries: withStep(throwing) })
    for (const [name, more] of [
      ['stopped', '  - odd: { on_error: stop }'],
      ['went-on', '  - odd: { on_error: continue }\n  - review: {}\n  - filter: { when: "false" }'],
    ] as const) {
      await engine.publish(flow(name, more), { registries: withStep(throwing) })
      const { answer } = await process.submit({ flow: name, values: lead() })
      if (name === 'went-on') {
        expect(await used(name)).toEqual([1])
        await process.runner.decide({
          tenantId: engine.tenantId,
          leadId: answer.lead_id,
          decision: 'approve',
          reason: null,
          by: 'ada',
        })
      }
      expect((await read(process, answer.lead_id)).lead.closed).toMatchObject({
        code: name === 'stopped' ? 'processing_failed' : 'filtered',
      })
      expect((await used(name)).reduce((sum, each) => sum + each, 0)).toBe(0)
    }
    await process.bury()
  })

  it('asks once where it asks twice under one name, and may claim what it holds', async () => {
    const twice = oddStep(function* odd() {
      const one = yield* ask('cap.reserve', capOf('x'))
      const two = yield* ask('cap.reserve', capOf('x'))
      const claim = yield* ask('identity.claim', claimOf('mine'), 'first')
      const again = yield* ask('identity.claim', claimOf('mine'), 'second')
      return next({ note: { same: JSON.stringify(one) === JSON.stringify(two), held: claim.held && again.held } })
    })
    const process = await engine.start({ registries: withStep(twice) })
    await engine.publish(flow('twice', '  - odd: {}'), { registries: withStep(twice) })
    const { status, answer } = await process.submit({ flow: 'twice', values: lead() })
    expect(status).toBe(201)
    const ended = (await read(process, answer.lead_id)).events.find((event) => event.type === 'wait.ended')
    expect(ended?.data).toMatchObject({ note: { same: true, held: true } })
    expect(await used('twice')).toEqual([1])
    await process.bury()
  })
})

it('leaves every chain whole', async () => {
  const verified = await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })
  expect(verified.breach).toBeNull()
})
