import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink, type SinkRequest } from '../../test/support/sink.ts'
import { setHolds } from '../delivery/holds.ts'
import { tidyTold } from '../feed/telling.ts'
import { signatureOf } from '../kit/standard-webhooks.ts'
import { TOLD, TOLD_OF_ALERTS } from '../lead/told.ts'
import { TOLD_EVENTS } from './contract/told-events.ts'

let api: TestApi
let token: string
let sink: Sink
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  sink = await openSink()
  api = await testApi()
  token = await api.signIn(ADMIN)
  await api.home.publish(`
flow: told
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 1, breaker: 'off' } }
steps:
  - review: { id: look, when: 'lead.email.contains("look")', queue: all }
  - filter: { when: '!lead.email.contains("bad")', reason: 'Bad: {{ lead.email }}' }
  - deliver: { to: crm, when: 'lead.email.contains("sold")' }
`)
})
afterEach(async () => {
  sink.otherwise({ do: 'answer' })
  for (const { id } of (await ask('GET', '/api/v1/webhooks')).json().items)
    await ask('DELETE', `/api/v1/webhooks/${id}`)
  await api.home.inspect('delete from millrace.hold')
  await api.home.inspect('delete from millrace.destination_state')
  await api.home.house.delivery.gate.refresh()
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const subscribe = async (over: object = {}): Promise<{ id: string; secret: string }> => {
  const made = await ask('POST', '/api/v1/webhooks', {
    payload: {
      url: `${sink.url}/hook?key=pelican`,
      events: ['lead.received', 'lead.accepted', 'lead.rejected'],
      ...over,
    },
  })
  expect(made.statusCode).toBe(201)
  return made.json()
}
let count = 0
const submit = async (kind = 'any', over: object = {}): Promise<string> => {
  count += 1
  const { answer } = await api.home.submit('told', 'web', { email: `${kind}${count}@example.com` }, over)
  return answer.lead_id
}
const round = () => api.home.house.feed.sender.round()
const since = (from: number) => sink.requests.slice(from).filter(({ path }) => path.startsWith('/hook'))
const typesOf = (requests: readonly SinkRequest[], leadId: string) =>
  requests
    .map(({ body }) => JSON.parse(body))
    .filter(({ data }) => data.lead?.id === leadId)
    .map(({ type }) => type)

it('what may be subscribed to is what is told', () => {
  expect(TOLD_EVENTS.toSorted()).toEqual([...Object.keys(TOLD), ...Object.keys(TOLD_OF_ALERTS)].toSorted())
})

describe('a webhook', () => {
  it('is told of what it chose, in order, signed as Standard Webhooks, with nothing personal', async () => {
    const { secret } = await subscribe()
    const from = sink.requests.length
    const id = await submit()
    const bad = await submit('bad')
    await round()
    const requests = since(from)
    expect(typesOf(requests, id)).toEqual(['lead.received', 'lead.accepted'])
    expect(typesOf(requests, bad)).toEqual(['lead.received', 'lead.rejected'])
    expect(JSON.stringify(requests.map(({ body }) => body))).not.toContain('example.com')
    for (const { headers, body } of requests) {
      const expected = signatureOf({
        secret,
        id: headers['webhook-id'] as string,
        timestamp: Number(headers['webhook-timestamp']),
        body,
      })
      expect(headers['webhook-signature']).toBe(expected)
    }
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(4)
    const known = (await ask('GET', '/api/v1/webhooks')).body
    expect(known).not.toContain('pelican')
    expect(known).not.toContain('whsec_')
    expect((await ask('GET', '/api/v1/secrets')).json().items).toEqual([])
  })

  it('is sent the fields where it asked for them, and told of erasures then', async () => {
    await subscribe({ fields: true })
    const from = sink.requests.length
    const id = await submit('bad')
    await round()
    const sent = since(from)
    const rejected = JSON.parse(sent[1]?.body ?? '')
    expect(rejected.data.lead.fields.email).toMatch(/^bad\d+@example\.com$/)
    expect(rejected.data.lead.reason).toMatch(/^Bad: bad/)
    const { tenantId, house } = api.home
    const request = await house.privacy.erasure.open({
      tenantId,
      subject: { keys: [], leads: [id] },
      scope: 'lead',
      actor: { kind: 'user', id: 'ada' },
    })
    await house.privacy.erasure.carryOut(tenantId, request.id)
    await round()
    const told = since(from)
      .slice(2)
      .map(({ body }) => JSON.parse(body))
    expect(told).toMatchObject([{ type: 'lead.erased', data: { lead: { id } } }])
    expect(JSON.stringify(told)).not.toContain('example.com')
  })

  it('hears of a lead’s next event only when it has taken the one before; other leads go on', async () => {
    await subscribe()
    const from = sink.requests.length
    const [stuck, other] = [await submit('stuck'), await submit('other')]
    sink.otherwise((request) => ({
      do: 'answer',
      status: request.path.startsWith('/hook') && request.body.includes(stuck) ? 503 : 200,
    }))
    await round()
    expect(typesOf(since(from), stuck)).toEqual(['lead.received'])
    expect(typesOf(since(from), other)).toEqual(['lead.received', 'lead.accepted'])
    sink.otherwise({ do: 'answer' })
    api.clock.advance(7_000)
    await round()
    expect(typesOf(since(from), stuck)).toEqual(['lead.received', 'lead.received', 'lead.accepted'])
    // The same event goes under the same id.
    const ids = since(from)
      .filter(({ body }) => body.includes(stuck))
      .map(({ headers }) => headers['webhook-id'])
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).not.toBe(ids[1])
  })

  it('carries both signatures while its secret is exchanged, and one after', async () => {
    const { id, secret: old } = await subscribe()
    const rotated = await ask('POST', `/api/v1/webhooks/${id}/rotate`, { payload: { overlap_seconds: 60 } })
    const { secret } = rotated.json()
    const signatures = async () => {
      const from = sink.requests.length
      await submit()
      await round()
      const [sent] = since(from)
      if (!sent) throw new Error('nothing was sent')
      const { headers, body } = sent
      const signed = (key: string) =>
        signatureOf({
          secret: key,
          id: `${headers['webhook-id']}`,
          timestamp: Number(headers['webhook-timestamp']),
          body,
        })
      return { found: `${headers['webhook-signature']}`.split(' '), by: { old: signed(old), now: signed(secret) } }
    }
    const both = await signatures()
    expect(both.found).toEqual([both.by.now, both.by.old])
    api.clock.advance(61_000)
    const one = await signatures()
    expect(one.found).toEqual([one.by.now])
  })

  it('that answers 410 is switched off, keeps what it is owed, and goes on when it is switched on again', async () => {
    const { id } = await subscribe()
    sink.otherwise({ do: 'answer', status: 410 })
    const lead = await submit()
    await round()
    expect((await ask('GET', `/api/v1/webhooks/${id}`)).json()).toMatchObject({ enabled: false, code: 'unsubscribed' })
    await submit()
    expect((await ask('GET', `/api/v1/webhooks/${id}/events`)).json().items).toHaveLength(2)
    sink.otherwise({ do: 'answer' })
    const from = sink.requests.length
    await ask('PATCH', `/api/v1/webhooks/${id}`, { payload: { enabled: true } })
    await round()
    expect(typesOf(since(from), lead)).toEqual(['lead.received', 'lead.accepted'])
  })

  it('is sent again what a process took and died with, under the same id', async () => {
    const { id } = await subscribe({ events: ['lead.accepted'] })
    await submit()
    const now = api.clock.now()
    await api.home.house.database.definer({
      text: 'select 1 from millrace.take_webhook_events($1::uuid, $2::uuid, $3::timestamptz, $4::timestamptz, 10)',
      values: [api.home.tenantId, id, new Date(now), new Date(now + 60_000)],
    })
    const from = sink.requests.length
    await round()
    expect(since(from)).toEqual([])
    api.clock.advance(60_001)
    await round()
    expect(since(from)).toHaveLength(1)
  })

  it('gives up what is refused, and sends it again when somebody asks', async () => {
    const { id } = await subscribe({ events: ['lead.accepted'] })
    sink.otherwise({ do: 'answer', status: 400 })
    await submit()
    await round()
    expect((await ask('GET', `/api/v1/webhooks/${id}/events?state=dead`)).json().items).toMatchObject([
      { type: 'lead.accepted', attempts: 1, code: 'destination.rejected', status: 400 },
    ])
    sink.otherwise({ do: 'answer' })
    expect((await ask('POST', `/api/v1/webhooks/${id}/replay`)).json()).toEqual({ events: 1 })
    await round()
    expect((await ask('GET', `/api/v1/webhooks/${id}`)).json()).toMatchObject({ waiting: 0, dead: 0 })
  })

  it('is sent again, and taken away, in stretches that no number of events makes longer', async () => {
    const { id } = await subscribe({ events: ['lead.accepted'] })
    await api.home.inspect(
      `insert into millrace.webhook_event (tenant_id, webhook_id, subject, seq, position, type, at, state, next_at, attempts)
       select $1::uuid, $2::uuid, gen_random_uuid(), 1, 0, 'lead.accepted', $3::timestamptz,
         case when n <= 12001 then 'dead' else 'waiting' end,
         $3::timestamptz + case when n <= 12001 then interval '0' else interval '1 hour' end, 3
       from generate_series(1, 12011) n`,
      [api.home.tenantId, id, new Date(api.clock.now())],
    )
    const by = async (where: string) =>
      (
        await api.home.inspect<{ n: number }>(`select count(*)::integer as n from millrace.webhook_event
          where webhook_id = '${id}' and ${where}`)
      )[0]?.n
    expect((await ask('POST', `/api/v1/webhooks/${id}/replay`)).json()).toEqual({ events: 10_000 })
    // The request itself saw to one stretch, a job to the rest.
    expect(await by(`state = 'dead'`)).toBe(7_001)
    const payload = { webhook: id, at: api.clock.now() }
    expect(await api.home.inspect(`select payload from millrace.job where task like 'webhooks.%'`)).toEqual([
      { payload },
    ])
    await api.home.house.feed.sendAgain.goOn({ tenantId: api.home.tenantId, payload, signal: AbortSignal.any([]) })
    expect(await by(`state = 'waiting' and next_at = '${new Date(payload.at).toISOString()}'`)).toBe(12_011)
    expect((await ask('DELETE', `/api/v1/webhooks/${id}`)).statusCode).toBe(200)
    // Nothing of it is sent any more; what one stretch left goes with the nightly round.
    expect(await by('true')).toBe(7_011)
    await tidyTold(api.home.house.database, api.home.tenantId, api.clock.now())
    expect(await by('true')).toBe(0)
  })

  it('is sent again with all attempts what was given up days ago', async () => {
    const { id } = await subscribe({ events: ['lead.accepted'] })
    sink.otherwise({ do: 'answer', status: 400 })
    await submit()
    await round()
    await api.home.inspect(`update millrace.webhook_event set at = at - interval '4 days'`)
    await ask('POST', `/api/v1/webhooks/${id}/replay`)
    sink.script({ do: 'answer', status: 503 })
    sink.otherwise({ do: 'answer' })
    await round()
    expect((await ask('GET', `/api/v1/webhooks/${id}`)).json()).toMatchObject({ waiting: 1, dead: 0 })
    api.clock.advance(10_000)
    await round()
    expect((await ask('GET', `/api/v1/webhooks/${id}`)).json()).toMatchObject({ waiting: 0, dead: 0 })
  })

  it('is left alone in emergency mode, and loses nothing', async () => {
    await subscribe({ events: ['lead.accepted'] })
    const lead = await submit()
    const { tenantId } = api.home
    const now = api.clock.now()
    await api.home.house.database.transaction([tenantId], (tx) =>
      setHolds(tx, { tenantId, holds: [{ scope: 'emergency', name: '' }], now, until: null, by: 'ada', reason: null }),
    )
    await api.home.house.delivery.gate.refresh()
    const from = sink.requests.length
    await round()
    expect(since(from)).toEqual([])
    await api.home.inspect('delete from millrace.hold')
    await api.home.house.delivery.gate.refresh()
    await round()
    expect(typesOf(since(from), lead)).toEqual(['lead.accepted'])
  })

  it('is told of test leads, and of other flows, only where it wants to be', async () => {
    await subscribe({ events: ['lead.accepted'], flows: ['another'] })
    await subscribe({ events: ['lead.accepted'], tests: true })
    const from = sink.requests.length
    const lead = await submit('any', { test: true })
    await round()
    expect(typesOf(since(from), lead)).toEqual(['lead.accepted'])
  })

  it('can be tested, and says what was answered', async () => {
    const { id } = await subscribe()
    sink.otherwise({ do: 'answer', status: 401 })
    expect((await ask('POST', `/api/v1/webhooks/${id}/test`)).json()).toMatchObject({
      status: 401,
      ok: false,
      code: 'destination.credentials',
    })
  })

  it.each([
    ['no address', { url: 'nowhere' }, 400],
    ['a password in the address', { url: 'https://a:b@example.com/' }, 400],
    ['an event that is not told', { events: ['lead.eaten'] }, 400],
    ['no events', { events: [] }, 400],
  ])('with %s is refused', async (_, over, status) => {
    const payload = { url: 'https://hooks.example.com/x', events: ['lead.accepted'], ...over }
    const answer = await ask('POST', '/api/v1/webhooks', { payload })
    expect(answer.statusCode === status || answer.statusCode === 422).toBe(true)
  })

  it('that is slow to answer holds up no other, and the server’s end waits for its call alone', async () => {
    await subscribe({ url: `${sink.url}/slow`, events: ['lead.accepted'] })
    await subscribe({ events: ['lead.accepted'] })
    sink.otherwise(({ path }) => ({ do: path === '/slow' ? 'hold' : 'answer' }))
    const { sender } = api.home.house.feed
    const from = sink.requests.length
    const paths = () => sink.requests.slice(from).map(({ path }) => path.split('?')[0])
    sender.start()
    await submit()
    await expect.poll(() => paths().toSorted()).toEqual(['/hook', '/slow'])
    await submit()
    await expect.poll(() => paths().filter((path) => path === '/hook')).toHaveLength(2)
    const stopped = sender.stop()
    sink.release()
    await stopped
    expect(paths().filter((path) => path === '/slow')).toHaveLength(1)
  })

  it('of another tenant is not seen, and not told of this one’s leads', async () => {
    const { id } = await subscribe({ events: ['lead.accepted'] })
    const other = await api.home.addTenant('other')
    const login = { email: 'other@other.example', password: 'correct horse', role: 'admin' }
    await api.addLogin({ tenantId: other, ...login })
    const as = await api.token(login)
    expect((await ask('GET', '/api/v1/webhooks', { as })).json().items).toEqual([])
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['GET', '/events'],
      ['POST', '/test'],
    ] as const)
      expect((await ask(method, `/api/v1/webhooks/${id}${path}`, { as })).statusCode).toBe(404)
  })
})

