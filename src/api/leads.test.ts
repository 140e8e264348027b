import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }

beforeAll(async () => {
  api = await testApi()
  const otherTenant = await api.home.addTenant('other')
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

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
    ['outcome=sucess', 'outcome'],
    ['outcome=success,failure', 'outcome'],
    ['status=done', 'status'],
    ['code=filtered,dupe', 'code'],
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
    ).toBe(409)
  })
})
