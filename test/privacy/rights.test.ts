import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'

let api: TestApi
let token: string
const ask = asker(() => ({ api, token }))
beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const leadOf = async (values: object) => (await api.submit(values)).json<{ lead_id: string }>().lead_id
const post = (url: string, payload: object) => ask('POST', url, { payload })

describe('access', () => {
  it('gives everything held on a person, to read by program or by eye, and says that it was read', async () => {
    const id = await leadOf({ email: 'eve@example.com', first_name: '<b>Eve</b>', comments: 'roof leaks' })
    await leadOf({ email: 'other@example.com' })
    await post('/api/v1/consent/records', {
      email: 'eve@example.com',
      channels: ['email'],
      wording: 'Mail me, please.',
    })
    await ask('GET', `/api/v1/leads/${id}`)
    const made = await post('/api/v1/privacy/requests', { kind: 'access', email: 'Eve@example.com' })
    const { bundle_url: url = '' } = made.json<{ bundle_url: string }>()
    const bundle = (await ask('GET', url)).json<{
      leads: { id: string }[]
      consents: object[]
      read_by: { what: string }[]
    }>()
    expect(bundle.leads.map((lead) => lead.id)).toEqual([id])
    expect(JSON.stringify(bundle.leads)).toContain('roof leaks')
    expect(bundle.consents).toMatchObject([
      { channel: 'email', act: 'given', evidence: { wording: 'Mail me, please.' } },
    ])
    expect(bundle.read_by.map(({ what }) => what)).toContain('lead.read')
    expect(JSON.stringify(bundle)).not.toContain('other@example.com')
    const page = await ask('GET', `${url}?format=html`)
    expect(page.headers['content-type']).toContain('text/html')
    expect(page.body).toContain('roof leaks')
    expect(page.body).toContain('&#60;b&#62;')
    expect(page.body).not.toContain('<b>')
    const audit = (await ask('GET', '/api/v1/audit?action=privacy.export')).json<{ items: object[] }>()
    expect(audit.items).toHaveLength(2)
  })

  it('says how many leads it leaves out of somebody with very many', async () => {
    const email = 'bot@example.com'
    await leadOf({ email })
    const made = await post('/api/v1/privacy/requests', { kind: 'access', email })
    const read = async () =>
      (await ask('GET', made.json<{ bundle_url: string }>().bundle_url)).json<{
        leads: object[]
        leads_left_out: number
      }>()
    expect((await read()).leads_left_out).toBe(0)
    // As many rows as leads would have, without their journals.
    await api.home.inspect(
      `insert into millrace.lead select (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).*
       from millrace.lead l, generate_series(1, 1001) where l.email_key = (
         select email_key from millrace.lead order by id desc limit 1)`,
    )
    expect((await read()).leads_left_out).toBe(2)
  })
})

describe('rectification', () => {
  it('mends fields, keeps the chain, and finds the person by what is right', async () => {
    const id = await leadOf({ email: 'wrnog@example.com', comments: 'look at me' })
    const mended = await post('/api/v1/privacy/requests', {
      kind: 'rectify',
      lead_id: id,
      fields: { email: 'right@example.com' },
    })
    expect(mended.statusCode).toBe(202)
    const lead = (await ask('GET', `/api/v1/leads/${id}`)).json<{ fields: { email: { normal: string } } }>()
    expect(lead.fields.email.normal).toBe('right@example.com')
    const found = (await post('/api/v1/leads/search', { email: 'right@example.com' })).json<{
      items: { id: string }[]
    }>()
    expect(found.items.map((item) => item.id)).toEqual([id])
    expect(
      (await post('/api/v1/leads/search', { email: 'wrnog@example.com' })).json<{ items: object[] }>().items,
    ).toEqual([])
  })

  it.each([
    ['a field that is none', { nickname: 'x' }],
    ['a value that is none', { email: 'not an address' }],
  ])('refuses %s', async (_, fields) => {
    const id = await leadOf({ email: `r${Object.keys(fields)[0]}@example.com` })
    const answer = await post('/api/v1/privacy/requests', { kind: 'rectify', lead_id: id, fields })
    expect(answer.statusCode).toBe(400)
    expect(answer.body).not.toContain('not an address')
  })
})

