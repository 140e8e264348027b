import { afterAll, beforeAll, expect, it } from 'vitest'
import { ApiProblem, type Client, createClient } from '../../src/client/client.ts'
import { ADMIN, type TestApi, testApi } from '../support/api.ts'

let api: TestApi
let client: Client
let baseUrl: string

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ADMIN)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const address = api.app.server.address()
  baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const token = await api.token(ADMIN)
  client = createClient({ baseUrl, token: () => token })
  for (let n = 0; n < 5; n += 1) await api.submit({ email: `client${n}@example.com`, state: 'TX' })
  await api.deps.runner.drained()
})
afterAll(() => api.close())

const problemOf = async (asked: Promise<unknown>): Promise<ApiProblem> => {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ApiProblem)
  return error as ApiProblem
}

it('asks and is answered in types that come from the description', async () => {
  const { data, status } = await client.call('put', '/api/v1/lists/{id}', {
    path: { id: 'a-b.c' },
    body: { label: 'A' },
  })
  const label: string = data.label
  expect([status, label, data.id]).toEqual([200, 'A', 'a-b.c'])
  const { data: lists } = await client.call('get', '/api/v1/lists')
  expect(lists.items.map(({ id }) => id)).toContain('a-b.c')
  // What the description does not know does not compile.
  // @ts-expect-error no such address
  await problemOf(client.call('get', '/api/v1/nothing'))
  // @ts-expect-error no such method
  await problemOf(client.call('patch', '/api/v1/lists'))
  // @ts-expect-error the parameter of the address is missing
  await problemOf(client.call('get', '/api/v1/leads/{id}'))
  // @ts-expect-error the body has no such field
  await problemOf(client.call('put', '/api/v1/lists/{id}', { path: { id: 'x' }, body: { name: 'A' } }))
})

it('goes through lists page by page', async () => {
  const ids = new Set<string>()
  for await (const lead of client.items('/api/v1/leads', { query: { limit: 2 } })) ids.add(lead.id)
  expect(ids.size).toBe(5)
})

it('throws problems with their code, field by field', async () => {
  const wrong = await problemOf(client.call('post', '/api/v1/leads/search', { body: { email: 'nobody' } }))
  expect([wrong.status, wrong.code, wrong.errors]).toEqual([
    400,
    'invalid_request',
    [{ field: 'email', message: 'is no email address' }],
  ])
  const stranger = createClient({ baseUrl, token: () => 'none' })
  expect((await problemOf(stranger.call('get', '/api/v1/leads'))).code).toBe('unauthenticated')
})

it('sends an ETag back, and is told that somebody was faster', async () => {
  const { data } = await client.call('post', '/api/v1/users', { body: { email: 'ed@acme.example', role: 'analyst' } })
  const path = { id: data.user.id }
  const read = await client.call('get', '/api/v1/users/{id}', { path })
  const ifMatch = read.etag ?? ''
  await client.call('patch', '/api/v1/users/{id}', { path, body: { role: 'operator' }, ifMatch })
  const late = client.call('patch', '/api/v1/users/{id}', { path, body: { role: 'auditor' }, ifMatch })
  expect((await problemOf(late)).code).toBe('precondition_failed')
  expect((await client.call('delete', '/api/v1/users/{id}', { path })).status).toBe(204)
})

it('keeps a browser’s session by cookie and token against forgery', async () => {
  let cookie = ''
  let csrf: string | null = null
  const browser = createClient({
    baseUrl,
    csrfToken: () => csrf,
    fetch: async (url, init) => {
      const answer = await fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), cookie } })
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie
      return answer
    },
  })
  const { email, password } = ADMIN
  const { data } = await browser.call('post', '/api/v1/auth/session', { body: { email, password } })
  const put = () => browser.call('put', '/api/v1/lists/{id}', { path: { id: 'dnc' }, body: { label: 'DNC' } })
  expect((await problemOf(put())).code).toBe('forbidden')
  csrf = data.csrf_token
  expect((await put()).status).toBe(200)
  expect((await browser.call('delete', '/api/v1/auth/session')).status).toBe(204)
  expect((await problemOf(browser.call('get', '/api/v1/lists'))).status).toBe(401)
})
