import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const keys: Record<string, string> = {}

const NESTED = `
flow: nested
name: Homes & <Gardens>
country: US
fields:
  first_name: { type: first_name, required: true }
  full: { type: full_name, compute: '{{ lead.first_name }} Doe' }
  email: { type: email, required: true, label: Work email }
  phone: { type: phone, required: true }
  state: state
  postal_code: postal_code
  dob: dob
  homeowner: boolean
  age: number
  service: string
  kind: string
accept:
  - { when: 'lead.state in ["OK", "NM"]', else: We do not work there, field: state }
  - { when: 'lead.phone.area == "405"' }
  - when: { all: [{ field: dob.age, op: is_between, value: [25, 60] }, { field: homeowner, op: is_true }] }
  - { when: 'lead.email.domain != "example.com"' }
suppress: { lists: [dnc], match: [phone] }
sources:
  - id: web
    accept: [{ when: 'startsWith(lead.service, "roof")', else: 'Not: {{ lead.service }}' }]
  - id: partner
    success_status: 200
    id_field: ref
    mapping:
      phone: contact.numbers[0].mobile
      email: contact.email
      state: '{{ incoming.region | upcase }}'
      service: { template: 'roof {{ incoming.work }}' }
      kind: { value: bought }
  - { id: off, enabled: false }
steps:
  - dedupe: { id: once, on: [[email], [phone]] }
  - filter: { when: 'lead.age >= 21 && lead.age < 30 || lead.age > 90' }
`

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  for (const { source, key } of (await api.home.publish(NESTED)).keys) keys[source] = key
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

interface Sample {
  readonly format: string
  readonly method: 'POST' | 'GET'
  readonly content_type: string | null
  readonly query: string
  readonly body: string | null
}

const posting = async (flow: string, source: string) => ask('GET', `/api/v1/flows/${flow}/sources/${source}/posting`)

const post = (url: string, key: string, { method, query, content_type: type, body }: Sample) =>
  api.app.inject({
    method,
    url: url + query,
    headers: { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }) },
    ...(body !== null && { payload: body }),
  })

describe('posting instructions', () => {
  it.each([
    ['nested', 'web', ['json', 'form', 'xml', 'query']],
    // A list of one reads in XML as what is in it.
    ['nested', 'partner', ['json', 'form', 'xml', 'query']],
    ['roofs', 'web', ['json', 'form', 'xml', 'query']],
  ])('of %s/%s have samples that are accepted as they stand', async (flow, source, formats) => {
    const { samples, unmet, submit_url: url } = (await posting(flow, source)).json()
    expect(unmet).toEqual([])
    expect(samples.map(({ format }: Sample) => format)).toEqual(formats)
    const key = (flow === 'roofs' ? api.keys[source] : keys[source]) ?? ''
    for (const sample of samples as Sample[]) {
      const answer = await post(url, key, sample)
      expect({ format: sample.format, ...answer.json() }).toMatchObject({
        format: sample.format,
        accepted: true,
        reason: null,
      })
      expect(answer.statusCode).toBe(source === 'partner' ? 200 : 201)
    }
  })

  it('say what is sent under which name, what is needed, and what is accepted, in words', async () => {
    const { fields, rules } = (await posting('nested', 'partner')).json()
    expect(fields.map(({ key, required }: { key: string; required: boolean }) => [key, required])).toEqual([
      ['first_name', true],
      ['contact.email', true],
      ['contact.numbers[0].mobile', true],
      ['region', false],
      ['postal_code', false],
      ['dob', false],
      ['homeowner', false],
      ['age', false],
      ['work', false],
    ])
    expect(rules).toEqual([
      { of: 'flow', words: 'State is one of OK or NM', reason: 'We do not work there' },
      { of: 'flow', words: 'area of Phone is 405', reason: null },
      { of: 'flow', words: 'age of Dob is between 25 and 60 and Homeowner is yes', reason: null },
      { of: 'flow', words: 'domain of Work email is not example.com', reason: null },
    ])
    const web = (await posting('nested', 'web')).json()
    expect(web.rules.at(-1)).toEqual({ of: 'source', words: 'Service begins with roof', reason: null })
  })

  it('stand as a page at a secret address, without script, with nothing unescaped', async () => {
    const { page_url: url, openapi_url: other } = (await posting('nested', 'partner')).json()
    const page = await api.app.inject({ method: 'GET', url, headers: { accept: 'text/html' } })
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.body).toContain('Homes &amp; &lt;Gardens&gt;')
    expect(page.body).not.toMatch(/<Gardens>|<script/)
    expect(page.body).toContain('State is one of OK or NM')
    expect(page.body).toContain('/flows/nested/sources/partner/submit')
    const openapi = (await api.app.inject({ method: 'GET', url: other })).json()
    expect(openapi).toMatchObject({ openapi: '3.1.0' })
    expect(Object.keys(openapi.paths)).toEqual(['/flows/nested/sources/partner/submit'])
    const { Lead } = openapi.components.schemas
    expect(Lead.required).toEqual(['first_name', 'contact'])
    expect(Lead.properties.contact.required).toEqual(['email', 'numbers'])
    expect(Lead.properties.contact.properties.numbers.items.properties.mobile.title).toBe('Phone')
    // Nobody is let in with a changed address.
    for (const wrong of [url.slice(0, -1), `${url}x`, url.replace('/posting/', '/posting/W'), '/posting/x'])
      expect((await api.app.inject({ method: 'GET', url: wrong })).statusCode).toBe(404)
  })

  it('follow the flow, and tell of a source that is off', async () => {
    const { page_url: url } = (await posting('nested', 'off')).json()
    expect((await api.app.inject({ method: 'GET', url })).body).toContain('switched off')
    await api.home.publish(NESTED.replace('"OK", "NM"', '"AZ"'))
    expect((await api.app.inject({ method: 'GET', url })).body).toContain('State is one of AZ')
  })

  it('tell where no sample was found that passes', async () => {
    await api.home.publish(
      'flow: never\nfields: { a: string }\naccept: [{ when: \'lead.a == "x" && lead.a == "y"\' }]\nsources: [{ id: web }]\n',
    )
    const { unmet, page_url: url } = (await posting('never', 'web')).json()
    expect(unmet).toEqual(['A is x and A is y'])
    expect((await api.app.inject({ method: 'GET', url })).body).toContain('do not fulfil: A is x and A is y')
  })

  it('are shown to staff, and to a partner for its own source alone', async () => {
    expect((await posting('none', 'web')).statusCode).toBe(404)
    expect((await posting('nested', 'none')).statusCode).toBe(404)
    expect((await api.app.inject({ method: 'GET', url: '/api/v1/flows/nested/sources/web/posting' })).statusCode).toBe(
      401,
    )
  })
})
