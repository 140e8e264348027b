import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anchorAudit, verifyAudit } from '../../src/audit/verify.ts'
import { movableClock } from '../../src/base/clock.ts'
import { verifyAnchors } from '../../src/journal/anchors.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { verifyLead } from '../../src/journal/verify-lead.ts'
import { lookupColumn } from '../../src/runner/journey.ts'
import { type TestHouse, testHouse } from '../support/house.ts'

const DAY_MS = 86_400_000
const clock = movableClock(Date.parse('2025-01-10T10:00:00Z'))

let home: TestHouse
const old: string[] = []
let young = ''

const submit = async (email: string) =>
  (await home.submit('kept', 'web', { email, phone: '512 555 0142', words: 'I agree.' })).answer.lead_id

beforeAll(async () => {
  home = await testHouse({ clock })
  await home.publish(`
flow: kept
fields: { email: { type: email, required: true }, phone: phone, words: string }
sources: [ { id: web } ]
steps:
  - consent: { record: { channels: [call], wording: '{{ lead.words }}' } }
  - review: { id: look, queue: all, when: 'lead.email.contains("wait")' }
`)
  for (let n = 0; n < 5; n += 1) old.push(await submit(`old${n}@example.com`))
  old.push(await submit('wait@example.com'))
  clock.advance(3 * DAY_MS)
  await home.house.upkeep.round()
  clock.advance(363 * DAY_MS)
  young = await submit('young@example.com')
})
afterAll(() => home.close())

const verified = async () => {
  const { database, keyring } = home.house
  const chains = await verifyTenant({ database, tenantId: home.tenantId })
  const anchors = await verifyAnchors({ database, keyring, tenantId: home.tenantId })
  return { breach: chains.breach ?? anchors.breach, segments: chains.segments, anchors: anchors.anchors }
}

