import type { FastifyInstance, RouteOptions } from 'fastify'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, FLOW, type TestApi, testApi } from '../../test/support/api.ts'
import { type OidcProvider, openOidcProvider } from '../../test/support/oidc-provider.ts'

/**
 * A change and its entry in the audit stand or fall together. Each change there is is made twice: once where the entry
 * cannot be written, as if the process died before the commit, and nothing may be left of it; and once where nothing can
 * be written after the commit, as if it died then, and the entry must be there.
 */

let api: TestApi
let provider: OidcProvider
let dying: FastifyInstance
let token = ''
const routes: string[] = []
const ids: Record<string, string> = {}
let totp: TOTP

/** Changes that no single transaction of the tenant makes, or that change nothing: each with its reason. */
const EXCEPT: Readonly<Record<string, string>> = {
  'PUT /api/v1/lists/:id/imports/:name': 'a file in parts: the entry is in the transaction of the first',
  'POST /api/v1/leads/search': 'reads',
  'POST /api/v1/persons/search': 'reads',
  'POST /api/v1/lists/:id/check': 'reads',
  'POST /api/v1/lists/query': 'reads',
  'POST /api/v1/consent/state': 'reads',
  'POST /api/v1/leads/export': 'reads',
  'POST /api/v1/flows/:id/preview': 'reads',
  'POST /api/v1/consent/links': 'makes a token that is kept nowhere',
  'POST /api/v1/destinations/test': 'asks a destination, and keeps nothing',
  'POST /api/v1/webhooks/:id/test': 'asks a destination, and keeps nothing',
  'POST /api/v1/destinations/check': 'asks a destination, and keeps nothing',
  'POST /api/v1/sources/:flow/:source/test': 'a lead: its journal says who, in the commit',
  'PUT /api/v1/leads/:id/review': 'a lead: its journal says who, in the commit',
  'PATCH /api/v1/leads/:id/fields': 'a lead: its journal says who, in the commit',
  'POST /api/v1/leads/bulk': 'leads: their journals say who, in the commit',
  'POST /api/v1/leads/:id/rerun': 'leads: the journals of both say who, in their commits',
  'POST /api/v1/leads/:id/resume': 'a lead: its journal says who, in the commit',
  'POST /api/v1/leads/:id/deliveries/:delivery/replay': 'a lead: its journal says who, in the commit',
  'POST /api/v1/leads/:id/deliveries/:delivery/discard': 'a lead: its journal says who, in the commit',
  'POST /api/v1/leads/:id/deliveries/:delivery/settle': 'a lead: its journal says who, in the commit',
  'POST /api/v1/dead-letters/replay': 'leads: their journals say who, in the commit',
  'POST /api/v1/dead-letters/discard': 'leads: their journals say who, in the commit',
  'POST /api/v1/pipeline/process': 'leads: each goes on as its own journal says',
  'POST /api/v1/pipeline/process/:lead_id': 'a lead: it goes on as its own journal says',
  'POST /api/v1/privacy/notices/:id/acknowledge': 'tested with the notices: test/privacy/erasure.test.ts',
  'POST /api/v1/privacy/retention/runs': 'many transactions, each with its own entry: test/privacy/retention.test.ts',
  'POST /api/v1/flows/:id/caps/:cap/recount': 'counts anew what the journals say, chunk by chunk',
}

interface Change {
  readonly route: string
  readonly url?: () => string
  readonly body?: () => object
  /** Looks at the answer for what the next ones need. */
  readonly learn?: (answer: Record<string, never>) => void
  readonly as?: () => string
}
const made =
  (name: string, from: (answer: { [key: string]: { id: string } & string }) => string) => (answer: object) => {
    ids[name] = from(answer as never)
  }
const at = (name: string, pattern: string) => () => pattern.replace('*', ids[name] ?? '')

