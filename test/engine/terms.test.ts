import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process
let other: Process

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  other = await engine.start()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const flow = (name: string, rest: string) => `
flow: ${name}
zone: America/Chicago
fields: { email: email, state: state, ask: currency }
sources: [ { id: web } ]
${rest.replaceAll('SINK', sink.url)}
`

let count = 0
const submit = async (name: string, values: Record<string, string> = {}, by = process, over = {}) => {
  count += 1
  return (await by.submit({ flow: name, values: { email: `t${count}@example.com`, ...values }, over })).answer
}
const stored = async (leadId: string) => {
  const read = await process.reader.read(engine.tenantId, leadId)
  if (!read) throw new Error('no lead')
  return read
}
const used = async (like: string): Promise<number[]> =>
  (
    await engine.db.inspect<{ used: string }>(
      'select used from millrace.cap_usage where scope like $1 order by scope',
      [like],
    )
  ).map((row) => Number(row.used))

describe('the terms of a destination', () => {
  it('let so many through, from two processes at once, and the rest is told why nobody took it', async () => {
    await engine.publish(
      flow(
        'capped',
        `price: 10.00 USD
destinations:
  crm: { name: CRM, type: http, url: SINK/crm, repeat: keyed, caps: [ { id: d, max: 3, per: day, reason: CRM has enough } ] }
steps: [ { deliver: { to: crm } } ]`,
      ),
    )
    const all = await Promise.all(Array.from({ length: 12 }, (_, n) => submit('capped', {}, n % 2 ? process : other)))
    expect(all.filter(({ accepted }) => accepted)).toHaveLength(3)
    const [refused] = all.filter(({ accepted }) => !accepted)
    expect(refused).toMatchObject({
      code: 'delivery_failed',
      price: 0,
      destinations: { CRM: { outcome: 'failure', code: 'cap_exceeded', reason: 'CRM has enough' } },
    })
    expect(sink.requests.filter(({ path }) => path === '/crm')).toHaveLength(3)
    expect(await used('capped/%')).toEqual([3])
  })

  it('give a place back where the destination refuses, at once or after its last attempt, although others took the lead', async () => {
    await engine.publish(
      flow(
        'returned',
        `destinations:
  a: { type: http, url: SINK/ra, repeat: keyed, attempts: 2, retry_delay: 60s, caps: [ { id: d, max: 1, per: total } ] }
  b: { type: http, url: SINK/rb, repeat: keyed }
steps: [ { deliver: { to: [a, b] } } ]`,
      ),
    )
    sink.otherwise(({ path }) => ({ do: 'answer', status: path === '/ra' ? 422 : 200 }))
    const first = await submit('returned')
    expect(first).toMatchObject({ accepted: true, destinations: { a: { outcome: 'failure' } } })
    expect(await used('returned/%')).toEqual([0])
    sink.otherwise(({ path }) => ({ do: 'answer', status: path === '/ra' ? 503 : 200 }))
    const second = await submit('returned')
    expect(second.destinations.a).toMatchObject({ outcome: 'pending' })
    expect(await used('returned/%')).toEqual([1])
    expect((await submit('returned')).destinations.a).toMatchObject({ code: 'cap_exceeded' })
    engine.clock.advance(10 * 60_000)
    await process.work()
    expect((await stored(second.lead_id)).lead.deliveries.size).toBe(2)
    expect(await used('returned/%')).toEqual([0])
    sink.otherwise(() => ({ do: 'answer', status: 200 }))
    expect((await submit('returned', {}, other)).destinations.a).toMatchObject({ outcome: 'success' })
  })

  it('bound what flows by itself, not what a person sends again: that is delivered though the cap is full, and not counted', async () => {
    await engine.publish(
      flow(
        'resent',
        `destinations:
  a: { type: http, url: SINK/rs, repeat: keyed, attempts: 1, breaker: 'off', caps: [ { id: d, max: 1, per: total } ] }
steps: [ { deliver: { to: a } } ]`,
      ),
    )
    sink.otherwise(() => ({ do: 'answer', status: 404 }))
    const { lead_id: leadId } = await submit('resent')
    sink.otherwise(() => ({ do: 'answer', status: 200 }))
    expect((await submit('resent')).destinations.a).toMatchObject({ outcome: 'success' })
    expect(await used('resent/%')).toEqual([1])
    const [dead] = [...(await stored(leadId)).lead.deliveries.values()]
    await process.amendments.decideDelivery({
      tenantId: engine.tenantId,
      leadId,
      deliveryId: dead?.id ?? '',
      decision: 'send_again',
      by: 'ada',
      reason: null,
    })
    await process.work()
    expect([...(await stored(leadId)).lead.deliveries.values()]).toMatchObject([{ outcome: 'success' }])
    expect(await used('resent/%')).toEqual([1])
  })

  it('hold for what nobody heard of: arrived, it stands at the agreed price; not arrived, its place is free again', async () => {
    await engine.publish(
      flow(
        'unheard',
        `destinations:
  a: { type: http, url: SINK/uh, repeat: unsafe, price: 30.00 USD, breaker: 'off', caps: [ { id: d, max: 2, per: total } ] }
  b: { type: http, url: SINK/ub, repeat: keyed }
steps: [ { deliver: { to: [a, b] } } ]`,
      ),
    )
    sink.otherwise(({ path }) => (path === '/uh' ? { do: 'reset' } : { do: 'answer' }))
    const [arrived, lost] = [await submit('unheard'), await submit('unheard')]
    sink.otherwise({ do: 'answer' })
    expect(await used('unheard/%')).toEqual([2])
    const decide = async (leadId: string, decision: 'delivered' | 'not_delivered') => {
      const found = [...(await stored(leadId)).lead.deliveries.values()].find((one) => one.destination === 'a')
      const deliveryId = found?.id ?? ''
      await process.amendments.decideDelivery({
        tenantId: engine.tenantId,
        leadId,
        deliveryId,
        decision,
        by: 'ada',
        reason: null,
      })
      await process.work()
      return (await stored(leadId)).lead
    }
    expect((await decide(arrived.lead_id, 'delivered')).closed).toMatchObject({ outcome: 'success', revenue: '30.00' })
    expect(await used('unheard/%')).toEqual([2])
    expect((await decide(lost.lead_id, 'not_delivered')).closed).toMatchObject({ outcome: 'success', revenue: '0' })
    expect(await used('unheard/%')).toEqual([1])
    expect((await submit('unheard')).destinations.a).toMatchObject({ outcome: 'success' })
  })

  it('leave nothing of a destination that is not offered the lead, whatever others reserve at the same time', async () => {
    await engine.publish(
      flow(
        'beside',
        `destinations:
  poor: { type: http, url: SINK/poor, repeat: keyed, price: { rules: [ { id: v, tiers: [ { amount: 5.00 USD } ] } ] }, floor: 9.00 USD }
  rich: { type: http, url: SINK/rich, repeat: keyed, caps: [ { id: d, max: 100, per: total } ] }
steps: [ { deliver: { to: [poor, rich] } } ]`,
      ),
    )
    const all = await Promise.all(Array.from({ length: 6 }, (_, n) => submit('beside', {}, n % 2 ? process : other)))
    for (const { destinations } of all)
      expect(destinations).toMatchObject({ poor: { code: 'below_floor' }, rich: { outcome: 'success' } })
    expect(await used('beside/destination.poor/%')).toEqual([])
    expect(await used('beside/destination.rich/%')).toEqual([6])
  })

  it('count a buyer’s money over destinations and flows', async () => {
    const text = (name: string) =>
      flow(
        name,
        `destinations:
  one: { type: http, url: SINK/one, repeat: keyed, buyer: acme, price: 40.00 USD, buyer_caps: [ { id: budget, max: 100.00 USD, per: month } ] }
  two: { type: http, url: SINK/two, repeat: keyed, buyer: acme, price: 25.00 USD, buyer_caps: [ { id: budget, max: 100.00 USD, per: month } ] }
steps: [ { deliver: { to: [one, two], pattern: waterfall } } ]`,
      )
    await engine.publish(text('buyer-a'))
    await engine.publish(text('buyer-b'))
    const sold: string[] = []
    for (const name of ['buyer-a', 'buyer-b', 'buyer-a', 'buyer-b']) {
      const { lead_id } = await submit(name)
      sold.push((await stored(lead_id)).lead.closed?.revenue ?? '')
    }
    expect(sold).toEqual(['40.00', '40.00', '0', '0'])
    expect(await used('*/buyer/acme/%')).toEqual([80_000_000])
  })

  it('are open by its own clock: closed ones are passed by, or wait until the next opening', async () => {
    await engine.publish(
      flow(
        'hours',
        `destinations:
  day: { name: Day, type: http, url: SINK/day, repeat: keyed, schedule: { zone: Europe/Zurich, open: { mon-fri: 09:00-17:00 }, outside: skip } }
  later: { name: Later, type: http, url: SINK/later, repeat: keyed, schedule: { zone: America/New_York, open: { daily: 08:00-09:00 }, outside: wait } }
steps: [ { deliver: { to: [day, later] } } ]`,
      ),
    )
    // Thursday, 22:00 in Zurich and 16:00 in New York.
    engine.clock.set(Date.UTC(2027, 0, 14, 21))
    const answer = await submit('hours')
    expect(answer.destinations).toMatchObject({
      Day: { outcome: 'failure', code: 'closed', reason: 'Outside of open hours' },
      Later: { outcome: 'pending' },
    })
    await process.work()
    expect(sink.requests.some(({ path }) => path === '/later')).toBe(false)
    engine.clock.set(Date.UTC(2027, 0, 15, 13))
    await process.work()
    expect(sink.requests.filter(({ path }) => path === '/later')).toHaveLength(1)
    expect((await stored(answer.lead_id)).row.outcome).toBe('success')
  })

  it('set what is paid by rules, and are not offered what pays too little', async () => {
    await engine.publish(
      flow(
        'priced',
        `price: { amount: 10.00 USD }
destinations:
  rich: { type: http, url: SINK/rich, repeat: keyed, price: { rules: [ { id: texas, when: lead.state == "TX", amount: 30.00 USD } ], amount: 12.00 USD }, floor: 15.00 USD }
  thin: { type: http, url: SINK/thin, repeat: keyed, price: 11.00 USD, margin: 20% }
  fair: { type: http, url: SINK/fair, repeat: keyed, price: 12.50 USD, margin: 20% }
steps:
  - deliver: { to: [rich, thin, fair], pattern: waterfall }
  - price: { id: share, rules: [ { id: rev-share, percent: 80 } ], floor: 5.00 USD, ceiling: 20.00 USD }`,
      ),
    )
    const texas = await submit('priced', { state: 'TX' })
    expect(texas).toMatchObject({ price: 20, destinations: { rich: { outcome: 'success' } } })
    const ohio = await submit('priced', { state: 'OH' })
    expect(ohio).toMatchObject({
      price: 10,
      destinations: {
        rich: { code: 'below_floor', reason: 'Pays 12.00 USD, less than the floor' },
        thin: { code: 'below_floor' },
        fair: { outcome: 'success' },
      },
    })
    const { lead, events } = await stored(texas.lead_id)
    expect(lead.closed).toMatchObject({ price: '20.00', revenue: '30.00' })
    const opened = events.find(({ type }) => type === 'delivery.opened')
    expect(opened?.data).toMatchObject({ price: { amount: '30.00', currency: 'USD' }, price_rule: 'texas' })
  })
})

