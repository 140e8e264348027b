import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { cancelRun, type Deed, findRun } from '../../src/delivery/dead-letter-runs.ts'
import type { Amendments } from '../../src/runner/amend.ts'
import { createDeadLetterRuns } from '../../src/runner/dead-letter-runs.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** Many dead letters decided about as a job: each once, whoever dies at it, and none after it was called off. */

let engine: Engine
let sink: Sink
let process: Process

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: given-up
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 1, breaker: 'off' } }
steps: [ { deliver: { to: crm } } ]
`)
})
beforeEach(async () => {
  sink.otherwise({ do: 'answer', status: 404 })
  await engine.db.inspect(`update millrace.delivery set state = 'discarded' where state = 'dead'`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const die = async (leads: number): Promise<string[]> => {
  const ids: string[] = []
  for (let lead = 0; lead < leads; lead += 1) {
    count += 1
    ids.push((await process.submit({ flow: 'given-up', values: { email: `lead${count}@example.com` } })).answer.lead_id)
  }
  return ids
}
const runsOf = (decideDelivery: Amendments['decideDelivery'] = process.amendments.decideDelivery) =>
  createDeadLetterRuns({
    database: process.database,
    clock: engine.clock,
    amendments: { decideDelivery },
    reasonOf: async () => 'because',
    onJob: () => undefined,
    stretchMax: 4,
  })
/** A process that dies when it has decided about so many. */
const dyingAfter = (decided: number) => {
  let left = decided
  return runsOf(async (asked) => {
    if (left === 0) throw new Error('a process that died here')
    left -= 1
    return process.amendments.decideDelivery(asked)
  })
}
const start = (deed: Deed, perSecond: number) =>
  runsOf().start({
    tenantId: engine.tenantId,
    deed,
    filter: { destination: 'crm' },
    limit: 1_000,
    perSecond,
    by: 'ada',
    reason: null,
  })
const jobs = async () =>
  (
    await engine.db.inspect<{ task: string; run: string }>(
      `select task, payload->>'run' as run from millrace.job where handed_at is null`,
    )
  ).map(({ task, run }) => `${task} ${run}`)
const look = async (run: string) => findRun(process.database, engine.tenantId, run)
/** Stretch after stretch, to the end. */
const goOnWith = async (runs: ReturnType<typeof runsOf>, run: string): Promise<number> => {
  for (let stretches = 0; ; stretches += 1) {
    if ((await look(run))?.state !== 'running') return stretches
    await runs.goOn({ tenantId: engine.tenantId, run })
  }
}
const decisions = async (leads: readonly string[]): Promise<number[]> =>
  Promise.all(
    leads.map(
      async (lead) =>
        (await process.reader.read(engine.tenantId, lead))?.events.filter(({ type }) => type === 'delivery.decided')
          .length ?? 0,
    ),
  )
const states = async (leads: readonly string[]): Promise<string[]> =>
  (
    await engine.db.inspect<{ state: string }>('select state from millrace.delivery where lead_id = any ($1)', [leads])
  ).map(({ state }) => state)

describe('many dead letters put away', () => {
  it('are so in stretches, and the job for the next stands in the transaction that notes the last', async () => {
    const leads = await die(10)
    const run = await start('discard', 0)
    expect(run).toMatchObject({ state: 'running', matched: 10, done: 0 })
    expect(await jobs()).toContain(`deliveries.discard ${run.id}`)
    await runsOf().goOn({ tenantId: engine.tenantId, run: run.id })
    expect(await look(run.id)).toMatchObject({ state: 'running', done: 4 })
    expect(await jobs()).toContain(`deliveries.discard ${run.id}`)
    expect(await goOnWith(runsOf(), run.id)).toBe(2)
    expect(await look(run.id)).toMatchObject({ state: 'done', done: 10, refused: 0, stretch: null })
    expect(await states(leads)).toEqual(Array(10).fill('discarded'))
    expect(await decisions(leads)).toEqual(Array(10).fill(1))
  })

  it('go on where a process died at them, and are counted whole', async () => {
    const leads = await die(6)
    const run = await start('discard', 0)
    await expect(dyingAfter(2).goOn({ tenantId: engine.tenantId, run: run.id })).rejects.toThrow('died here')
    expect(await look(run.id)).toMatchObject({ state: 'running', done: 0, stretch: { letters: { length: 4 } } })
    await goOnWith(runsOf(), run.id)
    expect(await look(run.id)).toMatchObject({ state: 'done', done: 6, refused: 0 })
    expect(await decisions(leads)).toEqual(Array(6).fill(1))
  })

  it('stay dead letters from when that was called off', async () => {
    const leads = await die(6)
    const run = await start('discard', 0)
    await runsOf().goOn({ tenantId: engine.tenantId, run: run.id })
    const asked = { tenantId: engine.tenantId, id: run.id, by: 'bo', now: engine.clock.now() }
    expect(await cancelRun(process.database, asked)).toBe(true)
    expect(await goOnWith(runsOf(), run.id)).toBe(0)
    await runsOf().goOn({ tenantId: engine.tenantId, run: run.id })
    expect(await look(run.id)).toMatchObject({ state: 'canceled', done: 4, endedBy: 'bo' })
    expect((await states(leads)).toSorted()).toEqual([...Array(2).fill('dead'), ...Array(4).fill('discarded')])
  })
})

describe('many dead letters sent again', () => {
  it('are each sent once where a process died at the first of them, also one that was given up again meanwhile', async () => {
    const leads = await die(4)
    const run = await start('replay', 1)
    await expect(dyingAfter(2).goOn({ tenantId: engine.tenantId, run: run.id })).rejects.toThrow('died here')
    const from = sink.requests.length
    engine.clock.advance(10_000)
    // The two that were decided about go out, and come back as dead letters.
    await process.work()
    expect(sink.requests.length).toBe(from + 2)
    expect(await states(leads)).toEqual(Array(4).fill('dead'))
    await goOnWith(runsOf(), run.id)
    engine.clock.advance(10_000)
    await process.work()
    expect(await look(run.id)).toMatchObject({ state: 'done', matched: 4, done: 4, refused: 0 })
    expect(sink.requests.length).toBe(from + 4)
    expect(await decisions(leads)).toEqual(Array(4).fill(1))
  })

  it('keep their pace over a crash: it goes on at the times that were planned', async () => {
    const leads = await die(4)
    const run = await start('replay', 0.5)
    await expect(dyingAfter(1).goOn({ tenantId: engine.tenantId, run: run.id })).rejects.toThrow('died here')
    await goOnWith(runsOf(), run.id)
    const due = await engine.db.inspect<{ s: number }>(
      `select extract(epoch from next_at - min(next_at) over ())::integer as s
       from millrace.delivery where lead_id = any ($1) order by next_at`,
      [leads],
    )
    expect(due.map(({ s }) => s)).toEqual([0, 2, 4, 6])
    engine.clock.advance(60_000)
    await process.work()
  })

  it('are counted once where two processes are at the same ones', async () => {
    const leads = await die(3)
    const run = await start('replay', 100)
    await Promise.all([
      runsOf().goOn({ tenantId: engine.tenantId, run: run.id }),
      runsOf().goOn({ tenantId: engine.tenantId, run: run.id }),
    ])
    await goOnWith(runsOf(), run.id)
    const { done = 0, refused = 0 } = (await look(run.id)) ?? {}
    expect(done + refused).toBe(3)
    expect(await decisions(leads)).toEqual(Array(3).fill(1))
  })
})
