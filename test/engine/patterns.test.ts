import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { type Behaviour, openSink, type Sink } from '../support/sink.ts'

/** A lead goes to some of several destinations: to as many as are wanted, in their turn, and to no more. */

let engine: Engine
let sink: Sink

const ACCEPT: Behaviour = { do: 'answer', status: 201, body: '{"id":1,"price":"7.00"}' }
const REFUSE: Behaviour = { do: 'answer', status: 422 }
const BROKEN: Behaviour = { do: 'answer', status: 500 }

let behaviours: Record<string, Behaviour> = {}
const answers = (given: Record<string, Behaviour>): void => {
  behaviours = given
}
const names = ['a', 'b', 'c', 'd']
const sentTo = (flow: string): string[] =>
  sink.requests.filter(({ path }) => path.startsWith(`/${flow}/`)).map(({ path }) => path.split('/')[2] ?? '')
const countOf = (flow: string): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of sentTo(flow)) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const publish = (name: string, deliver: string, more = 'repeat: unsafe'): Promise<void> =>
  engine.publish(`
flow: ${name}
fields: { email: { type: email, required: true } }
sources: [ { id: web, price: { id: base, amount: "5.00 USD" } } ]
destinations:
${names.map((each) => `  ${each}: { type: http, url: "${sink.url}/${name}/${each}", ${more}, response: { price_path: price } }`).join('\n')}
steps:
  - deliver: ${deliver}
`)

let count = 0
const submit = (process: Process, flow: string) => {
  count += 1
  return process.submit({ flow, values: { email: `pattern${count}@example.com` } })
}

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  sink.otherwise(({ path }) => behaviours[path.split('/')[2] ?? ''] ?? ACCEPT)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

describe('a waterfall', () => {
  it('asks in order, once each, until one takes it; a broken one is passed over', async () => {
    await publish('fall', '{ to: [a, b, c, d], pattern: waterfall }')
    answers({ a: REFUSE, b: BROKEN })
    const process = await engine.start()
    const { status, answer } = await submit(process, 'fall')
    expect([status, answer.outcome]).toEqual([201, 'success'])
    expect(sentTo('fall')).toEqual(['a', 'b', 'c'])
    const found = await process.reader.read(engine.tenantId, answer.lead_id)
    expect(found?.lead.closed).toMatchObject({
      revenue: '7.00',
      deliveries: { attempted: 3, successful: 1, failed: 2 },
    })
  })

  it('gives nobody else a lead of which nobody knows whether it was taken', async () => {
    await publish('unsure', '{ to: [a, b], pattern: waterfall }')
    answers({ a: { do: 'reset' } })
    const { status, answer } = await submit(await engine.start(), 'unsure')
    expect([status, answer.code]).toEqual([202, 'unknown_outcome'])
    expect(sentTo('unsure')).toEqual(['a'])
  })

  it('follows up what was sent and not answered where that does no harm, before the next has its turn', async () => {
    await publish('keyed', '{ to: [a, b], pattern: waterfall }', 'repeat: keyed, retry_delay: 10s')
    answers({ a: { do: 'reset' } })
    const process = await engine.start()
    await submit(process, 'keyed')
    answers({ a: REFUSE })
    engine.clock.advance(11_000)
    await process.work()
    expect(sentTo('keyed')).toEqual(['a', 'a', 'b'])
  })
})

it('as many take it as the limit says, and one more is asked for each that refuses', async () => {
  await publish('limit', '{ to: [a, b, c, d], sell_limit: 2 }')
  answers({ b: REFUSE })
  const { answer } = await submit(await engine.start(), 'limit')
  expect(answer.outcome).toBe('success')
  expect(sentTo('limit').sort()).toEqual(['a', 'b', 'c'])
})

it('what none took goes to the fallback', async () => {
  await publish('fallback', '{ to: [a, b], fallback: d }')
  answers({ a: REFUSE, b: REFUSE })
  const { answer } = await submit(await engine.start(), 'fallback')
  expect(answer.outcome).toBe('success')
  expect(sentTo('fallback').sort()).toEqual(['a', 'b', 'd'])
})

it('the first that takes it has it, while another is still thinking', async () => {
  await publish('first', '{ to: [a, b, c], pattern: first }')
  answers({ a: { do: 'hold' }, b: REFUSE })
  const process = await engine.start()
  const running = submit(process, 'first')
  await expect.poll(() => countOf('first')).toEqual({ a: 1, b: 1, c: 1 })
  sink.release()
  const { answer } = await running
  expect(answer.destinations.c).toMatchObject({ outcome: 'success' })
})

describe('turns', () => {
  it('go round evenly between two processes at once', async () => {
    await publish('round', '{ to: [a, b, c], pattern: round_robin }')
    answers({})
    const [one, two] = [await engine.start(), await engine.start()]
    for (let rounds = 0; rounds < 6; rounds += 1)
      await Promise.all([submit(one, 'round'), submit(two, 'round'), submit(one, 'round')])
    const counts = countOf('round')
    for (const name of ['a', 'b', 'c']) expect(Math.abs((counts[name] ?? 0) - 6)).toBeLessThanOrEqual(2)
    expect(sentTo('round')).toHaveLength(18)
  })

  it('are exact, lead by lead and by weight, in one process', async () => {
    await publish('weight', '{ to: [a, b], pattern: weighted, weights: { a: 3 } }')
    answers({})
    const process = await engine.start()
    await Promise.all(Array.from({ length: 8 }, () => submit(process, 'weight')))
    expect(countOf('weight')).toEqual({ a: 6, b: 2 })
  })

  it('go to the next where one refuses, and come back where nobody took the lead', async () => {
    await publish('back', '{ to: [a, b], pattern: round_robin }')
    answers({ a: REFUSE, b: REFUSE })
    const process = await engine.start()
    const { status } = await submit(process, 'back')
    expect(status).toBe(422)
    expect(sentTo('back')).toEqual(['a', 'b'])
    answers({})
    await submit(process, 'back')
    await submit(process, 'back')
    expect(sentTo('back').slice(2)).toEqual(['a', 'b'])
  })

  it('are counted in the commit that the lead is in', async () => {
    const rows = await engine.db.inspect<{ used: number }>(
      `select sum(used)::integer as used from millrace.cap_usage where scope like '%/turns/%'`,
    )
    const sold = await engine.db.inspect<{ n: number }>(
      `select count(*)::integer as n from millrace.lead where outcome = 'success' and flow_id in ('round', 'weight', 'back')`,
    )
    expect(rows[0]?.used).toBe(sold[0]?.n)
  })
})
