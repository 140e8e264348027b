import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, FLOW, type TestApi, testApi } from '../../test/support/api.ts'
import { suppressionKey } from '../handlers/suppression.ts'

let api: TestApi
let token: string
const VIEWER = { email: 'viewer@acme.example', password: 'only looks', role: 'viewer' }
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }
let otherTenant: string

beforeAll(async () => {
  api = await testApi()
  otherTenant = await api.home.addTenant('other')
  await api.addLogin(ADMIN)
  await api.addLogin(VIEWER)
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
  token = await api.token(ADMIN)
})
afterAll(() => api.close())

const ask = async (
  method: NonNullable<InjectOptions['method']>,
  url: string,
  over: { payload?: object; as?: string; app?: FastifyInstance; headers?: Record<string, string> } = {},
) => {
  const { payload, as = token, app = api.app, headers = {} } = over
  return app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${as}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
}

describe('login', () => {
  const login = (payload: object, app = api.app) => app.inject({ method: 'POST', url: '/api/v1/auth/login', payload })

  it('gives a token for 15 minutes, however the email is written', async () => {
    const answer = await login({ email: ' ADMIN@acme.example ', password: ADMIN.password })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 })
    const as = answer.json().access_token
    expect((await ask('GET', '/api/v1/leads', { as })).statusCode).toBe(200)
    const start = api.clock.now()
    api.clock.set(start + 901_000)
    const late = await ask('GET', '/api/v1/leads', { as })
    api.clock.set(start)
    expect([late.statusCode, late.headers['www-authenticate']]).toEqual([401, 'Bearer realm="millrace"'])
  })

  it('says the same of a wrong password and of an unknown email', async () => {
    const wrong = await login({ email: ADMIN.email, password: 'wrong' })
    const unknown = await login({ email: 'nobody@acme.example', password: 'wrong' })
    expect([wrong.statusCode, unknown.statusCode]).toEqual([401, 401])
    expect(wrong.json().detail).toBe('The email or the password is wrong.')
    expect(unknown.json().detail).toBe(wrong.json().detail)
  })

  it('ends after ten wrong tries, for that email, and begins again', async () => {
    const email = 'tried@acme.example'
    await api.addLogin({ email, password: 'right', role: 'viewer' })
    const tries = await Promise.all(Array.from({ length: 11 }, () => login({ email, password: 'wrong' })))
    expect(tries.filter(({ statusCode }) => statusCode === 401)).toHaveLength(10)
    const refused = tries.find(({ statusCode }) => statusCode === 429)
    expect(refused?.json().code).toBe('rate_limited')
    expect((await login({ email, password: 'right' })).statusCode).toBe(429)
    expect((await login({ email: VIEWER.email, password: VIEWER.password })).statusCode).toBe(200)
    api.clock.advance(Number(refused?.headers['retry-after']) * 1000)
    expect((await login({ email, password: 'right' })).statusCode).toBe(200)
    token = await api.token(ADMIN)
  })

  it('names every field that is wrong, and no value', async () => {
    const answer = await login({ email: 7, secret: 'x' })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual(
      expect.arrayContaining([
        { field: 'password', message: 'is missing' },
        { field: 'secret', message: 'is not known here' },
        { field: 'email', message: 'must be string' },
      ]),
    )
    const broken = await api.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      headers: { 'content-type': 'application/json' },
      payload: '{"email":"admin@acme.example","password":hunter2}',
    })
    expect(broken.statusCode).toBe(400)
    expect(broken.json().detail).toMatch(/^body: line 1, column \d+: expected a value$/)
  })

  it('is needed, and a token of another key or algorithm is none', async () => {
    const [head = '', body = ''] = token.split('.')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
    for (const as of ['', 'x', `${head}.${body}.AAAA`, unsigned, api.keys.web ?? '']) {
      expect((await ask('GET', '/api/v1/leads', { as })).statusCode).toBe(401)
    }
    expect((await api.app.inject({ url: '/api/v1/leads' })).statusCode).toBe(401)
  })

  it('gives each role its rights', async () => {
    const as = await api.token(VIEWER)
    expect((await ask('GET', '/api/v1/flows', { as })).statusCode).toBe(200)
    for (const [method, url, payload] of [
      ['PUT', '/api/v1/secrets/x', { value: 'x' }],
      ['POST', '/api/v1/flows', { document: FLOW }],
      ['PUT', '/api/v1/leads/0199aaaa-0000-7000-8000-000000000001/review', { decision: 'approve' }],
    ] as const) {
      const answer = await ask(method, url, { as, payload })
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden'])
    }
    await api.addLogin({ email: 'odd@acme.example', password: 'odd', role: 'constructor' })
    const odd = await api.token({ email: 'odd@acme.example', password: 'odd' })
    expect((await ask('GET', '/api/v1/leads', { as: odd })).statusCode).toBe(403)
  })
})

