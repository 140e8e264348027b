import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { movableClock } from '../../src/base/clock.ts'
import { setHolds } from '../../src/delivery/holds.ts'
import type { House } from '../../src/house.ts'
import { signingKey } from '../../src/journal/anchors.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { isReceiptOurs, type SignedReceipt } from '../../src/privacy/receipt.ts'
import { noticesOf } from '../../src/privacy/requests.ts'
import type { Subject } from '../../src/privacy/types.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { type TestHouse, testHouse } from '../support/house.ts'
import { openSink, type Sink } from '../support/sink.ts'

const START = Date.parse('2026-11-20T10:00:00Z')
const OPERATOR = { kind: 'operator', id: 'test' } as const

let home: TestHouse
let sink: Sink
const clock = movableClock(START)

const flow = () => `
flow: roofs
fields: { email: { type: email, required: true }, phone: phone, note: string }
sources: [ { id: web }, { id: form, success_status: 200 } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, forget: { url: "${sink.url}/crm/{reference}", method: DELETE } }
  buyer: { type: http, url: "${sink.url}/buyer", repeat: keyed }
steps:
  - dedupe: { id: once, on: [[email]] }
  - review: { id: look, queue: all, when: 'lead.note == "look"' }
  - deliver: { to: [crm, buyer], when: 'lead.note != "quiet"' }
`

beforeAll(async () => {
  sink = await openSink()
  sink.otherwise((request) =>
    request.method === 'DELETE'
      ? { do: 'answer', status: 204, body: '' }
      : { do: 'answer', body: JSON.stringify({ id: `ref-${sink.requests.length}` }) },
  )
  home = await testHouse({ clock })
  await home.publish(flow())
})
afterAll(async () => {
  await home.close()
  await sink.close()
})

const person = async (email: string, tenantId = home.tenantId): Promise<Subject> => ({
  keys: [lookupColumn(await home.house.keyring.tenant(tenantId), 'email', email)],
  leads: [],
})

const erase = async (subject: Subject, house: House = home.house, scope: 'person' | 'lead' = 'person') => {
  const { erasure } = house.privacy
  const { id } = await erasure.open({ tenantId: home.tenantId, subject, scope, actor: OPERATOR })
  return erasure.carryOut(home.tenantId, id)
}

const submit = async (email: string, note = 'go', over = {}) =>
  home.submit('roofs', 'web', { email, phone: '512 555 0142', note }, over)

