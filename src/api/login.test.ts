import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, FLOW, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
const VIEWER = { email: 'viewer@acme.example', password: 'only looks', role: 'analyst' }

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(VIEWER)
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

describe('login', () => {
  const login = (payload: object, app = api.app) => app.inject({ method: 'POST', url: '/api/v1/auth/login', payload })

  it('gives a token for 15 minutes, however the email is written', async () => {
    const answer = await login({ email: ' ADMIN@acme.example ', password: ADMIN.password })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(/^mrr_/),
      refresh_expires_in: 30 * 86_400,
    })
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
    await api.addLogin({ email, password: 'right', role: 'analyst' })
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
    for (const as of ['', 'x', `${head}.${body}.AAAA`, unsigned, 'mrk_unknown']) {
      expect((await ask('GET', '/api/v1/leads', { as })).statusCode).toBe(401)
    }
    expect((await api.app.inject({ url: '/api/v1/leads' })).statusCode).toBe(401)
    // The key of a source is known, and submits.
    expect((await ask('GET', '/api/v1/leads', { as: api.keys.web ?? '' })).statusCode).toBe(403)
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

it('refuses what it could only answer in JSON to who takes none', async () => {
  const answer = await ask('GET', '/api/v1/leads', { headers: { accept: 'application/xml' } })
  expect([answer.statusCode, answer.json().code]).toEqual([406, 'not_acceptable'])
})
