import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

/** The order of the whole pipeline, as docs/guides/flows.md writes it down, against what a lead's trace tells. */

let house: TestHouse
beforeAll(async () => {
  house = await testHouse({ clock: movableClock(Date.UTC(2026, 10, 5, 18)), random: () => 0 })
})
afterAll(() => house.close())

const guide = readFileSync(new URL('../../docs/guides/flows.md', import.meta.url), 'utf8')
const stages = [
  ...(guide.split('## The order')[1] ?? '').matchAll(/^\| ([\w, ]+) \|.*\| (?:`([\w.]+)`|theirs) \|$/gm),
].map(([, stage = '', event]) => ({ stage, event: event ?? null }))

it('is the one the guide writes down: each block of the flow before that of the source, then the steps, then the answer', async () => {
  expect(stages.map(({ stage }) => stage)).toEqual([
    'authenticate',
    'map, parse, compute',
    'accept',
    'suppress',
    'price',
    'cap',
    'steps',
    'answer',
  ])
  // Written in another order than they run in, so that none of them is right by chance.
  await house.publish(`
flow: all
caps: [{ id: of-flow, max: 100, per: day }]
price: { id: of-flow, amount: 10.00 USD }
suppress: { lists: [dnc], match: [phone] }
accept: [{ when: lead.area == "512" }]
fields:
  email: { type: email, required: true }
  phone: phone
  area: { type: string, compute: lead.phone.area }
sources:
  - id: web
    caps: [{ id: of-source, max: 100, per: day }]
    price: { id: of-source, amount: 12.00 USD }
    suppress: { lists: [mine], match: [email] }
    accept: [{ when: lead.email.valid }]
    mapping: { phone: contact.phone }
steps:
  - filter: { when: lead.price == 12 }
  - normalize
  - dedupe: { id: once, on: [[email]] }
`)
  const { answer } = await house.submit('all', 'web', { email: 'ada@example.com', contact: { phone: '512 555 0142' } })
  const read = await house.house.reader.read(house.tenantId, answer.lead_id)
  const trace = (read?.events ?? []).map((event) => [
    event.type,
    'step' in (event.data ?? {}) ? (event.data as { step: string }).step : null,
  ])
  const blocks = (name: string, event: string) => [
    [event, `flow.${name}`],
    [event, `source.${name}`],
  ]
  const expected = stages.flatMap(({ stage, event }) => {
    if (stage === 'steps')
      return [
        ['filter.checked', 'filter'],
        ['lead.normalized', 'normalize'],
        ['duplicate.checked', 'once'],
      ]
    return ['accept', 'suppress', 'price', 'cap'].includes(stage) ? blocks(stage, event ?? '') : [[event, null]]
  })
  expect(trace).toEqual([['lead.received', null], ...expected])
  // Computed after it was parsed, parsed after it was mapped; the later price stands.
  expect(read?.lead.fields.area?.normal).toBe('512')
  expect(answer).toMatchObject({ accepted: true, price: 12 })
})

it('goes no further than the first that turns a lead away', async () => {
  const { answer } = await house.submit('all', 'web', { email: 'bob@example.com', contact: { phone: '214 555 0142' } })
  const read = await house.house.reader.read(house.tenantId, answer.lead_id)
  expect(read?.events.map(({ type }) => type)).toEqual([
    'lead.received',
    'source.authenticated',
    'lead.mapped',
    'acceptance.checked',
    'source.closed',
  ])
  expect(answer).toMatchObject({ accepted: false, price: 0, code: 'not_accepted' })
})