describe('an erasure', () => {
  it('destroys the keys of all leads of the person and nothing else, and the chain stays whole', async () => {
    const mine = [await submit('ada@example.com'), await submit('ADA@example.com', 'quiet')]
    const other = await submit('bob@example.com')
    const request = await erase(await person('ada@example.com'))
    expect(request.data).toMatchObject({ leads: 2, notices: 2 })
    for (const { answer } of mine) {
      const read = await home.house.reader.read(home.tenantId, answer.lead_id)
      expect(read?.row.status).toBe('erased')
      expect(read?.lead.fields).toEqual({})
      expect(JSON.stringify(read).toLowerCase()).not.toMatch(/\bada\b|ada@/)
      expect(read?.events.at(-1)).toMatchObject({ type: 'lead.erased', data: { request: request.id } })
    }
    const [row] = await home.inspect<Record<string, unknown>>(
      'select wrapped_key, email_key, phone_key from millrace.lead where id = $1',
      [mine[0]?.answer.lead_id],
    )
    expect(row).toEqual({ wrapped_key: null, email_key: null, phone_key: null })
    const claims = await home.inspect('select from millrace.claim where lead_id = $1', [mine[0]?.answer.lead_id])
    expect(claims).toEqual([])
    const kept = await home.house.reader.read(home.tenantId, other.answer.lead_id)
    expect(kept?.lead.fields.email?.normal).toBe('bob@example.com')
    expect((await verifyTenant({ database: home.house.database, tenantId: home.tenantId })).breach).toBeNull()
    expect(
      await home.house.reader.search(home.tenantId, { email: 'ada@example.com' }, { before: null, limit: 9 }),
    ).toEqual([])
  })

  it('turns the person away when they come again, by any source and any process, and keeps nothing of them', async () => {
    await submit('eve@example.com')
    const sibling = await home.sibling()
    await sibling.runner.submit({
      ...(await submissionOf('warm@example.com')),
    })
    await erase(await person('eve@example.com'))
    const again = [
      await submit('Eve@Example.com'),
      await home.submit('roofs', 'form', { email: 'eve@example.com' }, { mode: 'async' }),
      await home.submit('roofs', 'web', { email: 'eve@example.com' }, { test: true, idempotencyKey: 'once' }),
    ]
    await expect
      .poll(async () => (await sibling.runner.submit(await submissionOf('eve@example.com'))).answer.code)
      .toBe('erased')
    for (const { status, answer } of again) {
      expect([status, answer.code, answer.accepted]).toEqual([422, 'erased', false])
      expect(answer.reason).toContain('erased')
      const [row] = await home.inspect<{ wrapped_key: null; email_key: null; status: string }>(
        'select wrapped_key, email_key, status from millrace.lead where id = $1',
        [answer.lead_id],
      )
      expect(row).toEqual({ wrapped_key: null, email_key: null, status: 'rejected' })
      const read = await home.house.reader.read(home.tenantId, answer.lead_id)
      expect(read?.events.map(({ type }) => type)).toEqual([
        'lead.received',
        'source.authenticated',
        'person.blocked',
        'source.closed',
      ])
      expect(JSON.stringify(read).toLowerCase()).not.toContain('eve@')
    }
    expect((await verifyTenant({ database: home.house.database, tenantId: home.tenantId })).breach).toBeNull()
  })

  it('finds a lead that slipped in before its process heard of it', async () => {
    await erase(await person('slip@example.com'))
    const { answer } = await submit('other@example.com')
    const [key] = (await person('slip@example.com')).keys
    await home.inspect('update millrace.lead set email_key = $2 where id = $1', [answer.lead_id, String(key)])
    await home.house.privacy.erasure.sweep()
    expect((await home.house.reader.read(home.tenantId, answer.lead_id))?.row.status).toBe('erased')
  })

  it('stops what is under way: a review, a retry, a call in the air', async () => {
    const waiting = await submit('review@example.com', 'look')
    sink.script({ do: 'answer', status: 503 }, { do: 'answer', status: 503 })
    const retrying = await submit('retry@example.com')
    expect(retrying.answer.code).toBe('delivering')
    await erase(await person('review@example.com'))
    await erase(await person('retry@example.com'))
    expect(await home.inspect('select from millrace.work')).toEqual([])
    await expect(
      home.house.runner.decide({
        tenantId: home.tenantId,
        leadId: waiting.answer.lead_id,
        decision: 'approve',
        reason: null,
        by: 'test',
      }),
    ).rejects.toMatchObject({ code: 'not_found' })
    const sent = sink.requests.length
    clock.advance(3_600_000)
    for (const { answer } of [waiting, retrying])
      await home.house.runner.resume({ tenantId: home.tenantId, leadId: answer.lead_id, attempts: 0 })
    expect(sink.requests.length).toBe(sent)

    const seen = sink.requests.length
    sink.script({ do: 'hold' }, { do: 'hold' })
    const sending = submit('flying@example.com')
    await sink.received(seen + 2)
    const request = await erase(await person('flying@example.com'))
    sink.release()
    const { answer } = await sending
    expect((await home.house.reader.read(home.tenantId, answer.lead_id))?.row.status).toBe('erased')
    expect(request.data.notices).toBe(2)
    clock.advance(3_600_000)
    await home.house.runner.resume({ tenantId: home.tenantId, leadId: answer.lead_id, attempts: 0 })
    expect(sink.requests.length).toBe(seen + 2)
  })

  it('tells those too that a call may have reached, though later ones were turned away', async () => {
    sink.script({ do: 'reset' }, { do: 'reset' })
    await submit('doubt@example.com')
    sink.script({ do: 'answer', status: 503 }, { do: 'answer', status: 503 })
    const sent = sink.requests.length
    clock.advance(3_600_000)
    home.house.sweeper.start()
    await sink.received(sent + 2)
    await home.house.sweeper.stop()
    await home.house.runner.drained()
    expect((await erase(await person('doubt@example.com'))).data.notices).toBe(2)
  })

  it('tells every destination that has the lead, again until it answers, and a person tells the others', async () => {
    const { notices } = home.house.privacy
    while ((await notices.round()) > 0);
    const { answer } = await submit('told@example.com')
    const [{ id: reference = '' } = {}] = Object.values(answer.destinations)
    const request = await erase(await person('told@example.com'))
    expect(request.status).toBe('waiting')
    const before = sink.requests.length
    sink.script({ do: 'answer', status: 500 })
    while ((await notices.round()) > 0);
    const first = await noticesOf(home.house.database, home.tenantId, request.id)
    expect(first.map(({ destination, status }) => [destination, status]).sort()).toEqual([
      ['buyer', 'manual'],
      ['crm', 'due'],
    ])
    expect(sink.requests[before]).toMatchObject({ method: 'DELETE', path: `/crm/${reference}`, body: '' })
    clock.advance(10 * 60_000)
    await notices.round()
    const manual = first.find(({ status }) => status === 'manual')
    expect(await notices.acknowledge({ tenantId: home.tenantId, id: manual?.id ?? '', by: 'test' })).toBe(true)
    const rows = await home.inspect<{ status: string; sealed: null; acknowledged_by: string }>(
      'select status, sealed, acknowledged_by from millrace.recipient_notice where request_id = $1 order by destination',
      [request.id],
    )
    expect(rows).toEqual([
      { status: 'acknowledged', sealed: null, acknowledged_by: 'test' },
      { status: 'acknowledged', sealed: null, acknowledged_by: 'destination' },
    ])
    const [done] = await home.inspect<{ status: string }>('select status from millrace.privacy_request where id = $1', [
      request.id,
    ])
    expect(done?.status).toBe('done')
  })

  it('tells nobody in emergency mode, and everybody after it', async () => {
    const { notices } = home.house.privacy
    const { gate } = home.house.delivery
    await submit('urgent@example.com')
    await home.house.database.transaction([home.tenantId], (tx) =>
      setHolds(tx, {
        tenantId: home.tenantId,
        holds: [{ scope: 'emergency', name: '' }],
        now: clock.now(),
        until: clock.now() + 600_000,
        by: 'ada',
        reason: null,
      }),
    )
    await gate.refresh()
    const { id } = await erase(await person('urgent@example.com'))
    const from = sink.requests.length
    /** Who wrote each row last. */
    const written = () =>
      home.inspect('select xmin::text from millrace.recipient_notice where request_id = $1 order by id', [id])
    const before = await written()
    expect(await notices.round()).toBe(0)
    clock.advance(60_001)
    expect(await notices.round()).toBe(0)
    expect(sink.requests.length).toBe(from)
    // However long it lasts, what is held is not touched.
    expect(await written()).toEqual(before)
    const due = await noticesOf(home.house.database, home.tenantId, id)
    expect(due.map(({ status, attempts }) => [status, attempts])).toEqual(due.map(() => ['due', 0]))
    clock.advance(600_001)
    await gate.refresh()
    while ((await notices.round()) > 0);
    expect(sink.requests.slice(from).map(({ method }) => method)).toContain('DELETE')
    await home.inspect('delete from millrace.hold')
    await gate.refresh()
  })

  it('gives a receipt that nobody can alter', async () => {
    await submit('receipt@example.com')
    const request = await erase(await person('receipt@example.com'))
    const signed = JSON.parse(request.receipt ?? '') as SignedReceipt
    const key = signingKey(home.house.keyring, 'receipt')
    expect(isReceiptOurs(key, signed)).toBe(true)
    expect(isReceiptOurs(key, { ...signed, receipt: { ...signed.receipt, leads: [] } })).toBe(false)
    expect(request.receipt).not.toContain('receipt@example.com')
  })

  it('may be of one lead alone, and then blocks nobody', async () => {
    const one = await submit('two@example.com', 'quiet')
    await erase({ keys: [], leads: [one.answer.lead_id] }, home.house, 'lead')
    expect((await home.house.reader.read(home.tenantId, one.answer.lead_id))?.row.status).toBe('erased')
    expect((await submit('two@example.com', 'quiet')).answer.accepted).toBe(true)
  })

  it('leaves what a legal hold declared, and no more', async () => {
    const { answer } = await submit('held@example.com')
    const { database, keyring } = home.house
    const keys = await keyring.tenant(home.tenantId)
    const hold = await home.house.privacy.holds.place({
      tenantId: home.tenantId,
      actor: OPERATOR,
      matter: 'case 1',
      subject: await person('held@example.com'),
      keeps: ['submission'],
    })
    const request = await erase(await person('held@example.com'))
    expect(request.data.held).toBe(1)
    const evidence = await home.house.privacy.holds.read(home.tenantId, hold)
    expect(JSON.stringify(evidence)).toContain('held@example.com')
    expect(evidence[0]).toMatchObject({ lead_id: answer.lead_id, submission: { ip: '203.0.113.7' } })
    expect(Object.keys(evidence[0] ?? {}).sort()).toEqual(['lead_id', 'received_at', 'submission'])
    const [row] = await home.inspect<{ sealed: Buffer }>('select sealed from millrace.held_evidence')
    expect(row?.sealed.toString('latin1')).not.toContain('held@')
    await home.house.privacy.holds.release({ tenantId: home.tenantId, id: hold, actor: OPERATOR })
    expect(await home.inspect('select from millrace.held_evidence')).toEqual([])
    expect(await home.inspect('select from millrace.sealing_key where id = $1', [hold])).toEqual([])
    expect(keys.tenantId).toBe(home.tenantId)
    expect(database.stats().open).toBeGreaterThan(0)
  })
})