it('what is owed is what the journal says, event for event, whatever went on at once', async () => {
  const { id } = await subscribe({ events: Object.keys(TOLD).filter((type) => type !== 'lead.erased') })
  const leads = await Promise.all(
    ['sold', 'look', 'bad', 'any', 'sold', 'sold', 'look', 'bad', 'any', 'sold'].map((kind) => submit(kind)),
  )
  const owed = await api.home.inspect<{ subject: string; seq: number; position: number; type: string }>(
    'select subject, seq, position, type from millrace.webhook_event where webhook_id = $1',
    [id],
  )
  const { toldAs } = await import('../lead/told.ts')
  const journaled: string[] = []
  for (const lead of leads) {
    const { events = [] } = (await api.home.house.reader.read(api.home.tenantId, lead)) ?? {}
    for (const event of events) {
      const type = toldAs(event)
      if (type) journaled.push(`${lead} ${event.seq} ${event.position} ${type}`)
    }
  }
  expect(owed.map((row) => `${row.subject} ${row.seq} ${row.position} ${row.type}`).toSorted()).toEqual(
    journaled.toSorted(),
  )
  expect(new Set(owed.map(({ type }) => type))).toEqual(
    new Set(['lead.received', 'lead.accepted', 'lead.rejected', 'review.requested', 'delivery.succeeded']),
  )
})

