import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
const flow = () => `
flow: whole
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" }, id_field: ref } ]
destinations:
  keyed: { type: http, url: "${sink.url}/keyed", repeat: keyed, retry_delay: 60s }
  unsafe: { type: http, url: "${sink.url}/unsafe", repeat: unsafe, retry_delay: 60s }
steps:
  - dedupe: { id: once, on: [[email], [phone]], within: 30d }
  - cap: { caps: [{ id: all, max: 1000, per: total }] }
  - deliver: { to: [keyed, unsafe] }
  - review: { queue: sales }
  - wait: { for: 15m }
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow())
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const lead = (n: number) => ({ email: `crash${n}@example.com`, phone: `512555${String(2000 + n)}` })

const leadIds = async (): Promise<string[]> =>
  (await engine.db.inspect<{ id: string }>('select id from millrace.lead order by id')).map((row) => row.id)

/** The whole life of the leads in a process, or as much of it as the process lives: approved, and 15 minutes on. */
const live = async (process: Process, ids: readonly string[]): Promise<void> => {
  await process.work()
  for (const id of ids) {
    const read = await process.reader.read(engine.tenantId, id)
    if (read && [...read.lead.open.values()].some((open) => open.kind === 'review.ask'))
      await process.runner.decide({
        tenantId: engine.tenantId,
        leadId: id,
        decision: 'approve',
        reason: null,
        by: 'ada',
      })
  }
  engine.clock.advance(16 * 60_000)
  await process.work()
}

describe('a process killed at any line', () => {
  it('loses no acknowledged lead, sends no answered call again, and counts each lead once', async () => {
    const acknowledged: string[] = []
    let n = 0
    for (let dieAt = 1, ended = false; !ended; dieAt += 1) {
      n += 2
      const known = new Set(await leadIds())
      const mortal = await engine.start({ dieAt })
      const both = Promise.all(
        [n, n + 1].map(async (each) => {
          const { answer } = await mortal.submit({ flow: 'whole', values: lead(each) })
          acknowledged.push(answer.lead_id)
          return answer.lead_id
        }),
      ).then((ids) => live(mortal, ids))
      ended = await Promise.race([mortal.died.then(() => false), both.then(() => true)])
      await mortal.bury()

      const heir = await engine.start()
      const fresh = (await leadIds()).filter((id) => !known.has(id))
      await live(heir, fresh)
      for (const id of fresh) {
        const read = await heir.reader.read(engine.tenantId, id)
        expect(read?.lead.parked, `killed at line ${dieAt}`).toBeNull()
        const unsafe = [...(read?.lead.deliveries.values() ?? [])].find((one) => one.destination === 'unsafe')
        const keyed = [...(read?.lead.deliveries.values() ?? [])].find((one) => one.destination === 'keyed')
        expect(keyed?.outcome, `killed at line ${dieAt}`).toBe('success')
        // What nobody knows the fate of waits for a person; the rest is over.
        if (unsafe?.parked) expect(unsafe.code).toBe('destination.unknown_outcome')
        else expect(read?.row, `killed at line ${dieAt}`).toMatchObject({ outcome: 'success', code: null })
        for (const delivery of [keyed, unsafe]) {
          const arrived = sink.requests.filter((each) => each.headers['idempotency-key'] === delivery?.id).length
          const of = (type: string) =>
            (read?.events ?? []).filter(
              (event) => event.type === type && (event.data as { readonly delivery: string }).delivery === delivery?.id,
            ).length
          expect(arrived).toBeLessThanOrEqual(of('attempt.started'))
          expect(arrived).toBeGreaterThanOrEqual(of('attempt.answered'))
          expect(of('attempt.answered')).toBeLessThanOrEqual(1)
          if (delivery === unsafe) expect(of('attempt.started')).toBe(1)
        }
      }
      await heir.bury()
    }
    expect(n).toBeGreaterThan(20)

    const ids = await leadIds()
    expect(ids).toEqual(expect.arrayContaining(acknowledged))
    const [cap] = await engine.db.inspect<{ used: string }>('select used from millrace.cap_usage')
    expect(Number(cap?.used)).toBe(ids.length)
    const claims = await engine.db.inspect<{ lead_id: string; n: number }>(
      'select lead_id, count(*)::integer as n from millrace.claim group by lead_id order by lead_id',
    )
    expect(claims).toEqual(ids.map((id) => ({ lead_id: id, n: 2 })))
    const left = await engine.db.inspect(
      `select w.lead_id from millrace.work w join millrace.lead l on l.id = w.lead_id where l.closed_at is not null or w.runner is not null`,
    )
    expect(left).toEqual([])
    const verified = await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })
    expect(verified).toMatchObject({ leads: ids.length, breach: null })
  })
})
