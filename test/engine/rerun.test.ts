import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { type Behaviour, openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: doubted
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 2, retry_delay: 1s, breaker: 'off' }
steps: [ { deliver: { to: crm } } ]
`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
/** A lead whose two calls came to this, and whether it may be run again. */
const afterCalls = async (first: Behaviour, second: Behaviour): Promise<unknown> => {
  count += 1
  sink.script(first, second)
  const { answer } = await process.submit({ flow: 'doubted', values: { email: `lead${count}@example.com` } })
  engine.clock.advance(60_000)
  await process.work()
  const asked = { tenantId: engine.tenantId, leadId: answer.lead_id, flow: 'doubted', source: 'web' }
  return process.amendments.rerun({ ...asked, by: 'ada', reason: null }).then(
    () => 'run again',
    (error) => error.code,
  )
}

it('is not run again where a call may have arrived, whatever the next one came to, unless that said no', async () => {
  const away = { do: 'answer', status: 503 } as const
  expect(await afterCalls(away, away)).toBe('run again')
  expect(await afterCalls({ do: 'reset' }, away)).toBe('conflict')
  expect(await afterCalls({ do: 'reset' }, { do: 'answer', status: 422 })).toBe('run again')
})
