import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { replyRevokes, revocationDueAt, revocationKeyword } from '../../src/privacy/consent-rules.ts'
import { type ConsentRow, type Known, statesAt } from '../../src/privacy/consents.ts'
import { noticesOf } from '../../src/privacy/requests.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

const START = Date.parse('2026-11-20T10:00:00Z')
const DAY_MS = 86_400_000
const OPERATOR = { kind: 'operator', id: 'test' } as const

let home: TestHouse
let sink: Sink
const clock = movableClock(START)

const flow = () => `
flow: calls
fields: { email: email, phone: phone, consent_text: string, certificate: string, note: string }
sources: [ { id: web } ]
destinations:
  dialer: { type: http, url: "${sink.url}/dialer", repeat: keyed, forget: { url: "${sink.url}/told", acts: [erase, revoke] } }
steps:
  - consent:
      record:
        channels: [call, sms]
        wording: '{{ lead.consent_text }}'
        seller: Acme
        proof: '{{ lead.certificate }}'
        purpose: marketing
      require: [call]
      seller: acme
  - review: { id: look, queue: all, when: 'lead.note == "look"' }
  - deliver: { to: dialer }
`

beforeAll(async () => {
  sink = await openSink()
  home = await testHouse({ clock })
  await home.publish(flow())
})
afterAll(async () => {
  await home.close()
  await sink.close()
})

const WORDS = 'I agree that Acme may call me at this number.'
const submit = (phone: string, over: Record<string, string> = {}) =>
  home.submit('calls', 'web', { phone, consent_text: WORDS, certificate: 'tf-abc123', ...over })

const person = async (phone: string): Promise<Known[]> => {
  const keys = await home.house.keyring.tenant(home.tenantId)
  return [{ kind: 'phone', key: lookupColumn(keys, 'phone', phone) }]
}
const revoke = async (phone: string, channels: ('sms' | 'call' | 'share' | 'all')[] = ['all']) =>
  home.house.privacy.consents.block({
    tenantId: home.tenantId,
    actor: OPERATOR,
    kind: 'revoke',
    known: await person(phone),
    channels,
    via: 'operator',
    evidence: null,
  })

describe('the step consent', () => {
  it('writes down who agreed to what, in which words, with the proof, and none of it in plain', async () => {
    const { answer } = await submit('+15125550101')
    expect(answer.accepted).toBe(true)
    const known = await person('+15125550101')
    const rows = await home.house.privacy.consents.records(
      home.tenantId,
      known.map(({ key }) => key),
    )
    expect(rows.map(({ channel, act, purpose, basis, via }) => [channel, act, purpose, basis, via])).toEqual([
      ['call', 'given', 'marketing', 'consent', 'submission'],
      ['sms', 'given', 'marketing', 'consent', 'submission'],
    ])
    expect(rows[0]).toMatchObject({
      leadId: answer.lead_id,
      evidence: { wording: WORDS, proof: 'tf-abc123', seller: 'Acme' },
    })
    const [plain] = await home.inspect<{ row: string }>(
      'select to_jsonb(c)::text as row from millrace.consent_record c limit 1',
    )
    expect(plain?.row).not.toMatch(/agree|tf-abc|5550101/)
    const changed = home.house.database.batch(
      [home.tenantId],
      [{ text: `update millrace.consent_record set channel = 'sms'` }],
    )
    await expect(changed).rejects.toMatchObject({ sqlState: '42501' })
  })

  it('turns away who did not agree, or took it back, with codes of their own', async () => {
    const none = await submit('+15125550102', { consent_text: '' })
    expect([none.status, none.answer.code]).toEqual([422, 'consent_missing'])
    await submit('+15125550103')
    await revoke('+15125550103')
    const again = await submit('+15125550103')
    expect([again.status, again.answer.code, again.answer.reason]).toEqual([
      422,
      'consent_revoked',
      'Consent to call: consent was taken back',
    ])
  })

  it('keeps the evidence when the lead is erased, under a key of its own', async () => {
    const { answer } = await submit('+15125550104')
    const known = await person('+15125550104')
    const subject = { keys: known.map(({ key }) => key), leads: [] }
    const { id } = await home.house.privacy.erasure.open({
      tenantId: home.tenantId,
      subject,
      scope: 'person',
      actor: OPERATOR,
    })
    await home.house.privacy.erasure.carryOut(home.tenantId, id)
    expect((await home.house.reader.read(home.tenantId, answer.lead_id))?.row.status).toBe('erased')
    const rows = await home.house.privacy.consents.records(home.tenantId, subject.keys)
    expect(rows[0]?.evidence).toMatchObject({ wording: WORDS })
  })

  it('writes nothing for a test lead', async () => {
    await home.submit('calls', 'web', { phone: '+15125550105', consent_text: WORDS }, { test: true })
    const known = await person('+15125550105')
    expect(
      await home.house.privacy.consents.records(
        home.tenantId,
        known.map(({ key }) => key),
      ),
    ).toEqual([])
  })
})

