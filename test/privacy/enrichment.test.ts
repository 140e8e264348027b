import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { noticesOf } from '../../src/privacy/requests.ts'
import type { Subject } from '../../src/privacy/types.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

/** What enrichers said is personal data: it goes with whoever it was said of, also where it was kept for others. */

let home: TestHouse
let sink: Sink
const clock = movableClock(Date.parse('2026-11-20T10:00:00Z'))

const flow = () => `
flow: known
fields: { email: { type: email, required: true }, phone: phone, note: string }
sources: [ { id: web } ]
enrichers:
  people:
    url: "${sink.url}/people"
    repeat: safe
    fresh_for: 30d
    facts: { employer: employer }
    forget: { url: "${sink.url}/people/forget", acts: [erase, revoke] }
steps:
  - review: { id: look, queue: all, when: 'lead.note == "look"' }
  - enrich: { from: people, send: { phone: '{{ lead.phone }}' } }
`

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise({ do: 'answer', body: '{"employer":"Acme"}' })
  home = await testHouse({ clock })
  await home.publish(flow())
  await home.publish(`
flow: quiet
fields: { email: { type: email, required: true } }
sources: [ { id: web } ]
steps: [ { review: { id: look, queue: all, when: 'lead.email.contains("wait")' } } ]
`)
})
afterAll(async () => {
  await home.close()
  await sink.close()
})

const person = async (email: string): Promise<Subject> => ({
  keys: [lookupColumn(await home.house.keyring.tenant(home.tenantId), 'email', email)],
  leads: [],
})
const erase = async (email: string) => {
  const { erasure } = home.house.privacy
  const { id } = await erasure.open({
    tenantId: home.tenantId,
    subject: await person(email),
    scope: 'person',
    actor: { kind: 'operator', id: 'test' },
  })
  return erasure.carryOut(home.tenantId, id)
}
/** As another process may do it: `house`. */
const block = async (
  email: string,
  kind: 'revoke' | 'restrict',
  channel: 'call' | 'share' = 'call',
  house = home.house,
) => {
  const [key = 0n] = (await person(email)).keys
  return house.privacy.consents.block({
    tenantId: home.tenantId,
    actor: { kind: 'operator', id: 'test' },
    kind,
    known: [{ kind: 'email', key }],
    channels: [channel],
    via: 'operator',
    evidence: null,
  })
}
const submit = (email: string, phone: string, note = 'go') => home.submit('known', 'web', { email, phone, note })
const kept = () => home.inspect('select from millrace.fact')

describe('what was kept for others', () => {
  it('goes with the lead it was said to, and the enricher is told', async () => {
    await submit('ada@example.com', '512 555 0142')
    expect(await kept()).toHaveLength(1)
    const request = await erase('ada@example.com')
    expect(await kept()).toHaveLength(0)
    const notices = await noticesOf(home.house.database, home.tenantId, request.id)
    expect(notices).toMatchObject([{ destination: 'people', act: 'erase' }])
    const before = sink.requests.length
    await home.house.privacy.notices.round()
    expect(sink.requests.slice(before).map(({ path }) => path)).toEqual(['/people/forget'])
  })

  it('goes also with a lead that was only told it', async () => {
    await submit('bea@example.com', '512 555 0143')
    const told = await submit('cleo@example.com', '512 555 0143')
    expect((await home.house.reader.read(home.tenantId, told.answer.lead_id))?.lead.appended).toMatchObject({
      people: { employer: 'Acme' },
    })
    await erase('cleo@example.com')
    expect(await kept()).toHaveLength(0)
  })

  it('is not kept where its lead is erased while the enricher is asked', async () => {
    sink.script({ do: 'hold' })
    const before = sink.requests.length
    const asking = submit('dora@example.com', '512 555 0144')
    await sink.received(before + 1)
    await erase('dora@example.com')
    sink.release()
    await asking
    expect(await kept()).toHaveLength(0)
  })
})

