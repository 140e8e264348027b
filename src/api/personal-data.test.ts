import type { RouteOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'
import { isRole, PERMISSIONS, type Permission, reachOf } from '../access/matrix.ts'
import type { Access } from './guard.ts'

/**
 * A walk through every route there is, as each role that may not see personal data, past leads whose values are known: no
 * answer has one of them. A route that is new is walked too, or this says what it must be told.
 */

let api: TestApi
let sink: Sink
const tokens: Record<string, string> = {}
const ids: Record<string, string> = {}

interface Route {
  readonly method: string
  readonly url: string
  readonly access: Access
  readonly partners: boolean
  readonly hasBody: boolean
  readonly takesPersonal: boolean
}
const routes: Route[] = []

const PERSON = {
  first_name: 'Janeth',
  last_name: 'Quillfeather',
  email: 'janeth.quillfeather@example.com',
  phone: '(512) 233-0187',
  postal_code: '20500-7788',
  state: 'TX',
  comments: 'look at me, ring after six',
  nickname: 'Jan Quill',
}
const OTHER = { first_name: 'Bertrand', email: 'bertrand@example.com', phone: '(202) 555-0166', state: 'OK' }
const PERSONAL = /janeth|quill|\bjan\b|233-?0187|5122330187|20500-?7788|after six|203\.0\.113\.77|cert-of-jq/i

const flow = () => `
flow: sold
country: US
currency: USD
fields:
  first_name: first_name
  last_name: last_name
  email: { type: email, required: true }
  phone: phone
  postal_code: postal_code
  state: state
  comments: string
sources: [ { id: web, price: { id: base, amount: '15.00 USD' } }, { id: fair } ]
destinations:
  gone: { type: http, url: "${sink.url}/gone", repeat: keyed, attempts: 1, breaker: 'off' }
  theirs: { type: http, url: "${sink.url}/theirs", repeat: keyed }
steps:
  - match: {}
  - filter: { when: 'lead.state != "NY"', reason: 'No {{ lead.state }} for {{ lead.email }} of {{ lead.first_name }}' }
  - review: { id: look, when: 'lead.comments.contains("look at me")', queue: '{{ lead.state }}', note: 'Ring {{ lead.first_name }}' }
  - deliver: { id: lost, to: gone, when: 'lead.state == "WA"', map: { mail: '{{ lead.email }}', '*': '*' } }
  - deliver: { id: taken, to: theirs, when: 'lead.state == "OK"' }
`

const MASKED_ROLES = {
  analyst: null,
  auditor: null,
  source_partner: { flow: 'sold', source: 'web' },
  buyer_partner: { destination: 'theirs' },
} as const

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise(({ path }) =>
    path.startsWith('/gone')
      ? { do: 'answer', status: 503, body: `{"error":"${PERSON.email} cannot be taken"}` }
      : { do: 'answer', body: '{}' },
  )
  api = await testApi({
    onRoute: ({ method, url, config, schema }: RouteOptions) => {
      if (typeof method !== 'string' || method === 'HEAD' || config?.access === undefined) return
      const query = schema?.querystring as { properties?: Record<string, unknown> } | undefined
      routes.push({
        method,
        url,
        access: config.access,
        partners: config.partners === true,
        hasBody: schema?.body !== undefined,
        takesPersonal: query?.properties?.personal !== undefined,
      })
    },
  })
  const { keys } = await api.home.publish(flow())
  const submit = async (source: string, values: object) => {
    api.clock.advance(1_000)
    const answer = await api.app.inject({
      method: 'POST',
      url: `/flows/sold/sources/${source}/submit`,
      remoteAddress: '203.0.113.77',
      headers: { authorization: `Bearer ${keys.find((each) => each.source === source)?.key}` },
      payload: values,
    })
    return answer.json<{ lead_id: string }>().lead_id
  }
  ids.dead = await submit('web', { ...PERSON, state: 'WA', comments: 'ring after six' })
  ids.waiting = await submit('web', PERSON)
  ids.rejected = await submit('web', { ...PERSON, state: 'NY' })
  ids.taken = await submit('fair', OTHER)
  await api.deps.runner.drained()

  for (const [role, partner] of [['owner', null], ...Object.entries(MASKED_ROLES)] as const) {
    const login = { email: `${role}@acme.example`, password: 'of this role', role }
    await api.addLogin(login)
    if (partner !== null)
      await api.home.inspect('update millrace.login set partner = $1::jsonb where role = $2', [
        JSON.stringify(partner),
        role,
      ])
    tokens[role] = await api.token(login)
  }
  const made = async (method: 'POST' | 'PUT', url: string, payload: object) => {
    const answer = await ask(method, url, 'owner', payload)
    expect(answer.statusCode, `${url} ${answer.body}`).toBeLessThan(300)
    return answer.json()
  }
  const whom = { email: PERSON.email }
  tokens.key = (await made('POST', '/api/v1/keys', { name: 'reads', scopes: ['read'] })).secret
  await made('PUT', '/api/v1/lists/dnc', { label: 'DNC' })
  await made('POST', '/api/v1/lists/dnc/entries', { values: [PERSON.email, PERSON.phone] })
  const upload = await api.app.inject({
    method: 'PUT',
    url: '/api/v1/lists/dnc/imports/crm',
    headers: { authorization: `Bearer ${tokens.owner}`, 'content-type': 'text/plain' },
    payload: `${PERSON.email}\nnone of ${PERSON.email}\n`,
  })
  expect(upload.json()).toMatchObject({ rows: 2, rejected: 1 })
  await made('PUT', '/api/v1/secrets/crm', { value: 'shh' })
  await made('POST', '/api/v1/consent/records', {
    ...whom,
    channels: ['email'],
    wording: 'You may write to me.',
    url: `https://forms.example.com/?email=${PERSON.email}`,
    ip: '203.0.113.77',
    proof: 'https://proof.example.com/cert-of-jq',
  })
  await made('POST', '/api/v1/consent/replies', { from: PERSON.email, channel: 'email', text: 'STOP' })
  await made('POST', `/api/v1/leads/${ids.dead}/unmask`, { reason: 'complaint 4711' })
  ids.request = (await made('POST', '/api/v1/privacy/requests', { kind: 'access', ...whom })).id
  ids.hold = (await made('POST', '/api/v1/privacy/holds', { matter: 'a suit', ...whom, keeps: ['fields'] })).id
  ids.view = (await made('POST', '/api/v1/views', { name: 'mine', filter: {} })).id
  ids.key = (await made('POST', '/api/v1/keys', { name: 'one', scopes: ['read'] })).key.id
  ids.user = (await made('POST', '/api/v1/users', { email: 'staff@acme.example', role: 'analyst' })).user.id
  const lead = (await ask('GET', `/api/v1/leads/${ids.dead}`, 'owner')).json()
  ids.person = lead.person_id
  ids.delivery = lead.deliveries[0].id
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const ask = (method: string, url: string, as: string, payload?: object) =>
  api.app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: `Bearer ${tokens[as]}` },
    ...(payload !== undefined && { payload }),
  })

