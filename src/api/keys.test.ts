import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
let people = 0

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const make = (payload: object) => ask('POST', '/api/v1/keys', { payload })
const newKey = async (scopes: string[], more: object = {}) => {
  const answer = await make({ name: scopes.join(' '), scopes, ...more })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json<{ key: { id: string; hint: string }; secret: string }>()
}
const submitWith = async (key: string, app = api.app) => {
  people += 1
  const answer = await app.inject({
    method: 'POST',
    url: SUBMIT,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    payload: JSON.stringify({ email: `keys${people}@example.com`, state: 'TX' }),
  })
  return answer.statusCode
}
const FOR_WEB = { flow: 'roofs', source: 'web' }

describe('API keys', () => {
  it('are shown once, and kept as a hash', async () => {
    const { key, secret } = await newKey(['read'])
    expect(secret).toMatch(/^mrk_[\w-]{43}$/)
    expect(secret.startsWith(key.hint)).toBe(true)
    const listed = await ask('GET', '/api/v1/keys')
    expect(listed.json().items.map(({ id }: { id: string }) => id)).toContain(key.id)
    expect(listed.body).not.toContain(secret)
    const rows = await api.home.inspect('select * from millrace.source_key')
    expect(JSON.stringify(rows)).not.toContain(secret.slice(12))
    expect(api.logged.join('\n')).not.toContain(secret)
  })

  it('do what their scopes say', async () => {
    const keys = {
      submit: (await newKey(['submit'], FOR_WEB)).secret,
      read: (await newKey(['read'])).secret,
      write: (await newKey(['write'])).secret,
      admin: (await newKey(['admin'])).secret,
    }
    const status = async (as: string) => [
      (await ask('GET', '/api/v1/leads', { as })).statusCode,
      (await ask('PUT', '/api/v1/lists/dnc', { as, payload: { label: 'DNC' } })).statusCode,
      (await ask('PUT', '/api/v1/secrets/x', { as, payload: { value: 'x' } })).statusCode,
      await submitWith(as),
    ]
    expect(await status(keys.submit)).toEqual([403, 403, 403, 201])
    expect(await status(keys.read)).toEqual([200, 403, 403, 403])
    expect(await status(keys.write)).toEqual([200, 200, 403, 403])
    expect(await status(keys.admin)).toEqual([200, 200, 200, 403])
    const me = (await ask('GET', '/api/v1/auth/session', { as: keys.read })).json()
    expect(me).toMatchObject({ kind: 'key', role: 'analyst', email: null })
    const header = await api.app.inject({ url: '/api/v1/leads', headers: { 'x-api-key': keys.read } })
    expect(header.statusCode).toBe(200)
    expect((await ask('GET', '/api/v1/auth/sessions', { as: keys.admin })).statusCode).toBe(403)
  })

  it('are refused with a scope, a source or a time that cannot be', async () => {
    for (const payload of [
      { name: 'x', scopes: ['owner'] },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['submit'] },
      { name: 'x', scopes: ['submit'], flow: 'none', source: 'web' },
      { name: 'x', scopes: ['read'], flow: 'roofs', source: 'web' },
      { name: 'x', scopes: ['read'], expires_at: '2020-01-01' },
      { name: '', scopes: ['read'] },
    ])
      expect((await make(payload)).statusCode, JSON.stringify(payload)).toBe(400)
  })

  it('end when they expire or are switched off, in every process', async () => {
    const start = api.clock.now()
    const until = new Date(start + 60_000).toISOString()
    const both = await newKey(['submit', 'read'], { ...FOR_WEB, expires_at: until })
    expect([
      await submitWith(both.secret),
      (await ask('GET', '/api/v1/leads', { as: both.secret })).statusCode,
    ]).toEqual([201, 200])
    api.clock.set(start + 60_000)
    expect([
      await submitWith(both.secret),
      (await ask('GET', '/api/v1/leads', { as: both.secret })).statusCode,
    ]).toEqual([401, 401])
    api.clock.set(start)
    const other = await newKey(['submit'], FOR_WEB)
    const sibling = await api.appWith({})
    expect([await submitWith(other.secret), await submitWith(other.secret, sibling)]).toEqual([201, 201])
    const off = await ask('PATCH', `/api/v1/keys/${other.key.id}`, { payload: { enabled: false } })
    expect([off.statusCode, off.json().enabled]).toEqual([200, false])
    await expect.poll(() => submitWith(other.secret)).toBe(403)
    await expect.poll(() => submitWith(other.secret, sibling)).toBe(403)
    expect((await ask('DELETE', `/api/v1/keys/${other.key.id}`)).statusCode).toBe(204)
    await expect.poll(() => submitWith(other.secret)).toBe(401)
  })

  it('show when they were last used', async () => {
    const { key, secret } = await newKey(['submit', 'read'], FOR_WEB)
    const used = async () => (await ask('GET', `/api/v1/keys/${key.id}`)).json().last_used_at
    expect(await used()).toBeNull()
    await submitWith(secret)
    await expect.poll(used).toBe(new Date(api.clock.now()).toISOString())
    api.clock.advance(120_000)
    await ask('GET', '/api/v1/leads', { as: secret })
    await expect.poll(used).toBe(new Date(api.clock.now()).toISOString())
  })

  it('are exchanged with an overlap, once', async () => {
    const first = await newKey(['submit'], FOR_WEB)
    const rotate = () => ask('POST', `/api/v1/keys/${first.key.id}/rotate`, { payload: { overlap_s: 60 } })
    const answers = await Promise.all([rotate(), rotate()])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409])
    const { key, secret, old } = answers.find(({ statusCode }) => statusCode === 201)?.json() ?? {}
    expect(old).toMatchObject({ id: first.key.id, replaced_by: key.id })
    expect(key).toMatchObject({ scopes: ['submit'], flow: 'roofs', source: 'web', expires_at: null })
    expect([await submitWith(first.secret), await submitWith(secret)]).toEqual([201, 201])
    api.clock.advance(60_000)
    await expect.poll(() => submitWith(first.secret)).toBe(401)
    expect(await submitWith(secret)).toBe(201)
    // A token lives for 15 minutes; the clock has gone on.
    token = await api.token(ADMIN)
  })

  it('are changed by who read them last', async () => {
    const { key } = await newKey(['read'])
    const etag = String((await ask('GET', `/api/v1/keys/${key.id}`)).headers.etag)
    const patch = (name: string) =>
      ask('PATCH', `/api/v1/keys/${key.id}`, { payload: { name }, headers: { 'if-match': etag } })
    const both = await Promise.all([patch('one'), patch('two')])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 412])
  })
})

