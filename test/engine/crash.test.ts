import { Type } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyTenant } from '../../src/journal/verify.ts'
import { defineDestination } from '../../src/kit/destination.ts'
import type { Registries } from '../../src/kit/flow.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { registries } from '../support/house.ts'
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
    const heir = await engine.start()
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
    }
    await heir.bury()
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

  it('does not perform an answered call of several again, and shows an attempt one time throughout', async () => {
    const threefold = defineDestination({
      type: 'threefold',
      summary: 'Makes three calls, each with what the last one answered.',
      settings: Type.Object({ url: Type.String() }),
      repeat: () => 'keyed',
      example: { url: 'https://example.com' },
      deliver: function* deliver(input, { url }) {
        let last = ''
        for (const path of ['one', 'two', 'three']) {
          const answer = yield {
            method: 'POST',
            url: `${url}/${path}`,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ lead: input.leadId, attempt: input.attempt, now: input.now, path, last }),
          }
          if (answer.status !== 200)
            return { outcome: 'error', code: 'destination.unavailable', reason: 'not now', retryAfterMs: null }
          last = (JSON.parse(answer.body) as { path: string }).path
        }
        return { outcome: 'success', reference: last, price: null, reason: null }
      },
      authorize: (call) => call,
      check: () => null,
    })
    const more: Registries = { ...registries, destinations: { ...registries.destinations, threefold } }
    await engine.publish(
      `
flow: threefold
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { crm: { type: threefold, url: "${sink.url}", retry_delay: 60s } }
steps: [ { deliver: { to: crm } } ]
`,
      { registries: more },
    )
    sink.otherwise({ do: 'echo' })
    const from = sink.requests.length
    const heir = await engine.start({ registries: more })
    let ended = false
    for (let dieAt = 1; !ended; dieAt += 1) {
      const known = new Set(await leadIds())
      const mortal = await engine.start({ dieAt, registries: more })
      const told = mortal.submit({ flow: 'threefold', values: { email: `three${dieAt}@example.com` } })
      ended = await Promise.race([mortal.died.then(() => false), told.then(() => true)])
      await mortal.bury()
      engine.clock.advance(1_000)
      await heir.work()
      engine.clock.advance(60_000)
      await heir.work()
      for (const id of (await leadIds()).filter((each) => !known.has(each))) {
        const read = await heir.reader.read(engine.tenantId, id)
        expect(read?.row.outcome, `killed at line ${dieAt}`).toBe('success')
        const delivery = [...(read?.lead.deliveries.values() ?? [])][0]
        expect(delivery).toMatchObject({ outcome: 'success', reference: '/three' })
        expect(delivery?.attempts).toBeLessThanOrEqual(2)
      }
    }
    // Loaded anew between two calls, the attempt goes on with the next one.
    let lost = false
    const contested = await engine.start({
      registries: more,
      wrap: ({ appender, outbound }) => ({
        outbound,
        appender: {
          pending: appender.pending,
          append: async (commit) => {
            if (lost || !commit.segment.events.includes('"call":1')) return appender.append(commit)
            lost = true
            throw Object.assign(new Error('conflict: lead'), { sqlState: 'MR001' })
          },
        },
      }),
    })
    const before = sink.requests.length
    const { status } = await contested.submit({ flow: 'threefold', values: { email: 'contested@example.com' } })
    expect({ status, lost }).toEqual({ status: 201, lost: true })
    expect(sink.requests.slice(before).map((request) => request.path)).toEqual(['/one', '/two', '/three'])
    await contested.bury()
    await heir.bury()
    sink.otherwise({ do: 'answer' })
    const calls = sink.requests
      .slice(from)
      .map((request) => JSON.parse(request.body) as { lead: string; attempt: number; path: string; now: number })
    const names = calls.map((call) => `${call.lead} ${call.attempt} ${call.path}`)
    expect(new Set(names).size).toBe(names.length)
    const times = new Map<string, Set<number>>()
    for (const { lead: id, attempt, now } of calls)
      times.set(`${id} ${attempt}`, (times.get(`${id} ${attempt}`) ?? new Set()).add(now))
    expect([...times.values()].filter((seen) => seen.size !== 1)).toEqual([])
  })

  it('answers an idempotency key after it with the lead it stands for, if that is durable, and never with two', async () => {
    const heir = await engine.start()
    let ended = false
    for (let dieAt = 1; !ended; dieAt += 1) {
      const known = new Set(await leadIds())
      const values = { email: `again${dieAt}@example.com`, ref: `order-${dieAt}` }
      const mortal = await engine.start({ dieAt })
      const told = mortal.submit({ flow: 'whole', values, over: { idempotencyKey: `key-${dieAt}` } })
      ended = await Promise.race([mortal.died.then(() => false), told.then(() => true)])
      await mortal.bury()
      const again = await Promise.all(
        Array.from({ length: 5 }, () =>
          heir.submit({ flow: 'whole', values, over: { idempotencyKey: `key-${dieAt}` } }),
        ),
      )
      const fresh = (await leadIds()).filter((id) => !known.has(id))
      expect(fresh).toHaveLength(1)
      expect(new Set(again.map((one) => one.answer.lead_id))).toEqual(new Set(fresh))
      if (ended) expect((await told).answer.lead_id).toBe(fresh[0])
      await expect(
        heir.submit({
          flow: 'whole',
          values: { ...values, email: 'another@example.com' },
          over: { idempotencyKey: `key-${dieAt}` },
        }),
      ).rejects.toMatchObject({ code: 'idempotency_key_reused' })
      // The source's own id is a key as well.
      const own = await heir.submit({
        flow: 'whole',
        values: { email: `own${dieAt}@example.com`, ref: `own-${dieAt}` },
      })
      const same = await heir.submit({
        flow: 'whole',
        values: { email: `own${dieAt}@example.com`, ref: `own-${dieAt}` },
      })
      expect(same.answer.lead_id).toBe(own.answer.lead_id)
    }
    await heir.bury()
  })
})
