import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type Process, startEngine } from '../support/engine.ts'

let engine: Engine
let process: Process
let other: Process

const flow = (name: string, rest: string) => `
flow: ${name}
zone: America/Chicago
fields: { email: email, state: state, ask: currency }
sources: [ { id: web } ]
${rest}
`

beforeAll(async () => {
  engine = await startEngine()
  process = await engine.start()
  other = await engine.start()
})
afterAll(() => engine.close())

const HOUR_MS = 3_600_000
let count = 0
const submit = async (name: string, values: Record<string, string> = {}, by = process) => {
  count += 1
  return (await by.submit({ flow: name, values: { email: `k${count}@example.com`, ...values } })).answer
}

const accepted = async (name: string, times: number, values: Record<string, string> = {}): Promise<number> => {
  const all = await Promise.all(
    Array.from({ length: times }, (_, n) => submit(name, values, n % 2 === 0 ? process : other)),
  )
  return all.filter(({ code }) => code === null).length
}

describe('a sliding cap', () => {
  it('lets never more through in any hour, from two processes at once, and frees places as they grow old', async () => {
    await engine.publish(
      flow('slide', 'steps: [ { cap: { caps: [ { id: h, max: 10, per: hour, sliding: true } ] } } ]'),
    )
    expect(await accepted('slide', 6)).toBe(6)
    engine.clock.advance(30 * 60_000)
    expect(await accepted('slide', 9)).toBe(4)
    // A calendar hour has begun meanwhile: it gives nothing back.
    engine.clock.advance(29 * 60_000)
    expect(await accepted('slide', 5)).toBe(0)
    // The first six are more than an hour and a sixtieth old.
    engine.clock.advance(2 * 60_000)
    expect(await accepted('slide', 20)).toBe(6)
    engine.clock.advance(2 * HOUR_MS)
    expect(await accepted('slide', 30)).toBe(10)
  })

  it('is given back by a lead that is turned away, also when part of the window has passed', async () => {
    await engine.publish(
      flow(
        'slide-back',
        `steps:
  - cap: { caps: [ { id: d, max: 1, per: day, sliding: true } ] }
  - review`,
      ),
    )
    const held = await submit('slide-back')
    expect(held.code).toBe('awaiting_review')
    engine.clock.advance(3 * HOUR_MS)
    expect((await submit('slide-back')).code).toBe('cap_exceeded')
    await process.runner.decide({
      tenantId: engine.tenantId,
      leadId: held.lead_id,
      decision: 'reject',
      reason: null,
      by: 'ada',
    })
    expect((await submit('slide-back', {}, other)).code).toBe('awaiting_review')
    expect((await submit('slide-back', {}, process)).code).toBe('cap_exceeded')
  })
})

describe('a cap on money', () => {
  it('never lets more be spent, to the cent, from two processes at once', async () => {
    await engine.publish(
      flow(
        'budget',
        `price: 33.33 USD
caps: [ { id: budget, max: 100.00 USD, per: day, reason: 'No budget left' } ]`,
      ),
    )
    expect(await accepted('budget', 20)).toBe(3)
    const full = await submit('budget')
    expect(full.reason).toBe('No budget left')
    const stored = await process.reader.read(engine.tenantId, full.lead_id)
    const checked = stored?.events.find(({ type }) => type === 'cap.checked')
    expect(checked?.data).toMatchObject({ note: { used: '99.99 USD', max: '100.00 USD' } })
  })
})

describe('caps in a cap', () => {
  it('need a place in both, and keep their count when they are edited', async () => {
    const text = (max: number) =>
      flow(
        'nested',
        `steps:
  - cap:
      caps:
        - id: all
          max: ${max}
          per: day
          when: 'lead.state in ["TX", "OK"]'
          caps: [ { id: tx, max: 2, per: day, when: lead.state == "TX", reason: Enough of Texas } ]`,
      )
    await engine.publish(text(4))
    const codes = async (states: string[]) => {
      const told: (string | null)[] = []
      for (const state of states) told.push((await submit('nested', { state })).reason)
      return told
    }
    expect(await codes(['TX', 'TX', 'TX', 'OK', 'OK', 'OK', 'NY'])).toEqual([
      null,
      null,
      'Enough of Texas',
      null,
      null,
      'Cap exceeded: daily limit reached',
      null,
    ])
    await engine.publish(text(5))
    await new Promise((resolve) => setImmediate(resolve))
    while ((await submit('nested', { state: 'OK' })).code !== null)
      await new Promise((resolve) => setImmediate(resolve))
    expect(await codes(['OK', 'TX'])).toEqual(Array(2).fill('Cap exceeded: daily limit reached'))
  })

  it('may mark in place of turning away', async () => {
    await engine.publish(
      flow(
        'marked',
        `steps:
  - cap: { id: some, caps: [ { id: one, max: 1, per: total } ], full: flag }
  - filter: { when: 'steps.some.outcome == "success" || lead.state == "TX"', reason: Only Texas now }`,
      ),
    )
    expect((await submit('marked', { state: 'NY' })).code).toBe(null)
    expect((await submit('marked', { state: 'NY' })).reason).toBe('Only Texas now')
    expect((await submit('marked', { state: 'TX' })).code).toBe(null)
  })
})
