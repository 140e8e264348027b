import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(`
flow: early
fields: { email: email }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 5, retry_delays: [10s], breaker: 'off' } }
steps: [ { deliver: { to: crm } } ]
`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

it('a lead that is due again and taken before its run has heard that it was put down is run all the same', async () => {
  let isHeld = false
  let release: () => void = () => undefined
  const putDown = new Promise<void>((resolve) => {
    release = resolve
  })
  let reached = 0
  const process = await engine.start({
    wrap: ({ appender, outbound }) => ({
      outbound,
      appender: {
        ...appender,
        append: async (commit) => {
          await appender.append(commit)
          // Durable; the answer is on its way.
          if (!isHeld || commit.work === 'keep' || commit.work?.runner !== null) return
          reached += 1
          await putDown
        },
      },
    }),
  })
  sink.script({ do: 'answer', status: 503 }, { do: 'answer', status: 503 })
  const { answer } = await process.submit({ flow: 'early', values: { email: 'early@example.com' } })
  isHeld = true
  engine.clock.advance(10_000)
  const first = process.work()
  await expect.poll(() => reached).toBe(1)
  engine.clock.advance(10_000)
  const second = process.work()
  const standing = () =>
    engine.db.inspect<{ runner: number | null; attempts: number }>(
      'select runner, attempts from millrace.work where lead_id = $1',
      [answer.lead_id],
    )
  await expect.poll(standing).toEqual([{ runner: process.presence.number(), attempts: 1 }])
  isHeld = false
  release()
  await Promise.all([first, second])
  expect(await standing()).toEqual([])
  const read = await process.reader.read(engine.tenantId, answer.lead_id)
  expect(read?.row.outcome).toBe('success')
})
