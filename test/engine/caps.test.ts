import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process

const flow = (name: string, steps: string) => `
flow: ${name}
fields: { email: { type: email, required: true }, phone: phone, state: state }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" } } ]
destinations:
  a: { type: http, url: "${sink.url}/a", repeat: keyed, retry_delay: 60s }
  b: { type: http, url: "${sink.url}/b", repeat: keyed, retry_delay: 60s }
steps:
${steps}
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const lead = (over = {}) => {
  count += 1
  return { email: `cap${count}@example.com`, phone: `512555${String(1000 + count)}`, state: 'TX', ...over }
}

/** Places taken in the caps of a flow, by the end of the counter's name. */
const used = async (name: string): Promise<number[]> =>
  (
    await engine.db.inspect<{ used: string }>(
      `select used from millrace.cap_usage where scope like $1 order by scope, window_start`,
      [`${name}/%`],
    )
  ).map((row) => Number(row.used))

const claims = async (leadId: string): Promise<number> =>
  (
    await engine.db.inspect<{ n: number }>('select count(*)::integer as n from millrace.claim where lead_id = $1', [
      leadId,
    ])
  )[0]?.n ?? 0

describe('places in caps', () => {
  it('are refused by a process whose knowledge is old, since another has filled them', async () => {
    await engine.publish(flow('stale', '  - cap: { caps: [{ id: few, max: 6, per: total }] }'))
    const other = await engine.start()
    expect((await process.submit({ flow: 'stale', values: lead() })).status).toBe(201)
    for (let n = 0; n < 5; n += 1) expect((await other.submit({ flow: 'stale', values: lead() })).status).toBe(201)
    const all = await Promise.all(Array.from({ length: 20 }, () => process.submit({ flow: 'stale', values: lead() })))
    expect(all.map((one) => one.answer.code)).toEqual(Array.from({ length: 20 }, () => 'cap_exceeded'))
    expect(await used('stale')).toEqual([6])
    await other.bury()
  })

  it('are given back by a lead that is rejected in its first stretch, and the next one gets them', async () => {
    await engine.publish(
      flow(
        'early',
        `  - dedupe: { id: once, on: [[email]], within: 30d }
  - cap: { caps: [{ id: one, max: 1, per: total }] }
  - filter: { when: lead.state == "TX", reason: "State not serviced" }`,
      ),
    )
    const values = lead({ state: 'NY' })
    const turned = await process.submit({ flow: 'early', values })
    expect(turned.answer.code).toBe('filtered')
    expect(await used('early')).toEqual([])
    expect(await claims(turned.answer.lead_id)).toBe(0)
    expect((await process.submit({ flow: 'early', values: { ...values, state: 'TX' } })).status).toBe(201)
    expect(await used('early')).toEqual([1])
  })

  it('go exactly to the accepted, while rejected ones hold and give back places at the same moment', async () => {
    await engine.publish(
      flow(
        'busy',
        `  - cap: { caps: [{ id: ten, max: 10, per: total }] }
  - filter: { when: lead.state == "TX", reason: "State not serviced" }`,
      ),
    )
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        process.submit({ flow: 'busy', values: lead({ state: n % 3 === 0 ? 'TX' : 'NY' }) }),
      ),
    )
    const codes = all.map((one) => one.answer.code)
    expect(codes.filter((code) => code === null)).toHaveLength(10)
    expect(await used('busy')).toEqual([10])
  })

  it('are given back by a lead that a person rejects, or that no destination takes, once that is durable', async () => {
    await engine.publish(
      flow(
        'late',
        `  - dedupe: { id: once, on: [[email], [phone]] }
  - cap: { caps: [{ id: all, max: 2, per: total }, { id: state, max: 2, per: day, by: lead.state }] }
  - review: { queue: sales }
  - deliver: { to: [a, b] }`,
      ),
    )
    const first = await process.submit({ flow: 'late', values: lead() })
    const second = await process.submit({ flow: 'late', values: lead() })
    expect(first.answer.code).toBe('awaiting_review')
    expect((await process.submit({ flow: 'late', values: lead() })).answer.code).toBe('cap_exceeded')
    expect(await used('late')).toEqual([2, 2])
    const decide = (leadId: string, decision: 'approve' | 'reject') =>
      process.runner.decide({ tenantId: engine.tenantId, leadId, decision, reason: 'not ours', by: 'ada' })
    await decide(first.answer.lead_id, 'reject')
    expect(await used('late')).toEqual([1, 1])
    expect(await claims(first.answer.lead_id)).toBe(0)
    sink.script({ do: 'answer', status: 422 }, { do: 'answer', status: 422 })
    await decide(second.answer.lead_id, 'approve')
    expect((await process.reader.read(engine.tenantId, second.answer.lead_id))?.row.code).toBe('delivery_failed')
    expect(await used('late')).toEqual([0, 0])
    const third = await process.submit({ flow: 'late', values: lead() })
    await decide(third.answer.lead_id, 'approve')
    expect(await used('late')).toEqual([1, 1])
    expect(await claims(third.answer.lead_id)).toBe(2)
  })

  it('count apart for each value, and all or none are taken', async () => {
    await engine.publish(
      flow(
        'apart',
        '  - cap: { caps: [{ id: state, max: 2, per: day, by: lead.state }, { id: all, max: 3, per: day }] }',
      ),
    )
    const states = ['TX', 'TX', 'TX', 'NY', 'NY', 'CA']
    const codes: (string | null)[] = []
    for (const state of states)
      codes.push((await process.submit({ flow: 'apart', values: lead({ state }) })).answer.code)
    expect(codes).toEqual([null, null, 'cap_exceeded', null, 'cap_exceeded', 'cap_exceeded'])
    expect((await used('apart')).sort()).toEqual([1, 2, 3])
    const scopes = await engine.db.inspect<{ scope: string }>('select scope from millrace.cap_usage')
    expect(scopes.filter(({ scope }) => /TX|NY|CA/.test(scope))).toEqual([])
  })

  it('and claims are not touched by test leads, whatever the scope', async () => {
    await engine.publish(
      flow(
        'tested',
        `  - dedupe: { id: wide, on: [[email]], scope: tenant }
  - dedupe: { id: narrow, on: [[phone]], scope: flow }
  - cap: { caps: [{ id: one, max: 1, per: total }] }`,
      ),
    )
    const values = lead()
    expect((await process.submit({ flow: 'tested', values, over: { test: true } })).status).toBe(201)
    expect((await process.submit({ flow: 'tested', values, over: { test: true } })).answer.code).toBe('duplicate')
    expect(await used('tested')).toEqual([])
    expect((await process.submit({ flow: 'tested', values })).status).toBe(201)
    expect(await used('tested')).toEqual([1])
    const more = await process.submit({ flow: 'tested', values: lead(), over: { test: true } })
    expect(more.answer.code).toBe('cap_exceeded')
    expect(await used('tested')).toEqual([1])
  })
})
