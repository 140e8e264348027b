import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let sink: Sink
let token: string
const tokens: Record<string, string> = {}
const ids: Record<string, string> = {}

const flow = () => `
flow: sold
country: US
currency: USD
fields: { first_name: first_name, email: { type: email, required: true }, phone: phone, state: state, comments: string }
sources:
  - { id: web, price: { id: base, amount: '15.00 USD' } }
  - { id: fair, price: { id: base, amount: '9.00 USD' } }
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, response: { price_path: price } }
  other: { type: http, url: "${sink.url}/other", repeat: keyed }
enrichers:
  people: { url: "${sink.url}/people", facts: { employer: employer, size: { at: size, type: number } } }
steps:
  - enrich: { from: people, send: { email: '{{ lead.email }}' } }
  - filter: { when: 'lead.state != "NY"', reason: 'No {{ lead.state }} for {{ lead.email }} of {{ lead.first_name }}, {{ appended.people.employer }}' }
  - deliver: { id: first, to: crm, map: { mail: '{{ lead.email }}' } }
  - deliver: { id: second, to: other, when: 'lead.state == "TX"' }
`

const PERSON = {
  first_name: 'Janeth',
  email: 'janeth.quill@example.com',
  phone: '(202) 555-0143',
  state: 'TX',
  comments: 'call after six',
  nickname: 'Jan Quill',
}
/** Everything of the person that nobody masked may see. */
const PERSONAL = /janeth|quill|555-?0143|2025550143|after six/i

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise({ do: 'answer', body: '{"price":"40.77","employer":"Works of J. Quill","size":12}' })
  api = await testApi()
  token = await api.signIn(ADMIN)
  const { keys } = await api.home.publish(flow())
  const keyOf = (source: string) => keys.find((each) => each.source === source)?.key
  const submit = async (source: string, values: object) => {
    const answer = await api.app.inject({
      method: 'POST',
      url: `/flows/sold/sources/${source}/submit`,
      headers: { authorization: `Bearer ${keyOf(source)}`, 'content-type': 'application/json' },
      payload: JSON.stringify(values),
    })
    return answer.json<{ lead_id: string }>().lead_id
  }
  ids.web = await submit('web', PERSON)
  ids.fair = await submit('fair', { ...PERSON, email: 'q.janeth@example.com', state: 'OK' })
  ids.rejected = await submit('web', { ...PERSON, email: 'janeth3@example.com', state: 'NY' })
  await api.deps.runner.drained()
  for (const [role, partner] of [
    ['operator', null],
    ['analyst', null],
    ['auditor', null],
    ['source_partner', { flow: 'sold', source: 'web' }],
    ['buyer_partner', { destination: 'other' }],
  ] as const) {
    const login = { email: `${role}@acme.example`, password: 'of this role', role }
    await api.addLogin(login)
    await api.home.inspect('update millrace.login set partner = $1::jsonb where role = $2', [
      partner === null ? null : JSON.stringify(partner),
      role,
    ])
    tokens[role] = await api.token(login)
  }
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const ask = asker(() => ({ api, token }))
const lead = (id: string | undefined, role: string, query = '') =>
  ask('GET', `/api/v1/leads/${id}${query}`, { as: tokens[role] ?? token })
const list = async (role: string, query = '') =>
  (await ask('GET', `/api/v1/leads${query}`, { as: tokens[role] ?? token })).json().items as { id: string }[]

