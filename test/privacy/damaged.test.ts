import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { newId } from '../../src/base/ids.ts'
import { signingKey } from '../../src/journal/anchors.ts'
import { createLeadLoader } from '../../src/journal/read.ts'
import { segmentHash } from '../../src/journal/segment.ts'
import { createErasure } from '../../src/privacy/erasure.ts'
import { createLedger } from '../../src/privacy/ledger.ts'
import { noticesOf } from '../../src/privacy/requests.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { ADMIN, asker, type TestApi, testApi } from '../support/api.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** A lead whose journal cannot be read holds up nobody's rights, its own person's neither, and no server's start. */

let api: TestApi
let token: string
let sink: Sink
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  api = await testApi()
  await api.home.publish(`
flow: plain
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { review: { id: look, queue: all, when: 'lead.email.contains("wait")' } } ]
`)
  sink = await openSink()
  sink.otherwise(() => ({ do: 'answer', body: JSON.stringify({ id: `ref-${sink.requests.length}` }) }))
  await api.home.publish(`
flow: sold
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", forget: { url: "${sink.url}/crm/{reference}", method: DELETE } }
  buyer: { type: http, url: "${sink.url}/buyer" }
steps:
  - dedupe: { id: once, on: [[email]] }
  - deliver: { to: [crm, buyer] }
`)
  token = await api.signIn(ADMIN)
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const submit = async (email: string) => (await api.home.submit('plain', 'web', { email })).answer.lead_id
const damage = (lead: string) =>
  api.home.inspect(`update millrace.segment set events = 'x' || events where lead_id = $1`, [lead])
const mend = (lead: string) =>
  api.home.inspect('update millrace.segment set events = substr(events, 2) where lead_id = $1', [lead])
/** Goes on as a newer version of the program would: whole, and not to be read by this one. */
const renew = async (lead: string) => {
  const { inspect, tenantId } = api.home
  const [row] = await inspect<{ seq: number; head: Buffer }>('select seq, head from millrace.lead where id = $1', [
    lead,
  ])
  const events = '[["lead.rerun",0,{"lead":"x"},99]]'
  const next = { tenantId, leadId: lead, seq: Number(row?.seq) + 1, at: api.clock.now(), events, sealed: null }
  const hash = segmentHash({ ...next, previous: row?.head as Buffer })
  const at = new Date(next.at).toISOString()
  const written = [tenantId, lead, at, next.seq, hash, events] as never
  await inspect(
    'insert into millrace.segment (tenant_id, lead_id, at, seq, hash, events) values ($1, $2, $3, $4, $5, $6)',
    written,
  )
  await inspect('update millrace.lead set seq = $2, head = $3 where id = $1', [lead, next.seq, hash] as never)
  return async () => {
    await inspect('delete from millrace.segment where lead_id = $1 and seq = $2', [lead, next.seq] as never)
    await inspect('update millrace.lead set seq = $2, head = $3 where id = $1', [lead, row?.seq, row?.head] as never)
  }
}
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

const OPERATOR = { kind: 'operator', id: 'test' } as const
const personOf = async (email: string) => ({
  keys: [lookupColumn(await api.home.house.keyring.tenant(api.home.tenantId), 'email', email)],
  leads: [],
})
interface Receipt {
  readonly leads: readonly string[]
  readonly damaged?: readonly string[]
  readonly recipients: readonly { readonly destination: string }[]
}
const receiptOf = async (request: string) =>
  (await ask('GET', `/api/v1/privacy/requests/${request}/receipt`)).json<{ receipt: Receipt }>().receipt

it('an erasure forgets all that it can read, of the person and of others, and ends once it can read the last', async () => {
  const { house, tenantId } = api.home
  const { erasure } = house.privacy
  const leads = [await submit('ada@example.com'), await submit('ada@example.com'), await submit('ada@example.com')]
  const [first = '', ...others] = leads
  const other = await submit('bob@example.com')
  const mended = await renew(first)
  const asked = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email: 'ada@example.com' } })
  const { id, status } = asked.json<{ id: string; status: string }>()
  expect([asked.statusCode, status]).toEqual([202, 'working'])
  expect(await kept(leads)).toEqual([first])
  await erasure.open({ tenantId, subject: await personOf('bob@example.com'), scope: 'person', actor: OPERATOR })
  await expect(erasure.sweep()).rejects.toThrow()
  expect(await kept([first, other])).toEqual([first])
  // Another server starts meanwhile.
  await api.home.sibling()
  expect(await statusOf(id)).toBe('working')
  await mended()
  await erasure.sweep()
  expect(await kept([first])).toEqual([])
  const done = await receiptOf(id)
  expect([...done.leads].toSorted()).toEqual([first, ...others].toSorted())
  expect(done.damaged).toBeUndefined()
})