describe('a revocation', () => {
  it('stops a lead that was decided and not yet sent: the fence asks in the commit before the call', async () => {
    const { answer } = await submit('+15125550110', { note: 'look' })
    await revoke('+15125550110', ['share'])
    const sent = sink.requests.length
    await home.house.runner.decide({
      tenantId: home.tenantId,
      leadId: answer.lead_id,
      decision: 'approve',
      reason: null,
      by: 't',
    })
    expect(sink.requests.length).toBe(sent)
    const read = await home.house.reader.read(home.tenantId, answer.lead_id)
    expect([...(read?.lead.deliveries.values() ?? [])]).toMatchObject([{ outcome: 'failure', code: 'person_blocked' }])
    expect(read?.row).toMatchObject({ status: 'failed', code: 'delivery_failed' })
    expect(read?.events.some(({ type }) => type === 'attempt.started')).toBe(false)
  })

  it('stops a retry, and leaves other persons alone in the same moment', async () => {
    sink.script({ do: 'answer', status: 503 })
    const { answer } = await submit('+15125550111')
    expect(answer.code).toBe('delivering')
    await revoke('+15125550111')
    clock.advance(3_600_000)
    const sent = sink.requests.length
    await home.inspect('update millrace.work set runner = $1', [home.house.presence.number()])
    const [, others] = await Promise.all([
      home.house.runner.resume({ tenantId: home.tenantId, leadId: answer.lead_id, attempts: 1 }),
      Promise.all(['+15125550112', '+15125550113', '+15125550114'].map((phone) => submit(phone))),
    ])
    expect(others.map((other) => other.answer.accepted)).toEqual([true, true, true])
    expect(sink.requests.length).toBe(sent + 3)
    expect((await home.house.reader.read(home.tenantId, answer.lead_id))?.row.status).toBe('failed')
    expect((await verifyTenant({ database: home.house.database, tenantId: home.tenantId })).breach).toBeNull()
  })

  it('of one channel stops the destinations that reach by it, and no other', async () => {
    await home.publish(`
flow: two
fields: { phone: phone }
sources: [ { id: web } ]
destinations:
  texts: { type: http, url: "${sink.url}/texts", repeat: keyed, channels: [sms] }
  calls: { type: http, url: "${sink.url}/calls", repeat: keyed, channels: [call] }
steps: [ { deliver: { to: [texts, calls] } } ]
`)
    await revoke('+15125550119', ['sms'])
    const before = sink.requests.length
    const { answer } = await home.submit('two', 'web', { phone: '+15125550119' })
    expect(sink.requests.slice(before).map(({ path }) => path)).toEqual(['/calls'])
    expect(answer.destinations).toMatchObject({
      texts: { outcome: 'failure', code: 'person_blocked' },
      calls: { outcome: 'success' },
    })
  })

  it('never loses the race: whatever is sent began before the revocation was confirmed', async () => {
    for (let n = 0; n < 8; n += 1) {
      const phone = `+1512555${String(200 + n).padStart(4, '0')}`
      const before = sink.requests.length
      let confirmedAt = Number.POSITIVE_INFINITY
      const sending = submit(phone)
      const revoking = revoke(phone).then(() => {
        confirmedAt = sink.requests.length
      })
      const [sent] = await Promise.all([sending, revoking])
      const calls = sink.requests.length - before
      // Confirmed, and then a call that came after: only one that had passed the fence may still be on its way.
      expect(calls).toBeLessThanOrEqual(1)
      if (sent.answer.accepted !== true) expect(calls).toBe(0)
      expect(confirmedAt).toBeLessThan(Number.POSITIVE_INFINITY)
    }
  })

  it('is told to every destination that has the lead, with a deadline of ten business days', async () => {
    await submit('+15125550120')
    const request = await revoke('+15125550120')
    expect(new Date(request.dueAt).toISOString().slice(0, 10)).toBe('2026-12-07')
    await home.house.privacy.fanOut.round()
    await home.house.privacy.notices.round()
    expect(await noticesOf(home.house.database, home.tenantId, request.id)).toMatchObject([
      { act: 'revoke', destination: 'dialer', status: 'acknowledged' },
    ])
    expect(JSON.parse(sink.requests.at(-1)?.body ?? '{}')).toMatchObject({ act: 'revoke' })
  })

  it('lets a consent count again only where it is said to renew', async () => {
    const known = await person('+15125550121')
    await submit('+15125550121')
    await revoke('+15125550121', ['call'])
    expect((await submit('+15125550121')).answer.code).toBe('consent_revoked')
    clock.advance(1_000)
    await home.house.privacy.consents.give({
      tenantId: home.tenantId,
      actor: OPERATOR,
      known,
      channels: ['call'],
      at: clock.now(),
      purpose: 'marketing',
      basis: 'consent',
      wording: 'Call me again.',
      seller: 'Acme',
      url: null,
      ip: null,
      proof: null,
      renews: true,
    })
    expect((await submit('+15125550121', { consent_text: '' })).answer.accepted).toBe(true)
  })
})

