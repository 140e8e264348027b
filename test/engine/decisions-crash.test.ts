import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(`
flow: decided
fields: { email: { type: email, required: true }, state: state }
sources: [ { id: web } ]
price: { rules: [ { id: volume, tiers: [ { up_to: 3, amount: 9.00 USD }, { amount: 8.00 USD } ], per: total } ] }
destinations:
  taker: { type: http, url: "${sink.url}/taker", repeat: keyed, retry_delay: 60s, price: 20.00 USD, buyer: acme,
    caps: [ { id: all, max: 1000, per: total } ], buyer_caps: [ { id: money, max: 90000.00 USD, per: total } ] }
  refuser: { type: http, url: "${sink.url}/refuser", repeat: keyed, retry_delay: 60s, caps: [ { id: all, max: 1000, per: total } ] }
steps:
  - list: { list: once, action: check_and_add, match: [email] }
  - branch:
      id: where
      rules: [ { id: tx, when: lead.state == "TX", steps: [ { set: { id: mark, fields: { state: OK } } } ] } ]
  - cap: { id: slide, caps: [ { id: burst, max: 1000, per: month, sliding: true } ] }
  - deliver: { to: [taker, refuser] }
`)
  sink.otherwise(({ path }) => ({ do: 'answer', status: path === '/taker' ? 200 : 422 }))
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const one = async (text: string): Promise<number> =>
  Number((await engine.db.inspect<{ n: string }>(text))[0]?.n ?? Number.NaN)
const used = (like: string) =>
  one(`select coalesce(sum(used), 0) as n from millrace.cap_usage where scope like '${like}'`)

describe('a process killed at any line', () => {
  it('leaves lists, caps, volumes and budgets that count each accepted lead once', async () => {
    const heir = await engine.start()
    let n = 0
    const live = async (process: Process) => {
      await process.work()
      engine.clock.advance(10 * 60_000)
      await process.work()
    }
    for (let dieAt = 1, ended = false; !ended; dieAt += 1) {
      n += 1
      const values = { email: `dead${n}@example.com`, state: n % 2 ? 'TX' : 'NY' }
      const mortal = await engine.start({ dieAt })
      const whole = mortal.submit({ flow: 'decided', values }).then(() => live(mortal))
      ended = await Promise.race([mortal.died.then(() => false), whole.then(() => true)])
      await mortal.bury()
      await live(heir)
      // Its source heard nothing, and sends it again: the list knows it where it was durable.
      const again = await heir.submit({ flow: 'decided', values })
      expect([null, 'suppressed']).toContain(again.answer.code)
      await live(heir)
    }
    expect(n).toBeGreaterThan(4)
    const accepted = await one(`select count(*) as n from millrace.lead where outcome = 'success'`)
    expect(accepted).toBe(n)
    expect(await one(`select count(*) as n from millrace.lead where closed_at is null`)).toBe(0)
    expect(await one(`select entries as n from millrace.suppression_list where id = 'once'`)).toBe(n)
    expect(await one(`select count(*) as n from millrace.suppression_entry`)).toBe(n)
    expect(await used('decided/slide/%')).toBe(n)
    expect(await used('decided/flow.price/%')).toBe(n)
    expect(await used('decided/destination.taker/%')).toBe(n)
    expect(await used('decided/destination.refuser/%')).toBe(0)
    expect(await used('*/buyer/acme/%')).toBe(n * 20_000_000)
    expect(await one('select sum(revenue) as n from millrace.lead')).toBe(n * 20)
    expect(await one('select sum(price) as n from millrace.lead')).toBe(3 * 9 + (n - 3) * 8)
  })
})

describe('the schedule step', () => {
  it('turns away, passes by, or holds the lead until the next opening', async () => {
    const process = await engine.start()
    const flow = (outside: string) => `
flow: hours-${outside}
zone: America/Chicago
fields: { email: email }
sources: [ { id: web } ]
steps:
  - schedule: { id: open, open: { mon-fri: 09:00-17:00 }, outside: ${outside}, reason: 'We open at nine' }
  - filter: { id: late, when: 'steps.open.outcome != "skip"', reason: Came late }
`
    for (const outside of ['reject', 'skip', 'wait']) await engine.publish(flow(outside))
    const submit = (outside: string) => process.submit({ flow: `hours-${outside}`, values: { email: 'a@example.com' } })
    // Friday, 18:00 in Chicago.
    engine.clock.set(Date.UTC(2027, 2, 13))
    expect((await submit('reject')).answer).toMatchObject({ code: 'closed', reason: 'We open at nine' })
    expect((await submit('skip')).answer).toMatchObject({ code: 'filtered', reason: 'Came late' })
    const { answer } = await submit('wait')
    expect(answer).toMatchObject({ outcome: 'pending', code: 'waiting' })
    // Clocks were put forward on Sunday: nine on Monday is 14:00 UTC, no longer 15:00.
    engine.clock.set(Date.UTC(2027, 2, 15, 13, 59))
    await process.work()
    expect((await process.reader.read(engine.tenantId, answer.lead_id))?.row.outcome).toBe(null)
    engine.clock.set(Date.UTC(2027, 2, 15, 14))
    await process.work()
    expect((await process.reader.read(engine.tenantId, answer.lead_id))?.row.outcome).toBe('success')
    expect((await submit('reject')).answer.code).toBe(null)
  })
})
