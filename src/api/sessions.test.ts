import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
const ANN = { email: 'ann@acme.example', password: 'horse battery', role: 'operator' }

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ADMIN)
  await api.addLogin(ANN)
})
afterAll(() => api.close())

interface Pair {
  readonly access_token: string
  readonly refresh_token: string
}

const post = (url: string, payload: object, headers: Record<string, string> = {}) =>
  api.app.inject({ method: 'POST', url, payload, headers })
const logIn = async (who: { email: string; password: string } = ANN): Promise<Pair> =>
  (await post('/api/v1/auth/login', { email: who.email, password: who.password })).json()
const refresh = (token: string) => post('/api/v1/auth/refresh', { refresh_token: token })
const ask = asker(() => ({ api, token: '' }))
const isIn = async (token: string) => (await ask('GET', '/api/v1/leads', { as: token })).statusCode === 200

describe('refresh tokens', () => {
  it('are good once, and give the next pair', async () => {
    const first = await logIn()
    const second = (await refresh(first.refresh_token)).json<Pair>()
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(await isIn(second.access_token)).toBe(true)
    const third = await refresh(second.refresh_token)
    expect(third.statusCode).toBe(200)
  })

  it('end the whole session where one comes twice', async () => {
    const first = await logIn()
    const second = (await refresh(first.refresh_token)).json<Pair>()
    expect((await refresh(first.refresh_token)).statusCode).toBe(401)
    expect((await refresh(second.refresh_token)).statusCode).toBe(401)
    expect(await isIn(second.access_token)).toBe(false)
    const [row] = await api.home.inspect<{ revoked_for: string }>(
      'select revoked_for from millrace.login_session where revoked_at is not null order by id desc limit 1',
    )
    expect(row?.revoked_for).toBe('reuse')
  })

  it('count as used twice where two use one at the same moment', async () => {
    const { refresh_token: token } = await logIn()
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(token)))
    const given = answers.filter(({ statusCode }) => statusCode === 200)
    expect(given.length).toBeLessThanOrEqual(1)
    for (const each of given) expect(await isIn(each.json<Pair>().access_token)).toBe(false)
  })

  it('cannot be made up, and a made up one ends nobody’s session', async () => {
    const pair = await logIn()
    const [id = '', generation = '', mark = ''] = pair.refresh_token.replace('mrr_', '').split('.')
    const other = (mark.startsWith('0') ? '1' : '0') + mark.slice(1)
    for (const token of [`mrr_${id}.0.${mark}`, `mrr_${id}.${generation}.${other}`, `mrr_${id}.2.${mark}`, 'mrr_', 'x'])
      expect((await refresh(token)).statusCode).toBe(401)
    expect(await isIn(pair.access_token)).toBe(true)
  })

  it('are worth nothing once unused for 30 days', async () => {
    const { refresh_token: token } = await logIn()
    const start = api.clock.now()
    api.clock.set(start + 31 * 86_400_000)
    expect((await refresh(token)).statusCode).toBe(401)
    api.clock.set(start)
  })
})

describe('sessions', () => {
  it('are listed with device and time, and end one by one at once, in every process', async () => {
    const [one, two] = [await logIn(), await logIn()]
    const mine = (await ask('GET', '/api/v1/auth/sessions', { as: one.access_token })).json()
    const current = mine.items.filter((each: { current: boolean }) => each.current)
    expect(current).toEqual([
      {
        id: expect.any(String),
        kind: 'token',
        current: true,
        created_at: expect.any(String),
        last_seen_at: expect.any(String),
        expires_at: expect.any(String),
        ip: '127.0.0.1',
        user_agent: 'lightMyRequest',
      },
    ])
    const theirs = (await ask('GET', '/api/v1/auth/sessions', { as: two.access_token })).json()
    const other = theirs.items.find((each: { current: boolean }) => each.current).id
    const sibling = await api.appWith({})
    const elsewhere = () =>
      sibling.inject({ url: '/api/v1/leads', headers: { authorization: `Bearer ${two.access_token}` } })
    expect((await elsewhere()).statusCode).toBe(200)
    expect((await ask('DELETE', `/api/v1/auth/sessions/${other}`, { as: one.access_token })).statusCode).toBe(204)
    expect((await elsewhere()).statusCode).toBe(401)
    expect(await isIn(two.access_token)).toBe(false)
    expect(await isIn(one.access_token)).toBe(true)
    expect((await ask('DELETE', `/api/v1/auth/sessions/${other}`, { as: one.access_token })).statusCode).toBe(404)
  })

  it('of others are none', async () => {
    const admin = await logIn(ADMIN)
    const list = (await ask('GET', '/api/v1/auth/sessions', { as: admin.access_token })).json()
    const ann = await logIn()
    const answer = await ask('DELETE', `/api/v1/auth/sessions/${list.items[0].id}`, { as: ann.access_token })
    expect(answer.statusCode).toBe(404)
    expect(await isIn(admin.access_token)).toBe(true)
  })

  it('end at logout, and all others with a new password', async () => {
    const [one, two] = [await logIn(), await logIn()]
    const wrong = { password: 'wrong', new_password: 'staple staple' }
    expect((await ask('PUT', '/api/v1/auth/password', { as: one.access_token, payload: wrong })).statusCode).toBe(403)
    const right = { ...wrong, password: ANN.password }
    expect((await ask('PUT', '/api/v1/auth/password', { as: one.access_token, payload: right })).statusCode).toBe(200)
    expect([await isIn(one.access_token), await isIn(two.access_token)]).toEqual([true, false])
    expect((await ask('DELETE', '/api/v1/auth/session', { as: one.access_token })).statusCode).toBe(204)
    expect(await isIn(one.access_token)).toBe(false)
    expect((await refresh(one.refresh_token)).statusCode).toBe(401)
    const back = { password: 'staple staple', new_password: ANN.password }
    const again = await logIn({ email: ANN.email, password: 'staple staple' })
    await ask('PUT', '/api/v1/auth/password', { as: again.access_token, payload: back })
  })

  it('keep device and address sealed', async () => {
    await post('/api/v1/auth/login', { email: ANN.email, password: ANN.password }, { 'user-agent': 'Tell-Tale/1' })
    const rows = await api.home.inspect('select * from millrace.login_session')
    expect(JSON.stringify(rows.map((row) => ({ ...row, sealed: String(row.sealed) })))).not.toMatch(/Tell-Tale|127\.0/)
  })
})

