import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import { unavailable } from '../../src/database/errors.ts'
import type { Appender, LeadCommit } from '../../src/journal/append.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Engine, type Process, type ProcessOptions, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink

const flow = (name: string, steps: string, more = '') => `
flow: ${name}
${more}
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" } } ]
destinations:
  fast: { type: http, url: "${sink.url}/fast", repeat: unsafe }
  slow: { type: http, url: "${sink.url}/slow", repeat: unsafe }
  keyed: { type: http, url: "${sink.url}/keyed", repeat: keyed, retry_delay: 60s }
steps:
${steps}
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow('hurried', '  - deliver: { to: [fast, slow] }', 'answer_within: 1s'))
  await engine.publish(flow('plain', '  - deliver: { to: keyed }'))
  await engine.publish(flow('quiet', '  - normalize: {}'))
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const lead = () => {
  count += 1
  return { email: `answer${count}@example.com`, phone: `512555${String(6000 + count)}` }
}

const read = async (process: Process, leadId: string) => {
  const found = await process.reader.read(engine.tenantId, leadId)
  if (!found) throw new Error('no such lead')
  return found
}

const leadCount = async (): Promise<number> =>
  (await engine.db.inspect<{ n: number }>('select count(*)::integer as n from millrace.lead'))[0]?.n ?? 0

const away = () => new Fault('database_unavailable', { message: 'The database cannot be reached. Try again.' })

/** A process whose commits meet `meet` first. */
const meeting = (meet: (commit: LeadCommit, append: Appender['append']) => Promise<void>): Promise<Process> => {
  const wrap: ProcessOptions['wrap'] = ({ appender, outbound }) => ({
    outbound,
    appender: { pending: appender.pending, append: (commit) => meet(commit, appender.append) },
  })
  return engine.start({ wrap })
}

/** Lets the sweeper run until the condition holds. */
const sweptUntil = async (process: Process, condition: () => Promise<boolean>): Promise<void> => {
  process.sweeper.start()
  await expect.poll(condition).toBe(true)
  await process.sweeper.stop()
}

describe('what a source is told', () => {
  it('after answer_within: what was answered by then, written, and the rest as pending; the journey goes on', async () => {
    const process = await engine.start()
    const before = sink.requests.length
    sink.otherwise((request) => (request.path === '/slow' ? { do: 'hold' } : { do: 'answer', body: '{"id":"F1"}' }))
    const { status, answer } = await process.submit({ flow: 'hurried', values: lead() })
    expect({ status, ...answer }).toMatchObject({
      status: 202,
      outcome: 'pending',
      accepted: null,
      code: 'delivering',
      destinations: { fast: { outcome: 'success', id: 'F1' }, slow: { outcome: 'pending' } },
    })
    const written = await read(process, answer.lead_id)
    expect(written.events.filter((event) => event.type === 'attempt.ended')).toHaveLength(1)
    await sink.received(before + 2)
    sink.otherwise({ do: 'answer' })
    sink.release()
    await process.runner.drained()
    const { row, events } = await read(process, answer.lead_id)
    expect(row).toMatchObject({ outcome: 'success', status: 'delivered' })
    expect(events.filter((event) => event.type === 'source.closed')).toHaveLength(1)
    expect(sink.requests).toHaveLength(before + 2)
    await process.bury()
  })

  it('asynchronously: at once when the lead is durable, before anything is sent', async () => {
    const process = await engine.start()
    const before = sink.requests.length
    sink.script({ do: 'hold' })
    const { status, answer } = await process.submit({ flow: 'plain', values: lead(), over: { mode: 'async' } })
    expect({ status, outcome: answer.outcome, destinations: answer.destinations }).toEqual({
      status: 202,
      outcome: 'pending',
      destinations: {},
    })
    expect((await read(process, answer.lead_id)).lead.closed).toBeNull()
    await sink.received(before + 1)
    sink.release()
    await process.runner.drained()
    expect((await read(process, answer.lead_id)).row.outcome).toBe('success')
    await process.bury()
  })

  it('is 503 where nothing was written, and nothing is half done', async () => {
    const process = await meeting(() => Promise.reject(away()))
    const leads = await leadCount()
    const before = sink.requests.length
    for (const mode of ['sync', 'async'] as const)
      await expect(process.submit({ flow: 'plain', values: lead(), over: { mode } })).rejects.toMatchObject({
        code: 'database_unavailable',
      })
    expect(await leadCount()).toBe(leads)
    expect(sink.requests).toHaveLength(before)
    // An hour of that must not fill the memory: what cannot have been written is not looked for.
    expect(process.doubts).toEqual([])
    await process.bury()
  })

  it('is no success while that is not written: 202, though every destination has answered', async () => {
    let closing: (() => void) | null = null
    const process = await meeting(async (commit, append) => {
      if (commit.work === null) {
        await new Promise<void>((resolve) => {
          closing = resolve
        })
      }
      return append(commit)
    })
    const { status, answer } = await process.submit({ flow: 'hurried', values: lead() })
    expect({ status, ...answer }).toMatchObject({
      status: 202,
      outcome: 'pending',
      accepted: null,
      price: 0,
      destinations: { fast: { outcome: 'pending' }, slow: { outcome: 'pending' } },
    })
    expect((await read(process, answer.lead_id)).lead.closed).toBeNull()
    await expect.poll(() => closing).not.toBeNull()
    ;(closing as unknown as () => void)()
    await process.runner.drained()
    expect((await read(process, answer.lead_id)).row.outcome).toBe('success')
    const work = await engine.db.inspect('select from millrace.work where lead_id = $1', [answer.lead_id])
    expect(work).toEqual([])
    await process.bury()
  })

  it('is never 5xx once the lead is durable, nor is a repeat of it, and the sweeper finishes what is left', async () => {
    let broken = true
    const process = await meeting(async (commit, append) => {
      if (broken && !commit.isNew) throw away()
      return append(commit)
    })
    const before = sink.requests.length
    const values = lead()
    const all = await Promise.all(
      Array.from({ length: 8 }, () => process.submit({ flow: 'plain', values, over: { idempotencyKey: 'durable' } })),
    )
    expect(all.map((one) => one.status)).toEqual(Array.from({ length: 8 }, () => 202))
    const [leadId, ...others] = new Set(all.map((one) => one.answer.lead_id))
    expect(others).toEqual([])
    broken = false
    await sweptUntil(process, async () => (await read(process, leadId ?? '')).row.outcome === 'success')
    expect(sink.requests).toHaveLength(before + 1)
    await process.bury()
  })

  it('may be 503 for a lead whose commit had no answer; it is finished all the same', async () => {
    let broken = true
    const process = await meeting(async (commit, append) => {
      await append(commit)
      if (broken) throw unavailable({ detail: 'connection lost', outcomeUnknown: true })
    })
    const before = sink.requests.length
    const values = lead()
    await expect(
      process.submit({ flow: 'plain', values, over: { idempotencyKey: 'unanswered' } }),
    ).rejects.toMatchObject({ code: 'database_unavailable' })
    broken = false
    // The source sends it again: it is the same lead.
    const again = await process.submit({ flow: 'plain', values, over: { idempotencyKey: 'unanswered' } })
    expect(again.status).toBe(202)
    await sweptUntil(process, async () => {
      engine.clock.advance(60_000)
      return (await read(process, again.answer.lead_id)).row.outcome === 'success'
    })
    expect(sink.requests.length - before).toBe(1)
    await process.bury()
  })

  it('is overloaded, and nothing is begun, where too many are under way', async () => {
    const process = await engine.start({ leadsInFlightMax: 1 })
    const before = sink.requests.length
    const leads = await leadCount()
    sink.script({ do: 'hold' })
    const first = process.submit({ flow: 'plain', values: lead() })
    await sink.received(before + 1)
    await expect(process.submit({ flow: 'plain', values: lead() })).rejects.toMatchObject({ code: 'overloaded' })
    sink.release()
    expect((await first).status).toBe(201)
    expect(await leadCount()).toBe(leads + 1)
    await process.bury()
  })
})

describe('the database away', () => {
  it('in the middle of many: every lead that stands is finished, every source told of one finds it', async () => {
    const process = await engine.start()
    const before = sink.requests.length
    const terminate = () =>
      engine.db.inspect(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'millrace'`,
      )
    const told: string[] = []
    const refused: string[] = []
    for (let round = 0; round < 6; round += 1) {
      await Promise.all([
        ...Array.from({ length: 30 }, async (_, n) => {
          const values = { email: `away${round}x${n}@example.com` }
          try {
            told.push((await process.submit({ flow: n % 2 === 0 ? 'plain' : 'quiet', values })).answer.lead_id)
          } catch (error) {
            refused.push(error instanceof Fault ? error.code : 'internal')
          }
        }),
        terminate(),
      ])
    }
    expect(told.length + refused.length).toBe(180)
    expect(new Set(refused)).toEqual(refused.length > 0 ? new Set(['database_unavailable']) : new Set())
    const open = async () =>
      (
        await engine.db.inspect<{ n: number }>(
          'select count(*)::integer as n from millrace.lead where closed_at is null',
        )
      )[0]?.n ?? 0
    process.sweeper.start()
    await expect
      .poll(async () => {
        engine.clock.advance(60_000)
        return open()
      })
      .toBe(0)
    await process.sweeper.stop()
    const ids = (await engine.db.inspect<{ id: string }>('select id from millrace.lead')).map((row) => row.id)
    expect(ids).toEqual(expect.arrayContaining(told))
    // A destination that recognises the key of a delivery was sent no lead under two.
    const keys = new Map<string, Set<string>>()
    for (const request of sink.requests.slice(before)) {
      const id = (JSON.parse(request.body) as { lead_id: string }).lead_id
      keys.set(id, (keys.get(id) ?? new Set()).add(String(request.headers['idempotency-key'])))
    }
    expect([...keys.values()].filter((of) => of.size !== 1)).toEqual([])
    await process.bury()
  })

  it('or its process dead: another takes the lead up as soon as it looks', async () => {
    const mortal = await engine.start({ dieAt: 4 })
    void mortal.submit({ flow: 'plain', values: lead() })
    await mortal.died
    await mortal.bury()
    const heir = await engine.start()
    engine.clock.advance(1)
    heir.sweeper.start()
    const open = () => engine.db.inspect('select id from millrace.lead where closed_at is null')
    await expect
      .poll(async () => {
        engine.clock.advance(60_000)
        return open()
      })
      .toEqual([])
    await heir.sweeper.stop()
    await heir.bury()
  })

  it('and a lead that no row in work stands for is found, and finished', async () => {
    const process = await engine.start()
    sink.script({ do: 'answer', status: 503 })
    const { answer } = await process.submit({ flow: 'plain', values: lead() })
    await engine.db.inspect('delete from millrace.work where lead_id = $1', [answer.lead_id])
    engine.clock.advance(120_000)
    await sweptUntil(process, async () => (await read(process, answer.lead_id)).row.outcome === 'success')
    expect(engine.logged.join('\n')).toContain('stood in no queue')
    await process.bury()
  })
})

it('leaves every chain whole', async () => {
  const verified = await verifyTenant({ database: engine.db.database, tenantId: engine.tenantId })
  expect(verified.breach).toBeNull()
})
