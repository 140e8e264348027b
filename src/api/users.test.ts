import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import type { Mail } from './links.ts'

let api: TestApi
let token: string
const OWNER = { email: 'owner@acme.example', password: 'owns it all', role: 'owner' }
const ELSEWHERE = { email: 'both@other.example', password: 'in the other', role: 'owner' }

beforeAll(async () => {
  api = await testApi()
  const other = await api.home.addTenant('other')
  await api.addLogin(OWNER)
  await api.addLogin({ ...ELSEWHERE, tenantId: other })
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const post = (url: string, payload: object, app = api.app) => app.inject({ method: 'POST', url, payload })
const tokenOf = (url: string) => url.split('#')[1] ?? ''
const invite = (payload: object, as = token) => ask('POST', '/api/v1/users', { payload, as })

describe('an invitation', () => {
  it('is a link that sets the password once, and works for a week', async () => {
    const made = await invite({ email: 'Bea@Acme.example', role: 'operator' })
    expect(made.statusCode).toBe(201)
    const { user, invitation } = made.json()
    expect(user).toMatchObject({ email: 'Bea@Acme.example', role: 'operator', joined: false, enabled: true })
    expect(invitation).toMatchObject({ url: expect.stringMatching(/\/join#[\w-]{43}$/), mailed: false })
    const link = tokenOf(invitation.url)
    expect((await post('/api/v1/auth/link', { token: link, password: 'too short' })).statusCode).toBe(400)
    const taken = await Promise.all(
      ['first password', 'other password'].map((password) => post('/api/v1/auth/link', { token: link, password })),
    )
    expect(taken.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401])
    const password = taken[0]?.statusCode === 200 ? 'first password' : 'other password'
    expect((await post('/api/v1/auth/login', { email: 'bea@acme.example', password })).statusCode).toBe(200)
    const late = await invite({ email: 'late@acme.example', role: 'analyst' })
    const start = api.clock.now()
    api.clock.set(start + 8 * 86_400_000)
    const answer = await post('/api/v1/auth/link', {
      token: tokenOf(late.json().invitation.url),
      password: 'long enough',
    })
    expect(answer.statusCode).toBe(401)
    api.clock.set(start)
  })

  it('is refused for a taken email, an unknown role, a partner of nobody, and an owner by an admin', async () => {
    expect((await invite({ email: ` ${ADMIN.email.toLowerCase()}`, role: 'analyst' })).statusCode).toBe(400)
    for (const [payload, status, code] of [
      [{ email: ADMIN.email.toUpperCase(), role: 'analyst' }, 409, 'conflict'],
      [{ email: 'x@acme.example', role: 'viewer' }, 400, 'invalid_request'],
      [{ email: 'x@acme.example', role: 'source_partner' }, 400, 'invalid_request'],
      [
        { email: 'x@acme.example', role: 'buyer_partner', partner: { flow: 'roofs', source: 'web' } },
        400,
        'invalid_request',
      ],
      [{ email: 'x@acme.example', role: 'analyst', partner: { destination: 'crm' } }, 400, 'invalid_request'],
      [{ email: 'x@acme.example', role: 'owner' }, 403, 'forbidden'],
    ] as const) {
      const answer = await invite(payload)
      expect([answer.statusCode, answer.json().code], JSON.stringify(payload)).toEqual([status, code])
    }
  })

  it('tells nothing of users elsewhere: the same email works for both, each with its password', async () => {
    const made = await invite({ email: ELSEWHERE.email, role: 'analyst' })
    expect(made.statusCode).toBe(201)
    await post('/api/v1/auth/link', { token: tokenOf(made.json().invitation.url), password: 'in this one' })
    const slugOf = async (password: string, tenant?: string) => {
      const answer = await post('/api/v1/auth/session', { email: ELSEWHERE.email, password, ...(tenant && { tenant }) })
      return answer.statusCode === 200 ? answer.json().tenant.slug : answer.statusCode
    }
    expect(await slugOf(ELSEWHERE.password)).toBe('other')
    expect(await slugOf('in this one')).toBe('acme')
    expect(await slugOf('in this one', 'other')).toBe(401)
    expect(await slugOf('in this one', 'nowhere')).toBe(401)
  })

  it('goes by mail where mail is set, and stands in no log', async () => {
    const sent: Mail[] = []
    const app = await api.appWith({
      mail: async (mail) => void sent.push(mail),
      settings: { ...api.deps.settings, publicUrl: 'https://leads.example.com' },
    })
    const made = await app.inject({
      method: 'POST',
      url: '/api/v1/users',
      headers: { authorization: `Bearer ${token}`, host: 'evil.example' },
      payload: { email: 'mailed@acme.example', role: 'analyst' },
    })
    const { url, mailed } = made.json().invitation
    expect([mailed, url]).toEqual([true, expect.stringMatching(/^https:\/\/leads\.example\.com\/join#/)])
    expect(sent).toEqual([
      { to: 'mailed@acme.example', subject: expect.any(String), text: expect.stringContaining(`\n\n${url}\n`) },
    ])
    await post('/api/v1/auth/link', { token: tokenOf(url), password: 'long enough' }, app)
    const forgotten = async (email: string) => {
      const answer = await post('/api/v1/auth/forgotten', { email }, app)
      const { 'x-correlation-id': _id, ...headers } = answer.headers
      return { status: answer.statusCode, body: answer.body, headers: { ...headers, date: '' } }
    }
    expect(await forgotten('nobody@acme.example')).toEqual(await forgotten('mailed@acme.example'))
    await expect.poll(() => sent.length).toBe(2)
    expect(sent[1]?.text).toContain('https://leads.example.com/reset#')
    const reset = tokenOf(sent[1]?.text.split('\n\n')[1]?.trim() ?? '')
    expect((await post('/api/v1/auth/link', { token: reset, password: 'another one' }, app)).statusCode).toBe(200)
    const logged = api.logged.join('\n')
    for (const secret of [tokenOf(url), reset, 'mailed@acme.example']) expect(logged).not.toContain(secret)
  })
})

describe('users', () => {
  const read = async (id: string) => ask('GET', `/api/v1/users/${id}`)
  const idOf = async (email: string) => {
    const { items } = (await ask('GET', '/api/v1/users?limit=200')).json()
    return items.find((each: { email: string }) => each.email === email).id as string
  }

  it('are listed page by page', async () => {
    const first = (await ask('GET', '/api/v1/users?limit=2')).json()
    const second = (await ask('GET', `/api/v1/users?limit=200&cursor=${first.next_cursor}`)).json()
    const emails = [...first.items, ...second.items].map(({ email }: { email: string }) => email)
    expect(new Set(emails).size).toBe(emails.length)
    expect(emails).toEqual(expect.arrayContaining([ADMIN.email, OWNER.email, 'Bea@Acme.example']))
    expect(second.next_cursor).toBeNull()
  })

  it('are changed by who read them last, and a new role counts from the next request on', async () => {
    const CAL = { email: 'cal@acme.example', password: 'calendar', role: 'operator' }
    const as = await api.signIn(CAL)
    const id = await idOf(CAL.email)
    const etag = String((await read(id)).headers.etag)
    const patch = (payload: object, headers: Record<string, string> = {}) =>
      ask('PATCH', `/api/v1/users/${id}`, { payload, headers })
    expect((await ask('PUT', '/api/v1/lists/cal', { as, payload: { label: 'Cal' } })).statusCode).toBe(200)
    const changed = await patch({ role: 'analyst' }, { 'if-match': etag })
    expect([changed.statusCode, changed.json().role, changed.headers.etag !== etag]).toEqual([200, 'analyst', true])
    expect((await ask('PUT', '/api/v1/lists/cal', { as, payload: { label: 'Cal' } })).statusCode).toBe(403)
    const stale = await patch({ role: 'admin' }, { 'if-match': etag })
    expect([stale.statusCode, stale.json().code]).toEqual([412, 'precondition_failed'])
    expect((await patch({ role: 'admin' }, { 'if-match': 'W/"junk' })).statusCode).toBe(400)
    const both = await Promise.all([
      patch({ role: 'operator' }, { 'if-match': String(changed.headers.etag) }),
      patch({ role: 'auditor' }, { 'if-match': String(changed.headers.etag) }),
    ])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 412])
    expect((await patch({ enabled: false })).statusCode).toBe(200)
    expect((await ask('GET', '/api/v1/lists', { as })).statusCode).toBe(401)
    expect((await post('/api/v1/auth/login', CAL)).statusCode).toBe(400)
    const { role: _role, ...login } = CAL
    expect((await post('/api/v1/auth/login', login)).statusCode).toBe(401)
  })

  it('keep an owner, whom no admin touches', async () => {
    const id = await idOf(OWNER.email)
    for (const [method, path, payload] of [
      ['PATCH', '', { role: 'analyst' }],
      ['PATCH', '', { enabled: false }],
      ['DELETE', '', undefined],
      ['POST', '/link', undefined],
    ] as const) {
      const url = `/api/v1/users/${id}${path}`
      expect((await ask(method, url, payload === undefined ? {} : { payload })).statusCode).toBe(403)
    }
    const as = await api.token(OWNER)
    const alone = await ask('PATCH', `/api/v1/users/${id}`, { as, payload: { role: 'admin' } })
    expect([alone.statusCode, alone.json().code]).toEqual([409, 'conflict'])
    expect((await ask('DELETE', `/api/v1/users/${id}`, { as })).statusCode).toBe(409)
    const second = await invite({ email: 'second@acme.example', role: 'owner' }, as)
    const secondId = second.json().user.id
    const left = await Promise.all(
      [id, secondId].map((each) => ask('PATCH', `/api/v1/users/${each}`, { as, payload: { role: 'admin' } })),
    )
    expect(left.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
    const owners = await api.home.inspect(
      `select id from millrace.login where role = 'owner' and tenant_id = '${api.home.tenantId}'`,
    )
    expect(owners).toHaveLength(1)
  })

  it('of another tenant are none, byte for byte', async () => {
    const theirs = await api.home.inspect<{ id: string }>(
      `select id from millrace.login where tenant_id <> '${api.home.tenantId}'`,
    )
    const headers = { 'x-correlation-id': 'same-for-both' }
    const [one, none] = await Promise.all(
      [theirs[0]?.id ?? '', '0199aaaa-0000-7000-8000-000000000001'].map((id) =>
        ask('GET', `/api/v1/users/${id}`, { headers }),
      ),
    )
    expect([one?.statusCode, one?.body]).toEqual([404, none?.body])
  })
})

describe('a second factor', () => {
  const DEE = { email: 'dee@acme.example', password: 'two of them' }
  const login = (more: object = {}) => post('/api/v1/auth/login', { ...DEE, ...more })

  it('is asked for once confirmed, each code once, and can be lost', async () => {
    await api.addLogin({ ...DEE, role: 'operator' })
    const as = await api.token(DEE)
    const begun = (await ask('POST', '/api/v1/auth/totp', { as })).json()
    const app = new TOTP({ secret: Secret.fromBase32(begun.secret), period: 30 })
    const code = () => app.generate({ timestamp: api.clock.now() })
    expect((await login()).statusCode).toBe(200)
    const wrong = await ask('POST', '/api/v1/auth/totp/confirm', { as, payload: { code: '000000' } })
    expect(wrong.statusCode).toBe(400)
    const confirmed = await ask('POST', '/api/v1/auth/totp/confirm', { as, payload: { code: code() } })
    const { recovery_codes: recovery } = confirmed.json()
    expect(recovery).toHaveLength(10)
    expect((await ask('POST', '/api/v1/auth/totp', { as })).statusCode).toBe(409)

    const asked = await login()
    expect([asked.statusCode, asked.json().code]).toEqual([401, 'second_factor_required'])
    expect((await login({ code: code() })).json().code).toBe('unauthenticated')
    api.clock.advance(30_000)
    const spent = code()
    const twice = await Promise.all([login({ code: spent }), login({ code: spent })])
    expect(twice.map(({ statusCode }) => statusCode).sort()).toEqual([200, 401])
    expect((await login({ code: recovery[3].toUpperCase() })).statusCode).toBe(200)
    expect((await login({ code: recovery[3] })).statusCode).toBe(401)
    expect((await login({ code: '000000' })).json().detail).toBe('The email or the password is wrong.')

    api.clock.advance(30_000)
    const remove = (payload: object) => ask('DELETE', '/api/v1/auth/totp', { as, payload })
    expect((await remove({ code: '000000' })).statusCode).toBe(403)
    expect((await remove({ code: code() })).statusCode).toBe(204)
    expect((await login()).statusCode).toBe(200)
    const [row] = await api.home.inspect<{ totp: Buffer | null; recovery: string[] }>(
      'select totp, recovery from millrace.login where totp_step = 0 and totp is null limit 1',
    )
    expect(row?.recovery).toEqual([])
  })
})
