import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SUBMIT, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await testApi()
})
afterAll(() => api.close())

const get = (url: string, app = api.app) => app.inject({ url })

describe('health', () => {
  it('says that the process is up and the database there', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'ok', version: 'test' })
    expect((await get('/readyz')).json()).toEqual({ status: 'ready' })
  })

  it('is not ready while ending, without a database, or with one that hangs', async () => {
    const draining = await api.appWith({ isDraining: () => true })
    expect([(await get('/readyz', draining)).statusCode, (await get('/healthz', draining)).statusCode]).toEqual([
      503, 200,
    ])
    expect((await get('/readyz', draining)).json()).toEqual({ status: 'draining' })
    const away = async (): Promise<never> => {
      throw new Error('away')
    }
    const hanging = (): Promise<never> => new Promise(() => undefined)
    for (const definer of [away, hanging]) {
      const app = await api.appWith({ database: { ...api.deps.database, definer } })
      const answer = await get('/readyz', app)
      expect([answer.statusCode, answer.json(), answer.headers['retry-after']]).toEqual([
        503,
        { status: 'database_unavailable' },
        '1',
      ])
    }
  })
})

it('counts what was answered, by route patterns and outcomes only', async () => {
  await api.submit({ email: 'metrics@example.com' }, { url: `${SUBMIT}?who=janeth` })
  await get('/no/such/janeth')
  api.deps.metrics.gathered('commit', 3)
  const answer = await get('/metrics')
  expect(answer.headers['content-type']).toMatch(/^text\/plain/)
  expect(answer.body).toContain('millrace_submissions_total{outcome="success"} 1')
  expect(answer.body).toContain(
    'millrace_http_request_seconds_count{route="/flows/:flow/sources/:source/submit",method="POST",status="201"} 1',
  )
  expect(answer.body).toContain('millrace_http_request_seconds_count{route="unmatched",method="GET",status="404"} 1')
  expect(answer.body).toContain('millrace_gather_size_sum{kind="commit"} 3')
  expect(answer.body).toContain('millrace_journeys_in_flight 0')
  expect(answer.body).toContain('nodejs_eventloop_lag_seconds')
  expect(answer.body).not.toContain('janeth')
  for (let n = 0; n < 100; n += 1) api.deps.metrics.gathered(`kind-${n}`, 1)
  expect((await get('/metrics')).body.match(/millrace_gather_size_count\{/g)?.length).toBeLessThanOrEqual(51)
})

it('has security headers on every answer', async () => {
  for (const url of ['/', '/healthz', '/nothing', '/api/v1/leads', '/docs/', '/docs/js/scalar.js', '/openapi.json']) {
    const { headers } = await get(url)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-correlation-id': expect.any(String),
    })
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/)
  }
})

it('says at / what runs here', async () => {
  const answer = await get('/')
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.body).toContain('Version test')
  for (const link of ['/docs/', '/openapi.json', '/healthz', '/readyz', '/metrics']) {
    expect(answer.body).toContain(`href="${link}"`)
    expect((await get(link)).statusCode).toBe(200)
  }
})

