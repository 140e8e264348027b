import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, FLOW, type TestApi, testApi } from '../../test/support/api.ts'
import { suppressionKey } from '../handlers/suppression.ts'

let api: TestApi
let token: string
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }

beforeAll(async () => {
  api = await testApi()
  const otherTenant = await api.home.addTenant('other')
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

describe('secrets', () => {
  it('are set, sealed, listed by name and never shown', async () => {
    const epoch = async () =>
      (
        await api.deps.database.definer<{ id: string; config_epoch: number }>({
          text: 'select id, config_epoch from millrace.find_tenants()',
        })
      ).find(({ id }) => id === api.home.tenantId)?.config_epoch ?? 0
    const before = await epoch()
    const set = await ask('PUT', '/api/v1/secrets/crm.token', { payload: { value: 'hunter2-hunter2' } })
    expect([set.statusCode, set.json().name]).toEqual([200, 'crm.token'])
    expect(set.body).not.toContain('hunter2')
    expect(await epoch()).toBe(before + 1)
    const listed = await ask('GET', '/api/v1/secrets')
    expect(listed.json().items).toEqual([{ name: 'crm.token', updated_at: expect.any(String) }])
    const [row] = await api.deps.database.batch(
      [api.home.tenantId],
      [{ text: 'select sealed from millrace.secret where tenant_id = $1::uuid', values: [api.home.tenantId] }],
    )
    const sealed = row?.[0]?.sealed as Buffer
    expect(sealed.length).toBe('hunter2-hunter2'.length + 28)
    expect(sealed.includes('hunter2')).toBe(false)
    expect(api.logged.join('\n')).not.toContain('hunter2-hunter2')
    expect((await ask('GET', '/api/v1/secrets', { as: await api.token(STRANGER) })).json()).toEqual({ items: [] })
  })

  it('have plain names', async () => {
    for (const name of ['.hidden', 'a%20b', 'x'.repeat(101)]) {
      expect((await ask('PUT', `/api/v1/secrets/${name}`, { payload: { value: 'x' } })).statusCode).toBe(400)
    }
  })
})

describe('suppression lists', () => {
  const entries = (method: 'POST' | 'DELETE', payload: object, id = 'dnc') =>
    ask(method, `/api/v1/lists/${id}/entries`, { payload })
  const stored = async () => {
    const [rows = []] = await api.deps.database.batch(
      [api.home.tenantId],
      [
        {
          text: 'select key, expires_at from millrace.suppression_entry where tenant_id = $1::uuid and list_id = $2',
          values: [api.home.tenantId, 'dnc'],
        },
      ],
    )
    return new Map(rows.map((row) => [(row.key as Buffer).toString('hex'), row.expires_at as number | null]))
  }
  const keyOf = async (normal: string) =>
    suppressionKey(await api.home.house.keyring.tenant(api.home.tenantId), normal).toString('hex')

  it('take emails, phones and domains, as the keys that a lead is looked up by', async () => {
    expect((await entries('POST', { values: ['a@example.com'] })).statusCode).toBe(404)
    const made = await ask('PUT', '/api/v1/lists/dnc', { payload: { label: 'DNC' } })
    expect(made.json()).toMatchObject({ id: 'dnc', label: 'DNC', entries: 0 })
    const values = ['Jane@Example.com', '(202) 555-0143', '+1 202 555 0143', 'Spam.Example.ORG', 'bücher.example']
    const added = await entries('POST', { values })
    expect([added.statusCode, added.json()]).toEqual([200, { added: 4 }])
    const normals = ['jane@example.com', '+12025550143', 'spam.example.org', 'xn--bcher-kva.example']
    const keys = await Promise.all(normals.map(keyOf))
    expect([...(await stored()).keys()].sort()).toEqual(keys.sort())
    expect((await entries('POST', { values })).json()).toEqual({ added: 0 })
    expect((await ask('GET', '/api/v1/lists')).json().items).toEqual([
      { id: 'dnc', label: 'DNC', entries: 4, created_at: expect.any(String) },
    ])
  })

  it('let entries end, and go', async () => {
    const key = await keyOf('jane@example.com')
    await entries('POST', { values: ['jane@example.com'], expires_at: '2027-01-01T00:00:00Z' })
    expect((await stored()).get(key)).toBe(Date.parse('2027-01-01T00:00:00Z'))
    const removed = await entries('DELETE', { values: ['JANE@example.com', 'never@example.com'] })
    expect([removed.statusCode, removed.json()]).toEqual([200, { removed: 1 }])
    expect((await stored()).has(key)).toBe(false)
    expect((await entries('DELETE', { values: ['a@example.com'] }, 'none')).statusCode).toBe(404)
  })

  it('refuse all where one is nothing, by its place and without quoting it', async () => {
    const before = (await stored()).size
    const answer = await entries('POST', { values: ['b@example.com', 'secret words', '12'] })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().errors).toEqual([
      { field: 'values.1', message: 'is no email, phone number or domain' },
      { field: 'values.2', message: 'is no email, phone number or domain' },
    ])
    expect(answer.body).not.toContain('secret words')
    expect((await stored()).size).toBe(before)
    expect((await entries('POST', { values: [] })).statusCode).toBe(400)
  })

  it('are asked and filled in one: of two callers with the same value one adds it', async () => {
    await ask('PUT', '/api/v1/lists/seen', { payload: { label: 'Seen' } })
    const check = (values: string[]) => ask('POST', '/api/v1/lists/seen/check', { payload: { values } })
    const values = ['kim@example.com', '(202) 555-0150', 'Kim@Example.com']
    const both = await Promise.all([check(values), check(values)])
    const items = both.map((one) => one.json().items as { found: boolean }[])
    for (const at of [0, 1]) expect(items.map((one) => one[at]?.found).sort()).toEqual([false, true])
    expect(items.map((one) => one[2]?.found)).toEqual([true, true])
    const found = await ask('POST', '/api/v1/lists/query', {
      payload: { values: ['KIM@example.com', 'lou@example.com'], lists: ['dnc', 'seen'] },
    })
    expect(found.json().items).toEqual([
      {
        found: true,
        lists: [{ id: 'seen', label: 'Seen', added_at: expect.any(String), expires_at: null }],
      },
      { found: false, lists: [] },
    ])
    expect((await ask('DELETE', '/api/v1/lists/seen')).json()).toEqual({ removed: true })
    expect((await ask('DELETE', '/api/v1/lists/seen')).statusCode).toBe(404)
    expect((await check(['kim@example.com'])).statusCode).toBe(404)
  })

  it('take digests in any case, values of a type, and lines of text', async () => {
    await ask('PUT', '/api/v1/lists/mixed', { payload: { label: 'Mixed' } })
    const md5 = createHash('md5').update('max@example.com').digest('hex')
    const text = await api.app.inject({
      method: 'POST',
      url: '/api/v1/lists/mixed/entries?country=GB',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      payload: `${md5.toUpperCase()}\r\n\n020 7946 0958\n`,
    })
    expect(text.json()).toEqual({ added: 2 })
    const typed = { types: ['full_name', 'postal_code'], values: [['Max  MAY', '78704']] }
    expect((await ask('POST', '/api/v1/lists/mixed/entries', { payload: typed })).json()).toEqual({ added: 1 })
    const query = (payload: object) => ask('POST', '/api/v1/lists/query', { payload })
    const answers = await Promise.all([
      query({ values: ['Max@Example.com', '+44 20 7946 0958'] }),
      query({
        types: ['full_name', 'postal_code'],
        values: [
          ['max may', '78704'],
          ['max may', '78705'],
        ],
      }),
    ])
    expect(answers.flatMap((one) => (one.json().items as { found: boolean }[]).map((item) => item.found))).toEqual([
      true,
      true,
      true,
      false,
    ])
    expect((await query({ values: ['x'], types: ['nonsense'] })).statusCode).toBe(400)
    expect((await ask('GET', '/api/v1/lists')).json().items).toContainEqual(
      expect.objectContaining({ id: 'mixed', entries: 3 }),
    )
  })

  it('belong to their tenant', async () => {
    const as = await api.token(STRANGER)
    expect((await ask('GET', '/api/v1/lists', { as })).json()).toEqual({ items: [] })
    expect(
      (await ask('POST', '/api/v1/lists/dnc/entries', { as, payload: { values: ['b@example.com'] } })).statusCode,
    ).toBe(404)
  })
})

describe('flows', () => {
  const other = FLOW.replace('flow: roofs', 'flow: windows').replaceAll(/^ {2}- \{ id: partner.*\n/gm, '')

  it('are published as JSON or as they stand in their file, and shown', async () => {
    const first = await ask('POST', '/api/v1/flows', { payload: { document: other } })
    expect(first.statusCode).toBe(201)
    expect(first.headers.location).toBe('/api/v1/flows/windows')
    expect(first.json()).toEqual({
      flow: 'windows',
      version: 1,
      source_keys: [{ source: 'web', key: expect.stringMatching(/^mrk_/) }],
    })
    const second = await api.app.inject({
      method: 'POST',
      url: '/api/v1/flows',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
      payload: `${other}\n# again`,
    })
    expect(second.json()).toEqual({ flow: 'windows', version: 2, source_keys: [] })
    const shown = (await ask('GET', '/api/v1/flows/windows')).json()
    expect(shown).toMatchObject({ id: 'windows', version: 2, enabled: true, document: `${other}\n# again` })
    expect(shown.versions.map(({ version }: { version: number }) => version)).toEqual([2, 1])
    const listed = (await ask('GET', '/api/v1/flows')).json()
    expect(listed.items.map(({ id, version }: { id: string; version: number }) => [id, version])).toEqual([
      ['roofs', 1],
      ['windows', 2],
    ])
  })

  it('are refused with every problem', async () => {
    const answer = await ask('POST', '/api/v1/flows', {
      payload: {
        document: other.replace('email: { type: email', 'email: { type: emial').replace('lead.state', 'lead.sate'),
      },
    })
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'flow_invalid'])
    const { problems } = answer.json()
    expect(problems.length).toBeGreaterThanOrEqual(2)
    for (const problem of problems)
      expect(problem).toMatchObject({ line: expect.any(Number), code: expect.any(String) })
    expect(JSON.stringify(problems)).toContain('"suggestion":"email"')
  })

  it('of others are unknown', async () => {
    const as = await api.token(STRANGER)
    expect((await ask('GET', '/api/v1/flows/roofs', { as })).statusCode).toBe(404)
    expect((await ask('GET', '/api/v1/flows', { as })).json()).toEqual({ items: [] })
  })
})