const NOBODY = '0199aaaa-0000-7000-8000-000000000001'
/** What the parameters of an address stand for: the first that fits. Each is walked with each of its values. */
const PARAMETERS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^\/api\/v1\/(leads|reviews)\/:id/, ['dead', 'waiting', 'rejected', 'taken']],
  [/^\/api\/v1\/pipeline\/process\/:lead_id/, ['dead']],
  [/^\/api\/v1\/persons\/:id/, ['person']],
  [/^\/api\/v1\/privacy\/requests\/:id/, ['request']],
  [/^\/api\/v1\/privacy\/holds\/:id/, ['hold']],
  [/^\/api\/v1\/users\/:id/, ['user']],
  [/^\/api\/v1\/keys\/:id/, ['key']],
  [/^\/api\/v1\/views\/:id/, ['view']],
  [/^\/api\/v1\/flows\/:id/, ['=sold']],
  [/^\/api\/v1\/sources\/:flow/, ['=sold']],
  [/^\/api\/v1\/destinations\/:id/, ['=gone']],
  [/^\/api\/v1\/lists\/:id/, ['=dnc']],
  [
    /^\/api\/v1\/(accounts|hooks|webhooks|alerts|dead-letters\/replays|dead-letters\/discards|auth\/sessions|privacy\/notices|platform\/tenants)\/:id/,
    [`=${NOBODY}`],
  ],
]
const NAMED: Readonly<Record<string, () => string>> = {
  delivery: () => ids.delivery ?? '',
  version: () => '1',
  flow: () => 'sold',
  source: () => 'web',
  cap: () => 'none',
  name: () => 'crm',
  tenant: () => 'acme',
  token: () => 'none',
}
const QUERIES: Readonly<Record<string, string>> = {
  '/api/admin/lead-pipeline': 'metric=lead-stats',
  '/api/v1/hooks/sample': 'flow=sold&destination=gone',
}

