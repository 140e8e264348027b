import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

const flow = (name: string, steps: string) => `
flow: ${name}
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web } ]
destinations:
  keyed: { type: http, url: "${sink.url}/keyed", repeat: keyed, retry_delay: 60s }
  unsafe: { type: http, url: "${sink.url}/unsafe", repeat: unsafe, retry_delay: 60s }
steps:
${steps}
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow('retried', '  - deliver: { to: unsafe }'))
  await engine.publish(flow('reviewed', '  - deliver: { to: unsafe }\n  - review: {}'))
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const lead = () => {
  count += 1
  return { email: `race${count}@example.com`, phone: `512555${String(4000 + count)}` }
}

const read = async (process: Process, leadId: string) => {
  const found = await process.reader.read(engine.tenantId, leadId)
  if (!found) throw new Error('no such lead')
  return found
}

const seqOf = async (leadId: string): Promise<number> =>
  (await engine.db.inspect<{ seq: number }>('select seq from millrace.lead where id = $1', [leadId]))[0]?.seq ?? 0

/** A lead whose first attempt found the destination away: its second is due, and what it meets is held. */
const dueAgain = async (process: Process, name: string): Promise<string> => {
  sink.script({ do: 'answer', status: 503 })
  const { answer } = await process.submit({ flow: name, values: lead() })
  engine.clock.advance(60_000)
  sink.script({ do: 'hold' })
  return answer.lead_id
}

const approve = (process: Process, leadId: string) =>
  process.runner.decide({ tenantId: engine.tenantId, leadId, decision: 'approve', reason: null, by: 'ada' })

const expectDelivered = async (process: Process, leadId: string): Promise<void> => {
  const { lead: done, events } = await read(process, leadId)
  expect([...done.deliveries.values()].map(({ outcome, parked }) => ({ outcome, parked }))).toEqual([
    { outcome: 'success', parked: false },
  ])
  expect(done.closed).toMatchObject({ outcome: 'success' })
  expect(events.filter((event) => event.type === 'attempt.started')).toHaveLength(2)
}

describe('one lead in two hands', () => {
  it('goes on in one of two processes, and its call is sent once', async () => {
    let atFence: () => void = () => undefined
    let pass: () => void = () => undefined
    const reached = new Promise<void>((resolve) => {
      atFence = resolve
    })
    const gate = new Promise<void>((resolve) => {
      pass = resolve
    })
    let guarded = false
    const slow = await engine.start({
      wrap: ({ appender, outbound }) => ({
        outbound,
        appender: {
          pending: appender.pending,
          append: async (commit) => {
            if (guarded) {
              guarded = false
              atFence()
              await gate
            }
            return appender.append(commit)
          },
        },
      }),
    })
    const quick = await engine.start()
    const leadId = await dueAgain(slow, 'retried')
    const before = sink.requests.length
    guarded = true
    const slowWork = slow.work()
    await reached
    // As where the slow one was thought dead: its lease goes to another.
    await engine.db.inspect('update millrace.work set runner = $2 where lead_id = $1', [
      leadId,
      quick.presence.number(),
    ])
    const quickWork = quick.runner.resume({ tenantId: engine.tenantId, leadId, attempts: 1 })
    await sink.received(before + 1)
    pass()
    await slowWork
    sink.release()
    await quickWork
    expect(sink.requests).toHaveLength(before + 1)
    await expectDelivered(quick, leadId)
    await slow.bury()
    await quick.bury()
  })

  it('is left alone by a process that does not hold its lease', async () => {
    const owner = await engine.start()
    const other = await engine.start()
    const leadId = await dueAgain(owner, 'retried')
    const before = sink.requests.length
    const work = owner.work()
    await sink.received(before + 1)
    await other.work()
    await other.runner.resume({ tenantId: engine.tenantId, leadId, attempts: 1 })
    expect((await read(other, leadId)).events.at(-1)?.type).toBe('attempt.started')
    sink.release()
    await work
    await expectDelivered(other, leadId)
    await owner.bury()
    await other.bury()
  })

  it.each(['the same process', 'another process'])(
    'is decided by a person in %s while a call is in the air, whose answer counts',
    async (where) => {
      const owner = await engine.start()
      const other = where === 'another process' ? await engine.start() : owner
      const leadId = await dueAgain(owner, 'reviewed')
      const before = sink.requests.length
      const work = owner.work()
      await sink.received(before + 1)
      const seq = await seqOf(leadId)
      const decided = approve(other, leadId)
      await expect.poll(() => seqOf(leadId)).toBe(seq + 1)
      sink.release()
      await decided
      await work
      expect(sink.requests).toHaveLength(before + 1)
      await expectDelivered(owner, leadId)
      await owner.bury()
      if (other !== owner) await other.bury()
    },
  )

  it('gives back the place in a cap that a refusal freed, though a person wrote before the refusal was written', async () => {
    await engine.publish(`
