import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ADMIN, asker, SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import { type OidcProvider, openOidcProvider } from '../../test/support/oidc-provider.ts'

/** Who was not let in stands in the audit of the tenant it was tried on, without personal data in plain. */

let api: TestApi
let provider: OidcProvider
let token = ''
let ada = ''
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  provider = await openOidcProvider()
  api = await testApi()
  token = await api.signIn(ADMIN)
  ada = (await ask('GET', '/api/v1/auth/session')).json().id
})
afterAll(async () => {
  await api.close()
  await provider.close()
})
/** Each is a first one again. */
beforeEach(async () => {
  api.clock.advance(86_400_000)
  token = await api.token(ADMIN)
})

interface Entry {
  readonly actor: { readonly kind: string }
  readonly resource: string
  readonly resource_id: string | null
  readonly data: { readonly why: string; readonly count: number }
  readonly private: { readonly ip: string } | null
}
const entries = async (action: string): Promise<Entry[]> =>
  (await ask('GET', `/api/v1/audit?action=${action}`)).json<{ items: Entry[] }>().items

/** It is written after the answer; on a busy machine it takes a while. */
const WITHIN = { timeout: 15_000, interval: 100 }

/** The newest of this reason, once it is written. */
const newest = (action: string, why: string): Promise<Entry> =>
  vi.waitFor(async () => {
    const found = (await entries(action)).find(({ data }) => data.why === why)
    expect(found, `${action} ${why}`).toBeDefined()
    return found as Entry
  }, WITHIN)
const logIn = (over: object = {}) =>
  api.app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    payload: { email: ADMIN.email, password: ADMIN.password, ...over },
  })

describe('a login', () => {
  it('with a wrong password', async () => {
    expect((await logIn({ password: 'wrong horse' })).statusCode).toBe(401)
    expect(await newest('session.refuse', 'password')).toMatchObject({
      actor: { kind: 'unknown' },
      resource: 'user',
      resource_id: ada,
      data: { count: 1 },
      private: { ip: '127.0.0.1' },
    })
    const [row] = await api.home.inspect<{ plain: string }>(
      `select string_agg(data || coalesce(resource_id, '') || actor, ' ') as plain from millrace.audit_entry
       where action = 'session.refuse'`,
    )
    expect(row?.plain).not.toMatch(/127\.0\.0\.1|acme\.example/)
  })

  it('of an email that is locked, and of a user who is switched off', async () => {
    await api.addLogin({ email: 'off@acme.example', password: 'horse battery', role: 'analyst' })
    await api.home.inspect(`update millrace.login set enabled = false where email_key = $1`, [
      api.deps.keys.login('off@acme.example'),
    ])
    const off = { email: 'off@acme.example', password: 'horse battery' }
    for (let n = 0; n < 11; n += 1) await logIn(off)
    await newest('session.refuse', 'disabled')
    await api.addLogin({ email: 'low@acme.example', password: 'horse battery', role: 'analyst' })
    for (let n = 0; n < 11; n += 1) await logIn({ email: 'low@acme.example', password: 'wrong' })
    expect((await newest('session.refuse', 'locked')).resource_id).not.toBeNull()
  })

  it('with a wrong code, also where somebody is in already', async () => {
    await api.addLogin({ email: 'two@acme.example', password: 'horse battery', role: 'analyst' })
    const two = { email: 'two@acme.example', password: 'horse battery' }
    const as = await api.token(two)
    const { secret } = (await ask('POST', '/api/v1/auth/totp', { as })).json()
    const totp = new TOTP({ secret: Secret.fromBase32(secret), period: 30 })
    const code = totp.generate({ timestamp: api.clock.now() })
    expect((await ask('POST', '/api/v1/auth/totp/confirm', { as, payload: { code } })).statusCode).toBe(200)
    // Only the code is missing: that is how a login begins.
    expect((await logIn(two)).json().code).toBe('second_factor_required')
    expect((await logIn({ ...two, code: '000000' })).statusCode).toBe(401)
    const { resource_id: id } = await newest('session.refuse', 'code')
    const body = { password: 'wrong', new_password: 'long enough now' }
    expect((await ask('PUT', '/api/v1/auth/password', { as, payload: body })).statusCode).toBe(403)
    await vi.waitFor(async () => {
      const whys = (await entries('session.refuse')).filter(({ resource_id }) => resource_id === id)
      expect(whys.map(({ data }) => data.why).sort()).toEqual(['code', 'password'])
    }, WITHIN)
  })

  it('of nobody, or into a tenant that the user is not of, is no tenant’s', async () => {
    const before = await entries('session.refuse')
    await logIn({ email: 'nobody@acme.example', password: 'wrong' })
    await logIn({ password: 'wrong', tenant: 'elsewhere' })
    // What is noted after them is written after them.
    await logIn({ password: 'wrong' })
    await vi.waitFor(async () => expect((await entries('session.refuse')).length).toBe(before.length + 1), WITHIN)
  })

  it('by a single sign-on that fails', async () => {
    const settings = { issuer: provider.issuer, client_id: provider.clientId, client_secret: provider.clientSecret }
    await ask('PUT', '/api/v1/sso', { payload: { ...settings, default_role: null } })
    const away = await api.app.inject({ method: 'GET', url: '/api/v1/auth/sso/acme' })
    const cookie = String(away.headers['set-cookie']).split(';')[0] ?? ''
    const url = '/api/v1/auth/sso/acme/callback?code=wrong&state=wrong'
    expect((await api.app.inject({ method: 'GET', url, headers: { cookie } })).statusCode).toBe(401)
    await newest('session.refuse', 'sso')
  })

  it('by a refresh token that was spent', async () => {
    const { refresh_token } = (await logIn()).json()
    const refresh = () => api.app.inject({ method: 'POST', url: '/api/v1/auth/refresh', payload: { refresh_token } })
    expect((await refresh()).statusCode).toBe(200)
    expect((await refresh()).statusCode).toBe(401)
    expect((await newest('session.refuse', 'token_reused')).resource_id).toBe(ada)
  })
})