const submissionOf = async (email: string) => ({
  source: {
    tenantId: home.tenantId,
    keyId: '00000000-0000-0000-0000-000000000000',
    flowId: 'roofs',
    sourceId: 'web',
    method: 'bearer' as const,
  },
  format: 'json' as const,
  mode: 'sync' as const,
  raw: JSON.stringify({ email }),
  values: { email, note: 'quiet' },
  test: false,
  idempotencyKey: null,
  ip: null,
  userAgent: null,
  receivedAt: clock.now(),
})

describe('the ledger', () => {
  const file = () => join(home.house.config.dataDir, 'erasures.ledger')

  it('is carried out again where the database does not know of it, before anything is answered', async () => {
    const { answer } = await submit('restored@example.com', 'quiet')
    const request = await erase(await person('restored@example.com'))
    // As a backup from before would have it: the lead is back, and nobody knows of the erasure.
    const { answer: back } = await submit('stand-in@example.com', 'quiet')
    const [key] = (await person('restored@example.com')).keys
    await home.inspect('update millrace.lead set email_key = $2 where id = $1', [back.lead_id, String(key)])
    await home.inspect('delete from millrace.privacy_request where id = $1', [request.id])
    await home.inspect('delete from millrace.person_block where key = $1', [String(key)])
    const restarted = await home.sibling()
    expect((await restarted.reader.read(home.tenantId, back.lead_id))?.row.status).toBe('erased')
    expect((await restarted.reader.read(home.tenantId, answer.lead_id))?.row.status).toBe('erased')
    expect((await restarted.runner.submit(await submissionOf('restored@example.com'))).answer.code).toBe('erased')
  })

  it('is written again from the database where it was lost, and ends where a crash left half a line', async () => {
    const whole = readFileSync(file(), 'utf8')
    expect(whole).not.toContain('@')
    appendFileSync(file(), '{"v":1,"half')
    await erase(await person('after-crash@example.com'))
    await home.sibling()
    expect(readFileSync(file(), 'utf8').startsWith(whole)).toBe(true)
    const lines = readFileSync(file(), 'utf8').trimEnd().split('\n').length
    writeFileSync(file(), '')
    await home.sibling()
    expect(readFileSync(file(), 'utf8').trimEnd().split('\n')).toHaveLength(lines)
  })

  it.each([
    [
      'a line that was changed',
      (text: string) => text.replace(/"at":"2026/, '"at":"2025'),
      /is not what was signed|does not follow/,
    ],
    ['a line that was taken out', (text: string) => text.split('\n').toSpliced(1, 1).join('\n'), /does not follow/],
  ])('stops the start at %s', async (_, harm, words) => {
    const whole = readFileSync(file(), 'utf8')
    writeFileSync(file(), harm(whole))
    await expect(home.sibling()).rejects.toThrow(words)
    writeFileSync(file(), whole)
  })
})
