import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let token: string
let sink: Sink

const ask = asker(() => ({ api, token }))
const subscribe = (path: string, over: object = {}) =>
  ask('POST', '/api/v1/hooks', {
    payload: { flow: 'hooked', destination: 'zaps', target_url: `${sink.url}/${path}?key=pelican-key`, ...over },
  })
let count = 0
const submit = () => {
  count += 1
  return api.home.submit('hooked', 'web', { email: `hook${count}@example.com` })
}
const paths = () => sink.requests.map(({ path }) => path.split('?')[0])

beforeAll(async () => {
  sink = await openSink()
  api = await testApi()
  token = await api.signIn(ADMIN)
  await api.home.publish(`
flow: hooked
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  zaps: { type: zapier, hosts: ["127.0.0.1:${sink.port}"] }
  strict: { type: zapier }
  plain: { type: http, url: ${sink.url}/plain }
steps:
  - deliver: { to: zaps, map: { mail: '{{ lead.email }}' } }
`)
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

it('with nobody subscribed, nothing is sent and nothing fails', async () => {
  const { status } = await submit()
  expect(status).toBe(201)
  expect(sink.requests).toHaveLength(0)
})

it('each that has subscribed is sent each lead, and tried again by itself', async () => {
  const one = await subscribe('one')
  const two = await subscribe('two')
  expect([one.statusCode, two.statusCode]).toEqual([201, 201])
  await expect.poll(sends).toBe(2)
  const from = sink.requests.length
  sink.otherwise(({ path }) => (path.startsWith('/two') ? { do: 'answer', status: 503 } : { do: 'answer' }))
  const { status, answer } = await submit()
  expect(status).toBe(201)
  expect(paths().slice(from).toSorted()).toEqual(['/one', '/two'])
  const body = JSON.parse(sink.requests[from]?.body ?? '')
  expect(body).toEqual({ id: expect.any(String), lead_id: answer.lead_id, mail: `hook${count}@example.com` })
  // Their addresses are keys: they stand in no list, no journal and no log.
  const listed = await ask('GET', '/api/v1/hooks')
  expect(listed.json().items).toHaveLength(2)
  expect(listed.body + (await ask('GET', '/api/v1/secrets')).body + api.logged.join('\n')).not.toContain('pelican')
  expect((await ask('GET', '/api/v1/secrets')).json().items).toEqual([])
  const trace = await ask('GET', `/api/v1/leads/${answer.lead_id}/events`)
  expect(trace.body).not.toContain('pelican')
})

/** Calls for one lead: by this, who sends has heard of what was changed. */
const sends = async () => {
  const before = sink.requests.length
  await submit()
  return sink.requests.length - before
}

it('who unsubscribes, or answers 410, hears no more', async () => {
  const [first] = (await ask('GET', '/api/v1/hooks')).json().items
  const gone = await ask('DELETE', `/api/v1/hooks/${first.id}`)
  expect(gone.statusCode).toBe(200)
  expect((await ask('DELETE', `/api/v1/hooks/${first.id}`)).statusCode).toBe(404)
  await expect.poll(sends).toBe(1)
  sink.otherwise({ do: 'answer', status: 410 })
  expect(await sends()).toBe(1)
  await expect.poll(async () => (await ask('GET', '/api/v1/hooks')).json().items).toEqual([])
  await expect.poll(sends).toBe(0)
})

it('who unsubscribes while a delivery waits for it has unsubscribed, and leaves no dead letter', async () => {
  const made = await subscribe('late')
  sink.otherwise({ do: 'answer', status: 503 })
  let leadId = ''
  const calls = async () => {
    leadId = (await submit()).answer.lead_id
    return paths().at(-1)
  }
  await expect.poll(calls).toBe('/late')
  expect((await ask('DELETE', `/api/v1/hooks/${made.json().id}`)).statusCode).toBe(200)
  sink.otherwise({ do: 'answer' })
  await expect.poll(sends).toBe(0)
  const before = sink.requests.length
  api.clock.advance(10 * 60_000)
  api.home.house.sweeper.start()
  const rows = () => api.home.inspect('select state, code from millrace.delivery where lead_id = $1', [leadId])
  await expect.poll(rows).toEqual([{ state: 'refused', code: 'destination.rejected' }])
  expect(sink.requests.length).toBe(before)
})

it('a sample shows what they are sent', async () => {
  const sample = await ask('GET', '/api/v1/hooks/sample?flow=hooked&destination=zaps')
  expect(sample.json()).toEqual([{ id: expect.any(String), lead_id: expect.any(String), mail: expect.any(String) }])
})

it.each([
  ['a host that is none of the service', { destination: 'strict', target_url: 'https://evil.example/x' }, 422],
  ['an address inside', { destination: 'strict', target_url: 'http://127.0.0.1/x' }, 422],
  ['a destination that nobody subscribes to', { destination: 'plain' }, 422],
  ['a destination that is not there', { destination: 'nobody' }, 404],
  ['no address', { target_url: 'not an address' }, 422],
])('%s may not subscribe', async (_, over, status) => {
  expect((await subscribe('x', over)).statusCode).toBe(status)
})

it('the service itself may', async () => {
  const target_url = 'https://hooks.zapier.com/hooks/standard/1/abc/'
  expect((await subscribe('x', { destination: 'strict', target_url })).statusCode).toBe(201)
})
