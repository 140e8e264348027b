import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'

let api: TestApi
let token: string
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const leadOf = async (email: string, phone = '') =>
  (await api.submit({ email, phone })).json<{ lead_id: string }>().lead_id

describe('POST /api/v1/privacy/requests', () => {
  it('erases by email, tells what it did, and gives the receipt; no answer names the person', async () => {
    const lead = await leadOf('grace@example.com')
    const answer = await ask('POST', '/api/v1/privacy/requests', {
      payload: { kind: 'erase', email: 'Grace@Example.com' },
    })
    expect(answer.statusCode).toBe(202)
    const request = answer.json<{ id: string; status: string; leads: number; receipt_url: string }>()
    expect(request).toMatchObject({ status: 'done', leads: 1 })
    expect(answer.headers.location).toBe(`/api/v1/privacy/requests/${request.id}`)
    const receipt = await ask('GET', request.receipt_url)
    expect(receipt.json<{ receipt: { leads: string[] } }>().receipt.leads).toEqual([lead])
    expect(answer.body + receipt.body).not.toMatch(/grace/i)
    expect((await ask('GET', `/api/v1/leads/${lead}`)).json<{ status: string }>().status).toBe('erased')
    const list = (await ask('GET', '/api/v1/privacy/requests?kind=erase')).json<{ items: { id: string }[] }>()
    expect(list.items[0]?.id).toBe(request.id)
    const audit = (await ask('GET', '/api/v1/audit?resource=privacy_request')).json<{ items: { action: string }[] }>()
    expect(audit.items.map(({ action }) => action)).toEqual(['privacy.erased', 'privacy.erase'])
  })

  it('erases by the lead that somebody names: its person, with all their leads', async () => {
    const first = await leadOf('lin@example.com', '512 555 0144')
    const second = await leadOf('lin2@example.com', '512 555 0144')
    await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', lead_id: first } })
    for (const id of [first, second])
      expect((await ask('GET', `/api/v1/leads/${id}`)).json<{ status: string }>().status).toBe('erased')
    const again = await api.submit({ email: 'new@example.com', phone: '512 555 0144' })
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([422, 'erased'])
  })

  it.each([
    ['nobody named', { kind: 'erase' }, 400],
    ['no address', { kind: 'erase', email: 'not one' }, 400],
    ['a scope that needs a lead', { kind: 'erase', email: 'a@example.com', scope: 'lead' }, 400],
    ['a lead of nobody here', { kind: 'erase', lead_id: '0199aaaa-0000-7000-8000-000000000001' }, 404],
    ['an unknown kind', { kind: 'forget', email: 'a@example.com' }, 400],
  ])('refuses %s and does nothing', async (_, payload, status) => {
    const before = await api.home.inspect('select from millrace.privacy_request')
    const answer = await ask('POST', '/api/v1/privacy/requests', { payload })
    expect(answer.statusCode).toBe(status)
    expect(answer.body).not.toContain('not one')
    expect(await api.home.inspect('select from millrace.privacy_request')).toHaveLength(before.length)
  })

  it('is not for everybody, nor for another tenant', async () => {
    await api.addLogin({ email: 'op@acme.example', password: 'correct horse battery', role: 'operator' })
    const operator = await api.token({ email: 'op@acme.example', password: 'correct horse battery' })
    const payload = { kind: 'erase', email: 'x@example.com' }
    expect((await ask('POST', '/api/v1/privacy/requests', { payload, as: operator })).statusCode).toBe(403)
    const tenantId = await api.home.addTenant('other')
    await api.addLogin({ tenantId, email: 'boss@other.example', password: 'correct horse battery', role: 'admin' })
    const boss = await api.token({ email: 'boss@other.example', password: 'correct horse battery' })
    const lead = await leadOf('mine@example.com')
    const stolen = await ask('POST', '/api/v1/privacy/requests', {
      payload: { kind: 'erase', lead_id: lead },
      as: boss,
    })
    expect(stolen.statusCode).toBe(404)
    await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email: 'mine@example.com' }, as: boss })
    expect((await ask('GET', `/api/v1/leads/${lead}`)).json<{ status: string }>().status).not.toBe('erased')
  })
})

describe('legal holds', () => {
  it('are placed, read, listed and released', async () => {
    await leadOf('hold@example.com')
    const placed = await ask('POST', '/api/v1/privacy/holds', {
      payload: { matter: 'case 7', email: 'hold@example.com', keeps: ['fields'] },
    })
    expect(placed.statusCode).toBe(201)
    const { id } = placed.json<{ id: string }>()
    await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email: 'hold@example.com' } })
    expect((await ask('GET', `/api/v1/privacy/holds/${id}`)).body).toContain('hold@example.com')
    const list = (await ask('GET', '/api/v1/privacy/holds')).json<{ items: { evidence: number }[] }>()
    expect(list.items[0]).toMatchObject({ id, evidence: 1, released_at: null })
    expect((await ask('DELETE', `/api/v1/privacy/holds/${id}`)).statusCode).toBe(200)
    expect((await ask('GET', `/api/v1/privacy/holds/${id}`)).statusCode).toBe(404)
  })
})

it('knows of every table that holds something of a lead', async () => {
  const { KEPT, PURGED } = await import('../../src/privacy/purges.ts')
  const rows = await api.home.inspect<{ table: string }>(
    `select c.relname as table from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'millrace'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attname in ('lead_id', 'lead') and not a.attisdropped`,
  )
  const known = new Set([...Object.keys(KEPT), ...PURGED.map(({ table }) => table)])
  expect(
    rows.map(({ table }) => table).filter((table) => !known.has(table)),
    'a table with a lead_id: let an erasure purge it (PURGED), or say why it may stay (KEPT), in src/privacy/purges.ts',
  ).toEqual([])
})
