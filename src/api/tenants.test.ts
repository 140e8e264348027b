import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, FLOW, SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import { runTenantChange, runTenantCreate, runTenantDelete, runTenantList } from '../cli/commands/tenants.ts'
import type { House } from '../house.ts'

let api: TestApi
let token: string
let app: Awaited<ReturnType<TestApi['appWith']>>
let people = 0
const PLATFORM = 'of-the-platform-long-and-random'

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  app = await api.appWith({ settings: { ...api.deps.settings, platformKey: PLATFORM } })
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const platform = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path = '', payload?: object, headers = {}) =>
  app.inject({
    method,
    url: `/api/v1/platform/tenants${path}`,
    headers: { authorization: `Bearer ${PLATFORM}`, ...headers },
    ...(payload !== undefined && { payload }),
  })
const submitWith = async (key: string, over: Record<string, string> = {}) => {
  people += 1
  return app.inject({
    method: 'POST',
    url: SUBMIT,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...over },
    payload: JSON.stringify({ email: `tenants${people}@example.com`, state: 'TX' }),
  })
}

describe('the platform API', () => {
  it('is there with its key alone', async () => {
    expect((await ask('GET', '/api/v1/platform/tenants')).statusCode).toBe(404)
    for (const headers of [{ authorization: `Bearer ${token}` }, { authorization: `Bearer ${PLATFORM}x` }, {}]) {
      const answer = await app.inject({ url: '/api/v1/platform/tenants', headers })
      expect(answer.statusCode).toBe(401)
    }
    expect((await platform('GET')).json().items.map(({ slug }: { slug: string }) => slug)).toEqual(['acme'])
  })

  it('makes a tenant with an owner, suspends it, and deletes everything of it and nothing else', async () => {
    const made = await platform('POST', '', {
      slug: 'beta',
      owner_email: 'bo@beta.example',
      limits: { leads_month: 9 },
    })
    expect(made.statusCode).toBe(201)
    const { tenant, invitation } = made.json()
    expect(tenant).toMatchObject({
      slug: 'beta',
      name: 'beta',
      enabled: true,
      limits: { leads_month: 9, destinations: null },
    })
    expect((await platform('POST', '', { slug: 'beta' })).statusCode).toBe(409)
    expect((await platform('POST', '', { slug: 'Beta Two' })).statusCode).toBe(400)
    const link = invitation.url.split('#')[1]
    await app.inject({ method: 'POST', url: '/api/v1/auth/link', payload: { token: link, password: 'owns all of it' } })
    const bo = { email: 'bo@beta.example', password: 'owns all of it' }
    const as = await api.token(bo)
    const published = await ask('POST', '/api/v1/flows', { as, payload: { document: FLOW } })
    const key = published.json().source_keys[0].key
    expect((await submitWith(key)).statusCode).toBe(201)
    await ask('PUT', '/api/v1/secrets/x', { as, payload: { value: 'x' } })
    await ask('PUT', '/api/v1/lists/dnc', { as, payload: { label: 'DNC' } })
    await ask('POST', '/api/v1/lists/dnc/entries', { as, payload: { values: ['a@example.com'] } })
    await api.deps.runner.drained()

    expect((await platform('DELETE', '/beta')).statusCode).toBe(409)
    const suspended = await platform('PATCH', '/beta', { enabled: false })
    expect([suspended.statusCode, suspended.json().enabled]).toEqual([200, false])
    expect((await ask('GET', '/api/v1/leads', { as })).statusCode).toBe(401)
    expect((await app.inject({ method: 'POST', url: '/api/v1/auth/login', payload: bo })).statusCode).toBe(401)
    api.clock.advance(1_500)
    await expect.poll(async () => (await submitWith(key)).statusCode).toBe(403)
    await platform('PATCH', '/beta', { enabled: true })
    expect((await ask('GET', '/api/v1/leads', { as })).statusCode).toBe(200)
    await platform('PATCH', '/beta', { enabled: false })

    const before = await counts(api.home.tenantId)
    const deleted = await platform('DELETE', `/${tenant.id}`)
    expect([deleted.statusCode, deleted.json().deleted_at]).toEqual([202, expect.any(String)])
    const keys = await api.home.inspect(`select 1 from millrace.tenant_key where tenant_id = '${tenant.id}'`)
    expect(keys).toEqual([])
    await api.home.house.upkeep.tendTenants()
    expect(await counts(tenant.id)).toEqual({})
    expect(await counts(api.home.tenantId)).toEqual(before)
    expect((await platform('GET', '/beta')).statusCode).toBe(404)
    await api.home.house.upkeep.round()
    expect((await platform('POST', '', { slug: 'beta' })).statusCode).toBe(201)
  })

  it('limits', async () => {
    const etag = String((await platform('GET', '/acme')).headers.etag)
    const limit = (limits: object, headers = {}) => platform('PATCH', '/acme', { limits }, headers)
    expect((await limit({ destinations: 0 }, { 'if-match': etag })).json().limits.destinations).toBe(0)
    expect((await limit({ destinations: 5 }, { 'if-match': etag })).statusCode).toBe(412)
    const sends = `${FLOW.replace('flow: roofs', 'flow: sends')}  - deliver: { to: crm }\n`.replace(
      'steps:',
      'destinations: { crm: { type: http, url: "https://crm.example.com/leads", repeat: keyed } }\nsteps:',
    )
    const refused = await ask('POST', '/api/v1/flows', { payload: { document: sends } })
    expect([refused.statusCode, refused.json().code]).toEqual([402, 'payment_required'])
    await limit({ destinations: 1 })
    expect((await ask('POST', '/api/v1/flows', { payload: { document: sends } })).statusCode).toBe(201)
    await limit({ destinations: null, storage_bytes: 1 })
    expect((await submitWith(api.keys.web ?? '')).statusCode).toBe(201)
    await api.home.house.upkeep.tendTenants()
    api.clock.advance(1_500)
    const full = await submitWith(api.keys.web ?? '')
    expect([full.statusCode, full.json().code]).toEqual([402, 'payment_required'])
    expect((await platform('GET', '/acme')).json().usage.storage_bytes).toBeGreaterThan(500)
    await limit({ storage_bytes: null })
    api.clock.advance(1_500)
    expect((await submitWith(api.keys.web ?? '')).statusCode).toBe(201)
    expect((await limit({ leads_month: -1 })).statusCode).toBe(400)
  })
})

