import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setHolds } from '../../src/delivery/holds.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process

const flow = (): string => `
flow: urgent
fields: { email: email, as: string }
sources: [ { id: web } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, concurrency: 1 }
  second: { type: http, url: "${sink.url}/second", repeat: keyed }
steps:
  - deliver: { id: emergency, to: crm, priority: emergency, when: 'lead.as == "emergency"' }
  - deliver: { id: usual, to: crm, when: 'lead.as == "usual"' }
  - deliver: { id: high, to: crm, priority: high, when: 'lead.as == "high"' }
  - deliver: { id: medium, to: crm, priority: medium, when: 'lead.as == "medium"' }
  - deliver: { id: low, to: crm, priority: low, when: 'lead.as == "low"' }
  - deliver: { id: own, to: crm, priority: low, delay: 90s, when: 'lead.as == "own"' }
  - deliver: { id: turn, to: [crm, second], pattern: waterfall, priority: medium, when: 'lead.as == "turn"' }
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(flow())
  process = await engine.start()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

let count = 0
const submit = (as: string) => {
  count += 1
  return process.submit({ flow: 'urgent', values: { email: `${as}.${count}@example.com`, as } })
}
const delivered = async (id: string) =>
  [...((await process.reader.read(engine.tenantId, id))?.lead.deliveries.values() ?? [])].map(
    ({ outcome, nextAt }) => ({ outcome, nextAt }),
  )

describe('the priority of a deliver step', () => {
  it.each([
    ['emergency', 0],
    ['usual', 0],
    ['high', 30_000],
    ['medium', 5 * 60_000],
    ['low', 30 * 60_000],
    ['own', 90_000],
  ])('%s: the first attempt comes after its delay, and not before', async (as, delayMs) => {
    const { status, answer } = await submit(as)
    const { lead_id: id } = answer
    if (delayMs > 0) {
      expect(status).toBe(202)
      expect(await delivered(id)).toEqual([{ outcome: 'open', nextAt: engine.clock.now() + delayMs }])
      engine.clock.advance(delayMs - 1)
      await process.work()
      expect(await delivered(id)).toMatchObject([{ outcome: 'open' }])
      engine.clock.advance(1)
      await process.work()
    }
    expect(await delivered(id)).toMatchObject([{ outcome: 'success' }])
  })

  it('delays a waterfall once, not once for each of its destinations', async () => {
    sink.otherwise((request) => ({ do: 'answer', status: request.path === '/crm' ? 422 : 200 }))
    const { answer } = await submit('turn')
    engine.clock.advance(5 * 60_000)
    await process.work()
    expect(await delivered(answer.lead_id)).toMatchObject([{ outcome: 'failure' }, { outcome: 'success' }])
    sink.otherwise({ do: 'answer' })
  })
})

describe('what waits for one lane', () => {
  const held = async (until: number | null) => {
    await process.database.transaction([engine.tenantId], (tx) =>
      setHolds(tx, {
        tenantId: engine.tenantId,
        holds: [{ scope: 'destination', name: 'urgent/crm' }],
        now: engine.clock.now(),
        until,
        by: 'ada',
        reason: null,
      }),
    )
    await process.gate.refresh()
  }
  /** `room`: how many of the lane may be under way. */
  const take = async (most: number, room?: number): Promise<string[]> =>
    (
      await process.database.definer<{ lead_id: string }>({
        text: 'select lead_id from millrace.take_due($1::timestamptz, $2::integer, 50, $3::integer, $4, $5)',
        values: [
          new Date(engine.clock.now()),
          process.presence.number(),
          most,
          ...(room === undefined ? ['{}', '{}'] : [`{${engine.tenantId}/urgent/crm}`, `{${room}}`]),
        ],
      })
    ).map((row) => row.lead_id)
  /** Leads of these priorities, all of them due. */
  const wait = async (priorities: readonly string[]): Promise<Record<string, string>> => {
    await held(null)
    const ids: Record<string, string> = {}
    for (const as of priorities) ids[as] = (await submit(as)).answer.lead_id
    engine.clock.advance(30 * 60_000)
    await process.database.transaction([engine.tenantId], (tx) =>
      tx.query({ text: 'delete from millrace.hold where tenant_id = $1::uuid', values: [engine.tenantId] }),
    )
    return ids
  }

  it('goes by priority: an emergency first, any other with a head start of ten minutes on the one below', async () => {
    const ids = await wait(['low', 'medium', 'high', 'usual', 'emergency'])
    const order: string[] = []
    for (let n = 0; n < 5; n += 1) order.push(...(await take(1)))
    expect(order).toEqual(['emergency', 'usual', 'high', 'medium', 'low'].map((as) => ids[as]))
  })

  it('a room of one is one for all priorities together', async () => {
    const ids = await wait(['low', 'medium', 'high', 'usual', 'emergency'])
    expect(await take(500, 1)).toEqual([ids.emergency])
    expect(await take(500)).toHaveLength(4)
  })
})
