import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runApi } from '../../src/cli/commands/api.ts'
import { ADMIN, type TestApi, testApi } from '../support/api.ts'

let api: TestApi
let server = ''
let key = ''

beforeAll(async () => {
  api = await testApi()
  await api.addLogin(ADMIN)
  await api.app.listen({ host: '127.0.0.1', port: 0 })
  const address = api.app.server.address()
  server = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
  key = await api.token(ADMIN)
  for (let n = 0; n < 5; n += 1) await api.submit({ email: `cli${n}@example.com`, state: 'TX' })
})
afterAll(() => api.close())

const run = async (method: string, address: string, over: object = {}) => {
  let text = ''
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk)
      done()
    },
  })
  const base = { server, key, query: [], body: undefined, idempotencyKey: undefined, all: false, output }
  const code = await runApi({ ...base, method, address, ...over })
  return { code, lines: text.trim().split('\n') }
}

it('prints what the server answers, page after page where all is asked for', async () => {
  const one = await run('get', '/api/v1/leads', { query: ['limit=2'] })
  expect([one.code, JSON.parse(one.lines[0] ?? '').items.length]).toEqual([0, 2])
  const all = await run('GET', '/api/v1/leads', { query: ['limit=2'], all: true })
  expect(new Set(all.lines.map((line) => JSON.parse(line).id)).size).toBe(5)
  const made = await run('put', '/api/v1/lists/dnc', { body: '{"label":"DNC"}' })
  expect([made.code, JSON.parse(made.lines[0] ?? '').label]).toEqual([0, 'DNC'])
})

it('prints the problem and ends with 1 where the server refuses', async () => {
  const refused = await run('get', '/api/v1/leads', { key: 'mrk_none' })
  expect([refused.code, JSON.parse(refused.lines[0] ?? '').code]).toEqual([1, 'unauthenticated'])
})

it('says what is wrong before anything is asked', async () => {
  await expect(run('fetch', '/api/v1/leads')).rejects.toThrow('expected one of get, post')
  await expect(run('get', 'leads')).rejects.toThrow('expected an address')
  await expect(run('post', '/api/v1/flows/check', { body: '{' })).rejects.toThrow('--body: expected JSON')
  await expect(run('get', '/api/v1/leads', { server: 'http://127.0.0.1:1' })).rejects.toThrow('cannot be reached')
})
