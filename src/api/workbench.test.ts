import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const READER = { email: 'reader@acme.example', password: 'only reading', role: 'analyst' }

const FLOW = `
flow: bench
currency: USD
zone: America/Chicago
fields:
  first_name: first_name
  email: { type: email, required: true }
  phone: phone
  state: state
  age: number
  area: { type: string, compute: lead.phone.area }
accept:
  - { when: 'lead.age >= 18 && lead.state in ["TX", "OK"]', else: 'Not for {{ lead.state }}', field: state }
sources:
  - id: web
  - id: partner
    mapping: { state: '{{ incoming.region | upcase }}', age: contact.age }
destinations:
  crm: { type: http, url: 'https://crm.example.com/leads' }
enrichers:
  people: { url: 'https://people.example.com/', facts: { size: { at: size, type: number } }, sample: { size: 120 } }
steps:
  - verify: { id: known, from: people, send: { email: '{{ lead.email }}' }, pass: appended.people.size > 100, failed: flag }
  - dedupe: { id: once, on: [[email]], within: 30d }
  - score: { points: [{ id: local, when: 'lead.area == "512"', points: 60 }, { id: free, when: lead.email.is_free, points: 5 }] }
  - classify: { rules: [{ class: hot, when: lead.score >= 50 }], else: cold }
  - filter: { id: hot-only, when: 'lead.class == "hot"', reason: 'Too cold: {{ lead.score }}' }
  - deliver: { to: crm, map: { Name: '{{ lead.first_name }}', Score: '{{ lead.score }}', City: '{{ extra.city }}' } }
`

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(READER)
  token = await api.signIn(ADMIN)
  await api.home.publish(FLOW)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const preview = (payload: object, over: { as?: string; flow?: string } = {}) =>
  ask('POST', `/api/v1/flows/${over.flow ?? 'bench'}/preview`, { payload, ...(over.as && { as: over.as }) })

interface Step {
  readonly id: string
}
const stepOf = (answer: { json(): { steps: readonly Step[] } }, id: string) =>
  answer.json().steps.find((step) => step.id === id)

const VALUES = {
  first_name: 'ADA',
  email: 'Ada@gmail.com',
  phone: '(512) 555-0142',
  state: 'Texas',
  age: '40',
  city: 'Austin',
}

