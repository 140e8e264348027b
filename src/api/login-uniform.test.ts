import { verify } from '@node-rs/argon2'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { createPasswords } from '../access/passwords.ts'

/**
 * Whether an email is known, in how many tenants, with or without a password: neither words nor work tell. What costs time
 * in a login is argon2, so its computations are counted instead of a clock being read.
 */
let api: TestApi
let app: FastifyInstance
let computed: string[] = []
const PASSWORD = 'correct horse battery'

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ADMIN)
  const beta = await api.home.addTenant('beta')
  const shut = await api.home.addTenant('shut')
  for (const email of ['one', 'off', 'none', 'sso', 'two', 'locked'])
    await api.addLogin({ email: `${email}@acme.example`, password: PASSWORD, role: 'analyst' })
  await api.addLogin({ email: 'two@acme.example', password: 'another', role: 'analyst', tenantId: beta })
  await api.addLogin({ email: 'shut@acme.example', password: PASSWORD, role: 'analyst', tenantId: shut })
  const key = (name: string) => `'\\x${api.deps.keys.login(`${name}@acme.example`).toString('hex')}'::bytea`
  await api.home.inspect(`update millrace.login set enabled = false where email_key = ${key('off')}`)
  await api.home.inspect(`update millrace.login set password_hash = null where email_key = ${key('none')}`)
  await api.home.inspect(
    `update millrace.login set password_hash = null, sso_subject = 'sub' where email_key = ${key('sso')}`,
  )
  await api.home.inspect(`update millrace.tenant set enabled = false where id = '${shut}'`)
  const passwords = createPasswords((hash, password) => {
    computed.push(hash)
    return verify(hash, password)
  })
  app = await api.appWith({ passwords })
})
afterAll(() => api.close())
beforeEach(() => {
  computed = []
})

const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload })
/** What a stranger can tell of an answer, but for its correlation id. */
const told = async (payload: object, url = '/api/v1/auth/login') => {
  computed = []
  const { statusCode, headers, json, body } = await post(url, payload)
  const { correlation_id: _id, ...rest } = body === '' ? {} : json()
  return { statusCode, names: Object.keys(headers).sort(), rest, computations: computed.length }
}

describe('a login that is refused', () => {
  it('does as much work, and says the same, for everybody', async () => {
    const unknown = await told({ email: 'nobody@acme.example', password: 'wrong' })
    expect(unknown).toMatchObject({ statusCode: 401, computations: 3 })
    for (const name of ['one', 'off', 'none', 'sso', 'two', 'shut'])
      for (const url of ['/api/v1/auth/login', '/api/v1/auth/session'])
        expect(await told({ email: `${name}@acme.example`, password: 'wrong' }, url), name).toEqual(unknown)
    // The right password is no password where the user or the tenant is switched off.
    for (const name of ['off', 'none', 'sso', 'shut'])
      expect(await told({ email: `${name}@acme.example`, password: PASSWORD }), name).toEqual(unknown)
    // Naming a tenant tells neither whether there is one nor who belongs to it.
    for (const tenant of ['acme', 'beta', 'shut', 'nowhere'])
      expect(await told({ email: 'one@acme.example', password: 'wrong', tenant }), tenant).toEqual(unknown)
    expect(await told({ email: 'one@acme.example', password: PASSWORD, tenant: 'beta' })).toEqual(unknown)
  })

  it('computes as much as one that succeeds, always at one cost', async () => {
    expect((await told({ email: 'one@acme.example', password: PASSWORD })).computations).toBe(3)
    expect(new Set(computed.map((hash) => hash.split('$').slice(1, 4).join()))).toEqual(
      new Set(['argon2id,v=19,m=19456,t=2,p=1']),
    )
  })

  it('is locked alike for who exists and who does not', async () => {
    const locked = async (email: string) => {
      for (let n = 0; n < 10; n += 1) await post('/api/v1/auth/login', { email, password: 'wrong' })
      return told({ email, password: PASSWORD })
    }
    const known = await locked('locked@acme.example')
    expect(known).toMatchObject({ statusCode: 429, computations: 0 })
    expect(await locked('nobody-else@acme.example')).toEqual(known)
  })
})

describe('links', () => {
  it('are asked for with one answer for everybody, before anybody is looked for', async () => {
    const unknown = await told({ email: 'nobody@acme.example' }, '/api/v1/auth/forgotten')
    expect(unknown).toMatchObject({ statusCode: 202, computations: 0 })
    for (const name of ['one', 'off', 'none', 'sso', 'two', 'shut'])
      expect(await told({ email: `${name}@acme.example` }, '/api/v1/auth/forgotten'), name).toEqual(unknown)
  })

  it('that never were, are spent or are over are one', async () => {
    const token = await api.token(ADMIN)
    const ask = asker(() => ({ api, token }))
    const invite = async (email: string) =>
      (await ask('POST', '/api/v1/users', { payload: { email, role: 'analyst' } }))
        .json()
        .invitation.url.split('#')[1] as string
    const take = (given: string) => told({ token: given, password: 'long enough now' }, '/api/v1/auth/link')
    const never = await take('never')
    expect(never).toMatchObject({ statusCode: 401 })
    const spent = await invite('spent@acme.example')
    expect((await take(spent)).statusCode).toBe(200)
    expect(await take(spent)).toEqual(never)
    const over = await invite('over@acme.example')
    api.clock.advance(8 * 86_400_000)
    expect(await take(over)).toEqual(never)
  })

  it('of invitations tell nobody who works elsewhere', async () => {
    const token = await api.token(ADMIN)
    const ask = asker(() => ({ api, token }))
    const invited = async (email: string) => {
      const answer = await ask('POST', '/api/v1/users', { payload: { email, role: 'analyst' } })
      const { user, invitation } = answer.json()
      return [answer.statusCode, Object.keys(user).sort(), Object.keys(invitation).sort(), user.joined]
    }
    expect(await invited('shut@acme.example')).toEqual(await invited('new@acme.example'))
  })
})

it('a password and a code are guessed no faster within a session', async () => {
  const { email } = ADMIN
  const token = await api.token(ADMIN)
  const ask = asker(() => ({ api, token }))
  const statuses = []
  for (let n = 0; n < 11; n += 1)
    statuses.push(
      (
        await ask('PUT', '/api/v1/auth/password', {
          payload: { password: 'wrong', new_password: 'long enough now' },
        })
      ).statusCode,
    )
  expect(statuses.slice(0, 8)).toEqual(Array(8).fill(403))
  expect(statuses.at(-1)).toBe(429)
  expect((await ask('DELETE', '/api/v1/auth/totp', { payload: { code: '000000' } })).statusCode).toBe(429)
  expect((await post('/api/v1/auth/login', { email, password: ADMIN.password })).statusCode).toBe(429)
})
