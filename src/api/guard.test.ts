import Fastify, { type RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestApi, testApi } from '../../test/support/api.ts'
import { isRole, PERMISSIONS, type Permission, ROLES, type Role, reachOf } from '../access/matrix.ts'
import type { Door } from './door.ts'
import type { Access } from './guard.ts'
import { guardRoutes } from './guard.ts'
import type { Principals } from './principals.ts'

let api: TestApi
const tokens = new Map<string, string>()
const routes: { method: string; url: string; access: Access; partners: boolean }[] = []

const PARTNERS: Readonly<Partial<Record<Role, object>>> = {
  source_partner: { flow: 'roofs', source: 'web' },
  buyer_partner: { destination: 'nobody' },
}

beforeAll(async () => {
  api = await testApi({
    onRoute: ({ method, url, config }: RouteOptions) => {
      const access = config?.access
      if (access !== undefined && typeof method === 'string' && method !== 'HEAD')
        routes.push({ method, url, access, partners: config?.partners === true })
    },
  })
  for (const role of Object.keys(ROLES)) {
    const login = { email: `${role}@acme.example`, password: 'of this role', role }
    await api.addLogin(login)
    const partner = PARTNERS[role as Role]
    if (partner)
      await api.home.inspect('update millrace.login set partner = $1::jsonb where role = $2', [
        JSON.stringify(partner),
        role,
      ])
    tokens.set(role, await api.token(login))
  }
})
afterAll(() => api.close())

const NOTHING = '0199aaaa-0000-7000-8000-000000000001'
/** The head of the answer: some never end. */
const ask = async (method: string, url: string, token?: string) => {
  const answer = await api.app.inject({
    payloadAsStream: true,
    method: method as 'GET',
    url: url.replaceAll(/:(\w+)/g, NOTHING).replace('*', ''),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  })
  answer.stream().destroy()
  return answer
}

/** What may be had by anybody: each with its reason. */
const OPEN: Readonly<Record<string, string>> = {
  'GET /': 'says what runs here',
  'GET /healthz': 'asked by load balancers',
  'GET /readyz': 'asked by load balancers',
  'GET /metrics': 'asked by scrapers: figures without tenants or persons',
  'GET /assets/:name': 'the console’s own files',
  'GET /theme.js': 'the console’s own files',
  'GET /icon.svg': 'the console’s own files',
  'GET /docs': 'the reference',
  'GET /docs/': 'the reference',
  'GET /docs/js/scalar.js': 'the reference',
  'GET /consent/:token': 'a person withdraws consent by the link they were sent',
  'POST /consent/:token': 'a person withdraws consent by the link they were sent',
  'GET /openapi.json': 'the description of the API',
  'GET /posting/:token': 'how a partner posts to a source, at an address nobody can guess',
  'GET /api/v1/auth/sso/:tenant': 'leads to the provider; counted by address',
  'GET /api/v1/auth/sso/:tenant/callback': 'believes the provider alone; counted by address',
  'POST /api/v1/auth/login': 'how one comes in',
  'POST /api/v1/auth/session': 'how a browser comes in',
  'POST /api/v1/auth/refresh': 'takes a token of its own',
  'POST /api/v1/auth/forgotten': 'answers everybody the same',
  'POST /api/v1/auth/link': 'takes a token of its own',
  'POST /oauth/token': 'takes an API key',
}

describe('the door', () => {
  it('stands before every route: one that does not say who may stops the start', async () => {
    const app = Fastify()
    guardRoutes(app, {} as Principals, {} as Door)
    expect(() => app.get('/api/v1/left-open', async () => 'all of it')).toThrow(
      'GET /api/v1/left-open says in no config.access who may',
    )
    expect(routes.length).toBeGreaterThan(30)
  })

  it('is open where a reason stands here, and nowhere else', () => {
    const open = routes.filter(({ access }) => access === 'public').map(({ method, url }) => `${method} ${url}`)
    expect(open.filter((route) => OPEN[route] === undefined)).toEqual([])
    const submissions = routes.filter(({ access }) => access === 'submission').map(({ url }) => url)
    for (const url of submissions) expect(url).toMatch(/submit$|^\/api\/v1\/leads/)
  })

  it('counts nobody who delivers to the demo’s sink: a file of leads would else wait for its own buyer', async () => {
    const app = Fastify()
    const entered: string[] = []
    guardRoutes(app, {} as Principals, { enter: async ({ url }) => void entered.push(url) })
    app.post('/demo/sink', { config: { access: 'sink' } }, async () => ({ id: '1' }))
    app.post('/api/v1/auth/login', { config: { access: 'public' } }, async () => ({}))
    for (const url of ['/demo/sink', '/api/v1/auth/login']) await app.inject({ method: 'POST', url })
    expect(entered).toEqual(['/api/v1/auth/login'])
  })

  it('asks whoever comes without a login to log in', async () => {
    for (const { method, url, access } of routes) {
      if (access === 'public' || access === 'platform') continue
      expect((await ask(method, url)).statusCode, `${method} ${url}`).toBe(401)
    }
  })

  it('lets each role through where the matrix says so, route by route', async () => {
    const held = new Set<string>()
    for (const { method, url, access, partners } of routes) {
      if (!PERMISSIONS.includes(access as Permission)) continue
      for (const [role, token] of tokens) {
        const reach = isRole(role) ? reachOf(role, access as Permission) : null
        const isRefused = reach === null || (reach === 'own' && !partners)
        const { statusCode } = await ask(method, url, token)
        expect(statusCode === 403, `${role}: ${method} ${url} answers ${statusCode}`).toBe(isRefused)
        expect(statusCode, `${role}: ${method} ${url}`).not.toBe(500)
        held.add(role)
      }
    }
    expect(held.size).toBe(Object.keys(ROLES).length)
  })
})