describe('a browser’s session', () => {
  const cookieOf = (answer: { headers: Record<string, unknown> }) => String(answer.headers['set-cookie'])
  const enter = async () => {
    const answer = await post('/api/v1/auth/session', { email: ANN.email, password: ANN.password })
    return { answer, cookie: cookieOf(answer).split(';')[0] ?? '', csrf: answer.json().csrf_token as string }
  }

  it('is a cookie that no script reads and no other site sends', async () => {
    const { answer } = await enter()
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      kind: 'user',
      email: ANN.email,
      role: 'operator',
      tenant: { slug: 'acme', name: 'acme' },
      second_factor: false,
      csrf_token: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(answer.json().permissions).toContain('lead.review')
    expect(answer.json().permissions).not.toContain('secret.edit')
    expect(cookieOf(answer)).toMatch(/^millrace_session=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    const https = await api.appWith({ settings: { ...api.deps.settings, publicUrl: 'https://leads.example.com' } })
    const safe = await https.inject({
      method: 'POST',
      url: '/api/v1/auth/session',
      payload: { email: ANN.email, password: ANN.password },
    })
    expect(cookieOf(safe)).toMatch(/; Secure$/)
  })

  it('changes nothing without its token against forgery', async () => {
    const { cookie, csrf } = await enter()
    const other = (await enter()).csrf
    const put = (headers: Record<string, string>) =>
      api.app.inject({
        method: 'PUT',
        url: '/api/v1/lists/dnc',
        headers: { cookie, ...headers },
        payload: { label: 'DNC' },
      })
    expect((await api.app.inject({ url: '/api/v1/lists', headers: { cookie } })).statusCode).toBe(200)
    for (const headers of [{}, { 'x-csrf-token': '' }, { 'x-csrf-token': other }, { 'x-csrf-token': `${csrf}0` }])
      expect((await put(headers)).statusCode).toBe(403)
    expect((await put({ 'x-csrf-token': csrf })).statusCode).toBe(200)
  })

  it('is not opened by its id, another’s mark, or a cookie that a login gave as a token', async () => {
    const { cookie } = await enter()
    const [id = '', mark = ''] = cookie.replace('millrace_session=', '').split('.')
    const pair = await logIn()
    const sid = (JSON.parse(atob(pair.access_token.split('.')[1] ?? '')) as { sid: string }).sid
    for (const value of [id, `${id}.`, `${id}.${'0'.repeat(64)}`, `${sid}.${mark}`, pair.access_token])
      expect(
        (await api.app.inject({ url: '/api/v1/lists', headers: { cookie: `millrace_session=${value}` } })).statusCode,
      ).toBe(401)
  })

  it('ends at logout and after twelve hours', async () => {
    const { cookie, csrf } = await enter()
    const out = await api.app.inject({
      method: 'DELETE',
      url: '/api/v1/auth/session',
      headers: { cookie, 'x-csrf-token': csrf },
    })
    expect([out.statusCode, cookieOf(out)]).toEqual([204, expect.stringContaining('Max-Age=0')])
    expect((await api.app.inject({ url: '/api/v1/lists', headers: { cookie } })).statusCode).toBe(401)
    const later = await enter()
    const start = api.clock.now()
    api.clock.set(start + 12 * 3_600_000)
    expect((await api.app.inject({ url: '/api/v1/lists', headers: { cookie: later.cookie } })).statusCode).toBe(401)
    api.clock.set(start)
  })
})