flow: capped
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web } ]
destinations:
  capped: { type: http, url: "${sink.url}/capped", repeat: unsafe, retry_delay: 60s, caps: [ { id: d, max: 5, per: total } ] }
steps: [ { deliver: { to: capped } }, { review: {} } ]`)
    const used = async () =>
      (
        await engine.db.inspect<{ used: string }>(`select used from millrace.cap_usage where scope like 'capped/%'`)
      ).map((row) => Number(row.used))
    const [owner, other] = [await engine.start(), await engine.start()]
    sink.script({ do: 'answer', status: 503 })
    const { answer } = await owner.submit({ flow: 'capped', values: lead() })
    engine.clock.advance(60_000)
    // biome-ignore lint/suspicious/noThenProperty: what is done with the request afterwards.
    sink.script({ do: 'hold', then: { do: 'answer', status: 422 } })
    const before = sink.requests.length
    const work = owner.work()
    await sink.received(before + 1)
    expect(await used()).toEqual([1])
    await approve(other, answer.lead_id)
    sink.release()
    await work
    const { lead: done } = await read(owner, answer.lead_id)
    expect([...done.deliveries.values()]).toMatchObject([{ outcome: 'failure', code: 'destination.rejected' }])
    expect(await used()).toEqual([0])
    await owner.bury()
    await other.bury()
  })

  it('is approved once where two decide at the same moment', async () => {
    const process = await engine.start()
    const { answer } = await process.submit({ flow: 'reviewed', values: lead() })
    const both = await Promise.allSettled([approve(process, answer.lead_id), approve(process, answer.lead_id)])
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1)
    expect(both.find((one) => one.status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
    const { events } = await read(process, answer.lead_id)
    expect(events.filter((event) => event.type === 'review.decided')).toHaveLength(1)
    await process.bury()
  })

  it('is not taken from under a process whose presence was lost and regained', async () => {
    const process = await engine.start()
    const leadId = await dueAgain(process, 'retried')
    const before = sink.requests.length
    const work = process.work()
    await sink.received(before + 1)
    const old = process.presence.number()
    await engine.db.inspect(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7117 and objid = $1
       and database = (select oid from pg_database where datname = current_database())`,
      [old],
    )
    await expect.poll(() => process.presence.number()).not.toBe(old)
    const again = process.work()
    await expect
      .poll(() => engine.db.inspect('select runner from millrace.work where lead_id = $1', [leadId]))
      .toEqual([{ runner: process.presence.number() }])
    sink.release()
    await Promise.all([work, again])
    expect(sink.requests).toHaveLength(before + 1)
    await expectDelivered(process, leadId)
    await process.bury()
  })

  it('keeps an answer that came while the database was away, and writes it when it is back', async () => {
    let away = false
    const process = await engine.start({
      wrap: ({ appender, outbound }) => ({
        outbound,
        appender: {
          pending: appender.pending,
          append: async (commit) => {
            if (away) throw new Fault('database_unavailable', { message: 'The database cannot be reached' })
            return appender.append(commit)
          },
        },
      }),
    })
    const leadId = await dueAgain(process, 'retried')
    const before = sink.requests.length
    const work = process.work()
    await sink.received(before + 1)
    away = true
    sink.release()
    await work
    expect(process.doubts).toEqual([{ tenantId: engine.tenantId, leadId, away: true }])
    away = false
    process.sweeper.start()
    await expect.poll(async () => (await read(process, leadId)).row.outcome).toBe('success')
    await process.sweeper.stop()
    expect(sink.requests).toHaveLength(before + 1)
    await expectDelivered(process, leadId)
    await process.bury()
  })

  it('is parked after it has killed the process often enough, and not for a database that was away', async () => {
    const { answer } = await (async () => {
      const first = await engine.start()
      sink.script({ do: 'answer', status: 503 })
      const told = await first.submit({ flow: 'retried', values: lead() })
      await first.bury()
      return told
    })()
    engine.clock.advance(60_000)
    for (let n = 0; n < 2; n += 1) {
      const mortal = await engine.start({ dieAt: 1, crashesMax: 2 })
      void mortal.work()
      await mortal.died
      await mortal.bury()
    }
    const before = sink.requests.length
    const survivor = await engine.start({ crashesMax: 2 })
    await survivor.work()
    expect((await read(survivor, answer.lead_id)).lead.parked?.code).toBe('crashed_repeatedly')
    expect(sink.requests).toHaveLength(before)

    let away = true
    const unlucky = await engine.start({
      crashesMax: 2,
      wrap: ({ appender, outbound }) => ({
        outbound,
        appender: {
          pending: appender.pending,
          append: async (commit) => {
            if (away && !commit.isNew) throw new Fault('database_unavailable', { message: 'Away' })
            return appender.append(commit)
          },
        },
      }),
    })
    const told = await unlucky.submit({ flow: 'retried', values: lead() })
    expect(told).toMatchObject({ status: 202, answer: { outcome: 'pending' } })
    unlucky.sweeper.start()
    await expect.poll(() => unlucky.doubts.length).toBeGreaterThan(3)
    away = false
    await expect.poll(async () => (await read(unlucky, told.answer.lead_id)).lead.deliveries.size).toBe(1)
    await expect.poll(async () => (await read(unlucky, told.answer.lead_id)).row.outcome).toBe('success')
    await unlucky.sweeper.stop()
    await unlucky.bury()
    await survivor.bury()
  })
})