describe('a key', () => {
  const make = async (body: object) =>
    (await ask('POST', '/api/v1/keys', { payload: { name: 'one', ...body } })).json<{
      key: { id: string }
      secret: string
    }>()
  const get = (key: string) =>
    api.app.inject({ method: 'GET', url: '/api/v1/leads', headers: { authorization: `Bearer ${key}` } })

  it('that is switched off, or over', async () => {
    const { key, secret } = await make({ scopes: ['read'] })
    await ask('PATCH', `/api/v1/keys/${key.id}`, { payload: { enabled: false } })
    expect((await get(secret)).statusCode).toBe(401)
    expect(await newest('key.refuse', 'disabled')).toMatchObject({ resource: 'key', resource_id: key.id })
    const over = await make({
      scopes: ['read'],
      expires_at: new Date(api.clock.now() + 1_000).toISOString(),
    })
    api.clock.advance(2_000)
    expect((await get(over.secret)).statusCode).toBe(401)
    expect((await newest('key.refuse', 'expired')).resource_id).toBe(over.key.id)
  })

  it('of a source that shows up elsewhere, or is switched off', async () => {
    const submit = (url: string, key: string) =>
      api.app.inject({ method: 'POST', url, headers: { 'x-api-key': key }, payload: { email: 'a@example.com' } })
    expect((await submit('/flows/roofs/sources/partner/submit', api.keys.web ?? '')).statusCode).toBe(403)
    await newest('key.refuse', 'scope')
    const { key, secret } = await make({ scopes: ['submit'], flow: 'roofs', source: 'web' })
    await ask('PATCH', `/api/v1/keys/${key.id}`, { payload: { enabled: false } })
    expect((await submit(SUBMIT, secret)).statusCode).toBe(403)
    await vi.waitFor(
      async () =>
        expect(
          (await entries('key.refuse')).some((each) => each.data.why === 'disabled' && each.resource_id === key.id),
        ).toBe(true),
      WITHIN,
    )
  })

  it('as an OAuth client with a wrong secret', async () => {
    const { key } = await make({ scopes: ['read'] })
    const payload = { grant_type: 'client_credentials', client_id: key.id, client_secret: 'mrk_wrong' }
    expect((await api.app.inject({ method: 'POST', url: '/oauth/token', payload })).statusCode).toBe(401)
    expect((await newest('key.refuse', 'secret')).resource_id).toBe(key.id)
  })
})

it('what was counted is written before the server ends', async () => {
  const app = await api.appWith({})
  const before = (await entries('session.refuse')).length
  const payload = { email: ADMIN.email, password: 'wrong' }
  await app.inject({ method: 'POST', url: '/api/v1/auth/login', payload })
  await app.close()
  expect((await entries('session.refuse')).length).toBe(before + 1)
})