describe('the ledger tells how things stood', () => {
  it('at any past moment', async () => {
    const phone = '+15125550130'
    const at0 = clock.now()
    await submit(phone)
    clock.advance(DAY_MS)
    await revoke(phone, ['sms'])
    const rows = await home.house.privacy.consents.records(
      home.tenantId,
      (await person(phone)).map(({ key }) => key),
    )
    const at = (ms: number) => Object.fromEntries(statesAt(rows, ms).map(({ channel, state }) => [channel, state]))
    expect(at(at0 - 1)).toEqual({ call: 'none', sms: 'none', email: 'none', share: 'none' })
    expect(at(at0 + 1000)).toMatchObject({ call: 'given', sms: 'given' })
    expect(at(clock.now())).toMatchObject({ call: 'given', sms: 'revoked' })
  })

  it('by one law: once taken back, nothing but a renewal makes it count again', () => {
    const event = fc.record({ act: fc.constantFrom('given', 'revoked'), renews: fc.boolean(), all: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const rows = events.map(
          ({ act, renews, all }, index): ConsentRow => ({
            id: String(index).padStart(4, '0'),
            at: index,
            channel: all && act === 'revoked' ? 'all' : 'sms',
            kind: 'phone',
            act: act as ConsentRow['act'],
            renews: act === 'given' && renews,
            purpose: null,
            basis: null,
            source: null,
            via: 'api',
            leadId: null,
            evidence: null,
          }),
        )
        const lastRevoked = rows.findLastIndex(({ act }) => act === 'revoked')
        const after = rows.slice(lastRevoked + 1)
        const expected =
          lastRevoked < 0
            ? rows.length > 0
              ? 'given'
              : 'none'
            : after.some(({ renews }) => renews)
              ? 'given'
              : 'revoked'
        expect(statesAt(rows.toReversed(), 100).find(({ channel }) => channel === 'sms')?.state).toBe(expected)
      }),
    )
  })
})

describe('the rules, as data', () => {
  it.each([
    ['STOP', 'stop'],
    [' Stop. ', 'stop'],
    ['please stop', 'stop'],
    ['Opt-Out!', 'opt-out'],
    ['UNSUBSCRIBE', 'unsubscribe'],
    ['ＳＴＯＰ', 'stop'],
    ['stop by at five', null],
    ['when does it end?', null],
    ['', null],
  ])('read "%s" as %s', (text, keyword) => {
    expect(revocationKeyword(text)).toBe(keyword)
  })

  it('count business days, without weekends and holidays', () => {
    expect(new Date(revocationDueAt(Date.parse('2026-11-20T10:00:00Z'))).toISOString()).toBe('2026-12-07T23:59:59.999Z')
    expect(new Date(revocationDueAt(Date.parse('2026-12-18T23:00:00Z'))).toISOString().slice(0, 10)).toBe('2027-01-05')
  })

  it('change what a reply takes back on the day the waiver ends', () => {
    expect(replyRevokes(Date.parse('2027-01-30T12:00:00Z'))).toBe('channel')
    expect(replyRevokes(Date.parse('2027-01-31T00:00:00Z'))).toBe('all')
  })
})
