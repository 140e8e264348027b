import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { type OidcProvider, openOidcProvider } from '../../test/support/oidc-provider.ts'

let api: TestApi
let provider: OidcProvider
let token: string

beforeAll(async () => {
  provider = await openOidcProvider()
  api = await testApi()
  await api.addLogin(ADMIN)
  // The provider reads the real clock: its tokens are of now.
  api.clock.set(Date.now())
  token = await api.token(ADMIN)
})
afterAll(async () => {
  await api.close()
  await provider.close()
})

const ask = asker(() => ({ api, token }))
const set = (over: object = {}) =>
  ask('PUT', '/api/v1/sso', {
    payload: {
      issuer: provider.issuer,
      client_id: provider.clientId,
      client_secret: provider.clientSecret,
      default_role: null,
      ...over,
    },
  })
const cookies = (headers: Record<string, unknown>): string[] => [headers['set-cookie'] ?? []].flat() as string[]

/** A browser's way: to the provider, and back with what it set. */
const signOn = async (change: { query?: (query: URLSearchParams) => void; cookie?: string; slug?: string } = {}) => {
  const slug = change.slug ?? 'acme'
  const there = await api.app.inject({ url: `/api/v1/auth/sso/${slug}`, headers: { host: 'leads.example.com' } })
  if (there.statusCode !== 302) return there
  const away = cookies(there.headers)[0]?.split(';')[0] ?? ''
  const back = await fetch(String(there.headers.location), { redirect: 'manual' })
  const url = new URL(back.headers.get('location') ?? '')
  change.query?.(url.searchParams)
  return api.app.inject({
    url: `${url.pathname}${url.search}`,
    headers: { host: 'leads.example.com', cookie: change.cookie ?? away },
  })
}
const whoIs = async (answer: Awaited<ReturnType<typeof signOn>>) => {
  expect(answer.statusCode, answer.body).toBe(303)
  const cookie =
    cookies(answer.headers)
      .find((each) => each.startsWith('millrace_session='))
      ?.split(';')[0] ?? ''
  return (await api.app.inject({ url: '/api/v1/auth/session', headers: { cookie } })).json()
}

