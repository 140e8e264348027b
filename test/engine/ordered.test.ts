import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, startEngine } from '../support/engine.ts'
import { storeSecret } from '../support/secrets.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** Events of one lead reach a webhook in their order, whatever happens to one of them; other leads don't wait. */

let engine: Engine
let sink: Sink

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await storeSecret(engine, await engine.start(), 'sign', 'key')
  await engine.publish(`
flow: events
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  hook: { type: webhook, url: "${sink.url}/hook", secret: sign, when: [lead.scored, lead.sold, lead.told], retry_delay: 10s }
steps:
  - deliver: { id: one, to: hook, map: { event: lead.scored, mail: '{{ lead.email }}' } }
  - deliver: { id: none, to: hook, map: { event: lead.priced, mail: '{{ lead.email }}' } }
  - deliver: { id: two, to: hook, map: { event: lead.sold, mail: '{{ lead.email }}' } }
  - deliver: { id: three, to: hook, map: { event: lead.told, mail: '{{ lead.email }}' } }
`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const told = (mail: string) =>
  sink.requests.flatMap(({ body }) => {
    const { type, data } = JSON.parse(body)
    return data.mail === mail ? [type] : []
  })

it('holds the later ones back while the first is tried again, and only of that lead', async () => {
  const process = await engine.start()
  sink.script({ do: 'answer', status: 503 })
  await process.submit({ flow: 'events', values: { email: 'ann@example.com' } })
  expect(told('ann@example.com')).toEqual(['lead.scored'])
  await process.submit({ flow: 'events', values: { email: 'bob@example.com' } })
  expect(told('bob@example.com')).toEqual(['lead.scored', 'lead.sold', 'lead.told'])

  await process.work()
  expect(told('ann@example.com')).toEqual(['lead.scored'])
  engine.clock.advance(11_000)
  await process.work()
  expect(told('ann@example.com')).toEqual(['lead.scored', 'lead.scored', 'lead.sold', 'lead.told'])
  const ids = sink.requests.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(ids.length - 1)
})