/** In an order in which each finds what it needs. */
const CHANGES: readonly Change[] = [
  {
    route: 'POST /api/v1/users',
    body: () => ({ email: 'new@acme.example', role: 'analyst' }),
    learn: made('user', (a) => a.user?.id ?? ''),
  },
  { route: 'PATCH /api/v1/users/:id', url: at('user', '/api/v1/users/*'), body: () => ({ role: 'operator' }) },
  { route: 'POST /api/v1/users/:id/link', url: at('user', '/api/v1/users/*/link') },
  { route: 'DELETE /api/v1/users/:id/sessions', url: at('ann', '/api/v1/users/*/sessions') },
  { route: 'DELETE /api/v1/users/:id', url: at('user', '/api/v1/users/*') },
  {
    route: 'POST /api/v1/keys',
    body: () => ({ name: 'one', scopes: ['read'] }),
    learn: made('key', (a) => a.key?.id ?? ''),
  },
  { route: 'PATCH /api/v1/keys/:id', url: at('key', '/api/v1/keys/*'), body: () => ({ name: 'two' }) },
  { route: 'POST /api/v1/keys/:id/rotate', url: at('key', '/api/v1/keys/*/rotate'), body: () => ({}) },
  { route: 'DELETE /api/v1/keys/:id', url: at('key', '/api/v1/keys/*') },
  { route: 'PATCH /api/v1/tenant', body: () => ({ name: 'Acme Ltd' }) },
  {
    route: 'PUT /api/v1/sso',
    body: () => ({ issuer: provider.issuer, client_id: provider.clientId, client_secret: provider.clientSecret }),
  },
  { route: 'DELETE /api/v1/sso' },
  { route: 'PUT /api/v1/persons/survivorship', body: () => ({ otherwise: ['newest'], fields: {}, trusted: [] }) },
  {
    route: 'POST /api/v1/persons/:id/merge',
    url: at('one', '/api/v1/persons/*/merge'),
    body: () => ({ persons: [ids.two] }),
    learn: made('merged', (a) => a.events?.[0] ?? ''),
  },
  {
    route: 'POST /api/v1/persons/:id/unmerge',
    url: at('one', '/api/v1/persons/*/unmerge'),
    body: () => ({ event: ids.merged }),
  },
  {
    route: 'POST /api/v1/persons/:id/split',
    url: at('one', '/api/v1/persons/*/split'),
    body: () => ({ leads: [ids.again] }),
  },
  { route: 'POST /api/v1/flows', body: () => ({ document: FLOW.replace('flow: roofs', 'flow: other') }) },
  { route: 'POST /api/v1/flows/:id/rollback', url: () => '/api/v1/flows/other/rollback', body: () => ({ version: 1 }) },
  {
    route: 'POST /api/v1/hooks',
    body: () => ({ flow: 'people', destination: 'zaps', target_url: 'http://127.0.0.1:9/x' }),
    learn: made('hook', (a) => a.id ?? ''),
  },
  { route: 'DELETE /api/v1/hooks/:id', url: at('hook', '/api/v1/hooks/*') },
  {
    route: 'POST /api/v1/webhooks',
    body: () => ({ url: 'http://127.0.0.1:9/x', events: ['lead.accepted'] }),
    learn: made('webhook', (a) => a.id ?? ''),
  },
  { route: 'PATCH /api/v1/webhooks/:id', url: at('webhook', '/api/v1/webhooks/*'), body: () => ({ name: 'mine' }) },
  { route: 'POST /api/v1/webhooks/:id/rotate', url: at('webhook', '/api/v1/webhooks/*/rotate'), body: () => ({}) },
  { route: 'POST /api/v1/webhooks/:id/replay', url: at('webhook', '/api/v1/webhooks/*/replay') },
  { route: 'DELETE /api/v1/webhooks/:id', url: at('webhook', '/api/v1/webhooks/*') },
  { route: 'POST /api/v1/alerts/:id/acknowledge', url: at('alert', '/api/v1/alerts/*/acknowledge') },
  { route: 'PUT /api/v1/alerts/settings', body: () => ({ emails: ['night@acme.example'] }) },
  {
    route: 'POST /api/v1/dead-letters/replays/:id/cancel',
    url: at('replay', '/api/v1/dead-letters/replays/*/cancel'),
  },
  {
    route: 'POST /api/v1/dead-letters/discards/:id/cancel',
    url: at('discard', '/api/v1/dead-letters/discards/*/cancel'),
  },
  { route: 'PUT /api/v1/lists/:id', url: () => '/api/v1/lists/dnc', body: () => ({ label: 'DNC' }) },
  {
    route: 'POST /api/v1/lists/:id/entries',
    url: () => '/api/v1/lists/dnc/entries',
    body: () => ({ values: ['x@example.com'] }),
  },
  {
    route: 'DELETE /api/v1/lists/:id/entries',
    url: () => '/api/v1/lists/dnc/entries',
    body: () => ({ values: ['x@example.com'] }),
  },
  { route: 'DELETE /api/v1/lists/:id', url: () => '/api/v1/lists/dnc' },
  { route: 'PUT /api/v1/secrets/:name', url: () => '/api/v1/secrets/crm', body: () => ({ value: 'shh' }) },
  { route: 'PUT /api/v1/privacy/retention', body: () => ({ leads: 90 }) },
  {
    route: 'PUT /api/v1/leads/:id/assignee',
    url: at('waiting', '/api/v1/leads/*/assignee'),
    body: () => ({ assignee: ids.me }),
  },
  { route: 'PUT /api/v1/reviews/:id/claim', url: at('waiting', '/api/v1/reviews/*/claim') },
  { route: 'DELETE /api/v1/reviews/:id/claim', url: at('waiting', '/api/v1/reviews/*/claim') },
  { route: 'POST /api/v1/views', body: () => ({ name: 'mine', filter: {} }), learn: made('view', (a) => a.id ?? '') },
  { route: 'DELETE /api/v1/views/:id', url: at('view', '/api/v1/views/*') },
  { route: 'PUT /api/v1/branding', body: () => ({ name: 'Acme', color: null, logo: null }) },
  {
    route: 'POST /api/v1/auth/totp',
    learn: (answer) => {
      totp = new TOTP({ secret: Secret.fromBase32(String(answer.secret)), period: 30 })
    },
  },
  { route: 'POST /api/v1/auth/totp/confirm', body: () => ({ code: totp.generate({ timestamp: api.clock.now() }) }) },
  {
    route: 'DELETE /api/v1/auth/totp',
    body: () => {
      api.clock.advance(60_000)
      return { code: totp.generate({ timestamp: api.clock.now() }) }
    },
  },
  { route: 'DELETE /api/v1/auth/sessions/:id', url: at('session', '/api/v1/auth/sessions/*') },
  { route: 'PUT /api/v1/auth/password', body: () => ({ password: ADMIN.password, new_password: ADMIN.password }) },
  { route: 'POST /api/v1/auth/switch', body: () => ({ tenant: 'beta' }) },
  { route: 'DELETE /api/v1/auth/session', as: () => ids.last ?? '' },
]

