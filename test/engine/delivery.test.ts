import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { setHolds } from '../../src/delivery/holds.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let first: Process
let second: Process

const flow = (): string => `
flow: sent
fields: { email: { type: email, required: true } }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" } } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 2, retry_delays: [10s] }
  other: { type: http, url: "${sink.url}/other", repeat: unsafe, attempts: 1, breaker: 'off' }
  small: { type: http, url: "${sink.url}/small", repeat: keyed, concurrency: 1 }
steps:
  - deliver: { id: both, to: [crm, other], when: 'lead.email.contains("both")' }
  - deliver: { id: small, to: small, when: 'lead.email.contains("small")' }
  - deliver: { id: turn, to: [crm, small], pattern: waterfall, when: 'lead.email.contains("turn")' }
  - deliver: { id: alone, to: crm, when: 'lead.email.contains("alone")' }
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow())
  const breaker = { failures: 3, openMs: 30_000 }
  first = await engine.start({ breaker })
  second = await engine.start({ breaker })
})
afterEach(async () => {
  sink.otherwise({ do: 'answer' })
  // What breakers have yet to write is written.
  await Promise.all([first.gate.stop(), second.gate.stop()])
  await engine.db.inspect('delete from millrace.hold')
  await engine.db.inspect('delete from millrace.destination_state')
  await Promise.all([first.gate.refresh(), second.gate.refresh()])
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const submit = (kind: string, by: Process = first) => {
  count += 1
  return by.submit({ flow: 'sent', values: { email: `${kind}.${count}@example.com` } })
}
const read = async (id: string) => {
  const found = await first.reader.read(engine.tenantId, id)
  if (!found) throw new Error('no such lead')
  return found
}
const deliveryTo = async (id: string, destination: string) => {
  const { lead } = await read(id)
  const found = [...lead.deliveries.values()].find((one) => one.destination === destination)
  if (!found) throw new Error(`no delivery to ${destination}`)
  return found
}
const rowsOf = (id: string) =>
  engine.db.inspect<{ destination: string; state: string; code: string | null; attempts: number }>(
    'select destination, state, code, attempts from millrace.delivery where lead_id = $1 order by destination',
    [id],
  )
const breaker = async () =>
  (
    await engine.db.inspect<{ breaker: string; openings: number }>(
      'select breaker, openings from millrace.destination_state where destination = $1',
      ['crm'],
    )
  )[0]
const hold = async (
  scope: 'destination' | 'emergency' | 'tenant' | 'queue',
  name: string,
  until: number | null = null,
) => {
  await first.database.transaction([engine.tenantId], (tx) =>
    setHolds(tx, {
      tenantId: engine.tenantId,
      holds: [{ scope, name }],
      now: engine.clock.now(),
      until,
      by: 'ada',
      reason: null,
    }),
  )
  await Promise.all([first.gate.refresh(), second.gate.refresh()])
}
const decide = (
  leadId: string,
  deliveryId: string,
  decision: 'delivered' | 'not_delivered' | 'send_again' | 'discard',
  over: object = {},
) =>
  first.amendments.decideDelivery({
    tenantId: engine.tenantId,
    leadId,
    deliveryId,
    decision,
    by: 'ada',
    reason: 'looked',
    ...over,
  })

describe('retries', () => {
  it('wait as the list says, and end as a dead letter of which somebody is told once', async () => {
    sink.otherwise({ do: 'answer', status: 503 })
    const { status, answer } = await submit('alone')
    expect(status).toBe(202)
    expect((await deliveryTo(answer.lead_id, 'crm')).nextAt).toBe(engine.clock.now() + 10_000)
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'waiting', attempts: 1 }])
    engine.clock.advance(10_000)
    await first.work()
    expect(await rowsOf(answer.lead_id)).toMatchObject([
      { state: 'dead', code: 'destination.unavailable', attempts: 2 },
    ])
    expect((await read(answer.lead_id)).row).toMatchObject({ outcome: 'failure', code: 'delivery_failed' })
    expect(first.deadLetters.at(-1)).toMatchObject({ lane: { destination: 'crm' }, code: 'destination.unavailable' })
  })

  it('stop three days after the first attempt, whatever the number', async () => {
    sink.otherwise({ do: 'answer', status: 429, headers: { 'retry-after': '86400' } })
    const { answer } = await submit('alone')
    expect((await deliveryTo(answer.lead_id, 'crm')).nextAt).toBe(engine.clock.now() + 86_400_000)
    const patient = `