describe('POST /api/v1/flows/{id}/preview', () => {
  it('shows what was mapped and parsed, what each rule saw, and what each template writes', async () => {
    const answer = await preview({ values: VALUES })
    expect(answer.statusCode).toBe(200)
    const body = answer.json()
    expect(body).toMatchObject({ flow: 'bench', version: 1, source: 'web', lead_id: null, extra: { city: 'Austin' } })
    expect(body.fields[1]).toMatchObject({
      name: 'email',
      type: 'email',
      from: [{ way: 'name', text: 'email' }],
      raw: 'Ada@gmail.com',
      valid: true,
      parts: { is_free: true },
    })
    expect(body.fields[5]).toMatchObject({
      name: 'area',
      from: [{ way: 'computed', text: 'lead.phone.area' }],
      normal: '512',
    })
    expect(
      body.steps.map(({ id, outcome, reached }: { id: string; outcome: string; reached: boolean }) => [
        id,
        outcome,
        reached,
      ]),
    ).toEqual([
      ['flow.accept', 'success', true],
      ['known', 'asks', true],
      ['once', 'asks', true],
      ['score', 'success', true],
      ['classify', 'success', true],
      ['hot-only', 'success', true],
      ['deliver', 'asks', true],
    ])
    expect(stepOf(answer, 'flow.accept')).toMatchObject({
      rules: [{ path: 'criteria[0].when', holds: true, saw: { 'lead.age': 40, 'lead.state': 'TX' }, unmet: [] }],
    })
    // No enricher is asked: it is taken to say what it says of test leads.
    expect(stepOf(answer, 'known')).toMatchObject({
      asks: 'facts.fetch',
      rules: [{ path: 'pass', holds: true, saw: { 'appended.people.size': 120 } }],
    })
    expect(stepOf(answer, 'once')).toMatchObject({ asks: 'identity.claim' })
    expect(stepOf(answer, 'score')).toMatchObject({ set: { score: 65 }, rules: [{ holds: true }, { holds: true }] })
    expect(stepOf(answer, 'classify')).toMatchObject({ set: { class: 'hot' }, rules: [{ saw: { 'lead.score': 65 } }] })
    expect(stepOf(answer, 'deliver')).toMatchObject({
      templates: [
        { path: 'map.Name', value: 'Ada', missing: [] },
        { path: 'map.Score', value: 65 },
        { path: 'map.City', value: 'Austin' },
      ],
    })
    expect(body.after).toEqual({ score: 65, class: 'hot', route: null, price: null })
  })

  it('says which rule failed, what it saw and what it wanted, and goes on showing', async () => {
    const answer = await preview({ values: { ...VALUES, state: 'NY', email: 'ada' } })
    expect(stepOf(answer, 'flow.accept')).toMatchObject({
      outcome: 'rejected',
      code: 'invalid_field',
      field_errors: { email: 'Invalid format', state: 'Not for NY' },
      rules: [{ holds: false, unmet: [{ wanted: 'lead.state in ["TX", "OK"]', saw: { 'lead.state': 'NY' } }] }],
      templates: [{ path: 'criteria[0].else', value: 'Not for NY' }],
    })
    expect(stepOf(answer, 'deliver')).toMatchObject({
      reached: false,
      templates: [{ value: 'Ada' }, { value: 60 }, { value: 'Austin', missing: [] }],
    })
  })

  it('takes another source, a draft, a lead in part, and a time', async () => {
    const partner = await preview({
      source: 'partner',
      values: { region: 'ok', contact: { age: 20 }, email: 'a@b.example' },
    })
    expect(partner.json().fields.slice(3, 5)).toMatchObject([
      { normal: 'OK', from: [{ way: 'template', text: '{{ incoming.region | upcase }}' }] },
      { normal: 20, from: [{ way: 'path', text: 'contact.age' }] },
    ])
    const part = await preview({ values: { state: 'TX' }, partial: true })
    expect(stepOf(part, 'flow.accept')).toMatchObject({ outcome: 'success', rules: [{ holds: true }] })
    expect((await preview({ lead: VALUES })).json()).toEqual((await preview({ values: VALUES })).json())
    const draft = await preview({ document: FLOW.replace('"TX", "OK"', '"NY"'), values: { ...VALUES, state: 'NY' } })
    expect(draft.json()).toMatchObject({ version: null })
    expect(stepOf(draft, 'flow.accept')).toMatchObject({ outcome: 'success' })
  })

  it('runs a stored lead through a draft, and leaves it as it is', async () => {
    const sent = await api.home.submit('bench', 'web', VALUES)
    const id = sent.answer.lead_id
    const before = (await ask('GET', `/api/v1/leads/${id}/events`)).json().items.length
    const answer = await preview({ lead_id: id, document: FLOW.replace('points: 60', 'points: 10') })
    expect(answer.json()).toMatchObject({ lead_id: id, version: null })
    expect(stepOf(answer, 'hot-only')).toMatchObject({ outcome: 'rejected', reason: 'Too cold: 15' })
    expect((await ask('GET', `/api/v1/leads/${id}/events`)).json().items).toHaveLength(before)
  })

  it('refuses in one line what it cannot show', async () => {
    expect((await preview({})).json()).toMatchObject({ status: 400, detail: 'lead_id: give either this or values' })
    expect((await preview({ values: {} }, { flow: 'none' })).statusCode).toBe(404)
    expect((await preview({ values: {}, version: 9 })).statusCode).toBe(404)
    expect((await preview({ values: {}, source: 'nobody' })).json().detail).toContain('there are web, partner')
    expect((await preview({ lead_id: '01a20767-34dd-7067-84a6-48e4c9f07dca' })).statusCode).toBe(404)
    expect((await preview({ lead_id: 'x' })).statusCode).toBe(400)
    const draft = await preview({ values: {}, document: FLOW.replace('lead.area', 'lead.aera') })
    expect(draft.statusCode).toBe(422)
    expect(draft.json()).toMatchObject({
      code: 'flow_invalid',
      problems: [{ code: 'unknown_field', suggestion: 'area' }],
    })
    const reader = await api.token(READER)
    expect((await preview({ values: VALUES }, { as: reader })).statusCode).toBe(200)
    const stored = await api.home.submit('bench', 'web', { ...VALUES, email: 'b@gmail.com' })
    expect((await preview({ lead_id: stored.answer.lead_id }, { as: reader })).statusCode).toBe(403)
  })

  it('shows no lead of another tenant', async () => {
    const other = await api.home.addTenant('other')
    await api.home.publish(FLOW, other)
    await api.addLogin({ tenantId: other, email: 'them@other.example', password: 'other words', role: 'admin' })
    const theirs = await api.token({ email: 'them@other.example', password: 'other words' })
    const { answer } = await api.home.submit('bench', 'web', { ...VALUES, email: 'c@gmail.com' })
    expect((await preview({ lead_id: answer.lead_id }, { as: theirs })).statusCode).toBe(404)
  })
})

describe('POST /api/v1/rules/convert', () => {
  const convert = async (payload: object) => (await ask('POST', '/api/v1/rules/convert', { payload })).json()

  it('turns either form into the other', async () => {
    const structured = {
      all: [
        { field: 'age', op: 'is_greater_than', value: 17 },
        { field: 'state', op: 'is_included_in', value: ['TX'] },
      ],
    }
    const text = 'lead.age > 17 && lead.state in ["TX"]'
    expect(await convert({ rule: text, flow: 'bench' })).toEqual({ text, structured, problems: [] })
    expect(await convert({ rule: structured, flow: 'bench' })).toMatchObject({ structured, problems: [] })
  })

  it('tells what is wrong with it', async () => {
    expect(await convert({ rule: 'lead.aeg > 17', flow: 'bench' })).toMatchObject({
      problems: [{ code: 'unknown_field' }],
    })
    expect(await convert({ rule: { field: 'age', op: 'is_more' }, flow: 'bench' })).toMatchObject({
      text: '',
      problems: [{ message: 'unknown operator "is_more"' }],
    })
    expect(await convert({ rule: 5 })).toMatchObject({ status: 400 })
    expect(await convert({ rule: 'lead.anything.at.all == 1' })).toMatchObject({ problems: [] })
  })
})