describe('many leads that want the same names', () => {
  it('end with one winner each, whatever the order of the rules, and every duplicate names one that stands', async () => {
    const rules = [
      '  - dedupe: { id: by-email, on: [[email]], scope: tenant }',
      '  - dedupe: { id: by-phone, on: [[phone]], scope: tenant }',
    ]
    await engine.publish(flow('there', rules.join('\n')))
    await engine.publish(flow('back', [...rules].reverse().join('\n')))
    const one = await engine.start()
    const two = await engine.start()
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ email: fc.nat(14), phone: fc.nat(14), back: fc.boolean(), second: fc.boolean() }), {
          minLength: 120,
          maxLength: 160,
        }),
        async (wanted) => {
          round += 1
          const told = await Promise.all(
            wanted.map(async ({ email, phone, back, second }) => {
              const values = {
                email: `many${round}x${email}@example.com`,
                phone: `512555${5000 + round * 20 + phone}`,
              }
              const { status, answer } = await (second ? two : one).submit({ flow: back ? 'back' : 'there', values })
              return { email, phone, status, answer }
            }),
          )
          const accepted = new Map(
            told.filter((each) => each.status === 201).map((each) => [each.answer.lead_id, each]),
          )
          expect(told.filter((each) => each.status !== 201).map((each) => each.answer.code)).toEqual(
            Array.from({ length: told.length - accepted.size }, () => 'duplicate'),
          )
          const winners = [...accepted.values()]
          expect(new Set(winners.map((each) => each.email)).size).toBe(winners.length)
          expect(new Set(winners.map((each) => each.phone)).size).toBe(winners.length)
          for (const { answer, email, phone } of told.filter((each) => each.status !== 201)) {
            const winner = accepted.get(answer.duplicate_of ?? '')
            expect(winner && (winner.email === email || winner.phone === phone)).toBe(true)
          }
          const claims = await engine.db.inspect<{ lead_id: string; n: number }>(
            'select lead_id, count(*)::integer as n from millrace.claim where lead_id = any ($1) group by lead_id',
            [told.map((each) => each.answer.lead_id)],
          )
          expect(new Map(claims.map((row) => [row.lead_id, row.n]))).toEqual(
            new Map([...accepted.keys()].map((id) => [id, 2])),
          )
        },
      ),
      { numRuns: 6, seed: 42 },
    )
    await one.bury()
    await two.bury()
  })
})

describe('a clock that jumps', () => {
  it('back and forth between commits changes no order and breaks nothing', async () => {
    await engine.publish(
      flow(
        'jumpy',
        '  - dedupe: { id: jumps, on: [[email]], within: 30d }\n  - cap: { caps: [{ id: all, max: 99, per: total }] }\n  - deliver: { to: [keyed, unsafe] }\n  - wait: { for: 15m }',
      ),
    )
    const jumps = [0, 40_000, -90_000, 5, -7, 300_000, -1, 0, 60_000, -3_600_000]
    let turn = 0
    const clock = {
      now: () => {
        turn += 1
        return engine.clock.now() + (jumps[turn % jumps.length] ?? 0)
      },
    }
    const process = await engine.start({ clock })
    const leads: string[] = []
    for (let n = 0; n < 12; n += 1)
      leads.push(
        (await process.submit({ flow: 'jumpy', values: lead(), over: { receivedAt: clock.now() } })).answer.lead_id,
      )
    for (let hours = 0; hours < 4; hours += 1) {
      engine.clock.advance(3_600_000)
      await process.work()
    }
    for (const leadId of leads) {
      const { lead: done, events, row } = await read(process, leadId)
      expect(row.outcome).toBe('success')
      expect(done.closed?.duration_ms).toBeGreaterThanOrEqual(0)
      expect(events.map((event) => event.seq)).toEqual(events.map((event) => event.seq).sort((a, b) => a - b))
      expect(events.at(-1)?.type).toBe('source.closed')
    }
    const verified = await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })
    expect(verified.breach).toBeNull()
    await process.bury()
  })
})
