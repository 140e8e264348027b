import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSweeper, type Sweeper } from '../../src/jobs/sweeper.ts'
import { type Engine, startEngine } from '../support/engine.ts'

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.close())

const OWN = 901
const OTHER = 902
let count = 0
const newLead = (): string => {
  count += 1
  return `00000000-0000-7000-8000-${String(count).padStart(12, '0')}`
}

const work = (leadId: string, runner: number | null, attempts = 0) =>
  engine.db.inspect(
    'insert into millrace.work (tenant_id, lead_id, wake_at, runner, attempts) values ($1, $2, $3, $4, $5)',
    [engine.tenantId, leadId, new Date(engine.clock.now()), runner, attempts],
  )

const standing = async (leadId: string) =>
  (
    await engine.db.inspect<{ runner: number | null; attempts: number; wake_at: Date }>(
      'select runner, attempts, wake_at from millrace.work where lead_id = $1',
      [leadId],
    )
  )[0]

/** A sweeper that tells whom it would take up, and when it has looked. */
const looking = (state: { held: boolean }) => {
  const taken: { leadId: string; attempts: number }[] = []
  let looks = 0
  const sweeper: Sweeper = createSweeper({
    database: engine.db.database,
    clock: engine.clock,
    runner: {
      inFlight: () => 0,
      resume: async ({ leadId, attempts }) => {
        taken.push({ leadId, attempts })
      },
    },
    runnerNumber: () => OWN,
    isHeld: () => {
      looks += 1
      return state.held
    },
    leadsInFlightMax: 100,
    gate: { rooms: () => ({ names: [], rooms: [] }) },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  })
  return {
    sweeper,
    taken,
    looked: async (): Promise<void> => {
      const from = looks
      await expect.poll(() => looks).toBeGreaterThan(from + 1)
    },
  }
}

describe('the sweeper', () => {
  it('takes nothing under a number that is no longer its process’s', async () => {
    const leadId = newLead()
    await work(leadId, null)
    const state = { held: false }
    const { sweeper, taken, looked } = looking(state)
    sweeper.start()
    await looked()
    expect(taken).toEqual([])
    expect(await standing(leadId)).toMatchObject({ runner: null, attempts: 0 })
    state.held = true
    await expect.poll(() => taken).toContainEqual({ leadId, attempts: 1 })
    await sweeper.stop()
  })

  it('frees a lead its process lost sight of, and none that another has taken up since', async () => {
    const [own, other, broke, late] = [newLead(), newLead(), newLead(), newLead()]
    await work(own, OWN, 3)
    await work(other, OTHER, 1)
    await work(broke, OWN, 3)
    const { sweeper, looked } = looking({ held: false })
    for (const [leadId, away] of [
      [own, true],
      [other, true],
      [broke, false],
      [late, true],
    ] as const)
      sweeper.doubt({ tenantId: engine.tenantId, leadId, away })
    sweeper.start()
    await looked()
    const now = engine.clock.now()
    // A run that only the database ended is not counted against the lead; any other is followed by a pause.
    expect(await standing(own)).toEqual({ runner: null, attempts: 2, wake_at: new Date(now) })
    expect(await standing(broke)).toEqual({ runner: null, attempts: 3, wake_at: new Date(now + 30_000) })
    expect(await standing(other)).toMatchObject({ runner: OTHER, attempts: 1 })
    // A commit whose answer was lost may show up a little later.
    await work(late, OWN)
    await expect.poll(async () => (await standing(late))?.runner).toBeNull()
    // Settled once: taken up again, it is left alone.
    await engine.db.inspect('update millrace.work set runner = $2 where lead_id = $1', [own, OWN])
    await looked()
    expect(await standing(own)).toMatchObject({ runner: OWN })
    await sweeper.stop()
  })

  it('finds an unfinished lead that stands in no queue within a minute, however old', async () => {
    await engine.publish(`
flow: lost
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { later: { type: http, url: 'https://later.example.com/x' } }
steps: [ { deliver: { to: later, delay: 7d } } ]
`)
    const process = await engine.start()
    const { sweeper, taken, looked } = looking({ held: true })
    sweeper.start()
    await looked()
    const { answer } = await process.submit({ flow: 'lost', values: { email: 'lost@example.com' } })
    expect(await standing(answer.lead_id)).toBeDefined()
    // Looked at and found in order many times: it is lost long after it came in.
    for (let days = 0; days < 3; days += 1) {
      engine.clock.advance(24 * 3_600_000)
      await looked()
    }
    await engine.db.inspect('delete from millrace.work where lead_id = $1', [answer.lead_id])
    engine.clock.advance(24_000)
    await looked()
    expect(await standing(answer.lead_id)).toBeUndefined()
    for (let seconds = 24; seconds < 60; seconds += 6) {
      engine.clock.advance(6_000)
      await looked()
    }
    expect(await standing(answer.lead_id)).toBeDefined()
    expect(taken.map(({ leadId }) => leadId)).toContain(answer.lead_id)
    await sweeper.stop()
  })

  it('takes up what is due though the search for lost leads fails', async () => {
    const leadId = newLead()
    await work(leadId, null)
    await engine.db.inspect('alter function millrace.adopt_lost_work(timestamptz, timestamptz) rename to out_of_order')
    const { sweeper, taken } = looking({ held: true })
    sweeper.start()
    await expect.poll(() => taken).toContainEqual({ leadId, attempts: 1 })
    await sweeper.stop()
    await engine.db.inspect('alter function millrace.out_of_order(timestamptz, timestamptz) rename to adopt_lost_work')
  })

  it('hands each tenant its turn: one with many due leads does not hold up another with few', async () => {
    const quiet = await engine.addTenant('quiet')
    for (let n = 0; n < 60; n += 1) await work(newLead(), null)
    const leadId = newLead()
    await engine.db.inspect('insert into millrace.work (tenant_id, lead_id, wake_at) values ($1, $2, $3)', [
      quiet,
      leadId,
      new Date(engine.clock.now()),
    ])
    const rows = await engine.db.database.definer<{ tenant_id: string; lead_id: string }>({
      text: `select tenant_id, lead_id from millrace.take_due($1::timestamptz, $2::integer, 50, 500, '{}', '{}')`,
      values: [new Date(engine.clock.now()), OWN],
    })
    expect(rows.filter((row) => row.tenant_id === engine.tenantId)).toHaveLength(50)
    expect(rows.filter((row) => row.tenant_id === quiet).map((row) => row.lead_id)).toEqual([leadId])
  })
})
