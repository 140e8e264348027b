import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REJECTIONS } from '../../src/lead/codes.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: all
fields: { email: { type: email, required: true }, phone: phone, state: state }
price: 15.00 USD
caps: [ { id: one, max: 1, per: total } ]
sources: [ { id: web } ]
destinations:
  crm: { name: CRM, type: http, url: "${sink.url}/crm", repeat: keyed, retry_delay: 60s, price: 30.00 USD, caps: [ { id: two, max: 1, per: total } ] }
steps:
  - dedupe: { id: once, on: [[email], [phone]] }
  - suppress: { lists: [dnc], match: [phone, email] }
  - list: { list: seen, action: check_and_add, match: [email] }
  - filter: { when: 'lead.state != "NY"', reason: Not in New York }
  - price: { id: volume, rules: [ { id: v, tiers: [ { up_to: 1, amount: 15.00 USD }, { amount: 12.00 USD } ] } ] }
  - deliver: { to: crm }
`)
  await engine.publish(`
flow: bare
fields: { email: email }
sources: [ { id: web } ]
`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const submit = (flow: string, values: Record<string, string | boolean>, over = {}) =>
  process.submit({ flow, values, over })

const counted = () =>
  engine.db.inspect(
    `select 'cap' as what from millrace.cap_usage union all select 'claim' from millrace.claim
     union all select 'entry' from millrace.suppression_entry`,
  )

describe('a test lead with a fixed value', () => {
  it.each([
    ['success', 201, null],
    ['duplicate', 409, 'duplicate'],
    ['suppressed', 422, 'suppressed'],
    ['cap_exceeded', 422, 'cap_exceeded'],
    ['not_accepted', 422, 'not_accepted'],
    ['filtered', 422, 'filtered'],
    ['closed', 422, 'closed'],
    ['delivery_failed', 422, 'delivery_failed'],
    ['pending', 202, 'delivering'],
  ])(
    'comes to %s however often it is sent, counts and bills nothing and reaches nobody',
    async (script, status, code) => {
      const values = { email: `${script}@millrace.test`, phone: '5125550100' }
      for (const flow of ['all', 'all', ...(script === 'pending' ? [] : ['bare'])]) {
        const { status: told, answer } = await submit(flow, values)
        expect([flow, told, answer.code, answer.price === 0 || code === null, answer.test]).toEqual([
          flow,
          told === 202 ? 202 : status,
          code,
          true,
          true,
        ])
        const stored = await process.reader.read(engine.tenantId, answer.lead_id)
        expect(stored?.row.test).toBe(true)
        if (stored?.lead.closed) expect([stored.lead.closed.price, stored.lead.closed.revenue]).toEqual(['0', '0'])
      }
      const said = await submit('all', { email: 'a@example.com', test: script }, { test: true })
      expect([said.status, said.answer.code]).toEqual([status, code])
      expect(sink.requests).toEqual([])
      expect(await counted()).toEqual([])
    },
  )

  it('covers every rejection there is', async () => {
    for (const code of Object.keys(REJECTIONS)) {
      const { answer } = await submit('bare', { email: `${code.replaceAll('_', '-')}+1@Millrace.TEST` })
      expect(answer.code).toBe(code)
    }
  })

  it('runs the flow: what it sent may be refused before', async () => {
    const { answer } = await submit('all', { email: 'success@millrace.test', state: 'NY' })
    expect(answer).toMatchObject({ code: 'filtered', reason: 'Not in New York', test: true })
  })

  it('takes a pending one to its end', async () => {
    const { answer } = await submit('all', { email: 'pending@millrace.test' })
    expect(answer.destinations).toMatchObject({ CRM: { outcome: 'pending' } })
    engine.clock.advance(10 * 60_000)
    await process.work()
    expect((await process.reader.read(engine.tenantId, answer.lead_id))?.row.outcome).toBe('success')
    expect(sink.requests).toEqual([])
  })
})
