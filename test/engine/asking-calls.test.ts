import { afterAll, beforeAll, expect, it } from 'vitest'
import { Fault } from '../../src/base/faults.ts'
import type { OutboundRequest, OutboundResponse } from '../../src/outbound/outbound.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { storeSecret } from '../support/secrets.ts'

/** A call that only asks leaves nothing in doubt, also where what it is asked for would be taken twice. */

let engine: Engine
let process: Process
/** What Pipedrive is asked, and what it says. */
const calls: string[] = []
let answer: (request: OutboundRequest) => string | null = () => null

beforeAll(async () => {
  engine = await startEngine()
  await engine.publish(`
flow: inbox
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { crm: { type: pipedrive, token: pipedrive, retry_delay: 10s } }
steps: [ { deliver: { to: crm, map: { email: '{{ lead.email }}' } } } ]
`)
  process = await engine.start({
    wrap: ({ appender, outbound }) => ({
      appender,
      outbound: {
        ...outbound,
        send: async (request): Promise<OutboundResponse> => {
          calls.push(`${request.method} ${new URL(request.url).pathname}`)
          const body = answer(request)
          if (body === null) throw new Fault('destination.unknown_outcome', { message: 'The connection broke' })
          return { status: 200, headers: {}, body, ms: 1 }
        },
      },
    }),
  })
  await storeSecret(engine, process, 'pipedrive', 'token')
})
afterAll(() => engine.close())

const deliveryOf = async (leadId: string) => [
  ...((await process.reader.read(engine.tenantId, leadId))?.lead.deliveries.values() ?? []),
]

it('a search that goes unanswered is made again; the lead after it, unanswered, waits for a person', async () => {
  answer = () => null
  const { answer: told } = await process.submit({ flow: 'inbox', values: { email: 'ask@example.com' } })
  expect(told.destinations.crm).toMatchObject({ outcome: 'pending', code: 'destination.unavailable' })
  answer = ({ method }) => (method === 'GET' ? '{"success":true,"data":{"items":[{"item":{"id":7}}]}}' : null)
  engine.clock.advance(60_000)
  await process.work()
  expect(calls).toEqual(['GET /api/v2/persons/search', 'GET /api/v2/persons/search', 'POST /v1/leads'])
  expect(await deliveryOf(told.lead_id)).toMatchObject([{ parked: true, code: 'destination.unknown_outcome' }])
})
