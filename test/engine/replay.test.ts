import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { createHolder, RunAgain, waitFor } from '../../src/handlers/holder.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import type { Registries } from '../../src/kit/flow.ts'
import { type Asking, ask, askAll, askRace, type Request } from '../../src/kit/requests.ts'
import { defineStep, next, type StepResult, type StepType } from '../../src/kit/step.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { registries } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

const step = (
  type: string,
  run: (lead: { readonly id: string; readonly now: number }) => Asking<StepResult>,
): StepType =>
  defineStep({
    type,
    summary: 'A step of a test.',
    event: 'wait.ended',
    revision: 1,
    config: Type.Object({}),
    references: {},
    example: {},
    create: () => run,
  })

const withSteps = (...steps: readonly StepType[]): Registries => ({
  ...registries,
  steps: { ...registries.steps, ...Object.fromEntries(steps.map((each) => [each.type, each])) },
})

const cap = (id: string) => ({
  caps: [{ id, scope: 'test', by: null, max: 10, amount: 1, from: 0, until: null }],
})
const claimOf = (value: string) => ({
  rule: 'r',
  scope: 'flow' as const,
  withinMs: null,
  keys: [{ on: ['email'], values: [value] }],
})

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
      registries: withSteps(step('odd', () => odd('one'))),
    })
    function* odd(value: string): Asking<StepResult> {
      yield* ask('identity.claim', claimOf(value))
      yield* ask('time.wait', { until: engine.clock.now() + 60_000 })
      return next()
    }
    const first = await engine.start({ registries: withSteps(step('odd', () => odd('one'))) })
    const { answer } = await first.submit({ flow: 'changed', values: lead() })
    expect(answer.code).toBe('waiting')
    await first.bury()
    const second = await engine.start({ registries: withSteps(step('odd', () => odd('two'))) })
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
      step('odd', function* odd(lead) {
        if (old) yield* ask('cap.reserve', cap('x'), 'places')
        else yield* ask('delivery.send', { destination: 'b', payload: {}, waitFor: 'attempt' }, 'b')
        yield* ask('time.wait', { until: lead.now + 60_000 })
        return next()
      })
    await engine.publish(flow('reordered', '  - odd: {}'), { registries: withSteps(asking(true)) })
    const first = await engine.start({ registries: withSteps(asking(true)) })
    const { answer } = await first.submit({ flow: 'reordered', values: lead() })
    await first.bury()
    const second = await engine.start({ registries: withSteps(asking(false)) })
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
    const throwing = step('odd', function* odd() {
      yield* ask('identity.claim', claimOf('once'))
      yield* ask('cap.reserve', cap('x'))
      if (broken) throw new Fault('setting_invalid', { message: 'There is no such setting' })
      return next()
    })
    const process = await engine.start({ registries: withSteps(throwing) })
    await engine.publish(flow('threw', '  - odd: {}'), { registries: withSteps(throwing) })
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
    const throwing = step('odd', function* odd() {
      yield* ask('cap.reserve', cap('x'))
      throw new Error('mistake')
    })
    const process = await engine.start({ registries: withSteps(throwing) })
    for (const [name, more] of [
      ['stopped', '  - odd: { on_error: stop }'],
      ['went-on', '  - odd: { on_error: continue }\n  - review: {}\n  - filter: { when: "false" }'],
    ] as const) {
      await engine.publish(flow(name, more), { registries: withSteps(throwing) })
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
    const twice = step('odd', function* odd() {
      const one = yield* ask('cap.reserve', cap('x'))
      const two = yield* ask('cap.reserve', cap('x'))
      const claim = yield* ask('identity.claim', claimOf('mine'), 'first')
      const again = yield* ask('identity.claim', claimOf('mine'), 'second')
      return next({ note: { same: JSON.stringify(one) === JSON.stringify(two), held: claim.held && again.held } })
    })
    const process = await engine.start({ registries: withSteps(twice) })
    await engine.publish(flow('twice', '  - odd: {}'), { registries: withSteps(twice) })
    const { status, answer } = await process.submit({ flow: 'twice', values: lead() })
    expect(status).toBe(201)
    const ended = (await read(process, answer.lead_id)).events.find((event) => event.type === 'wait.ended')
    expect(ended?.data).toMatchObject({ note: { same: true, held: true } })
    expect(await used('twice')).toEqual([1])
    await process.bury()
  })
})