describe('the reference', () => {
  it('is served from here and loads nothing from elsewhere', async () => {
    expect((await get('/docs')).headers.location).toBe('/docs/')
    const page = await get('/docs/')
    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url)
    expect(loaded).toEqual(['js/scalar.js'])
    expect(page.headers['content-security-policy']).toContain("connect-src 'self'")
    expect((await get('/docs/js/scalar.js')).headers['content-type']).toContain('application/javascript')
  })

  it('describes every route, with a summary and its problems', async () => {
    const { openapi, paths } = (await get('/openapi.json')).json() as {
      openapi: string
      paths: Record<string, Record<string, { summary?: string; responses: Record<string, unknown> }>>
    }
    expect(openapi).toBe('3.1.0')
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(routes).toEqual(
      expect.arrayContaining([
        'DELETE /api/v1/lists/{id}',
        'DELETE /api/v1/lists/{id}/entries',
        'GET /api/admin/lead-pipeline',
        'GET /api/v1/dead-letters',
        'GET /api/v1/deliveries',
        'GET /api/v1/destinations/{id}/health',
        'GET /api/v1/leads/{id}/deliveries/{delivery}',
        'GET /api/v1/queues',
        'POST /api/admin/lead-pipeline',
        'POST /api/v1/dead-letters/discard',
        'POST /api/v1/dead-letters/replay',
        'POST /api/v1/leads/{id}/deliveries/{delivery}/discard',
        'POST /api/v1/leads/{id}/deliveries/{delivery}/replay',
        'POST /api/v1/leads/{id}/deliveries/{delivery}/settle',
        'POST /api/v1/leads/{id}/resume',
        'GET /api/v1/audit',
        'GET /api/v1/flows',
        'GET /api/v1/flows/{id}',
        'GET /api/v1/leads',
        'GET /api/v1/leads/{id}',
        'GET /api/v1/leads/{id}/events',
        'GET /api/v1/lists',
        'GET /api/v1/secrets',
        'GET /flows/{flow}/sources/{source}/submit',
        'GET /healthz',
        'GET /readyz',
        'POST /api/v1/auth/login',
        'POST /api/v1/flows',
        'POST /api/v1/leads',
        'POST /api/v1/leads/search',
        'POST /api/v1/lists/query',
        'POST /api/v1/lists/{id}/check',
        'POST /api/v1/lists/{id}/entries',
        'POST /flows/{flow}/sources/{source}/submit',
        'PUT /api/v1/leads/{id}/review',
        'PUT /api/v1/lists/{id}',
        'PUT /api/v1/secrets/{name}',
      ]),
    )
    for (const methods of Object.values(paths)) {
      for (const { summary, responses } of Object.values(methods)) {
        expect(summary).toBeTruthy()
        expect(Object.keys(responses).length).toBeGreaterThan(0)
      }
    }
    const submit = paths['/flows/{flow}/sources/{source}/submit']?.post
    expect(Object.keys(submit?.responses ?? {})).toEqual([
      '200',
      '201',
      '202',
      '400',
      '401',
      '402',
      '403',
      '404',
      '406',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
    ])
  })
})

it('is not ready, and asks for leads again later, while its database is only read from', async () => {
  const { inspect } = api.home
  const [one] = await inspect<{ place: string }>(
    `select format('role %I in database %I', tableowner, current_database()) as place from pg_tables
     where schemaname = 'millrace' limit 1`,
  )
  const anew = () =>
    inspect(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'millrace%'`,
    )
  await inspect(`alter ${one?.place} set default_transaction_read_only = on`)
  await anew()
  try {
    await expect.poll(async () => (await get('/readyz')).json()).toEqual({ status: 'database_unavailable' })
    const answer = await api.submit({ email: 'locked@example.com' })
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([
      503,
      'database_unavailable',
      expect.any(String),
    ])
  } finally {
    await inspect(`alter ${one?.place} reset default_transaction_read_only`)
    await anew()
  }
  await expect.poll(async () => (await get('/readyz')).statusCode).toBe(200)
  expect((await api.submit({ email: 'locked@example.com' })).statusCode).toBe(201)
})

it('is not ready, and asks for leads again later, while the disk of its database is full', async () => {
  const { inspect } = api.home
  await inspect(
    `create function millrace.no_room() returns trigger language plpgsql as $$
     begin raise exception using errcode = 'disk_full'; end $$`,
  )
  await inspect('create trigger no_room before insert on millrace.lead execute function millrace.no_room()')
  try {
    const answer = await api.submit({ email: 'full@example.com' })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'database_unavailable'])
    expect((await get('/readyz')).json()).toEqual({ status: 'database_unavailable' })
  } finally {
    await inspect('drop function millrace.no_room cascade')
  }
  await expect.poll(async () => (await get('/readyz')).statusCode, { timeout: 15_000 }).toBe(200)
  expect((await api.submit({ email: 'full@example.com' })).statusCode).toBe(201)
}, 30_000)