describe('POST /oauth/token', () => {
  const exchange = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    api.app.inject({
      method: 'POST',
      url: '/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams(form).toString(),
    })

  it('gives a token that does what the key does, or less', async () => {
    const { key, secret } = await newKey(['submit', 'read'], FOR_WEB)
    const form = { grant_type: 'client_credentials', client_id: key.id, client_secret: secret }
    const whole = (await exchange(form)).json()
    expect(whole).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'submit read',
    })
    expect((await ask('GET', '/api/v1/leads', { as: whole.access_token })).statusCode).toBe(200)
    expect(await submitWith(whole.access_token)).toBe(201)
    const less = (await exchange({ ...form, scope: 'submit' })).json()
    expect((await ask('GET', '/api/v1/leads', { as: less.access_token })).statusCode).toBe(403)
    expect(await submitWith(less.access_token)).toBe(201)
    const basic = `Basic ${btoa(`${key.id}:${encodeURIComponent(secret)}`)}`
    expect((await exchange({ grant_type: 'client_credentials' }, { authorization: basic })).statusCode).toBe(200)
    await ask('PATCH', `/api/v1/keys/${key.id}`, { payload: { enabled: false } })
    expect((await ask('GET', '/api/v1/leads', { as: whole.access_token })).statusCode).toBe(401)
    await expect.poll(() => submitWith(whole.access_token)).toBe(403)
  })

  it('refuses in the words of RFC 6749', async () => {
    const { key, secret } = await newKey(['read'])
    const form = { grant_type: 'client_credentials', client_id: key.id, client_secret: secret }
    const other = await newKey(['read'])
    for (const [over, status, error] of [
      [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
      [{ client_secret: 'mrk_wrong' }, 401, 'invalid_client'],
      [{ client_id: other.key.id }, 401, 'invalid_client'],
      [{ scope: 'admin' }, 400, 'invalid_scope'],
      [{ scope: ' ' }, 400, 'invalid_scope'],
    ] as const) {
      const answer = await exchange({ ...form, ...over })
      expect([answer.statusCode, answer.json().error]).toEqual([status, error])
    }
    const { client_id: _id, ...without } = form
    expect((await exchange(without)).json().error).toBe('invalid_request')
  })
})
