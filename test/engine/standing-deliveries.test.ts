import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { setHolds } from '../../src/delivery/holds.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { type Behaviour, openSink, type Sink } from '../support/sink.ts'

/** What stood still and goes on: after a pause, after it was mended, after it was edited, and run again as a lead of its own. */

let engine: Engine
let sink: Sink
let first: Process

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(`
flow: sent
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 2, retry_delays: [10s] } }
steps: [ { deliver: { to: crm } } ]
`)
  await engine.publish(`
flow: doubted
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 2, retry_delay: 1s, breaker: 'off' }
steps: [ { deliver: { to: crm } } ]
`)
  first = await engine.start()
})
afterEach(async () => {
  sink.otherwise({ do: 'answer' })
  await first.gate.stop()
  await letGoOn()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const letGoOn = async () => {
  await engine.db.inspect('delete from millrace.hold')
  await first.gate.refresh()
}
let count = 0
const submit = async (kind: string, flow = 'sent'): Promise<string> => {
  count += 1
  return (await first.submit({ flow, values: { email: `${kind}.${count}@example.com` } })).answer.lead_id
}
const rowsOf = (id: string) =>
  engine.db.inspect('select state, code, attempts from millrace.delivery where lead_id = $1', [id])

it('a pause does not count as time of its retries: let go on after days, it is tried as often as any', async () => {
  const { tenantId } = engine
  const holds = [{ scope: 'destination' as const, name: 'sent/crm' }]
  await first.database.transaction([tenantId], (tx) =>
    setHolds(tx, { tenantId, holds, now: engine.clock.now(), until: null, by: 'ada', reason: null }),
  )
  await first.gate.refresh()
  const leadId = await submit('paused')
  engine.clock.advance(4 * 86_400_000)
  await first.work()
  sink.otherwise({ do: 'answer', status: 503 })
  await letGoOn()
  await first.work()
  expect(await rowsOf(leadId)).toMatchObject([{ state: 'waiting', attempts: 1 }])
  sink.otherwise({ do: 'answer' })
  engine.clock.advance(10_000)
  await first.work()
  expect(await rowsOf(leadId)).toMatchObject([{ state: 'delivered', attempts: 2 }])
})

it('a lead that is refused whatever people mend is a dead letter in the end, and lets others go on', async () => {
  sink.otherwise(({ body }) => ({ do: 'answer', status: body.includes('poison') ? 403 : 200 }))
  const leadId = await submit('poison')
  const resume = async () => {
    await letGoOn()
    engine.clock.advance(60_000)
    await first.work()
  }
  const paused = () => engine.db.inspect('select name from millrace.hold')
  await resume()
  expect(await paused()).toHaveLength(1)
  expect(await rowsOf(leadId)).toMatchObject([{ state: 'waiting', attempts: 2 }])
  await resume()
  expect(await paused()).toEqual([])
  expect(await rowsOf(leadId)).toMatchObject([{ state: 'dead', code: 'destination.credentials', attempts: 3 }])
  const others = await submit('fine')
  expect(await rowsOf(others)).toMatchObject([{ state: 'delivered' }])
})

it('what is edited keeps its key where a call before may have arrived: who goes by keys does not take it twice', async () => {
  sink.script({ do: 'reset' })
  sink.otherwise({ do: 'answer', status: 503 })
  const leadId = await submit('doubted')
  engine.clock.advance(10_000)
  await first.work()
  expect(await rowsOf(leadId)).toMatchObject([{ state: 'dead', code: 'destination.unavailable' }])
  sink.otherwise({ do: 'answer' })
  const [row] = await engine.db.inspect<{ id: string }>('select id from millrace.delivery where lead_id = $1', [leadId])
  const id = row?.id ?? ''
  await first.amendments.decideDelivery({
    tenantId: engine.tenantId,
    leadId,
    deliveryId: id,
    decision: 'send_again',
    by: 'ada',
    reason: null,
    payload: { email: 'right@example.com' },
  })
  await first.work()
  expect(sink.requests.at(-1)).toMatchObject({ body: '{"email":"right@example.com"}' })
  expect(new Set(sink.requests.slice(-3).map(({ headers }) => headers['idempotency-key']))).toEqual(new Set([id]))
})

it('is not run again where a call may have arrived, whatever the next one came to, unless that said no', async () => {
  const afterCalls = async (...answers: Behaviour[]): Promise<unknown> => {
    sink.script(...answers)
    const leadId = await submit('rerun', 'doubted')
    engine.clock.advance(60_000)
    await first.work()
    const asked = { tenantId: engine.tenantId, leadId, flow: 'doubted', source: 'web' }
    return first.amendments.rerun({ ...asked, by: 'ada', reason: null }).then(
      () => 'run again',
      (error) => error.code,
    )
  }
  const away = { do: 'answer', status: 503 } as const
  expect(await afterCalls(away, away)).toBe('run again')
  expect(await afterCalls({ do: 'reset' }, away)).toBe('conflict')
  expect(await afterCalls({ do: 'reset' }, { do: 'answer', status: 422 })).toBe('run again')
})