flow: patient
fields: { email: email }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 100, retry_for: 36h, breaker: 'off' } }
steps: [ { deliver: { to: crm } } ]
`
    await engine.publish(patient)
    const { answer: other } = await first.submit({ flow: 'patient', values: { email: 'p@example.com' } })
    engine.clock.advance(86_400_000)
    await first.work()
    expect(await rowsOf(other.lead_id)).toMatchObject([{ state: 'dead', code: 'destination.throttled', attempts: 2 }])
  })
})

describe('a dead letter', () => {
  const die = async (): Promise<{ leadId: string; deliveryId: string }> => {
    sink.otherwise({ do: 'answer', status: 404 })
    const { answer } = await submit('alone')
    sink.otherwise({ do: 'answer' })
    const { id } = await deliveryTo(answer.lead_id, 'crm')
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'dead', code: 'setting_invalid' }])
    return { leadId: answer.lead_id, deliveryId: id }
  }

  it('is sent again under its key by the destination as it is now, and its lead opens and closes for it, unpaid', async () => {
    const { leadId, deliveryId } = await die()
    await engine.publish(flow().replace(`${sink.url}/crm`, `${sink.url}/moved`))
    await decide(leadId, deliveryId, 'send_again')
    expect((await read(leadId)).row).toMatchObject({ outcome: null, closed_at: null })
    // A process that knows of the new version.
    const third = await engine.start()
    await third.work()
    await third.bury()
    expect((await read(leadId)).row).toMatchObject({ outcome: 'success', price: 0 })
    expect(sink.requests.at(-1)).toMatchObject({ path: '/moved', headers: { 'idempotency-key': deliveryId } })
    expect(await rowsOf(leadId)).toMatchObject([{ state: 'delivered', attempts: 2 }])
    await engine.publish(flow())
  })

  it('is sent again in another form under a key of its own', async () => {
    const { leadId, deliveryId } = await die()
    await decide(leadId, deliveryId, 'send_again', { payload: { email: 'right@example.com' } })
    await first.work()
    const call = sink.requests.at(-1)
    expect(JSON.parse(call?.body ?? '')).toEqual({ email: 'right@example.com' })
    expect(call?.headers['idempotency-key']).not.toBe(deliveryId)
    expect(await rowsOf(leadId)).toMatchObject([{ state: 'delivered' }])
  })

  it('is put away with a reason, and stays what it was', async () => {
    const { leadId, deliveryId } = await die()
    await decide(leadId, deliveryId, 'discard')
    expect(await rowsOf(leadId)).toMatchObject([{ state: 'discarded', code: 'setting_invalid' }])
    expect((await read(leadId)).row).toMatchObject({ outcome: 'failure' })
    await expect(decide(leadId, deliveryId, 'discard')).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it('is sent again at the time that was said', async () => {
    const { leadId, deliveryId } = await die()
    const calls = sink.requests.length
    await decide(leadId, deliveryId, 'send_again', { at: engine.clock.now() + 60_000 })
    await first.work()
    expect(sink.requests.length).toBe(calls)
    engine.clock.advance(60_000)
    await first.work()
    expect(await rowsOf(leadId)).toMatchObject([{ state: 'delivered' }])
  })
})

describe('an unknown outcome', () => {
  it.each([
    ['delivered', 'delivered', 'success'],
    ['not_delivered', 'refused', 'success'],
    ['send_again', 'delivered', 'success'],
  ] as const)('is settled by a person as %s', async (decision, state, outcome) => {
    sink.otherwise(({ path }) => (path === '/other' ? { do: 'reset' } : { do: 'answer' }))
    const { status, answer } = await submit('both')
    sink.otherwise({ do: 'answer' })
    expect(status).toBe(201)
    const parked = await deliveryTo(answer.lead_id, 'other')
    expect(parked).toMatchObject({ parked: true, code: 'destination.unknown_outcome' })
    // What was sent stands in the journal, though nothing came back.
    const ended = (await read(answer.lead_id)).events.findLast((event) => event.type === 'attempt.ended')
    expect(ended?.sealed).toMatchObject({ request: { method: 'POST', url: `${sink.url}/other` } })
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'delivered' }, { state: 'unknown' }])
    await decide(answer.lead_id, parked.id, decision, { reference: 'R1' })
    await first.work()
    expect((await rowsOf(answer.lead_id))[1]).toMatchObject({ state })
    expect((await read(answer.lead_id)).row).toMatchObject({ outcome })
  })
})

describe('a breaker', () => {
  const fail = async (times: number): Promise<string[]> => {
    sink.otherwise({ do: 'answer', status: 503 })
    const ids: string[] = []
    for (let n = 0; n < times; n += 1) ids.push((await submit('alone')).answer.lead_id)
    sink.otherwise({ do: 'answer' })
    return ids
  }

  it('opens for all processes, holds what comes, lets one try, and closes', async () => {
    await fail(3)
    await expect.poll(breaker).toMatchObject({ breaker: 'open', openings: 1 })
    await second.gate.refresh()
    const calls = sink.requests.length
    const held = await submit('alone', second)
    expect(held.status).toBe(202)
    expect(sink.requests.length).toBe(calls)
    expect(await rowsOf(held.answer.lead_id)).toMatchObject([{ state: 'waiting', attempts: 0 }])
    expect((await read(held.answer.lead_id)).events.find(({ type }) => type === 'delivery.held')).toMatchObject({
      data: { why: 'breaker' },
    })
    engine.clock.advance(30_001)
    await second.work()
    await expect.poll(breaker).toMatchObject({ breaker: 'closed', openings: 0 })
    await Promise.all([first.gate.refresh(), second.gate.refresh()])
    engine.clock.advance(1_000)
    await first.work()
    expect(await rowsOf(held.answer.lead_id)).toMatchObject([{ state: 'delivered' }])
  })

  it('stays open for twice as long where the one that tries it fails, and asks no more than one', async () => {
    const ids = await fail(3)
    await expect.poll(breaker).toMatchObject({ openings: 1 })
    engine.clock.advance(30_001)
    sink.otherwise({ do: 'answer', status: 503 })
    const calls = sink.requests.length
    await Promise.all([first.gate.refresh(), second.gate.refresh()])
    await Promise.all([first.work(), second.work()])
    await expect.poll(breaker).toMatchObject({ breaker: 'open', openings: 2 })
    expect(sink.requests.length).toBe(calls + 1)
    const [state] = await engine.db.inspect<{ retry_at: Date }>('select retry_at from millrace.destination_state')
    expect(state?.retry_at.getTime()).toBe(engine.clock.now() + 60_000)
    engine.clock.advance(60_001)
    sink.otherwise({ do: 'answer' })
    await Promise.all([first.gate.refresh(), second.gate.refresh()])
    await first.work()
    await expect.poll(breaker).toMatchObject({ breaker: 'closed' })
    engine.clock.advance(60_001)
    await first.work()
    for (const id of ids) expect((await rowsOf(id))[0]?.state).toMatch(/delivered|dead/)
  })

  it('does not hold up another destination of the same lead', async () => {
    await fail(3)
    await expect.poll(breaker).toMatchObject({ breaker: 'open' })
    const { answer } = await submit('both')
    expect(await rowsOf(answer.lead_id)).toMatchObject([
      { destination: 'crm', state: 'waiting', attempts: 0 },
      { destination: 'other', state: 'delivered', attempts: 1 },
    ])
    engine.clock.advance(30_001)
    await first.work()
    await expect.poll(breaker).toMatchObject({ breaker: 'closed' })
    engine.clock.advance(1_000)
    await first.work()
    expect((await rowsOf(answer.lead_id))[0]).toMatchObject({ state: 'delivered' })
  })
})

describe('what is stopped', () => {
  it('by refused credentials is held, not failed, and goes out when somebody resumes it', async () => {
    sink.otherwise({ do: 'answer', status: 401 })
    const { status, answer } = await submit('alone')
    sink.otherwise({ do: 'answer' })
    expect(status).toBe(202)
    const [paused] = await engine.db.inspect('select scope, name, code, by from millrace.hold')
    expect(paused).toEqual({ scope: 'destination', name: 'sent/crm', code: 'destination.credentials', by: 'millrace' })
    engine.clock.advance(86_400_000)
    const calls = sink.requests.length
    await first.work()
    expect(sink.requests.length).toBe(calls)
    await engine.db.inspect('delete from millrace.hold')
    await first.gate.refresh()
    await first.work()
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'delivered' }])
  })

  it.each([
    ['destination', 'sent/crm'],
    ['tenant', ''],
    ['emergency', ''],
    ['queue', 'deliveries'],
  ] as const)(
    'by %s takes leads in, sends nothing, and goes on by itself when its time is over',
    async (scope, name) => {
      await hold(scope, name, engine.clock.now() + 60_000)
      const calls = sink.requests.length
      const { status, answer } = await submit('alone')
      expect({ status, code: answer.code }).toEqual({ status: 202, code: 'delivering' })
      await first.work()
      expect(sink.requests.length).toBe(calls)
      engine.clock.advance(60_001)
      await first.work()
      expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'delivered' }])
    },
  )

  it('lets the other destination of a lead have its retries, and catches up', async () => {
    await hold('destination', 'sent/crm')
    sink.otherwise(({ path }) => (path === '/other' ? { do: 'answer', status: 503 } : { do: 'answer' }))
    const { answer } = await submit('both')
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'waiting' }, { state: 'dead' }])
    sink.otherwise({ do: 'answer' })
    const other = await deliveryTo(answer.lead_id, 'other')
    await decide(answer.lead_id, other.id, 'send_again')
    await first.work()
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'waiting' }, { state: 'delivered' }])
    await engine.db.inspect('delete from millrace.hold')
    await first.gate.refresh()
    engine.clock.advance(1_000)
    await first.work()
    expect(await rowsOf(answer.lead_id)).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }])
  })
})

it('passes a paused destination over where the next waits for its turn, and makes no dead letter of it', async () => {
  await hold('destination', 'sent/crm')
  const { status, answer } = await submit('turn')
  expect(status).toBe(201)
  expect(await rowsOf(answer.lead_id)).toMatchObject([
    { destination: 'crm', state: 'passed', code: 'destination.unavailable' },
    { destination: 'small', state: 'delivered' },
  ])
})

it('keeps to the concurrency of a destination, and puts down what has no place in time', async () => {
  const narrow = await engine.start({ waitingMax: 1 })
  sink.otherwise(({ path }) => (path === '/small' ? { do: 'hold' } : { do: 'answer' }))
  const from = sink.requests.length
  const leads = [submit('small', narrow), submit('small', narrow), submit('small', narrow)]
  const [one] = await Promise.all([Promise.race(leads), sink.received(from + 1)])
  expect(one.status).toBe(202)
  expect(sink.requests.length).toBe(from + 1)
  sink.otherwise({ do: 'answer' })
  sink.release()
  await Promise.all(leads)
  engine.clock.advance(1_000)
  await narrow.work()
  for (const lead of await Promise.all(leads))
    expect(await rowsOf(lead.answer.lead_id)).toMatchObject([{ state: 'delivered' }])
  await narrow.bury()
})

it('lets a lead that a fault parked go on once a person says so', async () => {
  const { answer } = await submit('alone')
  await expect(
    first.amendments.resumeLead({ tenantId: engine.tenantId, leadId: answer.lead_id, by: 'ada', reason: null }),
  ).rejects.toMatchObject({ code: 'invalid_request' })
})

it('counts calls by the minute, for all processes', async () => {
  await engine.db.inspect('delete from millrace.destination_minute')
  await first.health.flush()
  await second.health.flush()
  await engine.db.inspect('delete from millrace.destination_minute')
  await submit('alone', first)
  await submit('alone', second)
  await first.health.flush()
  await second.health.flush()
  const [row] = await engine.db.inspect<{ successes: number; calls: number }>(
    `select sum(successes)::integer as successes,
       (select sum(n)::integer from millrace.destination_minute, unnest(latencies) n) as calls
     from millrace.destination_minute where destination = 'crm'`,
  )
  expect(row).toEqual({ successes: 2, calls: 2 })
})