const ask = (app: FastifyInstance, method: string, url: string, payload?: object, as = token) =>
  app.inject({
    method: method as 'POST',
    url,
    headers: { authorization: `Bearer ${as}` },
    ...(payload !== undefined && { payload }),
  })

beforeAll(async () => {
  provider = await openOidcProvider()
  api = await testApi({
    onRoute: ({ method, url, config }: RouteOptions) => {
      const access = config?.access
      if (typeof method !== 'string' || ['GET', 'HEAD'].includes(method) || config?.audit === false) return
      if (access === undefined || ['public', 'submission', 'platform', 'sink'].includes(access)) return
      routes.push(`${method} ${url}`)
    },
  })
  await api.addLogin(ADMIN)
  await api.addLogin({ email: 'ann@acme.example', password: 'horse battery', role: 'analyst' })
  await api.addLogin({ ...ADMIN, tenantId: await api.home.addTenant('beta') })
  const log = (email: string, password: string) =>
    api.app.inject({ method: 'POST', url: '/api/v1/auth/login', payload: { email, password, tenant: 'acme' } })
  token = (await log(ADMIN.email, ADMIN.password)).json().access_token
  const ann = (await log('ann@acme.example', 'horse battery')).json().access_token
  ids.ann = (await ask(api.app, 'GET', '/api/v1/auth/session', undefined, ann)).json().id
  await log(ADMIN.email, ADMIN.password)
  ids.me = (await ask(api.app, 'GET', '/api/v1/auth/session')).json().id
  const { items } = (await ask(api.app, 'GET', '/api/v1/auth/sessions')).json()
  ids.session = items.find(({ current }: { current: boolean }) => !current).id
  const [row] = await api.home.inspect<{ alert: string; replay: string; discard: string }>(
    `with a as (
       insert into millrace.alert (tenant_id, id, kind, subject, severity, count, raised_at)
       values ($1, gen_random_uuid(), 'job_failed', 'x', 'error', 1, $2) returning id
     ), r as (
       insert into millrace.replay_run (tenant_id, id, filter, per_second, state, matched, by, started_at)
       values ($1, gen_random_uuid(), '{}', 1, 'running', 1, 'ada', $2) returning id
     ), d as (
       insert into millrace.replay_run (tenant_id, id, deed, filter, per_second, state, matched, by, started_at)
       values ($1, gen_random_uuid(), 'discard', '{}', 0, 'running', 1, 'ada', $2) returning id
     ) select a.id as alert, r.id as replay, d.id as discard from a, r, d`,
    [api.home.tenantId, new Date(api.clock.now())],
  )
  ids.alert = row?.alert ?? ''
  ids.replay = row?.replay ?? ''
  ids.discard = row?.discard ?? ''
  await api.home.publish(`
flow: people
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone }
sources: [ { id: web } ]
destinations: { zaps: { type: zapier, hosts: ["127.0.0.1:9"] } }
steps: [ { match: { review_threshold: 0.95 } } ]
`)
  const person = async (values: Record<string, string>): Promise<string> => {
    api.clock.advance(1_000)
    return (await api.home.submit('people', 'web', values)).answer.lead_id
  }
  const ada = { first_name: 'Ada', last_name: 'Lovelace', email: 'ada@example.com', phone: '5122000001' }
  ids.one = await person(ada)
  ids.again = await person(ada)
  ids.two = await person({ first_name: 'Bob', last_name: 'Zimmer', email: 'bob@example.com', phone: '5122999999' })
  ids.waiting = (await api.submit({ email: 'w@example.com', state: 'TX', comments: 'look at me' })).json().lead_id
  const { audit } = api.deps
  dying = await api.appWith({ audit: { ...audit, record: () => Promise.reject(new Error('died')) } })
})
afterAll(async () => {
  await api.close()
  await provider.close()
})