describe('personal data', () => {
  it('is shown to operators, and masked for who asks for it so', async () => {
    const shown = (await lead(ids.web, 'operator')).json()
    expect([shown.personal, shown.fields.email.normal]).toEqual(['shown', PERSON.email])
    const masked = await lead(ids.web, 'operator', '?personal=masked')
    expect([masked.json().personal, PERSONAL.test(masked.body)]).toEqual(['masked', false])
  })

  it.each(['analyst', 'auditor'])('is masked for an %s, in leads, reasons and the journal', async (role) => {
    const answer = await lead(ids.web, role, '?personal=shown')
    expect(answer.body).not.toMatch(PERSONAL)
    expect(answer.json()).toMatchObject({
      personal: 'masked',
      fields: {
        email: { raw: '•••', normal: 'j•••@example.com', valid: true, masked: true, parts: {} },
        phone: { normal: '•••43' },
        first_name: { normal: '•••' },
        state: { normal: 'TX' },
        comments: { normal: '•••' },
      },
      extra: { nickname: '•••' },
      appended: { people: { employer: '•••', size: 12, outcome: 'success', reason: null } },
    })
    const rejected = (await lead(ids.rejected, role)).json()
    expect(rejected.reason).toBe('No NY for ••• of •••, •••')
    for (const id of Object.values(ids)) {
      const events = await ask('GET', `/api/v1/leads/${id}/events?personal=shown`, { as: tokens[role] ?? '' })
      expect(events.body).not.toMatch(PERSONAL)
      expect(events.json().items.length).toBeGreaterThan(3)
    }
    const trace = (await ask('GET', `/api/v1/leads/${ids.rejected}/events`, { as: tokens[role] ?? '' })).json().items
    const filtered = trace.find(({ type }: { type: string }) => type === 'filter.checked')
    expect(filtered.private.reason).toBe('No NY for ••• of •••, •••')
  })

  it('is unmasked with a reason, which the audit keeps, before it is shown', async () => {
    const unmask = (role: string, payload: object) =>
      ask('POST', `/api/v1/leads/${ids.web}/unmask`, { as: tokens[role] ?? '', payload })
    expect((await unmask('analyst', { reason: 'curious' })).statusCode).toBe(403)
    expect((await unmask('auditor', {})).statusCode).toBe(400)
    expect((await unmask('auditor', { reason: '' })).statusCode).toBe(400)
    const answer = await unmask('auditor', { reason: 'complaint 4711' })
    expect(answer.json().lead).toMatchObject({ personal: 'shown', fields: { email: { normal: PERSON.email } } })
    expect(answer.json().events.length).toBeGreaterThan(3)
    const { items } = (await ask('GET', '/api/v1/audit?action=lead.unmask')).json()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      resource_id: ids.web,
      actor: { kind: 'user' },
      private: { reason: 'complaint 4711' },
    })
  })

  it('is not found by who may not see it', async () => {
    const search = (role: string) =>
      ask('POST', '/api/v1/leads/search', { as: tokens[role] ?? '', payload: { email: PERSON.email } })
    expect((await search('operator')).json().items).toHaveLength(1)
    for (const role of ['analyst', 'source_partner', 'buyer_partner']) expect((await search(role)).statusCode).toBe(403)
  })
})

describe('a source partner', () => {
  it('sees its own leads, and never what a buyer pays', async () => {
    const rows = await list('source_partner')
    expect(rows.map(({ id }) => id).sort()).toEqual([ids.web, ids.rejected].sort())
    expect(rows.every((row) => (row as { revenue?: unknown }).revenue === null)).toBe(true)
    expect((await lead(ids.web, 'operator')).json().revenue).toBe(40.77)
    const answer = await lead(ids.web, 'source_partner')
    expect(answer.json()).toMatchObject({ price: 15, revenue: null, deliveries: [], steps: [], score: null })
    expect(answer.body).not.toMatch(/40\.77|crm/)
    expect((await lead(ids.fair, 'source_partner')).statusCode).toBe(404)
    expect(await list('source_partner', '?source=fair')).toEqual([])
    expect(await list('source_partner', '?flow=roofs')).toEqual([])
  })
})

describe('a buyer partner', () => {
  it('sees the leads that its destination took, as it was sent them, and nothing of other buyers or the source', async () => {
    expect((await list('buyer_partner')).map(({ id }) => id)).toEqual([ids.web])
    const answer = await lead(ids.web, 'buyer_partner')
    const body = answer.json()
    expect(body).toMatchObject({ fields: {}, extra: {}, price: null, revenue: null, source: '' })
    expect(body.received).toMatchObject({ email: PERSON.email })
    expect(body.deliveries.map(({ destination }: { destination: string }) => destination)).toEqual(['other'])
    expect(answer.body).not.toMatch(/crm|40\.77|15\.00/)
    for (const id of [ids.fair, ids.rejected]) expect((await lead(id, 'buyer_partner')).statusCode).toBe(404)
  })
})

it('answers a lead that is missing, another tenant’s and another’s byte for byte alike', async () => {
  const other = await api.home.addTenant('strangers')
  await api.addLogin({ tenantId: other, email: 'eve@other.example', password: 'someone else', role: 'owner' })
  const eve = await api.token({ email: 'eve@other.example', password: 'someone else' })
  const headers = { 'x-correlation-id': 'same-for-all' }
  const none = '0199aaaa-0000-7000-8000-000000000001'
  const answers = await Promise.all(
    [
      [ids.web, eve],
      [none, eve],
      ['not-an-id', eve],
      [ids.fair, tokens.source_partner],
      [none, tokens.source_partner],
    ].map(async ([id, as = '']) => {
      const answer = await ask('GET', `/api/v1/leads/${id}`, { as, headers })
      return { status: answer.statusCode, body: answer.body, headers: { ...answer.headers, date: '' } }
    }),
  )
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]?.status).toBe(404)
})
