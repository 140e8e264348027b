import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, startEngine } from '../support/engine.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

/** Flows are published while their leads are under way: each lead keeps to the version that it began with. */

let engine: Engine
let home: TestHouse

beforeAll(async () => {
  engine = await startEngine()
  home = await testHouse()
})
afterAll(async () => {
  await engine.close()
  await home.close()
})

const flow = (id: string, steps: string) => `
flow: ${id}
fields: { email: { type: email, required: true }, contact: string }
sources: [ { id: web } ]
steps:
${steps}`

it('a lead that waits ends under its version, on whatever process takes it up', async () => {
  const version = (n: number) =>
    flow('moving', `  - wait: { for: 10m }\n  - set: { id: as${n}, fields: { contact: v${n} } }\n`)
  await engine.publish(version(1))
  const process = await engine.start()
  const { answer } = await process.submit({ flow: 'moving', values: { email: 'first@example.com' } })
  expect(answer.code).toBe('waiting')
  await engine.publish(version(2))
  engine.clock.advance(600_000)
  const other = await engine.start()
  await other.work()
  const read = await other.reader.read(engine.tenantId, answer.lead_id)
  expect(read?.row).toMatchObject({ flow_version: 1, outcome: 'success' })
  expect(read?.lead.steps.map(({ id }) => id)).toContain('as1')
  expect(read?.lead.fields.contact?.normal).toBe('v1')
})

it('leads that come in meanwhile run what their version says, from its first step to its last', async () => {
  const version = (n: number) =>
    flow(
      'busy',
      `  - set: { id: first${n}, fields: { contact: v${n} } }
  - dedupe: { on: [[email]] }
  - set: { id: last${n}, fields: { contact: w${n} } }
`,
    )
  await home.publish(version(1))
  const sent: Promise<unknown>[] = []
  for (let n = 2; n <= 8; n += 1) {
    for (let each = 0; each < 20; each += 1)
      sent.push(home.submit('busy', 'web', { email: `${n}.${each}@example.com` }))
    await home.publish(version(n))
  }
  await Promise.all(sent)
  const rows = await home.house.reader.list(home.tenantId, { flow: 'busy' }, { before: null, limit: 200 })
  expect(rows).toHaveLength(140)
  expect(new Set(rows.map(({ flow_version: n }) => n)).size).toBeGreaterThan(1)
  for (const { id, flow_version: n } of rows) {
    const read = await home.house.reader.read(home.tenantId, id)
    expect(read?.lead.steps.map((step) => step.id)).toEqual(expect.arrayContaining([`first${n}`, `last${n}`]))
    expect(read?.lead.fields.contact?.normal).toBe(`w${n}`)
  }
})
