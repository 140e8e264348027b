import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let token: string
let sink: Sink
const READER = { email: 'reader@acme.example', password: 'only reading', role: 'analyst' }

beforeAll(async () => {
  sink = await openSink()
  api = await testApi()
  await api.addLogin(READER)
  token = await api.signIn(ADMIN)
  await ask('PUT', '/api/v1/secrets/buyer', { payload: { value: 'pelican-secret' } })
  await api.home.publish(`
flow: tested
fields: { email: email, first_name: first_name }
sources: [ { id: web } ]
destinations:
  buyer:
    type: http
    url: ${sink.url}/buyer
    auth: { bearer: { secret: buyer } }
    response: { outcome_path: status, reason_path: why, price_path: price, capture: { agent: agent.name } }
  unmapped: { type: http, url: ${sink.url}/unmapped }
enrichers:
  firm: { url: "${sink.url}/firm/{{ payload.domain }}", method: GET, facts: { company.size: size } }
steps:
  - enrich: { from: firm, send: { domain: '{{ lead.email.domain }}' } }
  - deliver: { to: buyer, map: { Mail: '{{ lead.email }}', Name: '{{ lead.first_name }}' } }
`)
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const ask = asker(() => ({ api, token }))
const test = (payload: object) => ask('POST', '/api/v1/destinations/test', { payload })

describe('a destination tried on a sample', () => {
  it('is sent what its flow would send, and shows what was read', async () => {
    sink.script({
      do: 'answer',
      headers: { 'content-type': 'application/json', 'set-cookie': 'sid=secret-sid' },
      body: '{"status":"accepted","price":"12.50","agent":{"name":"Joe"},"id":7}',
    })
    const tried = await test({ flow: 'tested', destination: 'buyer', lead: { email: 'ANN@example.com' } })
    expect(tried.statusCode).toBe(200)
    expect(tried.json()).toMatchObject({
      outcome: 'success',
      code: null,
      reference: '7',
      price: '12.50 USD',
      captured: { agent: 'Joe' },
      next: 'done',
      exchanges: [{ request: { method: 'POST', url: `${sink.url}/buyer` }, response: { status: 200 } }],
    })
    const sent = sink.requests.at(-1)
    expect(sent?.headers.authorization).toBe('Bearer pelican-secret')
    expect(JSON.parse(sent?.body ?? '')).toEqual({ Mail: 'ann@example.com', Name: expect.any(String) })
    // Neither our credential nor theirs is shown.
    expect(tried.body).not.toContain('pelican-secret')
    expect(tried.body).not.toContain('secret-sid')
  })

  it('may be an enricher: asked as its flow would ask, with the facts that were read', async () => {
    sink.script({ do: 'answer', body: '{"size":120}' })
    const tried = await test({ flow: 'tested', destination: 'firm', lead: { email: 'ann@acme.example' } })
    expect(tried.json()).toMatchObject({
      outcome: 'success',
      captured: { 'company.size': '120' },
      exchanges: [{ request: { method: 'GET', url: `${sink.url}/firm/acme.example` } }],
    })
    const unknown = await test({ flow: 'tested', destination: 'furm', lead: {} })
    expect(unknown.json().detail).toContain('it has: buyer, unmapped, firm')
  })

  it('reads a given answer without sending anything', async () => {
    const before = sink.requests.length
    const answer = { status: 200, body: '{"status":"rejected","why":"Too far away"}' }
    const tried = await test({ flow: 'tested', destination: 'buyer', answer })
    expect(tried.json()).toMatchObject({ outcome: 'failure', code: 'destination.rejected', reason: 'Too far away' })
    expect(sink.requests.length).toBe(before)
  })

  it('tells what an error would lead to', async () => {
    sink.script({ do: 'answer', status: 503 })
    expect((await test({ flow: 'tested', destination: 'unmapped' })).json()).toMatchObject({
      outcome: 'error',
      next: 'tried_again',
    })
    sink.script({ do: 'reset' })
    expect((await test({ flow: 'tested', destination: 'unmapped' })).json()).toMatchObject({
      code: 'destination.unknown_outcome',
      next: 'parked',
      exchanges: [{ response: { status: null, body: null } }],
    })
  })

  it('takes settings that stand in no flow, and lists what is wrong with them', async () => {
    const tried = await test({
      type: 'http',
      settings: { url: `${sink.url}/x`, format: 'text', body: 'Hi {{ payload.name }}' },
      payload: { name: 'Ann' },
    })
    expect(tried.json()).toMatchObject({ outcome: 'success', exchanges: [{ request: { body: 'Hi Ann' } }] })
    const wrong = await test({
      type: 'http',
      settings: { url: `${sink.url}/x`, body: '{{ lead.name }}', response: { reason_path: '//a//b' } },
    })
    expect(wrong.statusCode).toBe(422)
    expect(wrong.json().errors).toEqual([
      { field: 'settings.body', message: expect.stringContaining('did you mean payload.name?') },
      { field: 'settings.response.reason_path', message: expect.stringContaining('//') },
    ])
  })

  it('reaches no address that destinations may not reach', async () => {
    const tried = await test({
      type: 'http',
      settings: { url: 'http://169.254.169.254/latest/meta-data' },
      payload: {},
    })
    expect(tried.json()).toMatchObject({ outcome: 'error', code: 'destination.blocked' })
  })

  it('follows a redirect to no address that destinations may not reach, though the flow names its host', async () => {
    const location = 'http://169.254.169.254/latest/meta-data'
    sink.script({ do: 'answer', status: 307, headers: { location } })
    const settings = { url: `${sink.url}/x`, follow_redirects: 3, redirect_hosts: ['169.254.169.254'] }
    const tried = await test({
      type: 'http',
      settings: { ...settings, auth: { bearer: { secret: 'buyer' } } },
      payload: {},
    })
    expect(tried.json()).toMatchObject({ outcome: 'error', code: 'destination.blocked' })
    expect(tried.json().exchanges).toHaveLength(2)
    // A host that the flow does not name is not even asked for.
    sink.script({ do: 'answer', status: 302, headers: { location: 'https://elsewhere.example/' } })
    const named = await test({ type: 'http', settings: { url: `${sink.url}/x`, follow_redirects: 3 }, payload: {} })
    expect(named.json()).toMatchObject({ code: 'setting_invalid', exchanges: [{ response: { status: 302 } }] })
  })

  it.each([
    [{ flow: 'tested', destination: 'nobody' }, 404],
    [{ flow: 'nothing', destination: 'buyer' }, 404],
    [{ flow: 'tested' }, 400],
    [{ type: 'http', flow: 'tested', destination: 'buyer' }, 400],
    [{ type: 'pigeon', settings: {} }, 422],
    [{ type: 'http', settings: {} }, 422],
  ] as const)('%j is refused with %i', async (payload, status) => {
    expect((await test(payload)).statusCode).toBe(status)
  })

  it('is for those who may configure', async () => {
    const as = await api.token(READER)
    const payload = { flow: 'tested', destination: 'buyer' }
    expect((await ask('POST', '/api/v1/destinations/test', { payload, as })).statusCode).toBe(403)
    expect((await ask('GET', '/api/v1/destinations/types', { as })).statusCode).toBe(200)
  })
})

it('a connection is checked by a call of its own', async () => {
  const check = (settings: object) =>
    ask('POST', '/api/v1/destinations/check', {
      payload: { type: 'http', settings: { url: `${sink.url}/x`, ...settings } },
    })
  sink.script({ do: 'answer', status: 401 })
  expect((await check({ check_url: `${sink.url}/ping` })).json()).toMatchObject({
    outcome: 'error',
    code: 'destination.credentials',
    exchanges: [{ request: { method: 'GET', url: `${sink.url}/ping` } }],
  })
  expect((await check({ check_url: `${sink.url}/ping` })).json()).toMatchObject({ outcome: 'success' })
  expect((await check({})).statusCode).toBe(422)
})

it('each type of destination gives the schema that its form is made of', async () => {
  const { items } = (await ask('GET', '/api/v1/destinations/types')).json()
  const http = items.find(({ type }: { type: string }) => type === 'http')
  expect(http.settings.properties.url.description).toContain('https://')
  expect(http.example.url).toMatch(/^https:/)
})