const tables = async (): Promise<string[]> =>
  (
    await api.home.inspect<{ name: string }>(
      `select c.relname as name from pg_class c
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
       where c.relnamespace = 'millrace'::regnamespace and c.relkind = 'r'
         and c.relname not in ('idempotency', 'lead_change') order by 1`,
    )
  ).map(({ name }) => name)

/** All that is kept of all tenants; when a session was seen last, and tries, are no change anybody asks for. */
const state = async (): Promise<Record<string, string>> => {
  const found: Record<string, string> = {}
  for (const name of await tables()) {
    const row = name === 'login_session' ? `(to_jsonb(t) - 'last_seen_at')::text` : 't::text'
    const [sum] = await api.home.inspect<{ sum: string | null }>(
      `select md5(string_agg(${row}, '|' order by ${row})) as sum from millrace.${name} t`,
    )
    found[name] = sum?.sum ?? ''
  }
  return found
}
const newest = async () =>
  (
    await api.home.inspect<{ seq: number; route: string; action: string }>(
      `select seq::integer as seq, action, data::jsonb->>'route' as route from millrace.audit_entry
       where tenant_id = $1::uuid order by seq desc limit 1`,
      [api.home.tenantId],
    )
  )[0] ?? { seq: 0, route: '', action: '' }

