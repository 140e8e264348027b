import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'
import type { ApiSettings } from './deps.ts'

let api: TestApi
let token: string
let people = 0

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const appWith = (over: Partial<ApiSettings>) => api.appWith({ settings: { ...api.deps.settings, ...over } })
type App = Awaited<ReturnType<typeof appWith>>
const submit = async (app: App = api.app, over: Record<string, string> = {}, values: object = {}) => {
  people += 1
  return app.inject({
    method: 'POST',
    url: SUBMIT,
    headers: { authorization: `Bearer ${api.keys.web}`, 'content-type': 'application/json', ...over },
    payload: JSON.stringify({ email: `limits${people}@example.com`, state: 'TX', ...values }),
  })
}
const limitTenant = async (columns: string) => {
  await api.home.inspect(`update millrace.tenant set ${columns}, config_epoch = config_epoch + 1 where slug = 'acme'`)
  // What is known of the key is believed for a second.
  api.clock.advance(1_500)
}
const nextMinute = () => api.clock.set((Math.floor(api.clock.now() / 60_000) + 1) * 60_000)

describe('at the door', () => {
  it('an address without a login may ask so often in a minute, whatever it asks, in all processes together', async () => {
    nextMinute()
    const apps = [await appWith({ ipRateLimitMax: 10 }), await appWith({ ipRateLimitMax: 10 })] as const
    const tries = Array.from({ length: 30 }, (_, n) => {
      const app = apps[n % 2 === 0 ? 0 : 1]
      if (n % 3 === 0) return submit(app, { authorization: 'Bearer mrk_wrong' })
      if (n % 3 === 1) return app.inject({ url: '/api/v1/leads', headers: { authorization: 'Bearer x' } })
      return app.inject({ method: 'POST', url: '/api/v1/auth/refresh', payload: { refresh_token: 'x' } })
    })
    const answers = await Promise.all(tries)
    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(10)
    const refused = answers.find(({ statusCode }) => statusCode === 429)
    expect(refused?.json().code).toBe('rate_limited')
    expect(refused?.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^([1-9]|[1-5]\d|60)$/),
      'ratelimit-policy': '10;w=60',
      'ratelimit-limit': '10',
      'ratelimit-remaining': '0',
      'ratelimit-reset': refused?.headers['retry-after'],
    })
    // Who is known, and who only looks, does not wait behind them.
    expect((await submit(apps[0])).statusCode).toBe(201)
    const leads = await apps[0].inject({ url: '/api/v1/leads', headers: { authorization: `Bearer ${token}` } })
    expect([leads.statusCode, (await apps[0].inject({ url: '/healthz' })).statusCode]).toEqual([200, 200])
    nextMinute()
    expect((await submit(apps[0], { authorization: 'Bearer mrk_wrong' })).statusCode).toBe(401)
    const kept = await api.home.inspect("select scope from millrace.quota where scope like 'ip:%'")
    expect(JSON.stringify(kept)).not.toContain('127.0.0.1')
  })

  it('an address is what a trusted proxy says, and nobody else', async () => {
    const from = (app: App, ip: string) =>
      app.inject({
        url: '/api/v1/leads',
        headers: { authorization: 'Bearer x', 'x-forwarded-for': ip },
      })
    const behind = await appWith({ ipRateLimitMax: 2, trustedProxies: ['127.0.0.0/8'] })
    const statuses = async (app: App, ips: string[]) => {
      const seen: number[] = []
      for (const ip of ips) seen.push((await from(app, ip)).statusCode)
      return seen
    }
    nextMinute()
    expect(await statuses(behind, ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2'])).toEqual([
      401, 401, 429, 401,
    ])
    const bare = await appWith({ ipRateLimitMax: 2 })
    nextMinute()
    expect(await statuses(bare, ['203.0.113.3', '203.0.113.4', '203.0.113.5'])).toEqual([401, 401, 429])
  })
})

describe('a tenant', () => {
  it('may ask so often in a minute, by keys and users together', async () => {
    nextMinute()
    await limitTenant('limit_requests_minute = 6')
    nextMinute()
    const answers = await Promise.all([
      ...Array.from({ length: 6 }, () => submit()),
      ...Array.from({ length: 6 }, () => ask('GET', '/api/v1/lists')),
    ])
    expect(answers.filter(({ statusCode }) => statusCode < 300)).toHaveLength(6)
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(6)
    await limitTenant('limit_requests_minute = null')
    expect((await submit()).statusCode).toBe(201)
  })

  it('may have so much from one source', async () => {
    await limitTenant('limit_source_requests_minute = 2')
    nextMinute()
    const web = [await submit(), await submit(), await submit()]
    const partner = await submit(api.app, { authorization: `Bearer ${api.keys.partner}` })
    expect([...web.map(({ statusCode }) => statusCode), partner.statusCode]).toEqual([201, 201, 429, 403])
    expect(web[2]?.json().detail).toBe('At most 2 submissions in 60 s a source.')
    await limitTenant('limit_source_requests_minute = null')
  })

  it('takes as many leads a month as its plan has, in all processes together; what was not taken in does not count', async () => {
    api.clock.set(Date.parse('2026-12-05T12:00:00Z'))
    await limitTenant('limit_leads_month = 5')
    const sibling = await api.appWith({})
    expect((await submit(api.app, { 'content-type': 'text/plain' })).statusCode).toBe(415)
    expect((await api.submit('{"email":')).statusCode).toBe(400)
    const again = () => submit(api.app, { 'idempotency-key': 'once' }, { email: 'once@example.com' })
    const first = await again()
    api.clock.advance(5)
    const [second, third] = [await again(), await again()]
    expect([first.statusCode, second.json().lead_id, third.json().lead_id]).toEqual([
      201,
      first.json().lead_id,
      first.json().lead_id,
    ])
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => submit(n % 2 ? api.app : sibling)))
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(4)
    const refused = answers.find(({ statusCode }) => statusCode === 402)
    expect(refused?.json()).toMatchObject({
      code: 'payment_required',
      detail: expect.stringMatching(/^The account's plan takes 5 leads a month, and they are used up\./),
    })
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(86_400)
    expect(answers.filter(({ statusCode }) => statusCode === 402)).toHaveLength(8)
    api.clock.set(Date.parse('2027-01-01T00:00:01Z'))
    expect((await submit()).statusCode).toBe(201)
    await limitTenant('limit_leads_month = null')
  })
})

it('sheds what is new before it falls, and answers who asks how it is', async () => {
  const app = await appWith({ leadsInFlightMax: 1 })
  const busy = await api.appWith({
    settings: { ...api.deps.settings, leadsInFlightMax: 1 },
    runner: { ...api.deps.runner, inFlight: () => 1 },
  })
  expect((await submit(app)).statusCode).toBe(201)
  const refused = await submit(busy)
  expect([refused.statusCode, refused.json().code, refused.headers['retry-after']]).toEqual([503, 'overloaded', '2'])
  expect((await busy.inject({ url: '/readyz' })).statusCode).toBe(200)
})
