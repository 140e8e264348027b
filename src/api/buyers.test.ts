import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { folded } from '../../test/support/folded.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let token: string
let sink: Sink
const READER = { email: 'reader@acme.example', password: 'only reading', role: 'analyst' }

beforeAll(async () => {
  sink = await openSink()
  api = await testApi()
  await api.addLogin(READER)
  token = await api.signIn(ADMIN)
  await ask('PUT', '/api/v1/secrets/north-token', { payload: { value: 'pelican' } })
  token = await api.token(READER)
  await api.home.publish(`
flow: sold
currency: USD
fields: { email: email, state: state }
sources: [ { id: web } ]
destinations:
  north:
    name: North Roofs
    type: http
    url: ${sink.url}/north
    auth: { bearer: { secret: north-token } }
    buyer: roofers
    price: 18.00 USD
    caps: [ { id: daily, max: 2, per: day } ]
    buyer_caps: [ { id: budget, max: 500.00 USD, per: month } ]
    response: { price_path: price, price_currency: USD, outcome_path: status, success_values: [yes] }
  south: { type: http, url: ${sink.url}/south, buyer: roofers, price: 7.50 USD }
  crm: { type: http, url: ${sink.url}/crm }
steps:
  - deliver: { id: sell, to: [north, south], pattern: all }
  - branch:
      rules: [ { id: all, when: 'true', steps: [ { deliver: { id: keep, to: crm } } ] } ]
`)
  const say = (body: object) => ({ do: 'answer' as const, body: JSON.stringify(body) })
  for (const [status, price] of [
    ['yes', '20.25'],
    ['no', null],
    ['yes', null],
  ] as const) {
    sink.otherwise(say({ status, ...(price === null ? {} : { price }) }))
    await api.home.submit('sold', 'web', { email: `${status}${price}@example.com`, state: 'TX' })
    await api.deps.runner.drained()
  }
  sink.otherwise(say({ status: 'yes' }))
  await api.home.submit('sold', 'web', { email: 'fourth@example.com', state: 'TX' })
  await api.deps.runner.drained()
  await api.home.house.health.flush()
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const ask = asker(() => ({ api, token }))

describe('the destinations of a tenant', () => {
  it('are listed with their settings, their terms and how they do, and no secret', async () => {
    const { items } = (await ask('GET', '/api/v1/destinations')).json()
    expect(items.map(({ id }: { id: string }) => id)).toEqual(['north', 'south', 'crm'])
    expect(items[0]).toMatchObject({
      flow: 'sold',
      flow_version: 1,
      name: 'North Roofs',
      type: 'http',
      settings: { url: `${sink.url}/north`, auth: { bearer: { secret: 'north-token' } } },
      terms: { buyer: 'roofers', price: '18.00 USD' },
      steps: ['sell'],
      health: { breaker: { state: 'closed' }, paused: null, dead: 0 },
    })
    expect(items[0].settings).not.toHaveProperty('buyer')
    expect(items[0].health.calls).toBe(3)
    expect(items[2].steps).toEqual(['keep'])
  })

  it('are those of a range, also once their calls are kept by the hour', async () => {
    const before = (await ask('GET', '/api/v1/destinations?range=7d')).json().items
    api.clock.advance(2 * 86_400_000)
    token = await api.token(READER)
    await folded(api)
    const [minutes] = await api.home.inspect<{ n: number }>(
      `select count(*)::integer as n from millrace.destination_minute where extract(minute from minute) <> 0`,
    )
    expect(minutes?.n).toBe(0)
    const day = (await ask('GET', '/api/v1/destinations?range=24h')).json().items
    const week = (await ask('GET', '/api/v1/destinations?range=7d')).json().items
    expect([day[0].taken.delivered, week[0].taken.delivered]).toEqual([0, 2])
    expect([day[0].health.calls, week[0].health.calls]).toEqual([0, 3])
    expect(week.map(({ health }: { health: object }) => health)).toEqual(
      before.map(({ health }: { health: object }) => health),
    )
    expect((await ask('GET', '/api/v1/destinations?range=5y')).statusCode).toBe(400)
  })
})

describe('the buyers of a tenant', () => {
  it('are shown with what they took, refused and pay, over all their destinations', async () => {
    await folded(api)
    const { items } = (await ask('GET', '/api/v1/buyers?range=7d')).json()
    expect(items).toHaveLength(1)
    const [roofers] = items
    expect(roofers).toMatchObject({ id: 'roofers', named: true })
    const [north, south] = roofers.destinations
    // Two places a day: the fourth lead is not offered to it. One said its price, one pays what was agreed on.
    expect(north.taken).toEqual({
      delivered: 2,
      refused: 1,
      ruled_out: 1,
      open: 0,
      lost: 0,
      acceptance_rate: 2 / 3,
      paid: [{ currency: 'USD', amount: '38.25' }],
    })
    expect(south.taken).toMatchObject({ delivered: 4, paid: [{ currency: 'USD', amount: '30.00' }] })
    expect(roofers.taken).toMatchObject({ delivered: 6, refused: 1, paid: [{ currency: 'USD', amount: '68.25' }] })
  })

  it('are nobody else’s', async () => {
    const tenantId = await api.home.addTenant('other')
    const login = { email: 'o@other.example', password: 'a long password', role: 'owner', tenantId }
    const as = await api.signIn(login)
    for (const path of ['buyers', 'destinations', 'caps'])
      expect((await ask('GET', `/api/v1/${path}`, { as })).json()).toEqual({ items: [] })
  })
})

describe('the caps of all flows', () => {
  it('are shown together', async () => {
    const { items } = (await ask('GET', '/api/v1/caps')).json()
    expect(items).toMatchObject([
      { flow: 'sold', id: 'daily', destination: 'north', max: 2 },
      { flow: 'sold', id: 'budget', buyer: 'roofers', max: '500.00 USD', used: '36.00 USD' },
    ])
  })
})

describe('the roles', () => {
  it('are shown with what each may do to whoever may see the users', async () => {
    const { items } = (await ask('GET', '/api/v1/roles', { as: await api.token(ADMIN) })).json()
    const partner = items.find(({ role }: { role: string }) => role === 'buyer_partner')
    expect(partner.grants).toEqual({ 'lead.read': 'own' })
    expect((await ask('GET', '/api/v1/roles')).statusCode).toBe(403)
  })
})
