import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, asker, type TestApi, testApi } from '../../test/support/api.ts'
import { scansOf, sharedPlan } from '../../test/support/plans.ts'
import { openSink, type Sink } from '../../test/support/sink.ts'
import type { Database } from '../database/pool.ts'
import { forgetDeparted, tidyDeparted } from '../delivery/departed.ts'
import { setHolds } from '../delivery/holds.ts'
import { holdByHouse, openBreaker } from '../delivery/store.ts'

let api: TestApi
let token: string
let sink: Sink
const ask = asker(() => ({ api, token }))

const flow = (name = 'crm'): string => `
flow: left
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
destinations: { ${name}: { type: http, url: "${sink.url}/${name}", repeat: keyed, attempts: 1, breaker: 'off' } }
enrichers: { known: { url: "${sink.url}/known", repeat: safe, fresh_for: 1d, facts: { employer: employer } } }
steps: [ { deliver: { to: ${name} } } ]
`

beforeAll(async () => {
  sink = await openSink()
  api = await testApi()
  token = await api.signIn(ADMIN)
})
afterEach(async () => {
  sink.otherwise({ do: 'answer' })
  for (const table of ['alert', 'delivery', 'hold', 'destination_state', 'webhook'])
    await api.home.inspect(`delete from millrace.${table}`)
})
afterAll(async () => {
  await api.close()
  await sink.close()
})

const lane = (destination: string, flowId = 'left') => ({ tenantId: api.home.tenantId, flowId, destination })
const open = (destination: string, flowId?: string) =>
  openBreaker(api.home.house.database, lane(destination, flowId), {
    now: api.clock.now(),
    code: 'destination.unavailable',
    pause: () => 30_000,
  })
const pause = (destination: string) =>
  holdByHouse(api.home.house.database, lane(destination), { code: 'destination.credentials', now: api.clock.now() })
const known = async () => [
  ...(await api.home.inspect<{ name: string }>(
    `select destination as name from millrace.destination_state where breaker <> 'closed' order by 1`,
  )),
  ...(await api.home.inspect<{ name: string }>('select name from millrace.hold order by 1')),
]
const names = async () => (await known()).map(({ name }) => name)
const standing = async () => {
  await api.home.house.feed.alerts.round()
  const { items } = (await ask('GET', '/api/v1/alerts?state=open')).json()
  return items.map(({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`).toSorted()
}
const health = async () => (await ask('GET', '/api/admin/lead-pipeline?metric=system-health')).json().data.status
const tend = () => api.home.house.upkeep.tendTenants()

describe('a destination that left its flow', () => {
  it('is broken and paused by the house no longer where nothing of it is open; its alerts are over', async () => {
    await api.home.publish(flow())
    await open('crm')
    await open('known')
    await pause('crm')
    expect(await standing()).toEqual([
      'breaker_open left/crm',
      'breaker_open left/known',
      'destination_paused left/crm',
    ])
    expect(await health()).toBe('degraded')
    // Published as it is, nothing of it changes.
    await api.home.publish(flow())
    expect(await names()).toEqual(['crm', 'known', 'left/crm'])
    await api.home.publish(flow('erp'))
    expect(await names()).toEqual(['known'])
    expect(await standing()).toEqual(['breaker_open left/known'])
    await api.home.publish(flow('erp').replace(/^enrichers.*$/m, ''))
    expect(await standing()).toEqual([])
    expect(await health()).toBe('healthy')
  })

  it('keeps both until what is open of it is seen to', async () => {
    await api.home.publish(flow())
    sink.otherwise({ do: 'answer', status: 404 })
    await api.home.submit('left', 'web', { email: 'ada@example.com' })
    await open('crm')
    await pause('crm')
    await api.home.publish(flow('erp'))
    await tend()
    expect(await names()).toEqual(['crm', 'left/crm'])
    const put = await ask('POST', '/api/v1/dead-letters/discard', { payload: { destination: 'crm', reason: 'gone' } })
    await api.home.house.delivery.deadLetters.goOn({ tenantId: api.home.tenantId, run: put.json().id })
    await tend()
    expect(await names()).toEqual([])
    expect(await standing()).toEqual([])
  })

  it('is forgotten also where a call that was under way broke it afterwards, and none that is still called', async () => {
    await api.home.publish(flow('erp'))
    await open('crm')
    await open('erp')
    await open('known')
    await tend()
    expect(await names()).toEqual(['erp', 'known'])
    await open('crm', 'never')
    await tend()
    expect(await names()).toEqual(['erp', 'known'])
  })

  it('is asked for only where something is stopped that may have left: of what is called nothing is deleted', async () => {
    const { tenantId, house } = api.home
    const asked: string[] = []
    const batch: Database['batch'] = (tenants, statements) => {
      asked.push(...statements.map(({ name }) => name ?? ''))
      return house.database.batch(tenants, statements)
    }
    await open('crm')
    const tidy = async (called: readonly string[]) => {
      asked.length = 0
      await tidyDeparted({ ...house.database, batch }, tenantId, async () => called)
      return asked.slice(1)
    }
    expect(await tidy(['crm', 'erp'])).toEqual([])
    expect(await names()).toEqual(['crm'])
    expect(await tidy(['erp'])).toEqual(['forget_departed_breakers', 'forget_departed_holds'])
    expect(await names()).toEqual([])
  })

  it('stays paused where a person paused it', async () => {
    await api.home.publish(flow())
    const { tenantId, house } = api.home
    const holds = [{ scope: 'destination', name: 'left/crm' }] as const
    await house.database.transaction([tenantId], (tx) =>
      setHolds(tx, { tenantId, holds, now: api.clock.now(), until: null, by: 'ada', reason: null }),
    )
    await api.home.publish(flow('erp'))
    await tend()
    expect(await names()).toEqual(['left/crm'])
  })

  it('is looked for among what is open of it alone, with no statistics to go by', async () => {
    const { tenantId, house } = api.home
    for (const statement of forgetDeparted(tenantId, 'left', ['crm'])) {
      const nodes = await house.database.transaction([tenantId], (tx) => sharedPlan(tx, statement))
      const scans = scansOf(nodes, ['delivery'])
      expect(scans).toHaveLength(1)
      for (const { node } of scans) expect(node['Index Cond']).toMatch(/flow_id = .*destination = /)
    }
  })
})

it('a webhook that is gone leaves no breaker behind; one that is there keeps its own', async () => {
  const add = async (): Promise<string> => {
    const payload = { url: `${sink.url}/hook`, events: ['lead.accepted'] }
    return (await ask('POST', '/api/v1/webhooks', { payload })).json().id
  }
  const [gone, stays] = [await add(), await add()]
  for (const id of [gone, stays]) await open(id, '~webhooks')
  await ask('DELETE', `/api/v1/webhooks/${gone}`)
  expect(await names()).toEqual([stays])
  await open(gone, '~webhooks')
  await tend()
  expect(await names()).toEqual([stays])
})