describe('a person who took a consent back', () => {
  const leadsNoted = async (request: string) =>
    (await noticesOf(home.house.database, home.tenantId, request)).map(({ leadId }) => leadId)

  it('is told of to the enricher that was asked about them, as what it received', async () => {
    const email = 'fay@example.com'
    const { answer } = await submit(email, '512 555 0146')
    const { fanOut, notices } = home.house.privacy
    const revoked = await block(email, 'revoke')
    await fanOut.begin(revoked)
    const before = sink.requests.length
    await notices.round()
    // Erasures of the tests before are told in the same round.
    const told = sink.requests.slice(before).filter(({ body }) => body.includes(revoked.id))
    expect(told.map(({ path }) => path)).toEqual(['/people/forget'])
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({ act: 'revoke', lead_id: answer.lead_id })
    expect(await noticesOf(home.house.database, home.tenantId, revoked.id)).toMatchObject([
      { destination: 'people', act: 'revoke', status: 'acknowledged' },
    ])
    // What it does not take is no person's to tell: it keeps no lead.
    const restricted = await block(email, 'restrict')
    await fanOut.begin(restricted)
    expect(await noticesOf(home.house.database, home.tenantId, restricted.id)).toEqual([])
  })

  it('is told of to all that received something, also where a flow of theirs cannot be read just now', async () => {
    await home.publish(
      flow()
        .replace('flow: known', 'flow: sold')
        .replace(
          'steps:',
          `destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed, forget: { url: "${sink.url}/crm/forget", acts: [revoke, restrict] } } }\nsteps:`,
        )
        .concat('  - deliver: { to: crm }\n'),
    )
    const email = 'gil@example.com'
    const sold = (await home.submit('sold', 'web', { email, phone: '512 555 0147', note: 'go' })).answer.lead_id
    const known = (await submit(email, '512 555 0148')).answer.lead_id
    const revise = (revision: number) =>
      home.inspect(`update millrace.flow_version set revisions = jsonb_set(revisions, '{enrich}', '${revision}')
        where flow_id = 'sold'`)
    const [{ enrich } = { enrich: 1 }] = await home.inspect<{ enrich: number }>(
      `select (revisions ->> 'enrich')::integer as enrich from millrace.flow_version where flow_id = 'sold'`,
    )
    await revise(999)
    // A process that has not read it before.
    const house = await home.sibling()
    const { fanOut, notices } = house.privacy
    const noteAll = async (kind: 'revoke' | 'restrict') => {
      const { id } = await block(email, kind, 'call', house)
      await fanOut.round()
      return id
    }
    const noted = async (id: string) =>
      (await noticesOf(home.house.database, home.tenantId, id))
        .map(({ leadId, destination, status, code }) => ({ leadId, destination, status, code }))
        .toSorted((one, other) =>
          `${one.leadId}${one.destination}`.localeCompare(`${other.leadId}${other.destination}`),
        )
    const revoked = await noteAll('revoke')
    const restricted = await noteAll('restrict')
    const due = { status: 'due', code: null }
    expect(await noted(revoked)).toEqual([
      { leadId: sold, destination: 'crm', ...due },
      { leadId: sold, destination: 'people', status: 'due', code: 'revision_missing' },
      { leadId: known, destination: 'people', ...due },
    ])
    await notices.round()
    expect(await noted(revoked)).toEqual([
      { leadId: sold, destination: 'crm', status: 'due', code: 'revision_missing' },
      { leadId: sold, destination: 'people', status: 'due', code: 'revision_missing' },
      { leadId: known, destination: 'people', status: 'acknowledged', code: null },
    ])
    await revise(enrich)
    clock.advance(600_000)
    await notices.round()
    expect((await noted(revoked)).map(({ status }) => status)).toEqual(Array(3).fill('acknowledged'))
    // Of a restriction the enricher is not told, as it turns out.
    expect(await noted(restricted)).toEqual([{ leadId: sold, destination: 'crm', status: 'acknowledged', code: null }])
  })

  it('is told of for all their leads but the one that cannot be read, and for that one later', async () => {
    const email = 'hal@example.com'
    const broken = (await submit(email, '512 555 0149')).answer.lead_id
    const whole = (await submit(email, '512 555 0150')).answer.lead_id
    const { fanOut } = home.house.privacy
    const made = await block(email, 'revoke')
    const noted = () => leadsNoted(made.id)
    const put = (events: string) =>
      home.inspect(`update millrace.segment set events = ${events} where lead_id = $1`, [broken])
    await put(`'x' || events`)
    await expect(fanOut.round()).rejects.toThrow()
    expect(await noted()).toEqual([whole])
    await put('substr(events, 2)')
    // Not at once: it would go through all of their leads every few seconds.
    await fanOut.round()
    expect(await noted()).toEqual([whole])
    clock.advance(60_001)
    await fanOut.round()
    expect((await noted()).toSorted()).toEqual([broken, whole].toSorted())
  })

  it('is told of for all their leads, however many these are', async () => {
    const email = 'ivy@example.com'
    const oldest = (await submit(email, '512 555 0151')).answer.lead_id
    for (let n = 0; n < 500; n += 1) await home.submit('quiet', 'web', { email })
    const { fanOut } = home.house.privacy
    const made = await block(email, 'revoke')
    const noted = () => leadsNoted(made.id)
    // Who asks is answered before all of them are gone through.
    await fanOut.begin(made)
    expect(await noted()).toEqual([])
    await fanOut.round()
    expect(await noted()).toEqual([oldest])
  })

  it('is not asked about, although the step was decided before', async () => {
    const { answer } = await submit('eve@example.com', '512 555 0145', 'look')
    await block('eve@example.com', 'revoke', 'share')
    const before = sink.requests.length
    await home.house.runner.decide({
      tenantId: home.tenantId,
      leadId: answer.lead_id,
      decision: 'approve',
      reason: null,
      by: 'ada',
    })
    expect(sink.requests.length).toBe(before)
    const read = await home.house.reader.read(home.tenantId, answer.lead_id)
    expect(read?.lead.appended.people).toMatchObject({
      outcome: 'failure',
      reason: 'Not sent: the person is opted out',
    })
  })
})

describe('an operator who switched enrichment off', () => {
  it('has every such step skipped, and the journal says why', async () => {
    const off = await testHouse({ clock, env: { ENABLE_ENRICHMENT: 'false', ENABLE_VERIFICATION: 'false' } })
    try {
      await off.publish(flow())
      const before = sink.requests.length
      const { answer } = await off.submit('known', 'web', { email: 'fay@example.com', phone: '512 555 0146' })
      expect(answer.accepted).toBe(true)
      const read = await off.house.reader.read(off.tenantId, answer.lead_id)
      expect(read?.events.find(({ type }) => type === 'lead.enriched')?.data).toMatchObject({
        outcome: 'skip',
        rule: 'ENABLE_ENRICHMENT=false',
      })
      expect(sink.requests.length).toBe(before)
    } finally {
      await off.close()
    }
  })
})