describe('several requests at once', () => {
  it('are all heard of before the step goes on or throws, so that none is sent unseen', async () => {
    const both = step('odd', function* odd() {
      yield* askAll('delivery.send', {
        missing: { destination: 'nowhere', payload: {}, waitFor: 'attempt' },
        b: { destination: 'b', payload: {}, waitFor: 'attempt' },
      })
      return next()
    })
    const process = await engine.start({ registries: withSteps(both) })
    await engine.publish(flow('both', '  - odd: {}'), { registries: withSteps(both) })
    const { status, answer } = await process.submit({ flow: 'both', values: lead() })
    expect({ status, code: answer.code }).toEqual({ status: 202, code: 'processing_fault' })
    const { lead: after, events } = await read(process, answer.lead_id)
    expect([...after.deliveries.values()].map((one) => [one.destination, one.outcome])).toEqual([['b', 'success']])
    expect(events.filter((event) => event.type === 'attempt.answered')).toHaveLength(1)
    await process.bury()
  })

  it('answer all together or wait for the last, and each is asked once over a restart', async () => {
    const all = step('odd', function* odd(lead): Asking<StepResult> {
      const children: Request = {
        kind: 'all',
        children: [
          { kind: 'cap.reserve', name: 'place', input: cap('x') },
          { kind: 'time.wait', name: 'soon', input: { until: lead.now + 1_000 } },
          { kind: 'time.wait', name: 'late', input: { until: lead.now + 60_000 } },
        ],
      }
      const answers = (yield children) as Record<string, unknown>
      return next({ note: { names: Object.keys(answers).sort() } })
    })
    const withAll = withSteps(all)
    await engine.publish(flow('all', '  - odd: {}'), { registries: withAll })
    const first = await engine.start({ registries: withAll })
    const { answer } = await first.submit({ flow: 'all', values: lead() })
    await first.bury()
    const second = await engine.start({ registries: withAll })
    engine.clock.advance(1_000)
    await second.work()
    expect((await read(second, answer.lead_id)).lead.closed).toBeNull()
    engine.clock.advance(59_000)
    await second.work()
    const { lead: done, events } = await read(second, answer.lead_id)
    expect(done.closed).toMatchObject({ outcome: 'success' })
    expect(events.find((event) => event.type === 'wait.ended')?.data).toMatchObject({
      note: { names: ['late', 'place', 'soon'] },
    })
    expect(await used('all')).toEqual([1])
    await second.bury()
  })

  it('race: the first answer goes on, and stays the first when the step is taken up again', async () => {
    const race = step('odd', function* odd(lead): Asking<StepResult> {
      const won = yield* askRace('cap.reserve', { x: cap('x'), y: cap('y') })
      yield* ask('time.wait', { until: lead.now + 60_000 })
      return next({ note: { won: won.name } })
    })
    const withRace = withSteps(race)
    await engine.publish(flow('race', '  - odd: {}\n  - filter: { when: "false" }'), { registries: withRace })
    const first = await engine.start({ registries: withRace })
    const { answer } = await first.submit({ flow: 'race', values: lead() })
    expect(answer.code).toBe('waiting')
    expect(await used('race')).toEqual([1, 1])
    await first.bury()
    const second = await engine.start({ registries: withRace })
    engine.clock.advance(60_000)
    await second.work()
    const { lead: done, events } = await read(second, answer.lead_id)
    expect(done.parked).toBeNull()
    expect(done.closed).toMatchObject({ code: 'filtered' })
    const asked = events.filter((event) => event.type === 'request.answered')
    expect(events.find((event) => event.type === 'wait.ended')?.data).toMatchObject({
      note: { won: asked[0]?.data.name },
    })
    // The loser's place is known as well, and given back with the winner's.
    expect(await used('race')).toEqual([0, 0])
    await second.bury()
  })

  it('race: a delivery left behind comes to its end while the program goes on, and nothing is counted twice', async () => {
    const race = step('odd', function* odd(): Asking<StepResult> {
      const won = yield* askRace('delivery.send', {
        a: { destination: 'a', payload: {}, waitFor: 'attempt' },
        b: { destination: 'b', payload: {}, waitFor: 'attempt' },
      })
      return next({ note: { won: won.name } })
    })
    const withRace = withSteps(race)
    await engine.publish(flow('left', '  - odd: {}\n  - cap: { caps: [{ id: z, max: 5, per: total }] }'), {
      registries: withRace,
    })
    const process = await engine.start({ registries: withRace })
    const before = sink.requests.length
    sink.otherwise((request) => (request.path === '/a' ? { do: 'hold' } : { do: 'answer' }))
    const told = process.submit({ flow: 'left', values: lead() })
    await sink.received(before + 2)
    sink.otherwise({ do: 'answer' })
    sink.release()
    const { status, answer } = await told
    expect(status).toBe(201)
    const { lead: done, events } = await read(process, answer.lead_id)
    expect([...done.deliveries.values()].map((one) => one.outcome)).toEqual(['success', 'success'])
    expect(events.find((event) => event.type === 'wait.ended')?.data).toMatchObject({ note: { won: 'b' } })
    expect(await used('left')).toEqual([1])
    await process.bury()
  })

  it('wait for the final outcome where they are told to, over attempts and restarts', async () => {
    await engine.publish(flow('final', '  - deliver: { to: [a, b], wait_for: final }'))
    const before = sink.requests.length
    sink.otherwise((request) => (request.path === '/a' ? { do: 'answer', status: 503 } : { do: 'answer' }))
    const first = await engine.start()
    const { status, answer } = await first.submit({ flow: 'final', values: lead() })
    expect({ status, code: answer.code }).toEqual({ status: 202, code: 'delivering' })
    expect((await read(first, answer.lead_id)).lead.steps.map((each) => each.id)).not.toContain('deliver')
    await first.bury()
    sink.otherwise({ do: 'answer' })
    const second = await engine.start()
    engine.clock.advance(60_000)
    await second.work()
    const { lead: done } = await read(second, answer.lead_id)
    expect(done.closed).toMatchObject({ outcome: 'success', deliveries: { attempted: 2, successful: 2 } })
    expect(sink.requests.slice(before).map((request) => request.path)).toEqual(
      expect.arrayContaining(['/a', '/b', '/a']),
    )
    expect(sink.requests).toHaveLength(before + 3)
    await second.bury()
  })
})

describe('leads that wait for each other', () => {
  it('in a circle of any length are told to run again, others wait', async () => {
    const [a, b, c] = [createHolder('a'), createHolder('b'), createHolder('c')] as const
    let free: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      free = resolve
    })
    const waits = [waitFor(a, [b], gate), waitFor(b, [c], gate)]
    await expect(waitFor(c, [a], gate)).rejects.toBeInstanceOf(RunAgain)
    expect(c.waitsFor).toBeNull()
    free()
    await Promise.all(waits)
    expect(a.waitsFor).toBeNull()
    await waitFor(c, [a], gate)
  })
})

it('leaves every chain whole', async () => {
  const verified = await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })
  expect(verified.breach).toBeNull()
})
