import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'

let api: TestApi
let token: string

const text = (caps: string) => `
flow: capped
zone: America/Chicago
fields: { email: email, state: state }
price: 12.50 USD
sources:
  - { id: web, ${caps} }
  - { id: other }
`

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const ask = asker(() => ({ api, token }))
const items = async (query = '') => (await ask('GET', `/api/v1/flows/capped/caps${query}`)).json().items as object[]
const submit = async (values: Record<string, string>, source = 'web') => {
  const { answer } = await api.home.submit('capped', source, { email: 'a@example.com', ...values })
  return answer.code
}

describe('the caps of a flow', () => {
  it('are shown with what they count, and count leads from before them when asked', async () => {
    await api.home.publish(text('name: Web'))
    for (const state of ['TX', 'TX', 'OK']) await submit({ state })
    await submit({ state: 'TX' }, 'other')
    await submit({ email: 'success@millrace.test' })
    await api.home.publish(
      text(`caps: [
    { id: daily, max: 5, per: day },
    { id: spend, max: 60.00 USD, per: month, when: lead.state == "TX" },
    { id: each, max: 3, per: day, by: lead.state },
    { id: burst, max: 9, per: hour, sliding: true } ]`),
    )
    expect(await submit({ state: 'TX' })).toBe(null)
    expect(await items()).toMatchObject([
      {
        id: 'daily',
        at: 'source.cap',
        source: 'web',
        max: 5,
        used: 1,
        history: 0,
        values: null,
        zone: 'America/Chicago',
      },
      { id: 'spend', max: '60.00 USD', used: '12.50 USD', when: 'lead.state == "TX"' },
      { id: 'each', by: 'lead.state', used: 1, values: 1 },
      { id: 'burst', sliding: true, used: 1, from: null, until: null },
    ])
    const recount = (cap: string) => ask('POST', `/api/v1/flows/capped/caps/${cap}/recount`, { payload: {} })
    expect((await recount('daily')).json()).toEqual({ leads: 4, counted: 3 })
    expect((await recount('daily')).json()).toEqual({ leads: 4, counted: 3 })
    expect((await recount('spend')).json()).toEqual({ leads: 4, counted: 2 })
    expect((await recount('each')).json()).toEqual({ leads: 4, counted: 3 })
    expect(await items('?by=TX')).toMatchObject([
      { used: 4, history: 3 },
      { used: '37.50 USD', history: '25.00 USD' },
      { used: 3, history: 2, values: null },
      { used: 1 },
    ])
    expect(await submit({ state: 'TX' })).toBe('cap_exceeded')
    expect(await submit({ state: 'OK' })).toBe(null)
    expect(await submit({ state: 'OK' })).toBe('cap_exceeded')
    expect((await recount('burst')).statusCode).toBe(400)
    expect((await recount('none')).statusCode).toBe(404)
    expect((await ask('GET', '/api/v1/flows/none/caps')).statusCode).toBe(404)
  })
})