describe('restriction and objection', () => {
  it.each(['restrict', 'object'] as const)('%s stands until it is lifted', async (kind) => {
    const email = `${kind}@example.com`
    await leadOf({ email })
    expect((await post('/api/v1/privacy/requests', { kind, email })).json<{ status: string }>().status).toBe('done')
    const why = kind === 'restrict' ? 'restricted' : 'objected'
    expect(await api.home.inspect('select from millrace.person_block where why = $1', [why])).toHaveLength(1)
    expect((await post('/api/v1/privacy/lift', { email, why })).json()).toEqual({ lifted: 1 })
    expect((await post('/api/v1/privacy/lift', { email, why })).json()).toEqual({ lifted: 0 })
  })
})

describe('consent over HTTP', () => {
  const phone = '+15125550188'
  const state = async (at?: string) =>
    Object.fromEntries(
      (await post('/api/v1/consent/state', { phone, ...(at && { at }) }))
        .json<{ channels: { channel: string; state: string }[] }>()
        .channels.map((each) => [each.channel, each.state]),
    )

  it('is given, read, and taken back by a reply', async () => {
    await post('/api/v1/consent/records', { phone, channels: ['call', 'sms'], wording: 'Yes.', given_at: '2026-01-02' })
    expect(await state()).toMatchObject({ call: 'given', sms: 'given', share: 'none' })
    const other = (await post('/api/v1/consent/replies', { from: phone, text: 'Stop by at five?' })).json()
    expect(other).toMatchObject({ revoked: false })
    const reply = (await post('/api/v1/consent/replies', { from: phone, text: ' STOP.' })).json()
    expect(reply).toMatchObject({ revoked: true, keyword: 'stop' })
    expect(await state()).toMatchObject({ call: 'given', sms: 'revoked' })
    expect(await state('2026-01-01')).toMatchObject({ call: 'none', sms: 'none' })
    expect(await state('2026-06-01')).toMatchObject({ sms: 'given' })
  })

  it.each([
    ['records', { channels: ['call'], wording: 'Yes.' }],
    ['records', { channels: ['email', 'sms'], wording: 'Yes.' }],
    ['revocations', { channels: ['call'] }],
    ['links', { channels: ['sms'] }],
  ])('refuses %s of a channel that nothing known of the person stands for, and writes nothing', async (kind, body) => {
    const email = 'no-phone@example.com'
    const answer = await post(`/api/v1/consent/${kind}`, { email, ...body })
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
      400,
      expect.stringMatching(/^channels: (?:call|sms) needs the phone of the person/),
    ])
    expect((await post('/api/v1/consent/state', { email })).json<{ records: object[] }>().records).toEqual([])
  })

  it('is taken back by a link that names nobody: looking does nothing, one click does', async () => {
    const { url } = (await post('/api/v1/consent/links', { phone, channels: ['call'] })).json<{ url: string }>()
    expect(url).not.toContain('5550188')
    const look = await api.app.inject({ method: 'GET', url })
    expect([look.statusCode, look.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await state()).toMatchObject({ call: 'given' })
    const click = await api.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'List-Unsubscribe=One-Click',
    })
    expect(click.statusCode).toBe(200)
    expect(await state()).toMatchObject({ call: 'revoked' })
    for (const wrong of [`${url.slice(0, -2)}xx`, '/consent/abc', '/consent/'])
      expect((await api.app.inject({ method: 'POST', url: wrong })).statusCode).toBe(404)
  })

  it('is taken back by an operator, who hears the deadline', async () => {
    const answer = await post('/api/v1/consent/revocations', { phone, note: 'said so on the phone' })
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toMatchObject({ kind: 'revoke', status: 'done', overdue: false })
    expect(await state()).toEqual({ call: 'revoked', sms: 'revoked', email: 'revoked', share: 'revoked' })
  })
})