const lead = () => ids.dead
/** What is sent where a body is asked for and one of these roles may: with all that could make it say more. */
const BODIES: Readonly<Record<string, () => readonly object[]>> = {
  'PUT /api/v1/auth/password': () => [{ password: 'wrong', new_password: 'long enough now' }],
  'POST /api/v1/auth/switch': () => [{ tenant: 'elsewhere' }],
  'POST /api/v1/auth/totp/confirm': () => [{ code: '000000' }],
  'DELETE /api/v1/auth/totp': () => [{ code: '000000' }],
  'POST /api/v1/leads/search': () => [{ email: PERSON.email }, { phone: PERSON.phone }],
  'POST /api/v1/persons/search': () => [{ email: PERSON.email }],
  // Shows it, to auditors with a reason: see lead-sight.test.ts. Without one it shows nothing.
  'POST /api/v1/leads/:id/unmask': () => [{}, { reason: '' }],
  'POST /api/v1/consent/state': () => [{ email: PERSON.email }, { lead_id: lead() }],
  'POST /api/v1/flows/:id/preview': () => [{ lead_id: lead() }, { lead: lead() }, { values: { email: 'x@y.example' } }],
  'POST /api/v1/rules/convert': () => [{ rule: 'lead.email == "a"', flow: 'sold' }],
  'POST /api/v1/flows/check': () => [{ document: flow() }],
  'POST /api/v1/lists/query': () => [{ values: ['somebody@example.com'] }],
  'POST /api/v1/views': () => [{ name: 'other', filter: {} }],
}

/** Every address of a route, filled in. */
const addressesOf = ({ url, takesPersonal }: Route): string[] => {
  const values = PARAMETERS.find(([pattern]) => pattern.test(url))?.[1] ?? ['']
  const [query] = [QUERIES[url], takesPersonal ? 'personal=shown' : undefined].filter((each) => each !== undefined)
  return values.map((value) => {
    let isFirst = value !== ''
    const filled = url.replaceAll(/:(\w+)/g, (_whole, name: string) => {
      if (isFirst) {
        isFirst = false
        return value.startsWith('=') ? value.slice(1) : (ids[value] ?? '')
      }
      const named = NAMED[name]
      if (!named) throw new Error(`${url}: say in PARAMETERS what :${name} stands for`)
      return named()
    })
    return query === undefined ? filled : `${filled}?${query}`
  })
}

const LAST = /^\/api\/v1\/auth\//
const ordered = (): Route[] => [
  ...routes.filter(({ url }) => !LAST.test(url)),
  ...routes.filter(({ url, method }) => LAST.test(url) && method !== 'DELETE'),
  ...routes.filter(({ url, method }) => LAST.test(url) && method === 'DELETE'),
]
/** Never ends: looked at by itself. */
const isStream = ({ url }: Route): boolean => url === '/api/v1/live'
/** Files of the house, the same for everybody. */
const isFile = ({ url }: Route): boolean => /^\/(?:assets|docs|icon|theme|openapi)/.test(url)
const payloadsOf = ({ method, url, hasBody }: Route): (object | undefined)[] =>
  hasBody ? [...(BODIES[`${method} ${url}`]?.() ?? [{}])] : [undefined]

/** As far as a role may come at all: a session, or by the matrix. */
const mayCome = ({ access, partners }: Route, role: string): boolean => {
  if (access === 'session') return true
  if (!PERMISSIONS.includes(access as Permission) || !isRole(role)) return false
  const reach = reachOf(role, access as Permission)
  return reach === 'all' || (reach === 'own' && partners)
}

/** Routes by which a role answers its own with 404: nothing of the kind was made. */
const NOT_THERE =
  /^\/api\/v1\/(sso|accounts\/|hooks\/|webhooks\/|alerts\/|dead-letters\/(replays|discards)\/|auth\/sessions\/|privacy\/requests\/[^/]+\/receipt|destinations\/files|leads\/.*\/deliveries)/

