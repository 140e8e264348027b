import { afterAll, beforeAll, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

it('sends nothing before its start is durable, also where another of its lead’s deliveries has it in its commit', async () => {
  const gate = Promise.withResolvers<void>()
  let appends = 0
  const mortal = await engine.start({
    wrap: ({ appender, outbound }) => ({
      outbound,
      appender: {
        pending: appender.pending,
        append: async (commit) => {
          appends += 1
          // The first delivery to ask is written alone; one of the others takes all of them along, and fails.
          if (appends !== 2) return appender.append(commit)
          await gate.promise
          throw new Fault('database_unavailable', { message: 'away' })
        },
      },
    }),
  })
  const many = `
flow: many
fields: { email: email }
sources: [ { id: web } ]
destinations:
${['p', 'q', 'r', 's'].map((id) => `  ${id}: { type: http, url: "${sink.url}/many", repeat: keyed, retry_delays: [1s] }`).join('\n')}
steps: [ { deliver: { to: [p, q, r, s] } } ]
`
  await engine.publish(many)
  const from = sink.requests.length
  const told = mortal.submit({ flow: 'many', values: { email: 'many@example.com' } })
  await expect.poll(() => appends).toBe(2)
  await sink.received(from + 1)
  gate.resolve()
  const { answer } = await told
  await mortal.bury()
  const heir = await engine.start()
  for (let n = 0; n < 3; n += 1) {
    await heir.work()
    engine.clock.advance(10_000)
  }
  const found = await heir.reader.read(engine.tenantId, answer.lead_id)
  expect(found?.row.outcome).toBe('success')
  const started = (found?.events ?? []).filter(({ type }) => type === 'attempt.started').length
  expect(sink.requests.length - from).toBeLessThanOrEqual(started)
})