/** Rows by table. */
const counts = async (tenantId: string): Promise<Record<string, number>> => {
  const tables = await api.home.inspect<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relnamespace = 'millrace'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  )
  const found: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await api.home.inspect<{ n: number }>(
      `select count(*)::integer as n from millrace.${name} where tenant_id = '${tenantId}'`,
    )
    if (row && row.n > 0 && !name.startsWith('audit')) found[name] = row.n
  }
  return found
}

describe('a tenant’s own settings', () => {
  it('are read by staff and changed by admins, but not its limits', async () => {
    const read = await ask('GET', '/api/v1/tenant')
    expect(read.json()).toMatchObject({ slug: 'acme', limits: { leads_month: null }, cors_origins: [] })
    const changed = await ask('PATCH', '/api/v1/tenant', {
      payload: { name: 'Acme Roofs', cors_origins: ['https://www.acme.example'] },
      headers: { 'if-match': String(read.headers.etag) },
    })
    expect(changed.json()).toMatchObject({ name: 'Acme Roofs', cors_origins: ['https://www.acme.example'] })
    for (const payload of [{ limits: { leads_month: 1 } }, { cors_origins: ['*'] }, { cors_origins: ['javascript:x'] }])
      expect((await ask('PATCH', '/api/v1/tenant', { payload })).statusCode).toBe(400)
  })

  it('let pages of its origins call, and no others', async () => {
    api.clock.advance(1_500)
    const preflight = (origin: string, url = SUBMIT) =>
      app.inject({
        method: 'OPTIONS',
        url,
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      })
    const known = await preflight('https://www.acme.example')
    expect([known.statusCode, known.headers['access-control-allow-origin']]).toEqual([204, 'https://www.acme.example'])
    expect(known.headers['access-control-allow-methods']).toContain('POST')
    expect(known.headers['access-control-allow-credentials']).toBeUndefined()
    const unknown = await preflight('https://evil.example')
    expect([unknown.statusCode, unknown.headers['access-control-allow-origin']]).toEqual([405, undefined])
    const other = await platform('POST', '', { slug: 'gamma' })
    await platform('PATCH', `/${other.json().tenant.id}`, { cors_origins: ['https://gamma.example'] })
    const own = await submitWith(api.keys.web ?? '', { origin: 'https://www.acme.example' })
    expect(own.headers['access-control-allow-origin']).toBe('https://www.acme.example')
    const theirs = await submitWith(api.keys.web ?? '', { origin: 'https://gamma.example' })
    expect([theirs.statusCode, theirs.headers['access-control-allow-origin']]).toEqual([201, undefined])
    const list = await ask('GET', '/api/v1/lists', { headers: { origin: 'https://www.acme.example' } })
    expect(list.headers['access-control-allow-origin']).toBe('https://www.acme.example')
  })
})

describe('./millrace tenant', () => {
  const run = async (verb: (options: never) => Promise<number>, more: object = {}) => {
    let text = ''
    const output = { write: (part: string) => (text += part) }
    // The house goes on after a command: it is the test's.
    const house = { ...api.home.house, close: async () => undefined } as House
    const code = await verb({ openHouse: async () => house, output, progress: output, json: false, ...more } as never)
    return { code, text }
  }

  it('makes, lists, limits, suspends and deletes', async () => {
    const servedAt = '127.0.0.1:9090'
    const asked = { slug: 'delta', owner: 'dora@delta.example', limits: { leadsMonth: 100 }, servedAt }
    const made = await run(runTenantCreate, asked)
    expect(made.text).toMatch(/^delta {2}delta {2}open {2}100 leads a month; 0 leads this month\n/)
    expect(made.text).toMatch(/ http:\/\/127\.0\.0\.1:9090\/join#[\w-]{43}\n.*PUBLIC_URL is not set/)
    const owned = {
      slug: 'epsilon',
      owner: 'e@epsilon.example',
      limits: {},
      servedAt,
      publicUrl: 'https://leads.example',
    }
    const elsewhere = await run(runTenantCreate, owned)
    expect(elsewhere.text).toMatch(/ https:\/\/leads\.example\/join#[\w-]{43}\n$/)
    const limited = await run(runTenantChange, {
      slug: 'delta',
      change: { limits: { leadsMonth: null, destinations: 2 } },
    })
    expect(limited.text).toBe('delta  delta  open  2 destinations\n')
    expect((await run(runTenantList)).text).toContain('delta  delta  open')
    await run(runTenantChange, { slug: 'delta', change: { enabled: false } })
    await expect(run(runTenantDelete, { slug: 'delta' })).rejects.toThrow('add --yes delta')
    const gone = await run(runTenantDelete, { slug: 'delta', confirmed: 'delta' })
    expect(gone.text).toMatch(/^Deleted tenant delta: \d+ rows/)
    await expect(run(runTenantChange, { slug: 'delta', change: { enabled: true } })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
