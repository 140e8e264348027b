import { afterAll, beforeAll, expect, it } from 'vitest'
import { translate } from '../../src/database/errors.ts'
import { type Engine, startEngine } from '../support/engine.ts'

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
  await engine.publish(`
flow: waiting
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { wait: { for: 10m } } ]
`)
})
afterAll(() => engine.close())

it('counts a run whose commit the server gave up for how long it took: it may be the lead that takes so long', async () => {
  const process = await engine.start({
    wrap: ({ appender, outbound }) => ({
      outbound,
      appender: {
        pending: appender.pending,
        append: async (commit) => {
          if (!commit.isNew) throw translate({ severity: 'ERROR', code: '57014', message: 'canceling statement' })
          return appender.append(commit)
        },
      },
    }),
  })
  const { answer } = await process.submit({ flow: 'waiting', values: { email: 'ada@example.com' } })
  engine.clock.advance(600_000)
  await process.work()
  expect(process.doubts).toEqual([{ tenantId: engine.tenantId, leadId: answer.lead_id, away: false }])
})