describe('leads', () => {
  const ids: string[] = []
  let reviewed: string

  beforeAll(async () => {
    for (let n = 0; n < 5; n += 1) {
      const state = n === 3 ? 'NY' : 'TX'
      const answer = await api.submit({
        first_name: 'Janeth',
        email: `j${n}@example.com`,
        phone: '(202) 555-0143',
        state,
      })
      ids.unshift(answer.json().lead_id)
      api.clock.advance(60_000)
    }
    const parked = await api.submit({ first_name: 'Janeth', email: 'r@example.com', comments: 'please look at me' })
    reviewed = parked.json().lead_id
    await api.deps.runner.drained()
    token = await api.token(ADMIN)
  })

  const list = async (query: string) => (await ask('GET', `/api/v1/leads?${query}`)).json()
  const idsOf = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id)

  it('are listed newest first, page by page', async () => {
    const all = [reviewed, ...ids]
    const first = await list('limit=4')
    expect(idsOf(first)).toEqual(all.slice(0, 4))
    const second = await list(`limit=4&cursor=${first.next_cursor}`)
    expect(idsOf(second)).toEqual(all.slice(4))
    expect(second.next_cursor).toBeNull()
    expect((await list('limit=6')).next_cursor).toBeNull()
    expect(first.items[1]).toMatchObject({
      flow: 'roofs',
      flow_version: 1,
      source: 'web',
      outcome: 'success',
      price: 15,
      currency: 'USD',
      test: false,
      received_at: expect.stringMatching(/^2026-11-23T\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
  })

  it('are found by what they came to and when', async () => {
    expect(idsOf(await list('outcome=failure'))).toEqual([ids[1]])
    expect(idsOf(await list('code=filtered&source=web&flow=roofs'))).toEqual([ids[1]])
    expect(idsOf(await list('status=pending_review'))).toEqual([reviewed])
    expect(idsOf(await list('source=partner'))).toEqual([])
    const { received_at: at } = (await list('limit=3')).items[2]
    expect(idsOf(await list(`from=${at}`))).toEqual([reviewed, ids[0], ids[1]])
    expect(idsOf(await list(`to=${at}`))).toEqual(ids.slice(2))
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=many', 'limit'],
    ['cursor=zzz', 'cursor'],
    ['from=yesterday', 'from'],
    ['to=2026-13-45', 'to'],
    ['flow=a&flow=b', 'flow'],
    ['colour=red', 'colour'],
  ])('are not listed for %s', async (query, field) => {
    const answer = await ask('GET', `/api/v1/leads?${query}`)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual([{ field, message: expect.any(String) }])
  })

  it('are found by email and phone, however they are written', async () => {
    const search = async (payload: object) => ask('POST', '/api/v1/leads/search', { payload })
    expect(idsOf((await search({ email: ' J2@Example.com ' })).json())).toEqual([ids[2]])
    expect(idsOf((await search({ phone: '+1 202-555-0143', limit: 2 })).json())).toHaveLength(2)
    expect(idsOf((await search({ phone: '2025550143', flow: 'roofs' })).json())).toHaveLength(5)
    expect(idsOf((await search({ email: 'nobody@example.com' })).json())).toEqual([])
    for (const payload of [{}, { email: 'nonsense' }, { phone: '12' }, { phone: '2025550143', flow: 'none' }]) {
      const answer = await search(payload)
      expect(answer.statusCode).toBe(400)
      expect(answer.body).not.toContain('nonsense')
    }
  })

  it('are read with their fields, and why they ended so', async () => {
    const answer = await ask('GET', `/api/v1/leads/${ids[1]}`)
    expect(answer.json()).toMatchObject({
      id: ids[1],
      accepted: false,
      code: 'filtered',
      reason: 'State not serviced: NY',
      price: 0,
      mode: 'sync',
      pending: null,
      deliveries: [],
      fields: {
        first_name: { raw: 'Janeth', normal: 'Janeth', valid: true, masked: false },
        phone: { raw: '(202) 555-0143', normal: '+12025550143', valid: true },
        state: { normal: 'NY' },
      },
    })
    const waiting = await ask('GET', `/api/v1/leads/${reviewed}`)
    expect(waiting.json()).toMatchObject({
      accepted: null,
      status: 'pending_review',
      pending: { code: 'awaiting_review', meaning: 'a person must decide', step: 'look' },
    })
  })

  it('have their journal read', async () => {
    const { items } = (await ask('GET', `/api/v1/leads/${ids[1]}/events`)).json()
    expect(items[0]).toMatchObject({
      type: 'lead.received',
      seq: expect.any(Number),
      position: expect.any(Number),
      at: expect.stringMatching(/^2026-11-23T.*Z$/),
      data: { flow: 'roofs', source: 'web', format: 'json' },
      private: { ip: '127.0.0.1' },
    })
    expect(items.at(-1)).toMatchObject({ type: 'source.closed', data: { code: 'filtered' } })
  })

  it('of others are as unknown as those that never were', async () => {
    const as = await api.token(STRANGER)
    const urls = [`/api/v1/leads/${ids[0]}`, '/api/v1/leads/0199aaaa-0000-7000-8000-000000000001', '/api/v1/leads/x']
    const answers = [
      ...(await Promise.all(urls.flatMap((url) => [ask('GET', url, { as }), ask('GET', `${url}/events`, { as })]))),
      await ask('PUT', `/api/v1/leads/${reviewed}/review`, { as, payload: { decision: 'approve' } }),
      await ask('PUT', '/api/v1/leads/x/review', { payload: { decision: 'approve' } }),
    ]
    for (const answer of answers) {
      expect([answer.statusCode, answer.json().detail]).toEqual([404, 'There is no such lead'])
    }
    expect((await ask('GET', '/api/v1/leads', { as })).json()).toEqual({ items: [], next_cursor: null })
  })

  it('in review are decided once', async () => {
    const bad = await ask('PUT', `/api/v1/leads/${reviewed}/review`, { payload: { decision: 'maybe' } })
    expect(bad.json().errors).toEqual([{ field: 'decision', message: 'must be one of approve, reject' }])
    const answer = await ask('PUT', `/api/v1/leads/${reviewed}/review`, {
      payload: { decision: 'reject', reason: 'Not a roof' },
    })
    expect(answer.statusCode).toBe(202)
    expect(answer.json()).toEqual({ lead_id: reviewed, decision: 'reject', status_url: `/api/v1/leads/${reviewed}` })
    await api.deps.runner.drained()
    const lead = (await ask('GET', `/api/v1/leads/${reviewed}`)).json()
    expect(lead).toMatchObject({ accepted: false, code: 'review_rejected' })
    expect(
      (await ask('PUT', `/api/v1/leads/${reviewed}/review`, { payload: { decision: 'approve' } })).statusCode,
    ).toBe(400)
  })
})

describe('secrets', () => {
  it('are set, sealed, listed by name and never shown', async () => {
    const epoch = async () =>
      (
        await api.deps.database.definer<{ id: string; config_epoch: number }>({
          text: 'select id, config_epoch from millrace.find_tenants()',
        })
      ).find(({ id }) => id === api.home.tenantId)?.config_epoch ?? 0
    const before = await epoch()
    const set = await ask('PUT', '/api/v1/secrets/crm.token', { payload: { value: 'hunter2-hunter2' } })
    expect([set.statusCode, set.json().name]).toEqual([200, 'crm.token'])
    expect(set.body).not.toContain('hunter2')
    expect(await epoch()).toBe(before + 1)
    const listed = await ask('GET', '/api/v1/secrets')
    expect(listed.json().items).toEqual([{ name: 'crm.token', updated_at: expect.any(String) }])
    const [row] = await api.deps.database.batch(
      [api.home.tenantId],
      [{ text: 'select sealed from millrace.secret where tenant_id = $1::uuid', values: [api.home.tenantId] }],
    )
    const sealed = row?.[0]?.sealed as Buffer
    expect(sealed.length).toBe('hunter2-hunter2'.length + 28)
    expect(sealed.includes('hunter2')).toBe(false)
    expect(api.logged.join('\n')).not.toContain('hunter2-hunter2')
    expect((await ask('GET', '/api/v1/secrets', { as: await api.token(STRANGER) })).json()).toEqual({ items: [] })
  })

  it('have plain names', async () => {
    for (const name of ['.hidden', 'a%20b', 'x'.repeat(101)]) {
      expect((await ask('PUT', `/api/v1/secrets/${name}`, { payload: { value: 'x' } })).statusCode).toBe(400)
    }
  })
})

describe('suppression lists', () => {
  const entries = (method: 'POST' | 'DELETE', payload: object, id = 'dnc') =>
    ask(method, `/api/v1/lists/${id}/entries`, { payload })
  const stored = async () => {
    const [rows = []] = await api.deps.database.batch(
      [api.home.tenantId],
      [
        {
          text: 'select key, expires_at from millrace.suppression_entry where tenant_id = $1::uuid and list_id = $2',
          values: [api.home.tenantId, 'dnc'],
        },
      ],
    )
    return new Map(rows.map((row) => [(row.key as Buffer).toString('hex'), row.expires_at as number | null]))
  }
  const keyOf = async (normal: string) =>
    suppressionKey(await api.home.house.keyring.tenant(api.home.tenantId), normal).toString('hex')

  it('take emails, phones and domains, as the keys that a lead is looked up by', async () => {
    expect((await entries('POST', { values: ['a@example.com'] })).statusCode).toBe(404)
    const made = await ask('PUT', '/api/v1/lists/dnc', { payload: { label: 'DNC' } })
    expect(made.json()).toMatchObject({ id: 'dnc', label: 'DNC', entries: 0 })
    const values = ['Jane@Example.com', '(202) 555-0143', '+1 202 555 0143', 'Spam.Example.ORG', 'bücher.example']
    const added = await entries('POST', { values })
    expect([added.statusCode, added.json()]).toEqual([200, { added: 4 }])
    const normals = ['jane@example.com', '+12025550143', 'spam.example.org', 'xn--bcher-kva.example']
    const keys = await Promise.all(normals.map(keyOf))
    expect([...(await stored()).keys()].sort()).toEqual(keys.sort())
    expect((await entries('POST', { values })).json()).toEqual({ added: 0 })
    expect((await ask('GET', '/api/v1/lists')).json().items).toEqual([
      { id: 'dnc', label: 'DNC', entries: 4, created_at: expect.any(String) },
    ])
  })

  it('let entries end, and go', async () => {
    const key = await keyOf('jane@example.com')
    await entries('POST', { values: ['jane@example.com'], expires_at: '2027-01-01T00:00:00Z' })
    expect((await stored()).get(key)).toBe(Date.parse('2027-01-01T00:00:00Z'))
    const removed = await entries('DELETE', { values: ['JANE@example.com', 'never@example.com'] })
    expect([removed.statusCode, removed.json()]).toEqual([200, { removed: 1 }])
    expect((await stored()).has(key)).toBe(false)
    expect((await entries('DELETE', { values: ['a@example.com'] }, 'none')).statusCode).toBe(404)
  })

  it('refuse all where one is nothing, by its place and without quoting it', async () => {
    const before = (await stored()).size
    const answer = await entries('POST', { values: ['b@example.com', 'secret words', '12'] })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual([
      { field: 'values.1', message: 'is no email, phone number or domain' },
      { field: 'values.2', message: 'is no email, phone number or domain' },
    ])
    expect(answer.body).not.toContain('secret words')
    expect((await stored()).size).toBe(before)
    expect((await entries('POST', { values: [] })).statusCode).toBe(400)
  })

  it('belong to their tenant', async () => {
    const as = await api.token(STRANGER)
    expect((await ask('GET', '/api/v1/lists', { as })).json()).toEqual({ items: [] })
    expect(
      (await ask('POST', '/api/v1/lists/dnc/entries', { as, payload: { values: ['b@example.com'] } })).statusCode,
    ).toBe(404)
  })
})

describe('flows', () => {
  const other = FLOW.replace('flow: roofs', 'flow: windows').replaceAll(/^ {2}- \{ id: partner.*\n/gm, '')

  it('are published as JSON or as they stand in their file, and shown', async () => {
    const first = await ask('POST', '/api/v1/flows', { payload: { document: other } })
    expect(first.statusCode).toBe(201)
    expect(first.headers.location).toBe('/api/v1/flows/windows')
    expect(first.json()).toEqual({
      flow: 'windows',
      version: 1,
      source_keys: [{ source: 'web', key: expect.stringMatching(/^mrk_/) }],
    })
    const second = await api.app.inject({
      method: 'POST',
      url: '/api/v1/flows',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
      payload: `${other}\n# again`,
    })
    expect(second.json()).toEqual({ flow: 'windows', version: 2, source_keys: [] })
    const shown = (await ask('GET', '/api/v1/flows/windows')).json()
    expect(shown).toMatchObject({ id: 'windows', version: 2, enabled: true, document: `${other}\n# again` })
    expect(shown.versions.map(({ version }: { version: number }) => version)).toEqual([2, 1])
    const listed = (await ask('GET', '/api/v1/flows')).json()
    expect(listed.items.map(({ id, version }: { id: string; version: number }) => [id, version])).toEqual([
      ['roofs', 1],
      ['windows', 2],
    ])
  })

  it('are refused with every problem', async () => {
    const answer = await ask('POST', '/api/v1/flows', {
      payload: {
        document: other.replace('email: { type: email', 'email: { type: emial').replace('lead.state', 'lead.sate'),
      },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'flow_invalid'])
    const { problems } = answer.json()
    expect(problems.length).toBeGreaterThanOrEqual(2)
    for (const problem of problems)
      expect(problem).toMatchObject({ line: expect.any(Number), code: expect.any(String) })
    expect(JSON.stringify(problems)).toContain('"suggestion":"email"')
  })

  it('of others are unknown', async () => {
    const as = await api.token(STRANGER)
    expect((await ask('GET', '/api/v1/flows/roofs', { as })).statusCode).toBe(404)
    expect((await ask('GET', '/api/v1/flows', { as })).json()).toEqual({ items: [] })
  })
})

it('refuses what it could only answer in JSON to who takes none', async () => {
  const answer = await ask('GET', '/api/v1/leads', { headers: { accept: 'application/xml' } })
  expect([answer.statusCode, answer.json().code]).toEqual([406, 'not_acceptable'])
})
