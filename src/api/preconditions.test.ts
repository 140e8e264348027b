import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string
beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const put = (label: string, headers: Record<string, string> = {}) =>
  ask('PUT', '/api/v1/lists/dnc', { payload: { label }, headers })
const etagOf = async (url = '/api/v1/lists/dnc') => String((await ask('GET', url)).headers.etag)

describe('what is read and changed at one address', () => {
  it('has an ETag, which stands as long as it does', async () => {
    await put('DNC')
    const etag = await etagOf()
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    expect(await etagOf()).toBe(etag)
    const same = await ask('GET', '/api/v1/lists/dnc', { headers: { 'if-none-match': etag } })
    expect([same.statusCode, same.body]).toEqual([304, ''])
    await put('Do not call')
    expect(await etagOf()).not.toBe(etag)
    expect((await ask('GET', '/api/v1/lists/dnc', { headers: { 'if-none-match': etag } })).statusCode).toBe(200)
  })

  it('is changed by who read it last, also where many changed it at the same moment in several processes', async () => {
    const etag = await etagOf()
    const apps = [api.app, await api.appWith({})]
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        (apps[n % 2] ?? api.app).inject({
          method: 'PUT',
          // One address, however it is written.
          url: ['/api/v1/lists/dnc', '/api/v1/lists/dnc?again', '/api/v1/lists/d%6ec'][n % 3] ?? '',
          headers: { authorization: `Bearer ${token}`, 'if-match': etag },
          payload: { label: `label ${n}` },
        }),
      ),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
    expect(answers.find(({ statusCode }) => statusCode === 412)?.json().code).toBe('precondition_failed')
    expect((await put('without', {})).statusCode).toBe(200)
    expect((await put('whatever it is', { 'if-match': '*' })).statusCode).toBe(200)
    expect((await put('x', { 'if-match': 'no tag' })).statusCode).toBe(400)
  })

  it('is not there yet: then no version of it can be meant', async () => {
    const answer = await ask('PUT', '/api/v1/lists/none', { payload: { label: 'x' }, headers: { 'if-match': '"x"' } })
    expect(answer.statusCode).toBe(412)
    expect((await ask('GET', '/api/v1/lists/none')).statusCode).toBe(404)
  })

  it('may be a secret, of which nothing but its age is read', async () => {
    await ask('PUT', '/api/v1/secrets/crm', { payload: { value: 'first value' } })
    const read = await ask('GET', '/api/v1/secrets/crm')
    expect(read.json()).toEqual({ name: 'crm', updated_at: expect.any(String) })
    const ifMatch = { headers: { 'if-match': String(read.headers.etag) } }
    api.clock.advance(1)
    expect((await ask('PUT', '/api/v1/secrets/crm', { payload: { value: 'second' }, ...ifMatch })).statusCode).toBe(200)
    expect((await ask('PUT', '/api/v1/secrets/crm', { payload: { value: 'third' }, ...ifMatch })).statusCode).toBe(412)
    expect((await ask('GET', '/api/v1/secrets/none')).statusCode).toBe(404)
  })
})
