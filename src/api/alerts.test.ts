import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'

let api: TestApi
let token: string
let sink: Sink
const mails: { to: string; subject: string; text: string }[] = []
let mailFails = false
const refused = new Set<string>()
const ask = asker(() => ({ api, token }))

beforeAll(async () => {
  sink = await openSink()
  api = await testApi({
    env: { PUBLIC_URL: 'https://leads.example' },
    mail: async (mail) => {
      if (mailFails) throw new Error('away')
      if (refused.has(mail.to)) throw Object.assign(new Error('no such mailbox'), { responseCode: 550 })
      mails.push(mail)
    },
  })
  await api.addLogin({ email: 'op@acme.example', password: 'correct horse', role: 'operator' })
  token = await api.signIn(ADMIN)
  await api.home.publish(`
flow: watched
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 1, breaker: { failures: 2, pause: 30s } }
  once: { type: http, url: "${sink.url}/once", repeat: unsafe, attempts: 1, breaker: 'off' }
steps:
  - deliver: { id: crm, to: crm, when: 'lead.email.contains("crm")' }
  - deliver: { id: once, to: once, when: 'lead.email.contains("once")' }
`)
})
afterEach(async () => {
  sink.otherwise({ do: 'answer' })
  mails.length = 0
  mailFails = false
  for (const table of ['alert', 'delivery', 'hold', 'destination_state', 'webhook_event', 'webhook'])
    await api.home.inspect(`delete from millrace.${table}`)
  await api.home.house.delivery.gate.refresh()
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

let count = 0
const submit = async (kind: string): Promise<string> => {
  count += 1
  return (await api.home.submit('watched', 'web', { email: `${kind}${count}@example.com` })).answer.lead_id
}
const round = async () => {
  await api.home.house.delivery.gate.stop()
  await api.home.house.feed.alerts.round()
}
const alerts = async (state?: string) =>
  (await ask('GET', `/api/v1/alerts${state === undefined ? '' : `?state=${state}`}`)).json().items

describe('an alert', () => {
  it('is raised and mailed on the first dead letter, not on each, and cleared when all were seen to', async () => {
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    await round()
    await submit('crm')
    await round()
    expect(await alerts()).toMatchObject([
      {
        kind: 'dead_letters',
        subject: 'watched/crm',
        state: 'open',
        severity: 'error',
        code: 'setting_invalid',
        count: 2,
      },
    ])
    // The owner and admins, where nobody said whom; an operator is none of them.
    expect(mails.map(({ to }) => to)).toEqual([ADMIN.email])
    expect(mails[0]?.subject).toContain('watched/crm')
    expect(mails[0]?.text).toContain('See: https://leads.example/deliveries?flow=watched&destination=crm\n')
    expect(JSON.stringify(mails)).not.toContain('example.com')
    const put = await ask('POST', '/api/v1/dead-letters/discard', { payload: { destination: 'crm', reason: 'test' } })
    await api.home.house.delivery.deadLetters.goOn({ tenantId: api.home.tenantId, run: put.json().id })
    await expect
      .poll(async () => {
        await round()
        return (await alerts())[0]?.state
      })
      .toBe('cleared')
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    await round()
    expect((await alerts('open')).length).toBe(1)
    expect(mails).toHaveLength(2)
  })

  it('is told to webhooks that ask for it, when it is raised and when it is over', async () => {
    await ask('POST', '/api/v1/webhooks', {
      payload: { url: `${sink.url}/hook`, events: ['alert.raised', 'alert.cleared'] },
    })
    sink.otherwise(({ path }) => ({ do: 'answer', status: path === '/hook' ? 200 : 404 }))
    await submit('crm')
    await round()
    await api.home.inspect('delete from millrace.delivery')
    await round()
    await api.home.house.feed.sender.round()
    const told = sink.requests.filter(({ path }) => path === '/hook').map(({ body }) => JSON.parse(body))
    expect(told).toMatchObject([
      { type: 'alert.raised', data: { alert: { kind: 'dead_letters', subject: 'watched/crm' } } },
      { type: 'alert.cleared', data: { alert: { kind: 'dead_letters' } } },
    ])
  })

  it('that is over is told of where whoever was to tell it died, and so is that it was raised', async () => {
    await ask('POST', '/api/v1/webhooks', {
      payload: { url: `${sink.url}/told`, events: ['alert.raised', 'alert.cleared'] },
    })
    sink.otherwise(({ path }) => ({ do: 'answer', status: path === '/told' ? 200 : 404 }))
    const { database, feed } = api.home.house
    const told = async () => {
      await feed.sender.round()
      return sink.requests.flatMap(({ path, body }) => (path === '/told' ? [JSON.parse(body).type] : []))
    }
    /** Settles what there is, and dies before anybody is told. */
    const settleAndDie = () =>
      database.definer({
        text: 'select id from millrace.settle_alerts($1::timestamptz)',
        values: [new Date(api.clock.now())],
      })
    await submit('crm')
    await expect.poll(settleAndDie).toHaveLength(1)
    await api.home.inspect('delete from millrace.delivery')
    await expect.poll(settleAndDie).toHaveLength(1)
    expect(await told()).toEqual([])
    const from = mails.length
    const look = async () => {
      await round()
      return told()
    }
    // Who settled before may hold its lock for a moment longer than it took to hear from it.
    await expect.poll(look).toEqual(['alert.raised', 'alert.cleared'])
    expect(await look()).toEqual(['alert.raised', 'alert.cleared'])
    // Of what is over nobody is mailed.
    expect(mails.length).toBe(from)
  })

  it('stands for unknown outcomes, refused credentials and an open breaker too', async () => {
    sink.otherwise({ do: 'reset' })
    await submit('once')
    await submit('crm')
    await submit('crm')
    sink.otherwise({ do: 'answer', status: 401 })
    await submit('once')
    await round()
    const kinds = (await alerts()).map(({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`)
    expect(kinds.toSorted()).toEqual([
      'breaker_open watched/crm',
      'destination_paused watched/once',
      'unknown_outcomes watched/crm',
      'unknown_outcomes watched/once',
    ])
    const paths = mails.map(({ text }) => /See: https:\/\/leads\.example(\S+)/.exec(text)?.[1]).toSorted()
    expect(paths).toEqual([
      '/deliveries?flow=watched&destination=crm&state=unknown',
      '/deliveries?flow=watched&destination=once&state=unknown',
      '/destinations/watched/crm',
      '/destinations/watched/once',
    ])
  })

  it('is acknowledged by whoever saw it first', async () => {
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    await round()
    const [{ id }] = await alerts('open')
    const seen = await ask('POST', `/api/v1/alerts/${id}/acknowledge`)
    expect(seen.json()).toMatchObject({ state: 'acknowledged', acknowledged_by: expect.any(String) })
    const at = seen.json().acknowledged_at
    api.clock.advance(1_000)
    expect((await ask('POST', `/api/v1/alerts/${id}/acknowledge`)).json().acknowledged_at).toBe(at)
    expect(await alerts('open')).toEqual([])
    expect((await ask('POST', '/api/v1/alerts/nobody/acknowledge')).statusCode).toBe(404)
  })

  it('is mailed once to each, also where the address of another is not taken', async () => {
    const emails = ['gone@acme.example', 'night@acme.example']
    await ask('PUT', '/api/v1/alerts/settings', { payload: { emails } })
    refused.add('gone@acme.example')
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await round()
      api.clock.advance(60_001)
    }
    expect(mails.map(({ to }) => to)).toEqual(['night@acme.example'])
    refused.clear()
    await ask('PUT', '/api/v1/alerts/settings', { payload: { emails: null } })
  })

  it('of a tenant whose addresses are not taken keeps no other tenant’s from being mailed', async () => {
    await ask('PUT', '/api/v1/alerts/settings', { payload: { emails: ['gone@acme.example'] } })
    refused.add('gone@acme.example')
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    await round()
    expect(mails).toEqual([])
    const other = await api.home.addTenant('other')
    await api.addLogin({ tenantId: other, email: 'boss@other.example', password: 'correct horse', role: 'owner' })
    await api.home.inspect(
      `insert into millrace.hold (tenant_id, scope, name, code, since, by)
       values ('${other}', 'destination', 'x/y', 'destination.credentials', now(), 'house')`,
    )
    await round()
    expect(mails.map(({ to }) => to)).toEqual(['boss@other.example'])
    refused.clear()
    await ask('PUT', '/api/v1/alerts/settings', { payload: { emails: null } })
  })

  it('goes to whom the tenant names; and is mailed later where the mail server was away', async () => {
    const emails = ['night@acme.example']
    expect((await ask('PUT', '/api/v1/alerts/settings', { payload: { emails } })).statusCode).toBe(200)
    expect((await ask('GET', '/api/v1/alerts/settings')).json()).toEqual({ emails })
    mailFails = true
    sink.otherwise({ do: 'answer', status: 404 })
    await submit('crm')
    await round()
    expect(mails).toEqual([])
    mailFails = false
    api.clock.advance(60_001)
    await round()
    await round()
    expect(mails.map(({ to }) => to)).toEqual(emails)
    expect((await ask('PUT', '/api/v1/alerts/settings', { payload: { emails: ['no address'] } })).statusCode).not.toBe(
      200,
    )
    await ask('PUT', '/api/v1/alerts/settings', { payload: { emails: null } })
  })
})