it('is asked of every change there is: who adds one says how it is made', () => {
  const known = new Set([...CHANGES.map(({ route }) => route), ...Object.keys(EXCEPT)])
  expect(routes.filter((route) => !known.has(route))).toEqual([])
  expect([...known].filter((route) => !routes.includes(route))).toEqual([])
})

it.each(CHANGES.map((change) => [change.route, change] as const))(
  '%s stands or falls with its entry',
  async (route, change) => {
    const [method = '', path = ''] = route.split(' ')
    if (route === 'DELETE /api/v1/auth/session')
      ids.last = await api.token({ email: 'ann@acme.example', password: 'horse battery' })
    const url = change.url?.() ?? path
    const body = change.body?.()
    const as = change.as?.() ?? token
    const before = await state()
    await api.home.inspect('revoke insert on millrace.audit_entry from millrace_app')
    try {
      const lost = await ask(api.app, method, url, body, as)
      expect(lost.statusCode, lost.body).toBe(500)
    } finally {
      await api.home.inspect('grant insert on millrace.audit_entry to millrace_app')
    }
    expect(await state(), 'a change was made whose entry could not be written').toEqual(before)
    const { seq } = await newest()
    const kept = await ask(dying, method, url, body, as)
    expect(kept.statusCode, kept.body).toBeLessThan(300)
    const entry = await newest()
    expect(entry.seq, 'the entry would have been lost with the process').toBe(seq + 1)
    if (entry.route !== null) expect(entry.route).toBe(path)
    if (kept.body !== '') change.learn?.(kept.json())
  },
)

/** Who is not logged in yet comes in, and the operator makes a tenant: the same holds. */
const COMING_IN: readonly (readonly [string, string, (app: FastifyInstance) => Promise<object>])[] = [
  ['POST /api/v1/auth/login', 'session.open', async () => ({ ...WHO, password: ADMIN.password })],
  ['POST /api/v1/auth/session', 'session.open', async () => ({ ...WHO, password: ADMIN.password })],
  [
    'POST /api/v1/auth/link',
    'password.set',
    async () => {
      const me = await api.token(ADMIN)
      const asked = await ask(api.app, 'POST', `/api/v1/users/${ids.ann}/link`, undefined, me)
      return { token: String(asked.json().url).split('#')[1], password: 'horse battery' }
    },
  ],
  ['POST /api/v1/platform/tenants', 'tenant.make', async () => ({ slug: 'gamma' })],
]
const WHO = { email: ADMIN.email, tenant: 'acme' }
const entries = async (action: string): Promise<number> => {
  const text = 'select count(*)::integer as count from millrace.audit_entry where action = $1'
  return (await api.home.inspect<{ count: number }>(text, [action]))[0]?.count ?? 0
}

it.each(COMING_IN)('%s stands or falls with its entry %s', async (route, action, body) => {
  const { audit, settings } = api.deps
  const platform = { settings: { ...settings, platformKey: 'platform' } }
  const app = await api.appWith(platform)
  const [method = '', url = ''] = route.split(' ')
  const payload = await body(app)
  const entriesBefore = await entries(action)
  const before = await state()
  await api.home.inspect('revoke insert on millrace.audit_entry from millrace_app')
  try {
    expect((await ask(app, method, url, payload, 'platform')).statusCode).toBe(500)
  } finally {
    await api.home.inspect('grant insert on millrace.audit_entry to millrace_app')
  }
  expect(await state(), 'somebody came in whose entry could not be written').toEqual(before)
  const gone = await api.appWith({
    ...platform,
    audit: { ...audit, record: () => Promise.reject(new Error('died')) },
  })
  const kept = await ask(gone, method, url, payload, 'platform')
  expect(kept.statusCode, kept.body).toBeLessThan(300)
  expect(await entries(action)).toBe(entriesBefore + 1)
})