it('what was sent is let go of after three days and what was given up after a month, however much it is, of gone webhooks too', async () => {
  const { id } = await subscribe()
  const now = api.clock.now()
  const put = (webhook: string, state: string, count: number, days: number) =>
    api.home.inspect(
      `insert into millrace.webhook_event (tenant_id, webhook_id, subject, seq, position, type, at, state, next_at)
       select $1, $2, gen_random_uuid(), 1, 0, 'lead.accepted', $3, $4, $3 from generate_series(1, $5)`,
      [api.home.tenantId, webhook, new Date(now - days * 86_400_000), state, count] as never,
    )
  await api.home.inspect('delete from millrace.webhook_event')
  await put(id, 'sent', 10_003, 4)
  await put(id, 'sent', 2, 2)
  await put(id, 'dead', 3, 31)
  await put(id, 'dead', 4, 29)
  await put(id, 'waiting', 5, 31)
  await put(id, 'waiting', 6, 29)
  await put('00000000-0000-7000-8000-00000000dead', 'waiting', 7, 31)
  await tidyTold(api.home.house.database, api.home.tenantId, now)
  expect(
    await api.home.inspect('select state, count(*)::integer as n from millrace.webhook_event group by 1 order by 1'),
  ).toEqual([
    { state: 'dead', n: 4 },
    { state: 'sent', n: 2 },
    { state: 'waiting', n: 6 },
  ])
})
