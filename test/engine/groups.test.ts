import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHolder, RunAgain, waitFor } from '../../src/handlers/holder.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Asking, ask, askAll, askRace, type Request } from '../../src/kit/requests.ts'
import { next, type StepResult } from '../../src/kit/step.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { capOf, oddStep, withStep } from '../support/odd-steps.ts'
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
  return { email: `group${count}@example.com`, phone: `512555${String(3000 + count)}` }
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

describe('several requests at once', () => {
  it('are all heard of before the step goes on or throws, so that none is sent unseen', async () => {
    const both = oddStep(function* odd() {
      yield* askAll('delivery.send', {
        missing: { destination: 'nowhere', payload: {}, waitFor: 'attempt' },
        b: { destination: 'b', payload: {}, waitFor: 'attempt' },
      })
      return next()
    })
    const process = await engine.start({ registries: withStep(both) })
    await engine.publish(flow('both', '  - odd: {}'), { registries: withStep(both) })
    const { status, answer } = await process.submit({ flow: 'both', values: lead() })
    expect({ status, code: answer.code }).toEqual({ status: 202, code: 'processing_fault' })
    const { lead: after, events } = await read(process, answer.lead_id)
    expect([...after.deliveries.values()].map((one) => [one.destination, one.outcome])).toEqual([['b', 'success']])
    expect(events.filter((event) => event.type === 'attempt.answered')).toHaveLength(1)
    await process.bury()
  })

  it('answer all together or wait for the last, and each is asked once over a restart', async () => {
    const all = oddStep(function* odd(lead): Asking<StepResult> {
      const children: Request = {
        kind: 'all',
        children: [
          { kind: 'cap.reserve', name: 'place', input: capOf('x') },
          { kind: 'time.wait', name: 'soon', input: { until: lead.now + 1_000 } },
          { kind: 'time.wait', name: 'late', input: { until: lead.now + 60_000 } },
        ],
      }
      const answers = (yield children) as Record<string, unknown>
      return next({ note: { names: Object.keys(answers).sort() } })
    })
    const withAll = withStep(all)
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
    const race = oddStep(function* odd(lead): Asking<StepResult> {
      const won = yield* askRace('cap.reserve', { x: capOf('x'), y: capOf('y') })
      yield* ask('time.wait', { until: lead.now + 60_000 })
      return next({ note: { won: won.name } })
    })
    const withRace = withStep(race)
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
    const race = oddStep(function* odd(): Asking<StepResult> {
      const won = yield* askRace('delivery.send', {
        a: { destination: 'a', payload: {}, waitFor: 'attempt' },
        b: { destination: 'b', payload: {}, waitFor: 'attempt' },
      })
      return next({ note: { won: won.name } })
    })
    const withRace = withStep(race)
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