describe('personal data', () => {
  it('is in what an owner is answered, and each such answer is in the audit', async () => {
    const shown = new Set<string>()
    const entries = async () =>
      (await api.home.inspect<{ n: number }>('select count(*)::integer as n from millrace.audit_entry'))[0]?.n ?? 0
    for (const route of ordered()) {
      const { method, url } = route
      const reads = method === 'GET' || (method === 'POST' && BODIES[`POST ${url}`] !== undefined)
      if (!reads || isStream(route) || !mayCome(route, 'owner')) continue
      for (const address of addressesOf(route)) {
        for (const payload of url.endsWith('/unmask') ? [{ reason: 'complaint' }] : payloadsOf(route)) {
          const before = await entries()
          const answer = await ask(method, address, 'owner', payload)
          expect(answer.statusCode, `${method} ${address} ${answer.body.slice(0, 200)}`).not.toBe(500)
          if (!PERSONAL.test(answer.body)) continue
          shown.add(`${method} ${url}`)
          expect(await entries(), `${method} ${url} shows personal data and has no entry in the audit`).toBe(before + 1)
        }
      }
    }
    const exported = await ask('POST', '/api/v1/leads/export', 'owner', { fields: true })
    expect(exported.body).toMatch(PERSONAL)
    expect([...shown].sort()).toEqual([
      'GET /api/v1/leads/:id',
      'GET /api/v1/leads/:id/deliveries/:delivery',
      'GET /api/v1/leads/:id/events',
      'GET /api/v1/persons/:id',
      'GET /api/v1/privacy/requests/:id/bundle',
      'GET /api/v1/reviews',
      'POST /api/v1/consent/state',
      'POST /api/v1/flows/:id/preview',
      'POST /api/v1/leads/:id/unmask',
      'POST /api/v1/persons/search',
    ])
  })

  it.each([...Object.keys(MASKED_ROLES), 'key'])('is in no answer to a role that may not see it: %s', async (role) => {
    const acts = role === 'key' ? 'analyst' : role
    let answered = 0
    for (const route of ordered()) {
      const { method, url } = route
      if (isStream(route) || isFile(route)) continue
      const may = mayCome(route, acts)
      if (may && route.hasBody)
        expect(BODIES, `${method} ${url} takes a body from ${acts}: say in BODIES which`).toHaveProperty([
          `${method} ${url}`,
        ])
      for (const address of addressesOf(route)) {
        for (const payload of payloadsOf(route)) {
          const answer = await ask(method, address, role, payload)
          const where = `${role}: ${method} ${address} answers ${answer.statusCode}`
          expect(answer.statusCode, where).not.toBe(500)
          expect(PERSONAL.exec(answer.body + JSON.stringify(answer.headers))?.[0], where).toBeUndefined()
          if (!may || method !== 'GET') continue
          // That the walk comes to where something stands.
          if (role === 'key' && answer.statusCode === 403 && route.access === 'session') continue
          const isThere = answer.statusCode < 400
          if (!isThere && !NOT_THERE.test(address) && acts in MASKED_ROLES && !acts.endsWith('_partner'))
            expect.fail(where)
          answered += isThere ? 1 : 0
        }
      }
    }
    expect(answered).toBeGreaterThan(acts.endsWith('_partner') ? 4 : 30)
  })

  it('is in the evidence of a consent with a reason, which the audit keeps', async () => {
    const auditor = { email: 'auditor@acme.example', password: 'of this role' }
    tokens.auditor = await api.token(auditor)
    const state = (payload: object) =>
      ask('POST', '/api/v1/consent/state', 'auditor', { email: PERSON.email, ...payload })
    const [given] = (await state({})).json().records
    expect(given.evidence).toEqual({
      wording: 'You may write to me.',
      seller: null,
      url: '•••',
      ip: '•••',
      proof: '•••',
    })
    expect((await state({ reason: 'complaint 4712' })).body).toMatch(/cert-of-jq/)
    const [entry] = (await ask('GET', '/api/v1/audit?action=consent.read', 'auditor')).json().items
    expect(entry).toMatchObject({ data: { personal: true }, private: { reason: 'complaint 4712' } })
  })

  it('is not told as leads come in', async () => {
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    const address = api.app.server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    tokens.analyst = await api.token({ email: 'analyst@acme.example', password: 'of this role' })
    const end = new AbortController()
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/live`, {
      headers: { authorization: `Bearer ${tokens.analyst}` },
      signal: end.signal,
    })
    expect(answer.status).toBe(200)
    await ask('PUT', `/api/v1/leads/${ids.waiting}/review`, 'owner', { decision: 'approve' })
    let said = ''
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      said += chunk
      if (said.includes(ids.waiting ?? '-')) break
    }
    end.abort()
    expect(said).toContain(ids.waiting)
    expect(said).not.toMatch(PERSONAL)
  })
})
