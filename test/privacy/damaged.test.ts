import { afterAll, beforeAll, expect, it } from 'vitest'
import { lookupColumn } from '../../src/runner/journey.ts'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'

/** A lead whose journal cannot be read holds up nobody else's rights, and no server's start. */

let api: TestApi
let token: string
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  api = await testApi()
  await api.home.publish(`
flow: plain
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { review: { id: look, queue: all, when: 'lead.email.contains("wait")' } } ]
`)
  token = await api.signIn(ADMIN)
})
afterAll(() => api.close())

const submit = async (email: string) => (await api.home.submit('plain', 'web', { email })).answer.lead_id
const damage = (lead: string) =>
  api.home.inspect(`update millrace.segment set events = 'x' || events where lead_id = $1`, [lead])
const mend = (lead: string) =>
  api.home.inspect('update millrace.segment set events = substr(events, 2) where lead_id = $1', [lead])
/** Of leads, in their order: which are still to be opened. */
const kept = async (leads: readonly string[]) => {
  const rows = await api.home.inspect<{ id: string }>(
    'select id from millrace.lead where id = any ($1) and wrapped_key is not null',
    [leads] as never,
  )
  return leads.filter((lead) => rows.some(({ id }) => id === lead))
}
const statusOf = async (request: string) =>
  (await ask('GET', `/api/v1/privacy/requests/${request}`)).json<{ status: string }>().status

it('an erasure forgets all others, of the person and of other persons, and ends once it can', async () => {
  const { house, tenantId } = api.home
  const { erasure } = house.privacy
  const leads = [await submit('ada@example.com'), await submit('ada@example.com'), await submit('ada@example.com')]
  const [first = '', ...others] = leads
  const other = await submit('bob@example.com')
  await damage(first)
  const asked = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email: 'ada@example.com' } })
  const { id, status } = asked.json<{ id: string; status: string }>()
  expect([asked.statusCode, status]).toEqual([202, 'working'])
  expect(await kept(leads)).toEqual([first])
  await erasure.open({
    tenantId,
    subject: { keys: [lookupColumn(await house.keyring.tenant(tenantId), 'email', 'bob@example.com')], leads: [] },
    scope: 'person',
    actor: { kind: 'operator', id: 'test' },
  })
  await expect(erasure.sweep()).rejects.toThrow()
  expect(await kept([first, other])).toEqual([first])
  // Another server starts meanwhile.
  await api.home.sibling()
  expect(await statusOf(id)).toBe('working')
  await mend(first)
  await erasure.sweep()
  expect(await kept([first])).toEqual([])
  const done = (await ask('GET', `/api/v1/privacy/requests/${id}/receipt`)).body
  for (const lead of [first, ...others]) expect(done).toContain(lead)
})

it('who takes a consent back is answered that it is, and all are told of it once they can be', async () => {
  const email = 'eve@example.com'
  const lead = await submit(email)
  await damage(lead)
  const post = (url: string, payload: object) => ask('POST', url, { payload })
  const { url } = (await post('/api/v1/consent/links', { email, channels: ['email'] })).json<{ url: string }>()
  expect((await api.app.inject({ method: 'POST', url })).statusCode).toBe(200)
  const reply = await post('/api/v1/consent/replies', { from: email, channel: 'email', text: 'STOP' })
  expect([reply.statusCode, reply.json<{ revoked: boolean }>().revoked]).toEqual([200, true])
  const asked = await post('/api/v1/consent/revocations', { email })
  const { id, status } = asked.json<{ id: string; status: string }>()
  expect([asked.statusCode, status]).toEqual([202, 'working'])
  const restricted = await post('/api/v1/privacy/requests', { kind: 'restrict', email })
  expect(restricted.statusCode).toBe(202)
  await mend(lead)
  api.clock.advance(60_001)
  await api.home.house.privacy.fanOut.round()
  token = await api.token(ADMIN)
  expect(await statusOf(id)).toBe('done')
})

it('what is old is let go but for it, of all tenants, and it too once it can be', async () => {
  const { house, tenantId, addTenant, inspect } = api.home
  const { retention } = house.privacy
  const second = await addTenant('second')
  const leads = [await submit('gil@example.com'), await submit('hal@example.com'), await submit('ida@example.com')]
  const [first = ''] = leads
  await damage(first)
  for (const tenant of [tenantId, second]) await retention.setPolicy(tenant, { leads: 1 })
  api.clock.advance(3 * 86_400_000)
  await expect(retention.daily()).rejects.toThrow()
  expect(await kept(leads)).toEqual([first])
  const [run] = (await retention.runs(tenantId)).filter(({ kind }) => kind === 'leads')
  expect(run?.items).toBeGreaterThanOrEqual(2)
  expect(await retention.runs(second)).not.toEqual([])
  // What stands in the way is met once a day.
  await retention.daily()
  await mend(first)
  api.clock.advance(86_400_000)
  await retention.daily()
  expect(await kept(leads)).toEqual([])
  expect(await inspect('select 1 from millrace.segment where lead_id = any ($1)', [leads] as never)).toEqual([])
})

it('access gives all that can be read, and says of what cannot', async () => {
  const email = 'joy@example.com'
  const leads = [await submit(email), await submit(email)]
  const [first = '', second = ''] = leads
  await damage(first)
  token = await api.token(ADMIN)
  const made = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'access', email } })
  const bundle = await ask('GET', made.json<{ bundle_url: string }>().bundle_url)
  expect(bundle.statusCode).toBe(200)
  const { leads: given } = bundle.json<{ leads: { id: string; status?: string }[] }>()
  expect(given).toMatchObject([{ id: first, cannot_be_read: true }, { id: second }])
  expect(JSON.stringify(given[1])).toContain(email)
})
