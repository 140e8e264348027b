import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSweeper, type Sweeper } from '../../src/jobs/sweeper.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

/**
 * One tenant's million does not delay another's ten. How long a look takes is the machine's matter; how many of the
 * million are handed out before the ten is ours, and is counted here.
 */

let engine: Engine
/** Whoever takes a lead must be alive: of the dead it is taken again. */
let alive: Process
const tenants: string[] = []
const running: Sweeper[] = []

beforeAll(async () => {
  engine = await startEngine()
  alive = await engine.start()
  for (let n = 0; n < 5; n += 1) tenants.push(await engine.addTenant(`tenant-${n}`))
})
afterEach(async () => {
  for (const sweeper of running.splice(0)) await sweeper.stop()
  await engine.db.inspect('delete from millrace.work')
})
afterAll(() => engine.close())

const fill = (tenantId: string | undefined, leads: number, lanes: number) =>
  engine.db.inspect(
    `insert into millrace.work (tenant_id, lead_id, wake_at, lane)
     select $1, gen_random_uuid(), $2, 'sold/buyer-' || n % $4 from generate_series(1, $3) n`,
    [tenantId, new Date(engine.clock.now()), leads, lanes],
  )

/** A sweeper whose leads never end: each call is as slow as it can be. */
const sweep = (leadsInFlightMax: number) => {
  const taken: string[] = []
  const sweeper = createSweeper({
    database: engine.db.database,
    clock: engine.clock,
    runner: {
      inFlight: () => taken.length,
      resume: ({ tenantId }) => {
        taken.push(tenantId)
        return new Promise<never>(() => undefined)
      },
    },
    runnerNumber: () => alive.presence.number(),
    isHeld: () => true,
    leadsInFlightMax,
    gate: { rooms: () => ({ names: [], rooms: [] }) },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  })
  running.push(sweeper)
  sweeper.start()
  return { taken, of: (tenantId: string | undefined) => taken.filter((one) => one === tenantId).length, sweeper }
}

describe('a tenant with many due leads', () => {
  it('never has all places: ten of another are all taken up, though none of the many ever ends', async () => {
    const [many, few] = tenants
    await fill(many, 20_000, 40)
    const { of, sweeper } = sweep(200)
    await expect.poll(() => of(many)).toBe(100)
    await fill(few, 10, 1)
    sweeper.hint(engine.clock.now())
    await expect.poll(() => of(few)).toBe(10)
    // No further one of the many went before them.
    expect(of(many)).toBe(100)
  })

  it('has its turn with the others from the first look on: of each as many as of the ten, until those are gone', async () => {
    const [many, few, also] = tenants
    await fill(many, 20_000, 3)
    await fill(also, 20_000, 3)
    await fill(few, 10, 1)
    const rows = await engine.db.database.definer<{ tenant_id: string }>({
      text: `select tenant_id from millrace.take_due($1::timestamptz, $2::integer, 100, 30, '{}', '{}')`,
      values: [new Date(engine.clock.now()), alive.presence.number()],
    })
    expect(rows).toHaveLength(30)
    for (const tenantId of [many, few, also]) expect(rows.filter((row) => row.tenant_id === tenantId)).toHaveLength(10)
  })

  it('leaves a part free, however many want all: each of n has a part in n + 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 12, max: 120 }), async (greedy, places) => {
        await engine.db.inspect('delete from millrace.work')
        for (const tenantId of tenants.slice(0, greedy)) await fill(tenantId, 300, 7)
        const { taken, of, sweeper } = sweep(places)
        const free = () => places - taken.length
        // It stands still when none may take more: each holds as many as are free, or one more for the rounding.
        await expect.poll(() => tenants.slice(0, greedy).every((tenantId) => of(tenantId) >= free())).toBe(true)
        await fill(tenants[4], 1, 1)
        sweeper.hint(engine.clock.now())
        await expect.poll(() => of(tenants[4])).toBe(1)
        await sweeper.stop()
      }),
      { numRuns: 6 },
    )
  })
})
