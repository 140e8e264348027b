import { afterAll, beforeAll, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'

/** Organisations that persons speak for: their names are under the tenant's key, and may be a person's own. */
let api: TestApi
let token = ''
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  api = await testApi()
  token = await api.signIn(ADMIN)
  await api.home.publish(`
flow: trade
fields: { first_name: first_name, last_name: last_name, email: email, phone: phone, company: company }
sources: [ { id: web } ]
steps: [ { match: {} } ]
`)
})
afterAll(() => api.close())

const submit = async (values: Record<string, string>): Promise<string> => {
  api.clock.advance(1_000)
  return (await api.home.submit('trade', 'web', values)).answer.lead_id
}
const accounts = async () => (await ask('GET', '/api/v1/accounts')).json().items as { id: string; name: string }[]
const erase = async (email: string) => {
  const answer = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email } })
  expect(answer.statusCode, answer.body).toBe(202)
}
const kept = async () => ({
  keys: (await api.home.inspect('select 1 from millrace.account_key')).length,
  pointing: (await api.home.inspect('select 1 from millrace.person where account_id is not null')).length,
})

it('is forgotten with the last person who spoke for it, and not before', async () => {
  const company = 'Joan Smith Plumbing'
  const joan = { first_name: 'Joan', last_name: 'Smith', email: 'joan@joansmith.example', phone: '5122000001', company }
  await submit(joan)
  await submit({
    first_name: 'Pete',
    last_name: 'Nolan',
    email: 'pete@joansmith.example',
    phone: '5122999999',
    company,
  })
  await submit({
    first_name: 'Rolf',
    last_name: 'Berg',
    email: 'rolf@berg.example',
    phone: '5122777777',
    company: 'Berg Roofing',
  })
  const names = async () => (await accounts()).map(({ name }) => name).sort()
  expect(await names()).toEqual(['Berg Roofing', company])
  const both = await kept()
  await erase('joan@joansmith.example')
  expect(await names()).toEqual(['Berg Roofing', company])
  expect(await kept()).toMatchObject({ keys: both.keys })
  await erase('pete@joansmith.example')
  expect(await names()).toEqual(['Berg Roofing'])
  const left = await kept()
  expect(left.keys).toBeLessThan(both.keys)
  expect(left.pointing).toBe(1)
})

it('begins anew with the next person who speaks for it', async () => {
  const before = new Set((await accounts()).map(({ id }) => id))
  await submit({
    first_name: 'Ann',
    last_name: 'Lee',
    email: 'ann@joansmith.example',
    phone: '5122555555',
    company: 'Joan Smith Plumbing',
  })
  const [made] = (await accounts()).filter(({ id }) => !before.has(id))
  expect(made?.name).toBe('Joan Smith Plumbing')
})

it('is forgotten with the lead that named it, where its person is known by others still', async () => {
  const ada = { first_name: 'Adeline', last_name: 'Thorpewood', phone: '5122000777' }
  const first = await submit({ ...ada, email: 'adeline@thorpewood.example' })
  await submit({ ...ada, phone: '5122000778', email: 'adeline@thorpewood.example', company: 'Thorpewood Glass' })
  const named = async () => (await accounts()).some(({ name }) => name === 'Thorpewood Glass')
  expect(await named()).toBe(true)
  const answer = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', phone: '5122000778' } })
  expect(answer.statusCode, answer.body).toBe(202)
  expect(await named()).toBe(false)
  expect((await ask('GET', `/api/v1/persons/${first}`)).json()).toMatchObject({ leads: 2, account_id: null })
})
