import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asker, type TestApi, testApi } from '../../test/support/api.ts'

/** Ann works for three tenants: in two with one password, in the third with another. */
let api: TestApi
const ANN = { email: 'ann@works.example', password: 'horse battery' }
const tenants: Record<string, string> = {}

beforeAll(async () => {
  api = await testApi()
  await api.addLogin({ ...ANN, role: 'operator' })
  for (const slug of ['beta', 'gamma']) tenants[slug] = await api.home.addTenant(slug)
  await api.addLogin({ ...ANN, role: 'admin', tenantId: tenants.beta ?? '' })
  await api.addLogin({ ...ANN, password: 'another one', role: 'owner', tenantId: tenants.gamma ?? '' })
})
afterAll(() => api.close())

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'POST', url, payload, headers })
const logIn = async (over: object = {}): Promise<string> =>
  (await post('/api/v1/auth/login', { ...ANN, tenant: 'acme', ...over })).json().access_token
const ask = asker(() => ({ api, token: '' }))
const listed = async (as: string) =>
  (await ask('GET', '/api/v1/auth/tenants', { as }))
    .json<{ items: { slug: string; role: string; current: boolean }[] }>()
    .items.map(({ slug, role, current }) => [slug, role, current])
const goTo = (as: string, payload: object) => ask('POST', '/api/v1/auth/switch', { as, payload })

describe('another tenant', () => {
  it('is where the password of the login is right too, and nowhere else', async () => {
    const as = await logIn()
    expect(await listed(as)).toEqual([
      ['acme', 'operator', true],
      ['beta', 'admin', false],
    ])
    expect(await listed(await logIn({ tenant: 'gamma', password: 'another one' }))).toEqual([['gamma', 'owner', true]])
    for (const tenant of ['gamma', 'acme', 'nowhere']) {
      const answer = await goTo(as, { tenant })
      expect([answer.statusCode, answer.json().code], tenant).toEqual([404, 'not_found'])
    }
  })

  it('is gone to with the rights there, and the session here ends', async () => {
    const as = await logIn()
    const answer = await goTo(as, { tenant: 'beta' })
    expect(answer.statusCode).toBe(200)
    const { session, tokens } = answer.json()
    expect(session).toMatchObject({ email: ANN.email, role: 'admin', tenant: { id: tenants.beta, slug: 'beta' } })
    expect((await ask('GET', '/api/v1/auth/session', { as })).statusCode).toBe(401)
    expect((await ask('GET', '/api/v1/auth/session', { as: tokens.access_token })).json()).toMatchObject({
      ...session,
      live_mark: expect.any(String),
    })
    expect((await post('/api/v1/auth/refresh', { refresh_token: tokens.refresh_token })).statusCode).toBe(200)
    // And back: what the password proved goes with the session.
    const back = await goTo(tokens.access_token, { tenant: 'acme' })
    expect(back.json().session).toMatchObject({ role: 'operator', tenant: { slug: 'acme' } })
  })

  it('is gone to by a browser with its cookie, which is of the new session', async () => {
    const entered = await post('/api/v1/auth/session', { ...ANN, tenant: 'acme' })
    const cookie = String(entered.headers['set-cookie']).split(';')[0] ?? ''
    const csrf = { 'x-csrf-token': entered.json().csrf_token as string }
    expect((await post('/api/v1/auth/switch', { tenant: 'beta' }, { cookie })).statusCode).toBe(403)
    const answer = await post('/api/v1/auth/switch', { tenant: 'beta' }, { cookie, ...csrf })
    expect([answer.statusCode, answer.json().tokens]).toEqual([200, undefined])
    const next = String(answer.headers['set-cookie']).split(';')[0] ?? ''
    expect(next).not.toBe(cookie)
    const read = (sent: string) => api.app.inject({ url: '/api/v1/auth/session', headers: { cookie: sent } })
    expect((await read(next)).json()).toEqual({ ...answer.json().session, live_mark: expect.any(String) })
    expect((await read(cookie)).statusCode).toBe(401)
  })

  it('is out of reach once the password changed there, the user is switched off there, or the tenant is', async () => {
    const as = await logIn()
    const admin = await logIn({ tenant: 'beta' })
    const { id } = (await ask('GET', '/api/v1/auth/session', { as: admin })).json()
    const reach = async () => (await listed(as)).length
    expect(await reach()).toBe(2)
    const enable = (table: string, which: string, isOn: boolean) =>
      api.home.inspect(`update millrace.${table} set enabled = ${isOn} where id = '${which}'`)
    await enable('login', id, false)
    expect(await reach()).toBe(1)
    await enable('login', id, true)
    await enable('tenant', tenants.beta ?? '', false)
    expect([await reach(), (await goTo(as, { tenant: 'beta' })).statusCode]).toEqual([1, 404])
    await enable('tenant', tenants.beta ?? '', true)
    expect(await reach()).toBe(2)
    const changed = await ask('PUT', '/api/v1/auth/password', {
      as: admin,
      payload: { password: ANN.password, new_password: 'not the same' },
    })
    expect(changed.statusCode).toBe(200)
    expect([await reach(), (await goTo(as, { tenant: 'beta' })).statusCode]).toEqual([1, 404])
    await ask('PUT', '/api/v1/auth/password', {
      as: admin,
      payload: { password: 'not the same', new_password: ANN.password },
    })
  })

  it('asks for the second factor that the user has there', async () => {
    const there = await logIn({ tenant: 'beta' })
    const begun = (await ask('POST', '/api/v1/auth/totp', { as: there })).json()
    const app = new TOTP({ secret: Secret.fromBase32(begun.secret), period: 30 })
    const code = () => app.generate({ timestamp: api.clock.now() })
    await ask('POST', '/api/v1/auth/totp/confirm', { as: there, payload: { code: code() } })
    api.clock.advance(60_000)
    const as = await logIn()
    expect((await goTo(as, { tenant: 'beta' })).json().code).toBe('second_factor_required')
    expect((await goTo(as, { tenant: 'beta', code: '000000' })).json().code).toBe('forbidden')
    expect((await goTo(as, { tenant: 'beta', code: code() })).statusCode).toBe(200)
  })

  it('cannot be guessed into: codes count as tries of a login', async () => {
    const as = await logIn()
    const answers = []
    for (let n = 0; n < 11; n += 1) answers.push((await goTo(as, { tenant: 'beta', code: '000000' })).statusCode)
    expect(answers.filter((status) => status === 429).length).toBeGreaterThan(0)
    expect(answers.at(-1)).toBe(429)
  })
})
