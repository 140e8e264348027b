import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const OPERATOR = { email: 'op@acme.example', password: 'a long password', role: 'operator' }
const ANALYST = { email: 'an@acme.example', password: 'a long password', role: 'analyst' }
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }

beforeAll(async () => {
  api = await testApi()
  const otherTenant = await api.home.addTenant('other')
  for (const login of [ADMIN, OPERATOR, ANALYST]) await api.addLogin(login)
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
  token = await api.token(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

const inReview = async (n: number): Promise<string> => {
  const id = (await api.submit({ email: `c${n}@example.com`, comments: 'look at me' })).json().lead_id
  await api.deps.runner.drained()
  return id
}

describe('reviews', () => {
  it('are listed with what is asked, and claimed so that two people do not work on the same one', async () => {
    const id = await inReview(1)
    const listed = (await ask('GET', '/api/v1/reviews')).json()
    expect(listed.items).toEqual([expect.objectContaining({ id, queue: 'all', claimed_by: null })])
    expect((await ask('GET', '/api/v1/reviews/count')).json()).toEqual({ waiting: 1 })

    const other = await api.token(OPERATOR)
    const claims = await Promise.all([
      ask('PUT', `/api/v1/reviews/${id}/claim`),
      ask('PUT', `/api/v1/reviews/${id}/claim`, { as: other }),
    ])
    expect(claims.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    const [loser, winner] = claims[0]?.statusCode === 409 ? [token, other] : [other, token]
    const refused = await ask('PUT', `/api/v1/leads/${id}/review`, { as: loser, payload: { decision: 'reject' } })
    expect(refused.statusCode).toBe(409)
    expect(refused.json().code).toBe('conflict')
    expect((await ask('GET', '/api/v1/reviews', { as: loser })).json().items[0].mine).toBe(false)

    // A claim ends by itself, and before that where it is given back.
    expect((await ask('DELETE', `/api/v1/reviews/${id}/claim`, { as: winner })).statusCode).toBe(204)
    expect((await ask('PUT', `/api/v1/reviews/${id}/claim`, { as: loser })).statusCode).toBe(200)
    api.clock.advance(121_000)
    expect((await ask('PUT', `/api/v1/reviews/${id}/claim`, { as: winner })).statusCode).toBe(200)
    expect(
      (await ask('PUT', `/api/v1/leads/${id}/review`, { as: winner, payload: { decision: 'approve' } })).statusCode,
    ).toBe(202)
    await api.deps.runner.drained()
    expect((await ask('GET', '/api/v1/reviews/count')).json()).toEqual({ waiting: 0 })
    // Whoever won the race above holds the claim still: they are told that it is decided.
    expect((await ask('PUT', `/api/v1/reviews/${id}/claim`, { as: winner })).statusCode).toBe(409)
    const nobodys = '0199aaaa-0000-7000-8000-000000000000'
    expect((await ask('PUT', `/api/v1/reviews/${nobodys}/claim`, { as: winner })).statusCode).toBe(404)
  })

  it('are ranked by the database, however many wait: hottest, newest, of a queue, without what others have', async () => {
    const ids = [await inReview(31), await inReview(32), await inReview(33)] as const
    const [low, high, plain] = ids
    // As a score would rank them; the newest has none.
    for (const [id, score] of [
      [low, 5],
      [high, 80],
    ] as const)
      await api.home.house.database.batch(
        [api.home.tenantId],
        [
          {
            text: 'update millrace.review_item set score = $3::float8 where tenant_id = $1::uuid and lead_id = $2::uuid',
            values: [api.home.tenantId, id, score],
          },
        ],
      )
    const order = async (query: string): Promise<string[]> =>
      (await ask('GET', `/api/v1/reviews?${query}`)).json().items.map(({ id }: { id: string }) => id)
    expect(await order('')).toEqual([high, low, plain])
    expect(await order('sort=newest')).toEqual([plain, high, low])
    expect(await order('limit=1')).toEqual([high])
    expect(await order('queue=none')).toEqual([])
    const other = await api.token(OPERATOR)
    expect((await ask('PUT', `/api/v1/reviews/${high}/claim`, { as: other })).statusCode).toBe(200)
    expect(await order('available=true')).toEqual([low, plain])
    const listed = (await ask('GET', '/api/v1/reviews')).json()
    expect(listed).toMatchObject({ waiting: 3, taken: 1, queues: [{ queue: 'all', waiting: 3 }] })

    // Asked for before there was a ranking: it is made up for out of the journal.
    await api.home.house.database.batch(
      [api.home.tenantId],
      [
        {
          text: 'update millrace.review_item set queue = null, score = null where tenant_id = $1::uuid',
          values: [api.home.tenantId],
        },
      ],
    )
    expect((await ask('GET', '/api/v1/reviews?queue=all')).json().queues).toEqual([{ queue: 'all', waiting: 3 }])
    for (const id of ids)
      await ask('PUT', `/api/v1/leads/${id}/review`, {
        as: id === high ? other : token,
        payload: { decision: 'approve' },
      })
    await api.deps.runner.drained()
    expect((await ask('GET', '/api/v1/reviews')).json()).toMatchObject({ waiting: 0, taken: 0, items: [] })
  })

  it('let fields be mended meanwhile, each checked as the flow checks it', async () => {
    const id = await inReview(41)
    const edit = (fields: object, as = token) => ask('PATCH', `/api/v1/leads/${id}/fields`, { payload: { fields }, as })
    const wrong = await edit({ email: 'nobody', first_name: 'Ada' })
    expect(wrong.statusCode).toBe(400)
    expect(wrong.json().errors).toEqual([{ field: 'email', message: 'is not valid: expected email' }])
    expect((await edit({ nothing: 'x' })).json().errors).toEqual([
      { field: 'nothing', message: 'the flow has no such field' },
    ])
    expect((await edit({ email: 'x@y.example' }, await api.token(ANALYST))).statusCode).toBe(403)
    expect((await edit({ email: 'x@y.example' }, await api.token(STRANGER))).statusCode).toBe(404)
    const right = await edit({ email: 'Mended@Example.com' })
    expect(right.json()).toEqual({ lead_id: id, fields: ['email'] })
    const read = (await ask('GET', `/api/v1/leads/${id}`)).json()
    expect(read.fields.email.normal).toBe('mended@example.com')
    expect(read.status).toBe('pending_review')
    await ask('PUT', `/api/v1/leads/${id}/review`, { payload: { decision: 'approve' } })
    await api.deps.runner.drained()
    expect((await edit({ email: 'late@example.com' })).statusCode).toBe(409)
    const [entry] = (await ask('GET', '/api/v1/audit?action=lead.edit')).json().items
    expect(JSON.stringify(entry)).not.toContain('example.com')
  })

  it('are for those who may review', async () => {
    const as = await api.token(ANALYST)
    for (const url of ['/api/v1/reviews', '/api/v1/reviews/count'])
      expect((await ask('GET', url, { as })).statusCode).toBe(403)
    const id = await inReview(2)
    const theirs = await api.token(STRANGER)
    expect((await ask('PUT', `/api/v1/reviews/${id}/claim`, { as: theirs })).statusCode).toBe(404)
    expect((await ask('GET', '/api/v1/reviews', { as: theirs })).json().items).toEqual([])
  })
})

describe('bulk actions', () => {
  it('judge each lead by itself and name those that failed', async () => {
    const ids = [await inReview(10), await inReview(11)]
    const done = (await api.submit({ email: 'c12@example.com' })).json().lead_id
    const answer = await ask('POST', '/api/v1/leads/bulk', {
      payload: { action: 'approve', ids: [...ids, done, 'none'] },
    })
    expect(answer.json()).toMatchObject({ done: 2 })
    expect(answer.json().failed.map(({ lead_id }: { lead_id: string }) => lead_id)).toEqual([done, 'none'])
    await api.deps.runner.drained()
    for (const id of ids) expect((await ask('GET', `/api/v1/leads/${id}`)).json().outcome).toBe('success')
  })

  it('suppress whom a lead is of, where the role may change lists', async () => {
    await ask('PUT', '/api/v1/lists/dnc', { payload: { label: 'DNC' } })
    const id = (await api.submit({ email: 'Suppress.Me@example.com' })).json().lead_id
    const payload = { action: 'suppress', ids: [id], list: 'dnc' }
    expect((await ask('POST', '/api/v1/leads/bulk', { payload: { ...payload, list: undefined } })).statusCode).toBe(400)
    expect(
      (await ask('POST', '/api/v1/leads/bulk', { payload: { ...payload, list: 'none' } })).json().failed,
    ).toHaveLength(1)
    expect((await ask('POST', '/api/v1/leads/bulk', { payload })).json()).toEqual({ done: 1, failed: [] })
    const found = await ask('POST', '/api/v1/lists/query', { payload: { values: ['suppress.me@example.com'] } })
    expect(found.json().items[0].found).toBe(true)
    expect((await ask('POST', '/api/v1/leads/bulk', { payload, as: await api.token(ANALYST) })).statusCode).toBe(403)
  })
})

describe('assignments', () => {
  it('give leads to who may work on them; each is found by them, and whoever looks on hears of it', async () => {
    const people = (await ask('GET', '/api/v1/assignees')).json().items as { id: string; email: string }[]
    expect(people.map(({ email }) => email.toLowerCase()).sort()).toEqual([ADMIN.email.toLowerCase(), OPERATOR.email])
    // Nothing waits from before.
    for (const { id } of (await ask('GET', '/api/v1/reviews')).json().items)
      await ask('PUT', `/api/v1/leads/${id}/review`, { payload: { decision: 'approve' } })
    const them = people.find(({ email }) => email === OPERATOR.email)?.id ?? ''
    const ids = [await inReview(51), await inReview(52)]
    const payload = { action: 'assign', ids: [...ids, 'none'], assignee: them }
    const given = (await ask('POST', '/api/v1/leads/bulk', { payload })).json()
    expect(given).toMatchObject({ done: 2, failed: [{ lead_id: 'none', code: 'not_found' }] })
    const as = await api.token(OPERATOR)
    const mine = (await ask('GET', '/api/v1/leads?assignee=me', { as })).json().items
    expect(mine.map(({ id }: { id: string }) => id).sort()).toEqual([...ids].sort())
    expect(mine[0].assignee).toBe(them)
    expect((await ask('GET', '/api/v1/leads?assignee=me')).json().items).toEqual([])
    const free = (await ask('GET', '/api/v1/leads?assignee=none')).json().items
    expect(free.some(({ id }: { id: string }) => ids.includes(id))).toBe(false)
    // What is given to another is not offered, and can still be had.
    expect((await ask('GET', '/api/v1/reviews?available=true')).json()).toMatchObject({ items: [], taken: 2 })
    expect((await ask('GET', '/api/v1/reviews?available=true', { as })).json().items).toHaveLength(2)

    const one = `/api/v1/leads/${ids[0]}`
    expect((await ask('PUT', `${one}/assignee`, { payload: { assignee: null } })).json().assignee).toBeNull()
    expect((await ask('GET', one)).json().assignee).toBeNull()
    expect((await ask('PUT', `${one}/assignee`, { payload: { assignee: 'nobody' } })).statusCode).toBe(400)
    const analyst = await api.token(ANALYST)
    expect((await ask('PUT', `${one}/assignee`, { payload: { assignee: them }, as: analyst })).statusCode).toBe(403)
    const stranger = await api.token(STRANGER)
    expect((await ask('PUT', `${one}/assignee`, { payload: { assignee: null }, as: stranger })).statusCode).toBe(404)
    for (const id of ids) await ask('PUT', `/api/v1/leads/${id}/review`, { payload: { decision: 'reject' } })
    await api.deps.runner.drained()
  })
})

describe('the export', () => {
  it('writes what a spreadsheet would run so that it does not, with fields for those who may', async () => {
    await api.submit({ first_name: '=cmd|calc', email: 'formula@example.com', state: 'TX' })
    const summary = await ask('POST', '/api/v1/leads/export', { payload: {}, headers: { accept: 'text/csv' } })
    expect(summary.headers['content-type']).toContain('text/csv')
    expect(summary.body.split('\n')[0]).toContain('id,received_at')
    expect(summary.body).not.toContain('@example.com')
    const whole = await ask('POST', '/api/v1/leads/export', {
      payload: { fields: true },
      headers: { accept: 'text/csv' },
    })
    expect(whole.body).toContain('formula@example.com')
    expect(whole.body).not.toMatch(/(?:^|,|")=/m)
    const [entry] = (await ask('GET', '/api/v1/audit?action=lead.export')).json().items
    expect(entry.data).toMatchObject({ fields: true })
    expect((await ask('POST', '/api/v1/leads/export', { payload: {}, as: await api.token(ANALYST) })).statusCode).toBe(
      403,
    )
  })

  it('takes a filter or names, and refuses what is neither', async () => {
    const id = (await api.submit({ email: 'named@example.com' })).json().lead_id
    const named = await ask('POST', '/api/v1/leads/export', { payload: { ids: [id] } })
    expect(named.body.trim().split('\n')).toHaveLength(2)
    expect((await ask('POST', '/api/v1/leads/export', { payload: { ids: ['x'] } })).statusCode).toBe(400)
    const none = await ask('POST', '/api/v1/leads/export', { payload: { source: 'nobody' } })
    expect(none.body.trim().split('\n')).toHaveLength(1)
  })
})

describe('saved views', () => {
  it('belong to whoever saved them', async () => {
    const payload = { name: 'Mine', filter: { outcome: 'failure' } }
    const made = await ask('POST', '/api/v1/views', { payload })
    expect(made.statusCode).toBe(201)
    expect((await ask('GET', '/api/v1/views')).json().items).toEqual([expect.objectContaining(payload)])
    const other = await api.token(OPERATOR)
    expect((await ask('GET', '/api/v1/views', { as: other })).json().items).toEqual([])
    expect((await ask('DELETE', `/api/v1/views/${made.json().id}`, { as: other })).statusCode).toBe(404)
    expect((await ask('DELETE', `/api/v1/views/${made.json().id}`)).statusCode).toBe(204)
    expect(
      (await ask('POST', '/api/v1/views', { payload: { name: 'x', filter: { email: 'a@b.example' } } })).statusCode,
    ).toBe(400)
  })
})

describe('branding', () => {
  it('is the tenant’s own, set by who may, and holds an image and nothing else', async () => {
    const payload = { name: 'Acme', color: '#aa3355', logo: null }
    expect((await ask('PUT', '/api/v1/branding', { payload })).json()).toEqual(payload)
    expect((await ask('GET', '/api/v1/branding', { as: await api.token(ANALYST) })).json()).toEqual(payload)
    expect((await ask('GET', '/api/v1/branding', { as: await api.token(STRANGER) })).json().name).toBeNull()
    const bad = { ...payload, logo: 'javascript:alert(1)' }
    expect((await ask('PUT', '/api/v1/branding', { payload: bad })).statusCode).toBe(400)
    expect((await ask('PUT', '/api/v1/branding', { payload, as: await api.token(OPERATOR) })).statusCode).toBe(403)
  })
})

describe('a lead', () => {
  it('is proved by walking its chain, and a change is named', async () => {
    const id = (await api.submit({ email: 'proof@example.com' })).json().lead_id
    expect((await ask('GET', `/api/v1/leads/${id}/proof`)).json()).toMatchObject({ intact: true, breach: null })
    await api.home.inspect(
      `update millrace.segment set events = replace(events, '"web"', '"bad"') where lead_id = $1`,
      [id],
    )
    expect((await ask('GET', `/api/v1/leads/${id}/proof`)).json()).toMatchObject({
      intact: false,
      breach: { seq: 1, what: 'changed' },
    })
    expect((await ask('GET', `/api/v1/leads/${id}/proof`, { as: await api.token(STRANGER) })).statusCode).toBe(404)
  })

  it('can be tried by whoever may submit, and is a test', async () => {
    const payload = { values: { email: 'try@example.com', state: 'NY' } }
    const answer = (await ask('POST', '/api/v1/sources/roofs/web/test', { payload })).json()
    expect(answer).toMatchObject({ outcome: 'failure', reason: 'State not serviced: NY', test: true })
    expect((await ask('GET', `/api/v1/leads/${answer.lead_id}`)).json().test).toBe(true)
    expect((await ask('POST', '/api/v1/sources/roofs/none/test', { payload })).statusCode).toBe(404)
    expect(
      (await ask('POST', '/api/v1/sources/roofs/web/test', { payload, as: await api.token(ANALYST) })).statusCode,
    ).toBe(403)
  })

  it('lists its sources with what they pay and the hints of their keys', async () => {
    const { items } = (await ask('GET', '/api/v1/sources')).json()
    expect(items).toEqual([
      expect.objectContaining({
        flow: 'roofs',
        id: 'web',
        enabled: true,
        submit_url: '/flows/roofs/sources/web/submit',
      }),
      expect.objectContaining({ flow: 'roofs', id: 'partner' }),
    ])
    expect(items[0].keys[0].hint).toMatch(/^mrk_/)
  })
})
