import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const ANALYST = { email: 'analyst@acme.example', password: 'of this role', role: 'analyst' }

const WAITS = `
flow: waits
country: US
fields: { email: { type: email, required: true }, comments: string }
sources: [ { id: web } ]
steps:
  - review: { id: look, when: 'lead.comments == "look"', queue: all }
  - wait: { id: later, for: 2h }
`

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ANALYST)
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const batch = (payload: unknown, headers: Record<string, string> = {}, query = '') =>
  api.app.inject({
    method: 'POST',
    url: `/api/v1/leads/batch${query}`,
    headers: { authorization: `Bearer ${api.keys.web}`, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  })
const lead = (n: string | number, more: object = {}) => ({ email: `batch${n}@example.com`, state: 'TX', ...more })

interface Result {
  readonly index: number
  readonly status: number
  readonly lead_id: string | null
  readonly error: { readonly code: string } | null
}

describe('POST /api/v1/leads/batch', () => {
  it('gives each row its own result, and one that is wrong spoils no other', async () => {
    const rows = [lead(1), { state: 'TX' }, 7, lead(2, { state: 'NY' }), lead(1), { ...lead(3), deep: null }]
    const text = JSON.stringify({ leads: rows }).replace('"deep":null', `"deep":${'['.repeat(30)}${']'.repeat(30)}`)
    const answer = await batch(text)
    expect(answer.statusCode).toBe(200)
    const { results, ...counts } = answer.json<{ results: Result[] }>()
    expect(results.map(({ index, status }) => [index, status])).toEqual([
      [0, 201],
      [1, 422],
      [2, 400],
      [3, 422],
      [4, 409],
      [5, 400],
    ])
    expect(results.map(({ error }) => error?.code ?? null)).toEqual([
      null,
      null,
      'invalid_request',
      null,
      null,
      'invalid_request',
    ])
    expect(counts).toEqual({ total: 6, accepted: 1, rejected: 3, pending: 0, failed: 2 })
  })

  it('takes a thousand, and not one more', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => lead(`many${n}`))
    const answer = await batch(many(1_000))
    expect(answer.json()).toMatchObject({ total: 1_000, accepted: 1_000, failed: 0 })
    const ids = new Set(answer.json<{ results: Result[] }>().results.map(({ lead_id }) => lead_id))
    expect(ids.size).toBe(1_000)
    const more = await batch(many(1_001))
    expect([more.statusCode, more.json().detail]).toEqual([400, 'body: expected at most 1000 leads'])
  })

  it('brings the same leads again under the same key', async () => {
    const send = () => batch([lead('key1'), lead('key2')], { 'idempotency-key': 'batch-7' })
    const ids = async () => (await send()).json<{ results: Result[] }>().results.map(({ lead_id }) => lead_id)
    const first = await ids()
    expect(await ids()).toEqual(first)
    const other = (await batch([lead('key1'), lead('key3')], { 'idempotency-key': 'batch-7' })).json()
    expect(other.results.map(({ status }: Result) => status)).toEqual([201, 409])
  })

  it('is sent by a login too, which names flow and source', async () => {
    const as = `Bearer ${token}`
    const named = await batch({ flow: 'roofs', source: 'partner', leads: [lead('login')] }, { authorization: as })
    expect(named.json<{ results: Result[] }>().results[0]?.status).toBe(200)
    const unnamed = await batch([lead('login2')], { authorization: as })
    expect([unnamed.statusCode, unnamed.json().detail]).toEqual([
      400,
      'flow: is missing: with a login, flow and source stand beside the leads',
    ])
    const analyst = await batch([lead('login3')], { authorization: `Bearer ${await api.token(ANALYST)}` })
    expect(analyst.statusCode).toBe(403)
    expect((await batch([lead('x')], { authorization: 'Bearer a.b.c' })).statusCode).toBe(401)
    expect((await batch([lead('x')], { authorization: 'Bearer mrk_x' })).statusCode).toBe(401)
  })

  it('is refused as a whole where it cannot be taken apart', async () => {
    for (const body of ['', '{', '[{"email":"x"}', '"x"']) expect((await batch(body)).statusCode, body).toBe(400)
    expect((await batch([], {}, '?mode=later')).statusCode).toBe(400)
    expect((await batch('[]', { 'content-type': 'text/csv' })).statusCode).toBe(415)
    expect((await batch([])).json()).toMatchObject({ total: 0, results: [] })
  })
})

describe('the pipeline', () => {
  const ids: Record<string, string> = {}
  const process = (payload?: object) =>
    ask('POST', '/api/v1/pipeline/process', payload === undefined ? {} : { payload })
  const wakeAt = async (id: string | undefined) =>
    (await api.home.inspect<{ wake_at: Date }>('select wake_at from millrace.work where lead_id = $1', [id]))[0]
      ?.wake_at

  it('takes up what stands still, by filter and one by one', async () => {
    const { keys } = await api.home.publish(WAITS)
    const submit = async (values: object) => {
      const answer = await api.app.inject({
        method: 'POST',
        url: '/api/v1/leads',
        headers: { authorization: `Bearer ${keys[0]?.key}`, 'content-type': 'application/json' },
        payload: JSON.stringify(values),
      })
      return answer.json<{ lead_id: string }>().lead_id
    }
    ids.waits = await submit({ email: 'waits@example.com' })
    ids.review = await submit({ email: 'review@example.com', comments: 'look' })
    await api.deps.runner.drained()
    const due = await wakeAt(ids.waits)
    expect(Number(due)).toBeGreaterThan(api.clock.now())
    const answer = await process({ flow: 'waits' })
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { matched: 2, started: 1, running: 0, waiting_for_person: 1 },
    ])
    expect(Number(await wakeAt(ids.waits))).toBeLessThanOrEqual(api.clock.now())
    expect((await process({ flow: 'waits' })).json()).toMatchObject({ started: 0, running: 1 })
    expect((await process({ flow: 'none' })).json()).toMatchObject({ matched: 0 })
    expect((await process({ to: '2020-01-01' })).json()).toMatchObject({ matched: 0 })
    const one = await ask('POST', `/api/v1/pipeline/process/${ids.review}`)
    expect([one.statusCode, one.json().state]).toEqual([202, 'waiting_for_person'])
  })

  it('has nothing to take up where a lead has ended, is missing, or is another’s', async () => {
    const done = (await api.submit(lead('done'))).json<{ lead_id: string }>().lead_id
    await api.deps.runner.drained()
    expect((await ask('POST', `/api/v1/pipeline/process/${done}`)).statusCode).toBe(409)
    const other = await api.home.addTenant('others')
    await api.addLogin({ tenantId: other, email: 'eve@other.example', password: 'of another', role: 'owner' })
    const as = await api.token({ email: 'eve@other.example', password: 'of another' })
    for (const id of [ids.waits, '0199aaaa-0000-7000-8000-000000000001', 'x'])
      expect((await ask('POST', `/api/v1/pipeline/process/${id}`, { as })).statusCode).toBe(404)
    expect((await ask('POST', '/api/v1/pipeline/process', { as })).json()).toMatchObject({ matched: 0 })
  })

  it('says how it stands', async () => {
    const { unfinished, today, ...rest } = (await ask('GET', '/api/v1/status')).json()
    expect(rest).toMatchObject({ status: 'ok', version: 'test', in_flight: 0 })
    expect(unfinished).toMatchObject({ total: 2, due: 1, later: 0, waiting_for_person: 1 })
    expect(today.received).toBeGreaterThan(1_000)
    expect(today.open).toBe(2)
    expect(today.accepted + today.rejected + today.errors + today.open).toBe(today.received)
  })
})