describe('prices', () => {
  it('by volume step down exactly, from two processes at once, and count nobody who is turned away', async () => {
    await engine.publish(
      flow(
        'tiers',
        `steps:
  - price: { rules: [ { id: volume, tiers: [ { up_to: 3, amount: 15.00 USD }, { up_to: 5, amount: 12.00 USD }, { amount: 9.99 USD } ] } ] }
  - filter: { when: lead.state == "TX" }`,
      ),
    )
    await Promise.all(Array.from({ length: 4 }, () => submit('tiers', { state: 'NY' })))
    const all = await Promise.all(
      Array.from({ length: 7 }, (_, n) => submit('tiers', { state: 'TX' }, n % 2 ? process : other)),
    )
    expect(all.map(({ price }) => price).sort((a, b) => a - b)).toEqual([9.99, 9.99, 12, 12, 15, 15, 15])
  })

  it('come from the source’s own field, the last rule that applies, within bounds, to the cent', async () => {
    await engine.publish(
      flow(
        'asked',
        `steps:
  - price:
      match: last
      ceiling: 50.00 USD
      rules:
        - { id: flat, amount: 1.00 USD }
        - { id: asked, from: lead.ask }
        - { id: cut, when: lead.state == "NY", percent: 33.333, of: lead.ask }`,
      ),
    )
    const priceOf = async (values: Record<string, string>) => {
      const { lead_id, price } = await submit('asked', values)
      const set = (await stored(lead_id)).events.find(({ type }) => type === 'price.set')
      return [price, (set?.data as { rule?: string } | undefined)?.rule]
    }
    expect(await priceOf({})).toEqual([1, 'flat'])
    expect(await priceOf({ ask: '$12.34' })).toEqual([12.34, 'asked'])
    expect(await priceOf({ ask: '$900' })).toEqual([50, 'asked'])
    expect(await priceOf({ ask: '$10.01', state: 'NY' })).toEqual([3.34, 'cut'])
    // No more than the ceiling, and nothing for a test.
    expect((await submit('asked', { ask: '$12.34' }, process, { test: true })).price).toBe(0)
  })
})