describe('retention', () => {
  it('says what would go, and leaves all there is', async () => {
    const [leads] = await home.house.privacy.retention.run(home.tenantId, { dryRun: true })
    expect(leads).toMatchObject({ kind: 'leads', items: 5, open: 1, archive: null })
    expect((await home.house.reader.read(home.tenantId, old[0] ?? ''))?.lead.fields.email?.normal).toBe(
      'old0@example.com',
    )
  })

  it('archives what is old without anything personal, forgets it, and leaves chains and signed days whole', async () => {
    const before = await verified()
    expect(before).toMatchObject({ breach: null })
    expect(before.anchors).toBeGreaterThan(1)
    const [leads] = await home.house.privacy.retention.run(home.tenantId)
    expect(leads).toMatchObject({ items: 5, open: 1 })
    const archive = gunzipSync(readFileSync(leads?.archive ?? '')).toString('utf8')
    expect(archive.trimEnd().split('\n')).toHaveLength(5)
    expect(archive).toContain('source.closed')
    expect(archive).not.toMatch(/old\d@|5550142|agree/)
    for (const id of old.slice(0, 5)) {
      const read = await home.house.reader.read(home.tenantId, id)
      expect([read?.row.status, read?.events]).toEqual(['archived', []])
    }
    expect(await home.inspect('select from millrace.segment where lead_id = $1', [old[0]])).toEqual([])
    const after = await verified()
    expect(after).toMatchObject({ breach: null, anchors: before.anchors })
    const proven = await verifyLead(home.house.database, home.tenantId, old[0] ?? '')
    expect(proven).toMatchObject({ breach: null, segments: [{ seq: 1 }, { seq: 2 }] })
    expect((await home.house.reader.read(home.tenantId, young))?.lead.fields.email?.normal).toBe('young@example.com')
    // What is not over is not let go.
    expect((await home.house.reader.read(home.tenantId, old[5] ?? ''))?.lead.fields.email?.normal).toBe(
      'wait@example.com',
    )
    expect(await home.house.privacy.retention.run(home.tenantId)).toMatchObject([{ items: 0 }, {}, {}])
  })

  it('shows when what is left of a lead is altered or taken away', async () => {
    await home.inspect('create table public.kept_retired as table millrace.retired_segment')
    const harmed = async (sql: string) => {
      await home.inspect(sql)
      const { breach } = await verified()
      await home.inspect('delete from millrace.retired_segment')
      await home.inspect('insert into millrace.retired_segment select * from public.kept_retired')
      return breach
    }
    expect(await harmed(`delete from millrace.retired_segment where lead_id = '${old[0]}'`)).not.toBeNull()
    expect(
      await harmed(`update millrace.retired_segment set hash = sha256('x') where lead_id = '${old[1]}'`),
    ).not.toBeNull()
    expect((await verified()).breach).toBeNull()
  })

  it('lets the application delete nothing of the journal that is not forgotten', async () => {
    const { database } = home.house
    const [rows] = await database.batch(
      [home.tenantId],
      [{ text: 'select millrace.retire_segments($1::uuid, $2::uuid[]) as n', values: [home.tenantId, `{${young}}`] }],
    )
    expect(rows?.[0]?.n).toBe(0)
    const other = await home.addTenant('other')
    const [none] = await database.batch(
      [other],
      [{ text: 'select millrace.retire_segments($1::uuid, $2::uuid[]) as n', values: [home.tenantId, `{${old[0]}}`] }],
    )
    expect(none?.[0]?.n).toBe(0)
  })

  it('keeps consents five years, longer than leads, and then destroys their keys', async () => {
    const keys = await home.house.keyring.tenant(home.tenantId)
    const subject = lookupColumn(keys, 'phone', '+15125550142')
    const records = await home.house.privacy.consents.records(home.tenantId, [subject])
    expect(records[0]?.evidence).toMatchObject({ wording: 'I agree.' })
    clock.advance(5 * 365 * DAY_MS)
    await home.house.privacy.retention.run(home.tenantId)
    const left = await home.house.privacy.consents.records(home.tenantId, [subject])
    expect(left.every(({ at }) => at > clock.now() - 1_826 * DAY_MS)).toBe(true)
    expect(left.length).toBeLessThan(records.length)
    const [count] = await home.inspect<{ keys: string }>(
      `select count(*) as keys from millrace.sealing_key where scope = 'evidence'`,
    )
    expect(Number(count?.keys)).toBe(new Set(left.map(({ id }) => id)).size)
  })

  it('shortens the audit to a signed place, from which it still verifies', async () => {
    const { audit, database, keyring } = home.house
    const entry = {
      tenantId: home.tenantId,
      actor: { kind: 'user' as const, id: 'u' },
      action: 'lead.read',
      resource: 'lead',
      resourceId: null,
    }
    for (let n = 0; n < 5; n += 1) await audit.record(entry)
    await anchorAudit({ database, keyring, tenantId: home.tenantId, now: clock.now() })
    clock.advance(20 * DAY_MS)
    await audit.record(entry)
    await home.house.privacy.retention.setPolicy(home.tenantId, { audit: 10, leads: null })
    const before = (await verifyAudit({ database, keyring, tenantId: home.tenantId })).entries
    const reports = await home.house.privacy.retention.run(home.tenantId)
    expect(reports.find(({ kind }) => kind === 'audit')?.items).toBeGreaterThanOrEqual(5)
    const after = await verifyAudit({ database, keyring, tenantId: home.tenantId })
    expect(after.breach).toBeNull()
    expect(after.entries).toBeLessThan(before)
    expect(reports.find(({ kind }) => kind === 'leads')).toMatchObject({ before: null, items: 0 })
  })

  it('runs once a day by itself', async () => {
    await home.house.privacy.retention.setPolicy(home.tenantId, { leads: 365 })
    await home.house.privacy.retention.run(home.tenantId)
    const runs = (await home.house.privacy.retention.runs(home.tenantId)).length
    await home.house.privacy.retention.daily()
    expect((await home.house.privacy.retention.runs(home.tenantId)).length).toBe(runs)
    clock.advance(DAY_MS)
    await home.house.privacy.retention.daily()
    expect((await home.house.privacy.retention.runs(home.tenantId)).length).toBeGreaterThan(runs)
  })
})
