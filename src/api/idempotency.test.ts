import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const OTHER = { email: 'other@acme.example', password: 'of this one', role: 'admin' }

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(OTHER)
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const makeKey = (key: string, payload: object = { name: 'one', scopes: ['read'] }, as = token) =>
  ask('POST', '/api/v1/keys', { payload, as, headers: { 'idempotency-key': key } })
const madeSoFar = async () => (await ask('GET', '/api/v1/keys?limit=200')).json().items.length as number

describe('a POST with an Idempotency-Key', () => {
  it('is done once and answered alike, what is shown once included', async () => {
    const before = await madeSoFar()
    const first = await makeKey('a-1')
    const again = await makeKey('a-1')
    expect([first.statusCode, again.statusCode, again.body]).toEqual([201, 201, first.body])
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: first.headers.location,
      etag: first.headers.etag,
      'content-type': first.headers['content-type'],
    })
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(await madeSoFar()).toBe(before + 1)
    const rows = await api.home.inspect('select * from millrace.idempotency')
    expect(JSON.stringify(rows)).not.toContain(first.json().secret)
    const audited = (await ask('GET', '/api/v1/audit?resource=keys')).json().items
    expect(audited).toHaveLength(1)
  })

  it('is refused where the key came with another body, and is one’s own', async () => {
    await makeKey('b-1')
    const other = await makeKey('b-1', { name: 'two', scopes: ['read'] })
    expect([other.statusCode, other.json().code]).toEqual([409, 'idempotency_key_reused'])
    const theirs = await makeKey('b-1', { name: 'two', scopes: ['read'] }, await api.token(OTHER))
    expect(theirs.statusCode).toBe(201)
    expect((await makeKey('not visible ascii: \t')).statusCode).toBe(400)
    expect((await makeKey('x'.repeat(256))).statusCode).toBe(400)
  })

  it('is done once also where many come at the same moment', async () => {
    const before = await madeSoFar()
    const answers = await Promise.all(Array.from({ length: 10 }, () => makeKey('c-1')))
    const done = answers.filter(({ statusCode }) => statusCode === 201)
    expect(done.length).toBeGreaterThan(0)
    expect(new Set(done.map(({ body }) => body)).size).toBe(1)
    for (const { statusCode, body } of answers)
      if (statusCode !== 201) expect([statusCode, body]).toEqual([409, expect.stringContaining('under way')])
    expect(await madeSoFar()).toBe(before + 1)
  })

  it('keeps a refusal that stands, and forgets one that passes', async () => {
    const invite = (key: string, email: string) =>
      ask('POST', '/api/v1/users', { payload: { email, role: 'analyst' }, headers: { 'idempotency-key': key } })
    const taken = await invite('d-1', ADMIN.email)
    expect([taken.statusCode, (await invite('d-1', ADMIN.email)).headers['idempotency-replayed']]).toEqual([
      409,
      'true',
    ])
    const { database } = api.deps
    let away = true
    const app = await api.appWith({
      database: {
        ...database,
        transaction: (tenants, run) =>
          database.transaction(tenants, (tx) =>
            run({
              ...tx,
              all: (statements) =>
                away && statements.some(({ name }) => name === 'make_key')
                  ? Promise.reject(new Error('away'))
                  : tx.all(statements),
            }),
          ),
      },
    })
    const send = () =>
      app.inject({
        method: 'POST',
        url: '/api/v1/keys',
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'd-2' },
        payload: { name: 'later', scopes: ['read'] },
      })
    expect((await send()).statusCode).toBe(500)
    away = false
    expect((await send()).statusCode).toBe(201)
  })

  it('is taken up again where the first one died, and is forgotten after a day', async () => {
    await makeKey('e-1')
    await api.home.inspect(`update millrace.idempotency set status = null, sealed = null, created_at = $1`, [
      new Date(api.clock.now()),
    ])
    expect((await makeKey('e-1')).statusCode).toBe(409)
    api.clock.advance(61_000)
    expect((await makeKey('e-1')).statusCode).toBe(201)
    api.clock.advance(86_400_001)
    await api.home.house.upkeep.round()
    expect(await api.home.inspect('select 1 from millrace.idempotency')).toEqual([])
    token = await api.token(ADMIN)
  })
})

describe('without a login', () => {
  const post = (app: FastifyInstance, url: string, payload: object, key: string, as = '') =>
    app.inject({ method: 'POST', url, payload, headers: { 'idempotency-key': key, authorization: `Bearer ${as}` } })

  it('gives the next pair of tokens again to who lost the answer, and ends the session of who has the token alone', async () => {
    const { email, password } = ADMIN
    const login = await api.app.inject({ method: 'POST', url: '/api/v1/auth/login', payload: { email, password } })
    const payload = { refresh_token: login.json().refresh_token }
    const first = await post(api.app, '/api/v1/auth/refresh', payload, 'lost-1')
    const again = await post(api.app, '/api/v1/auth/refresh', payload, 'lost-1')
    expect([again.statusCode, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', first.body])
    const rows = await api.home.inspect('select * from millrace.installation_answer')
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toMatch(/mrr_|lost-1/)
    expect((await post(api.app, '/api/v1/auth/refresh', { refresh_token: 'x' }, 'lost-1')).statusCode).toBe(409)
    expect((await post(api.app, '/api/v1/auth/refresh', payload, 'another')).statusCode).toBe(401)
    const next = { refresh_token: first.json().refresh_token }
    expect((await post(api.app, '/api/v1/auth/refresh', next, 'lost-2')).statusCode).toBe(401)
  })

  it('makes a tenant once', async () => {
    const app = await api.appWith({ settings: { ...api.deps.settings, platformKey: 'platform-key' } })
    const make = (key: string) =>
      post(app, '/api/v1/platform/tenants', { slug: 'once', owner_email: 'o@once.example' }, key, 'platform-key')
    const [first, again] = [await make('t-1'), await make('t-1')]
    expect([first.statusCode, again.statusCode, again.body]).toEqual([201, 201, first.body])
    expect((await make('t-2')).statusCode).toBe(409)
    expect((await post(app, '/api/v1/platform/tenants', { slug: 'once' }, 't-3', 'wrong')).statusCode).toBe(401)
  })
})
