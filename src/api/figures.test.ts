import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { folded } from '../../test/support/folded.ts'
import { quantile, slotMs } from '../figures/read.ts'
import { FUNNEL } from './contract/figures.ts'
import { REJECTION_CODES } from './contract/words.ts'

let api: TestApi
let token: string
const STRANGER = { email: 'owner@other.example', password: 'someone else', role: 'owner' }
const HOUR_MS = 3_600_000

beforeAll(async () => {
  api = await testApi()
  const otherTenant = await api.home.addTenant('other')
  await api.addLogin(ADMIN)
  await api.addLogin({ ...STRANGER, tenantId: otherTenant })
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))

const submit = async (n: number, over: object = {}): Promise<string> => {
  const answer = await api.submit({ email: `f${n}@example.com`, state: 'TX', ...over })
  return answer.json().lead_id as string
}

const figures = async (query = 'range=24h') => (await ask('GET', `/api/v1/figures?${query}`)).json()

/** What counting the leads gives. */
const counted = async () => {
  const rows = await api.home.inspect<{ outcome: string | null; n: number; price: number }>(
    `select outcome, count(*)::integer as n, coalesce(sum(price), 0)::float8 as price from millrace.lead
     where not test group by outcome`,
  )
  const of = (outcome: string) => rows.find((row) => row.outcome === outcome)?.n ?? 0
  return {
    leads: rows.reduce((sum, { n }) => sum + n, 0),
    accepted: of('success'),
    rejected: of('failure'),
    price: rows.reduce((sum, { price }) => sum + price, 0),
  }
}

describe('the funnel', () => {
  it('loses every reason at one stage', () => {
    const codes = FUNNEL.flatMap((stage) => [...stage.codes])
    // Nothing is kept of whom was turned away at the door.
    expect(codes.toSorted()).toEqual(REJECTION_CODES.filter((code) => code !== 'erased').toSorted())
  })
})

describe('figures', () => {
  it('say what counting the leads says, whenever they are folded', async () => {
    for (let n = 0; n < 6; n += 1) await submit(n)
    await submit(6, { state: 'NY' })
    await submit(0)
    const waiting = await submit(7, { comments: 'look at me' })
    await api.deps.runner.drained()
    token = await api.token(ADMIN)
    await folded(api)
    const first = (await figures()).now
    expect(first).toMatchObject({ ...(await counted()), waiting: 1 })
    expect(first).toMatchObject({ leads: 9, accepted: 6, rejected: 2, price: 105 })
    expect(first.acceptance_rate).toBe(0.75)
    expect(first.reasons).toEqual(
      expect.arrayContaining([
        { code: 'duplicate', leads: 1 },
        { code: 'filtered', leads: 1 },
      ]),
    )
    expect(first.funnel.map(({ leads }: { leads: number }) => leads)).toEqual([9, 9, 8, 8, 7, 7, 7, 6])

    // Long after: the hour of the lead is made anew from the leads themselves.
    api.clock.advance(9 * HOUR_MS)
    token = await api.token(ADMIN)
    await ask('PUT', `/api/v1/leads/${waiting}/review`, { payload: { decision: 'approve' } })
    await submit(20)
    await api.deps.runner.drained()
    await folded(api)
    const later = (await figures()).now
    expect(later).toMatchObject({ ...(await counted()), waiting: 0, accepted: 8 })
    const hours = later.series.map(({ at, leads }: { at: string; leads: number }) => [at, leads])
    expect(hours).toHaveLength(2)
    expect((await figures('range=1h')).now).toMatchObject({ leads: 1 })
    expect((await figures('range=1h&compare=previous')).before).toMatchObject({ leads: 0 })
  })

  it('leave tests out, and others’ leads', async () => {
    const before = (await figures()).now.leads
    await ask('POST', '/api/v1/sources/roofs/web/test', { payload: { values: { email: 't@example.com' } } })
    await folded(api)
    expect((await figures()).now.leads).toBe(before)
    const theirs = await ask('GET', '/api/v1/figures', { as: await api.token(STRANGER) })
    expect(theirs.json().now).toMatchObject({ leads: 0, acceptance_rate: null, p50_ms: null })
  })

  it('narrow to a flow and a source', async () => {
    expect((await figures('range=24h&flow=roofs&source=web')).now.leads).toBeGreaterThan(0)
    expect((await figures('range=24h&flow=roofs&source=partner')).now.leads).toBe(0)
    expect((await ask('GET', '/api/v1/figures?range=2h')).statusCode).toBe(400)
  })

  it('pass no transaction that is still open', async () => {
    const { database } = api.deps
    const before = (await figures()).now.leads
    await database.transaction([api.home.tenantId], async (tx) => {
      await tx.query({
        text: `update millrace.lead set status = status where tenant_id = $1::uuid and id = (select max(id::text)::uuid from millrace.lead)`,
        values: [api.home.tenantId],
      })
      // Another lead is written and folded while the first transaction is open.
      await submit(40)
      await api.home.house.figures.now()
    })
    await folded(api)
    expect((await figures()).now.leads).toBe(before + 1)
  })

  it('add up no amounts of two currencies: each stands by itself, and what would be their sum is none', async () => {
    const { keys } = await api.home.publish(`
flow: dach
currency: EUR
fields: { email: email }
sources: [ { id: web, price: { id: base, amount: '4.00 EUR' } } ]
steps: [ { normalize: {} } ]
`)
    const [before] = (await figures()).now.currencies
    for (const n of [1, 2])
      await api.app.inject({
        method: 'POST',
        url: '/flows/dach/sources/web/submit',
        headers: { authorization: `Bearer ${keys[0]?.key}` },
        payload: { email: `dach${n}@example.com` },
      })
    await api.deps.runner.drained()
    await folded(api)
    const { now } = await figures()
    expect(now).toMatchObject({ price: null, revenue: null })
    expect(now.currencies).toEqual(
      expect.arrayContaining([before, { currency: 'EUR', price: 8, revenue: 0, margin: -8 }]),
    )
    expect(now.series.at(-1)).toMatchObject({ price: null, revenue: null })
    const own = now.sources.map(({ flow, currency, price }: Record<string, unknown>) => [flow, currency, price])
    expect(own).toEqual(
      expect.arrayContaining([
        ['dach', 'EUR', 8],
        ['roofs', before.currency, before.price],
      ]),
    )
    expect((await figures('range=24h&flow=dach')).now).toMatchObject({ price: 8, revenue: 0 })
    // The range before held none of the one, and is compared by currency.
    const earlier = (await figures('range=1h&compare=previous')).before
    expect(earlier.currencies.map(({ currency }: { currency: string }) => currency)).not.toContain('EUR')
  })
})

it('a quantile lies within a slot of the true value', () => {
  const values = Array.from({ length: 1_000 }, (_, n) => n + 1)
  const slotOf = (ms: number): number => (ms < 16 ? ms : 16 + Math.floor((Math.log2(ms) - 4) * 8))
  const slots = [...Map.groupBy(values, slotOf)].map(([slot, { length }]) => ({ slot, leads: length }))
  for (const share of [0.5, 0.95]) {
    const found = quantile(slots, share) ?? 0
    expect(Math.abs(found - share * 1_000) / (share * 1_000)).toBeLessThan(0.05)
  }
  expect(quantile([], 0.5)).toBeNull()
  expect(slotMs(7)).toBe(7)
})
