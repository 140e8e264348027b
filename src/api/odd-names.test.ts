import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

/** Names that every object answers to, or takes for its prototype, are names like any other: in flows and in what is sent. */

let api: TestApi
let sink: Sink
let token: string
let key: string
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise(() => ({ do: 'answer', body: JSON.stringify({ id: 'r', constructor: 'yes' }) }))
  api = await testApi()
  token = await api.signIn(ADMIN)
  const { keys } = await api.home.publish(`
flow: builders
fields:
  email: { type: email, required: true }
  builder: string
  note: string
  under: string
sources:
  - { id: web, mapping: { builder: constructor, under: ['["__proto__"].b', valueOf.name] } }
enrichers:
  constructor:
    type: http
    url: "${sink.url}/constructor"
    facts: { constructor: constructor }
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed }
steps:
  - enrich: { id: constructor, from: constructor, send: { email: '{{ lead.email }}' }, when: 'lead.note == "enrich"' }
  - set: { fields: { note: 'told {{ appended.constructor.constructor }}' }, when: 'lead.note != null' }
  - deliver: { to: crm, map: { email: '{{ lead.email }}', constructor: '{{ lead.builder }}' } }
`)
  key = keys[0]?.key ?? ''
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const post = async (type: string, payload: string) => {
  const headers = { authorization: `Bearer ${key}`, 'content-type': type }
  const answer = await api.app.inject({ method: 'POST', url: '/flows/builders/sources/web/submit', headers, payload })
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)])
  return answer.json<{ lead_id: string }>().lead_id
}
const read = async (lead: string) => {
  const found = await api.home.house.reader.read(api.home.tenantId, lead)
  if (!found) throw new Error('there is no such lead')
  return found
}
/** What the last delivery carried. */
const sent = () => JSON.parse(sink.requests.findLast(({ path }) => path === '/crm')?.body ?? '')
const fieldOf = async (lead: string, field: string) => (await read(lead)).lead.fields[field]

describe('a key named constructor', () => {
  it('is mapped to its field, and delivered', async () => {
    const lead = await post('application/json', '{"email":"a@example.com","constructor":"Bob"}')
    expect(await fieldOf(lead, 'builder')).toMatchObject({ raw: 'Bob', normal: 'Bob', valid: true })
    expect(sent()).toEqual({ constructor: 'Bob', email: 'a@example.com' })
  })

  it('is nothing where it is not sent', async () => {
    const lead = await post('application/json', '{"email":"b@example.com"}')
    const { lead: known, events } = await read(lead)
    expect(known.fields).toMatchObject({ builder: { raw: null, normal: null } })
    expect(events.find(({ type }) => type === 'lead.mapped')?.data).toMatchObject({ fields: 1, invalid: [] })
    expect(sent()).toEqual({ email: 'b@example.com' })
  })

  it('is described to senders, as what lies under others is, and what they are shown can be sent', async () => {
    const posting = (await ask('GET', '/api/v1/flows/builders/sources/web/posting')).json()
    const example = posting.samples.find(
      (sample: { content_type: string }) => sample.content_type === 'application/json',
    )
    const lead = await post('application/json', example.body)
    expect(await fieldOf(lead, 'builder')).toMatchObject({ raw: expect.any(String) })
    expect(await fieldOf(lead, 'under')).toMatchObject({ raw: expect.any(String) })
    const document = (await api.app.inject({ method: 'GET', url: posting.openapi_url })).body
    expect(document).toContain('"__proto__":{"type":"object","properties":{"b":')
  })
})

it('no field can be called so, and the check says why', () => {
  const problems = api.home.house.check(
    'flow: f\nfields: { constructor: string }\nsources: [ { id: web } ]\nsteps: []\n',
  )
  expect(problems).toMatchObject([{ code: 'reserved_name', message: expect.stringContaining('"constructor"') }])
})

it('an enricher and a fact of that name say nothing before they are asked, and what they were told after', async () => {
  const before = await post('application/json', '{"email":"f@example.com","note":"no"}')
  expect(await fieldOf(before, 'note')).toMatchObject({ normal: 'told' })
  const after = await post('application/json', '{"email":"g@example.com","note":"enrich"}')
  expect(await fieldOf(after, 'note')).toMatchObject({ normal: 'told yes' })
})

const ODD = ['__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'] as const

describe('keys that every object answers to', () => {
  const values = ODD.map((name) => [name, `its ${name}`] as const)
  it.each([
    ['application/json', `{"email":"EMAIL",${values.map(([name, value]) => `"${name}":"${value}"`).join(',')}}`],
    [
      'application/x-www-form-urlencoded',
      `email=EMAIL&${values.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`,
    ],
    [
      'application/xml',
      `<lead><email>EMAIL</email>${values.map(([name, value]) => `<${name}>${value}</${name}>`).join('')}</lead>`,
    ],
  ])('are kept and shown: %s', async (type, body) => {
    const lead = await post(type, body.replace('EMAIL', `odd.${type.replace(/\W/g, '.')}@example.com`))
    expect(Object.entries((await read(lead)).lead.extra)).toEqual(expect.arrayContaining(values as never))
    const shown = (await ask('GET', `/api/v1/leads/${lead}`)).body
    for (const [name, value] of values) expect(shown).toContain(`"${name}":"${value}"`)
    const again = await ask('POST', `/api/v1/leads/${lead}/rerun`, { payload: { reason: 'once more' } })
    expect(again.statusCode).toBeLessThan(500)
  })

  it('lead into what lies under them, and nowhere else', async () => {
    const own = await post('application/json', '{"email":"h@example.com","__proto__":{"b":"own"}}')
    expect(await fieldOf(own, 'under')).toMatchObject({ normal: 'own' })
    const none = await post('application/json', '{"email":"i@example.com","x":{}}')
    expect(await fieldOf(none, 'under')).toMatchObject({ normal: null })
    expect(({} as Record<string, unknown>).b).toBeUndefined()
  })
})
