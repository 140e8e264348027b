import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** A Social Security number is used while a lead is under way, and is written down nowhere. */

const clock = movableClock(Date.UTC(2026, 10, 5, 18))
let house: TestHouse
let sink: Sink

beforeAll(async () => {
  sink = await openSink()
  house = await testHouse({ clock, random: () => 0 })
  const flow = (id: string, waitFor: string) => `
flow: ${id}
fields:
  email: { type: email, required: true }
  ssn: { type: ssn, required: true }
  pin: { type: string, keep: false }
  kept: { type: ssn, keep: true }
sources: [ { id: web } ]
destinations: { bank: { name: Bank, type: http, url: "${sink.url}/bank", repeat: keyed, retry_delay: 60s, attempts: 3 } }
steps:
  - filter: { id: tail, when: 'lead.ssn.last4 != "0000" && !lead.ssn.blank', reason: 'No {{ lead.ssn }}' }
  - filter: { id: refuse, when: '!lead.ssn.startsWith("478")', reason: 'We do not lend to {{ lead.ssn }} / {{ lead.ssn | digits }}' }
  - dedupe: { id: once, on: [[ssn]] }
  - deliver: { to: bank, wait_for: ${waitFor}, map: { Mail: '{{ lead.email }}', Ssn: '{{ lead.ssn | digits }}', Pin: '{{ lead.pin }}', Note: '{{ extra.note }}' } }
`
  await house.publish(flow('loans', 'final'))
  await house.publish(flow('quick', 'attempt'))
  house.house.sweeper.start()
})
afterAll(async () => {
  await house.close()
  await sink.close()
})

const SSN = /123[\s().%20/+-]{0,3}45[\s().%20/+-]{0,3}6789/

const journal = async (id: string): Promise<string> =>
  JSON.stringify((await house.house.reader.read(house.tenantId, id))?.events)

const send = (email: string, ssn: string, over = {}, flow = 'loans') => {
  const values = { email, ssn, note: `my number is ${ssn}`, ...over }
  return house.submit(flow, 'web', values, { raw: JSON.stringify(values) })
}

describe('a value that is not kept', () => {
  it('reaches rules, look-ups and the destination, and never the journal', async () => {
    sink.script({ do: 'answer', body: '{"id":"1","echo":"123-45-6789"}' })
    const { answer } = await send('ada@example.com', '123-45-6789', { pin: 'pelican-4711', kept: '219-09-9999' })
    expect(answer).toMatchObject({ accepted: true })
    const [received] = sink.requests
    expect(JSON.parse(received?.body ?? '{}')).toMatchObject({ Ssn: '123456789', Pin: 'pelican-4711' })
    const written = await journal(answer.lead_id)
    expect(written).not.toMatch(SSN)
    expect(written).not.toContain('pelican')
    expect(written).not.toContain('6789')
    // What the flow keeps is kept, and so is that the other was there, and right.
    expect(written).toContain('219-09-9999')
    const lead = (await house.house.reader.read(house.tenantId, answer.lead_id))?.lead
    expect(lead?.fields.ssn).toEqual({ raw: '[not kept]', normal: null, valid: true, masked: true, parts: {} })
    expect(written).toContain('my number is [not kept]')
  })

  it('is the same to a dedupe, however it is written', async () => {
    const { answer, status } = await send('bob@example.com', '123 45 6789')
    expect({ status, code: answer.code }).toEqual({ status: 409, code: 'duplicate' })
    expect(await journal(answer.lead_id)).not.toMatch(SSN)
  })

  it('is told to its source, and to no one else', async () => {
    const { answer } = await send('eve@example.com', '478-05-1120')
    expect(answer.reason).toBe('We do not lend to 478-05-1120 / 478051120')
    const written = await journal(answer.lead_id)
    expect(written).toContain('We do not lend to [not kept] / [not kept]')
    expect(written).not.toMatch(/478.?05.?1120/)
  })

  it.each([
    ['waits for the end', 'loans', '521-44-9182'],
    ['has gone on', 'quick', '521-44-9183'],
  ])('is not made up when a delivery whose step %s is tried again: it ends, and says why', async (_, flow, ssn) => {
    sink.script({ do: 'answer', status: 503 })
    const { answer } = await send(`${flow}@example.com`, ssn, {}, flow)
    expect(answer.accepted).toBe(null)
    const before = sink.requests.length
    clock.advance(120_000)
    const closed = async () => (await house.house.reader.read(house.tenantId, answer.lead_id))?.lead.closed ?? null
    await expect.poll(closed).not.toBe(null)
    expect(await closed()).toMatchObject({ outcome: 'failure', code: 'delivery_failed' })
    expect(sink.requests).toHaveLength(before)
    const written = await journal(answer.lead_id)
    expect(written).toContain('value_not_kept')
    expect(written).not.toContain(ssn.replaceAll('-', ''))
  })

  it('is kept out of a submission in XML or a form as well', async () => {
    const raw = '<lead><email>dora@example.com</email><ssn>123&#45;45-6789</ssn></lead>'
    const { answer } = await house.submit(
      'loans',
      'web',
      { email: 'dora@example.com', ssn: '123-45-6789' },
      { raw, format: 'xml' },
    )
    const written = await journal(answer.lead_id)
    expect(written).not.toContain('6789')
    expect(written).toContain('dora@example.com')
  })
})