describe('single sign-on', () => {
  it('is set where the provider describes itself, and its secret is never shown', async () => {
    expect((await ask('GET', '/api/v1/sso')).statusCode).toBe(404)
    expect((await signOn()).statusCode).toBe(404)
    for (const over of [
      { issuer: 'http://login.example.com' },
      { issuer: 'not an address' },
      { issuer: `${provider.issuer}/elsewhere` },
      { issuer: 'https://10.0.0.1' },
      { default_role: 'owner' },
      { default_role: 'source_partner' },
    ])
      expect((await set(over)).statusCode, JSON.stringify(over)).toBe(400)
    const made = await set()
    expect(made.json()).toEqual({
      issuer: provider.issuer,
      client_id: 'millrace',
      default_role: null,
      callback_url: 'http://localhost:80/api/v1/auth/sso/acme/callback',
      login_url: 'http://localhost:80/api/v1/auth/sso/acme',
    })
    const read = await ask('GET', '/api/v1/sso')
    expect(read.body).not.toContain(provider.clientSecret)
    const stale = await ask('PUT', '/api/v1/sso', {
      payload: { issuer: provider.issuer, client_id: 'x', client_secret: 'x' },
      headers: { 'if-match': '"7"' },
    })
    expect(stale.statusCode).toBe(412)
    const rows = await api.home.inspect('select * from millrace.sso_provider')
    expect(JSON.stringify(rows)).not.toContain(provider.clientSecret)
  })

  it('keeps its secret where only the rest changes, and sends it to no other issuer', async () => {
    const other = await openOidcProvider()
    const payload = { issuer: provider.issuer, client_id: provider.clientId, default_role: 'auditor' }
    expect((await ask('PUT', '/api/v1/sso', { payload })).json()).toMatchObject({ default_role: 'auditor' })
    const moved = await ask('PUT', '/api/v1/sso', { payload: { ...payload, issuer: other.issuer } })
    expect([moved.statusCode, moved.json().errors[0].field]).toEqual([400, 'client_secret'])
    expect(other.seen).toEqual([])
    await other.close()
    await set()
  })

  it('lets in who was invited, and knows them again by the provider’s name for them', async () => {
    await ask('POST', '/api/v1/users', { payload: { email: 'Sue@acme.example', role: 'operator' } })
    provider.person = { sub: 'sue-1', email: 'sue@ACME.example', email_verified: true }
    const first = await whoIs(await signOn())
    expect(first).toMatchObject({ email: 'Sue@acme.example', role: 'operator', tenant: { slug: 'acme' } })
    provider.person = { sub: 'sue-1', email: 'renamed@acme.example' }
    expect((await whoIs(await signOn())).id).toBe(first.id)
  })

  it('turns away who is not known, whose email is not verified, and who takes another’s email', async () => {
    for (const person of [
      { sub: 'eve', email: 'eve@elsewhere.example', email_verified: true },
      { sub: 'eve', email: ADMIN.email, email_verified: false },
      { sub: 'eve' },
      { sub: 'eve', email: 'sue@acme.example', email_verified: true },
    ]) {
      provider.person = person
      const answer = await signOn()
      expect([answer.statusCode, cookies(answer.headers).join()], JSON.stringify(person)).toEqual([
        403,
        expect.not.stringContaining('millrace_session'),
      ])
    }
  })

  it('makes users of whoever the provider knows, where that is wanted', async () => {
    await set({ default_role: 'analyst' })
    provider.person = { sub: 'new', email: 'new@acme.example' }
    const made = await whoIs(await signOn())
    expect(made).toMatchObject({ email: 'new@acme.example', role: 'analyst' })
    await ask('PATCH', `/api/v1/users/${made.id}`, { payload: { enabled: false } })
    expect((await signOn()).statusCode).toBe(403)
  })

  it('believes nothing that was not begun here, or is not what it was', async () => {
    provider.person = { sub: 'sue-1', email: 'sue@acme.example' }
    expect((await signOn({ cookie: '' })).statusCode).toBe(401)
    expect((await signOn({ cookie: 'millrace_sso=AAAA' })).statusCode).toBe(401)
    for (const [name, value] of [
      ['state', 'other'],
      ['code', 'other'],
      ['error', 'access_denied'],
    ] as const)
      expect((await signOn({ query: (query) => query.set(name, value) })).statusCode, name).toBe(401)
    for (const spoil of ['nonce', 'audience', 'issuer', 'signature'] as const) {
      provider.spoil = spoil
      expect((await signOn()).statusCode, spoil).toBe(401)
    }
    expect((await signOn()).statusCode).toBe(303)
    expect((await signOn({ slug: 'nowhere' })).statusCode).toBe(404)
    const start = api.clock.now()
    const there = await api.app.inject({ url: '/api/v1/auth/sso/acme' })
    api.clock.set(start + 11 * 60_000)
    const late = await api.app.inject({
      url: '/api/v1/auth/sso/acme/callback?code=x&state=y',
      headers: { cookie: cookies(there.headers)[0]?.split(';')[0] ?? '' },
    })
    expect(late.statusCode).toBe(401)
    api.clock.set(start)
  })

  it('tells a browser what went wrong by a page, and a program by a problem document', async () => {
    const url = '/api/v1/auth/sso/acme/callback?code=x&state=y'
    const page = await api.app.inject({ url, headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect([page.statusCode, page.headers['content-type']]).toEqual([401, 'text/html; charset=utf-8'])
    const problem = await api.app.inject({ url, headers: { accept: '*/*' } })
    expect([problem.statusCode, problem.headers['content-type']]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
    ])
    expect(page.body).toContain(problem.json<{ detail: string }>().detail)
    expect(page.body).toContain('<a href="/">')
  })

  it('ends with its removal', async () => {
    expect((await ask('DELETE', '/api/v1/sso')).statusCode).toBe(204)
    expect((await signOn()).statusCode).toBe(404)
  })
})