it.each([
  ['whose segments all are no JSON', `update millrace.segment set events = 'x' || events where lead_id = $1`],
  [
    'with a bit changed in what is sealed',
    `update millrace.segment set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
     where lead_id = $1 and sealed is not null`,
  ],
  ['whose first segment is gone', 'delete from millrace.segment where lead_id = $1 and seq = 1'],
  ['whose last segments are gone', 'delete from millrace.segment where lead_id = $1 and seq > 1'],
  ['with nothing left of its journal', 'delete from millrace.segment where lead_id = $1'],
  ['whose row was wound back', 'update millrace.lead set seq = 1 where id = $1'],
  ['whose key does not open it', 'update millrace.lead set wrapped_key = sha256(wrapped_key) where id = $1'],
])('a lead %s is erased: its recipients are told, and the receipt says that it was damaged', async (_what, harm) => {
  const { inspect, house, tenantId } = api.home
  const email = `kim-${newId(api.clock.now())}@example.com`
  const { lead_id: lead } = (await api.home.submit('sold', 'web', { email })).answer
  const whole = await submit(email)
  expect(await inspect('select from millrace.claim where lead_id = $1', [lead])).not.toEqual([])
  token = await api.token(ADMIN)
  const hook = { url: `${sink.url}/hook`, events: ['lead.erased'], fields: true }
  const made = await ask('POST', '/api/v1/webhooks', { payload: hook })
  expect(made.statusCode).toBe(201)
  await inspect(harm, [lead])
  const asked = await ask('POST', '/api/v1/privacy/requests', { payload: { kind: 'erase', email } })
  const { id } = asked.json<{ id: string }>()
  expect(await statusOf(id)).toBe('waiting')
  const [row] = await inspect('select wrapped_key, email_key, phone_key, status from millrace.lead where id = $1', [
    lead,
  ])
  expect(row).toEqual({ wrapped_key: null, email_key: null, phone_key: null, status: 'erased' })
  for (const table of ['claim', 'work', 'person_record', 'review_item'])
    expect(await inspect(`select from millrace.${table} where lead_id = $1`, [lead])).toEqual([])
  const last = 'select events from millrace.segment where lead_id = $1 order by seq desc limit 1'
  expect((await inspect<{ events: string }>(last, [lead]))[0]?.events).toMatch(/^\[\["lead.erased".*"damaged":true/)
  const receipt = await receiptOf(id)
  expect([...receipt.leads].toSorted()).toEqual([lead, whole].toSorted())
  expect(receipt.damaged).toEqual([lead])
  expect(receipt.recipients.map(({ destination }) => destination).toSorted()).toEqual(['buyer', 'crm'])
  expect(await inspect('select from millrace.lead where id = $1 and wrapped_key is not null', [whole])).toEqual([])
  // Who was told of it by a webhook, too.
  await house.feed.sender.round()
  const hooks = sink.requests.filter(({ path }) => path === '/hook').map(({ body }) => JSON.parse(body))
  expect(hooks).toContainEqual(
    expect.objectContaining({
      type: 'lead.erased',
      data: expect.objectContaining({ lead: expect.objectContaining({ id: lead, flow: 'sold', status: 'erased' }) }),
    }),
  )
  await ask('DELETE', `/api/v1/webhooks/${made.json<{ id: string }>().id}`)
  // It ends as any other does.
  for (const notice of await noticesOf(house.database, tenantId, id))
    await house.privacy.notices.acknowledge({ tenantId, id: notice.id, by: 'test' })
  expect(await statusOf(id)).toBe('done')
})

it('a process that dies in the midst leaves nothing half done, and nothing out of the receipt', async () => {
  const { house, tenantId, inspect } = api.home
  const { keyring, database } = house
  const loader = createLeadLoader({ database, keyring })
  const email = 'lou@example.com'
  const leads = [await submit(email), await submit(email), await submit(email)].toSorted()
  const [first = '', second = ''] = leads
  await damage(first)
  const away = new Fault('database_unavailable', { message: 'gone' })
  const dying = createErasure({
    ...house,
    ledger: createLedger({
      file: join(house.config.dataDir, 'erasures.ledger'),
      key: signingKey(keyring, 'erasure ledger'),
    }),
    loader: {
      ...loader,
      salvage: (tenant, lead) => (lead === second ? Promise.reject(away) : loader.salvage(tenant, lead)),
    },
    onBlocked: () => undefined,
  })
  const subject = await personOf(email)
  const { id } = await dying.open({ tenantId, subject, scope: 'person', actor: OPERATOR })
  await expect(dying.carryOut(tenantId, id)).rejects.toBe(away)
  expect(await kept(leads)).toEqual(leads.slice(1))
  expect(await inspect('select from millrace.claim where lead_id = $1', [first])).toEqual([])
  await house.privacy.erasure.sweep()
  expect(await kept(leads)).toEqual([])
  token = await api.token(ADMIN)
  const receipt = await receiptOf(id)
  expect(receipt).toMatchObject({ leads, damaged: [first] })
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
