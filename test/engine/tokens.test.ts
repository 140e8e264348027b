import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTokens } from '../../src/handlers/tokens.ts'
import type { TokenSource } from '../../src/kit/destination.ts'
import { readTokenAnswer } from '../../src/kit/token-answer.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { storeSecret } from '../support/secrets.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** An access token is asked for once for all, kept sealed, and renewed before its end or when it is refused. */

let engine: Engine
let sink: Sink
let given = 0

const flow = (name: string) => `
flow: ${name}
fields: { email: email }
sources: [ { id: web } ]
destinations:
  crm:
    type: http
    url: ${sink.url}/leads
    auth: { oauth2: { token_url: "${sink.url}/token/${name}", client_id: millrace, secret: oauth } }
steps:
  - deliver: { to: crm }
`
const asked = (path: string) => sink.requests.filter((request) => request.path === path)
let count = 0
const lead = () => {
  count += 1
  return { email: `token${count}@example.com` }
}

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await storeSecret(engine, await engine.start(), 'oauth', 'client-secret')
  sink.otherwise((request) => {
    if (!request.path.startsWith('/token')) return { do: 'answer' }
    given += 1
    return { do: 'answer', body: JSON.stringify({ access_token: `token-no-${given}`, expires_in: 3600 }) }
  })
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

it('is asked for once by two processes with many leads, and again when it is about to end', async () => {
  await engine.publish(flow('shared'))
  const [one, two] = [await engine.start(), await engine.start()]
  const submit = () =>
    Promise.all([one, two, one, two, one, two].map((process) => process.submit({ flow: 'shared', values: lead() })))
  const told = await submit()
  expect(told.map(({ answer }) => answer.outcome)).toEqual(Array(6).fill('success'))
  expect(asked('/token/shared')).toHaveLength(1)
  const body = new URLSearchParams(asked('/token/shared')[0]?.body)
  expect(Object.fromEntries(body)).toEqual({
    grant_type: 'client_credentials',
    client_id: 'millrace',
    client_secret: 'client-secret',
  })
  expect(new Set(asked('/leads').map(({ headers }) => headers.authorization)).size).toBe(1)

  engine.clock.advance(3_600_000 - 30_000)
  await submit()
  expect(asked('/token/shared')).toHaveLength(2)
})

it('that is refused is got anew, and the call made again once', async () => {
  await engine.publish(flow('revoked'))
  const process = await engine.start()
  await process.submit({ flow: 'revoked', values: lead() })
  const first = asked('/leads').at(-1)?.headers.authorization
  let refusals = 0
  const before = sink.requests.length
  sink.otherwise((request) => {
    if (request.path.startsWith('/token')) {
      given += 1
      return { do: 'answer', body: JSON.stringify({ access_token: `token-no-${given}` }) }
    }
    if (request.headers.authorization !== first) return { do: 'answer' }
    refusals += 1
    return { do: 'answer', status: 401 }
  })
  const told = await Promise.all([1, 2, 3].map(() => process.submit({ flow: 'revoked', values: lead() })))
  expect(told.map(({ answer }) => answer.outcome)).toEqual(Array(3).fill('success'))
  expect(refusals).toBe(3)
  expect(sink.requests.slice(before).filter(({ path }) => path === '/token/revoked')).toHaveLength(1)
})

it('stands sealed, and in no journal', async () => {
  const rows = await engine.db.inspect<{ sealed: Buffer }>('select sealed from millrace.access_token')
  expect(rows.length).toBeGreaterThan(0)
  for (const { sealed } of rows) expect(sealed.includes('token-no-')).toBe(false)
  const [events] = await engine.db.inspect<{ n: number }>(
    `select count(*)::integer as n from millrace.segment where position('token-no-' in events) > 0`,
  )
  expect(events?.n).toBe(0)
  expect(engine.logged.join('\n')).not.toMatch(/token-no-|client-secret/)
})

it('is asked for with what was stored last where what the provider gave for it is refused', async () => {
  const { database, secrets, keyring } = await engine.start()
  let good = 'stored'
  const sent: (string | null)[] = []
  const tokens = createTokens({
    database,
    secrets,
    clock: engine.clock,
    send: async ({ body }) => {
      sent.push(body)
      if (body !== good) return { status: 400, headers: {}, body: '{"error":"invalid_grant"}' }
      good = `rotated-${sent.length}`
      const answer = { access_token: `token-no-${sent.length}`, expires_in: 3600, refresh_token: good }
      return { status: 200, headers: {}, body: JSON.stringify(answer) }
    },
  })
  const source: TokenSource = {
    name: 'rotating',
    request: (_, refresh) => ({
      method: 'POST',
      url: 'https://login.example/',
      headers: {},
      body: refresh ?? 'stored',
    }),
    read: (answer, now) => readTokenAnswer({ answer, now, host: 'login.example' }),
  }
  const keys = await keyring.tenant(engine.tenantId)
  const renewed = () => {
    engine.clock.advance(3_600_000)
    return tokens.token(keys, source)
  }
  expect([await renewed(), await renewed()]).toEqual(['token-no-1', 'token-no-2'])
  // Authorized anew over there, and stored: the one in hand is none any more.
  good = 'stored'
  expect(await renewed()).toBe('token-no-4')
  expect(sent).toEqual(['stored', 'rotated-1', 'rotated-2', 'stored'])
  expect(await renewed()).toBe('token-no-5')
})

it('whose server does not answer leaves nothing in doubt: what was to be sent with it was not', async () => {
  await engine.publish(flow('silent'))
  sink.otherwise(({ path }) => (path.startsWith('/token') ? { do: 'reset' } : { do: 'answer' }))
  const before = asked('/leads').length
  const process = await engine.start()
  const { answer } = await process.submit({ flow: 'silent', values: lead() })
  expect(answer.destinations.crm).toMatchObject({ outcome: 'pending', code: 'destination.unavailable' })
  // Nor is a page in its place a refusal.
  sink.otherwise(({ path }) => (path.startsWith('/token') ? { do: 'answer', body: '<html>' } : { do: 'answer' }))
  engine.clock.advance(10 * 60_000)
  await process.work()
  expect(asked('/leads')).toHaveLength(before)
  sink.otherwise(({ path }) =>
    path.startsWith('/token') ? { do: 'answer', body: '{"access_token":"token-no-9"}' } : { do: 'answer' },
  )
  engine.clock.advance(10 * 60_000)
  await process.work()
  expect(asked('/leads')).toHaveLength(before + 1)
  const read = await process.reader.read(engine.tenantId, answer.lead_id)
  expect([...(read?.lead.deliveries.values() ?? [])]).toMatchObject([{ outcome: 'success', inDoubt: false }])
})

it('that is not given says why, and pauses nothing that another destination needs', async () => {
  await engine.publish(flow('wrong'))
  sink.otherwise((request) =>
    request.path.startsWith('/token')
      ? { do: 'answer', status: 401, body: '{"error":"invalid_client","error_description":"client-secret is wrong"}' }
      : { do: 'answer' },
  )
  const before = asked('/leads').length
  const process = await engine.start()
  const { answer } = await process.submit({ flow: 'wrong', values: lead() })
  expect(answer.destinations.crm).toMatchObject({ code: 'destination.credentials' })
  expect(answer.destinations.crm?.reason).toContain('401 (invalid_client)')
  expect(JSON.stringify(answer)).not.toContain('client-secret')
  expect(asked('/leads')).toHaveLength(before)
})
