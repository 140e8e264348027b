import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/database/pool.ts'
import { type Breach, verifyTenant } from '../../src/journal/verify.ts'
import { verifyLead } from '../../src/journal/verify-lead.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process
/** Chains of several segments: submitted, delivered after a retry, waited. In the order of their ids. */
const leads: string[] = []

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  await engine.publish(`
flow: long
fields: { email: { type: email, required: true }, phone: phone }
sources: [ { id: web } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed } }
steps: [ { dedupe: { id: once, on: [[email]] } }, { deliver: { to: crm } }, { wait: { for: 5m } } ]
`)
  for (let n = 0; n < 4; n += 1) {
    const { answer } = await process.submit({ flow: 'long', values: { email: `chain${n}@example.com` } })
    leads.push(answer.lead_id)
  }
  engine.clock.advance(300_000)
  await process.work()
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const verify = () => verifyTenant({ database: process.database, tenantId: engine.tenantId })

const seqOf = async (leadId: string): Promise<number> =>
  (await engine.db.inspect<{ seq: number }>('select seq from millrace.lead where id = $1', [leadId]))[0]?.seq ?? 0

const segmentsBefore = async (leadId: string): Promise<number> =>
  (await engine.db.inspect('select from millrace.segment where lead_id < $1', [leadId])).length

const place = (leadId: string, seq: number, what: Breach['what']): Breach => ({
  tenantId: engine.tenantId,
  leadId,
  seq,
  what,
})

/** Does the harm, looks, and undoes it. */
const broken = async (harm: string, values: readonly unknown[], tables: readonly string[]): Promise<Breach | null> => {
  for (const table of tables) await engine.db.inspect(`create table public.kept_${table} as table millrace.${table}`)
  try {
    await engine.db.inspect(harm, [...values])
    return (await verify()).breach
  } finally {
    for (const table of tables) {
      await engine.db.inspect(`delete from millrace.${table}`)
      await engine.db.inspect(`insert into millrace.${table} table public.kept_${table}`)
      await engine.db.inspect(`drop table public.kept_${table}`)
    }
    expect((await verify()).breach).toBeNull()
  }
}

describe('a journal that was tampered with', () => {
  it('names the first broken place', async () => {
    expect(await verify()).toMatchObject({ leads: 4, breach: null })
    const [first, second, third] = leads as [string, string, string]
    const last = await seqOf(second)
    expect(last).toBeGreaterThan(2)

    const one = `lead_id = $1 and seq = $2`
    expect(
      await broken(
        `update millrace.segment set events = replace(events, 'lead.mapped', 'lead.mopped') where lead_id = $1`,
        [second],
        ['segment'],
      ),
    ).toEqual(place(second, 1, 'changed'))
    // A byte of what is sealed, in the middle of the chain.
    expect(
      await broken(
        `update millrace.segment set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where lead_id = $1 and seq =
           (select max(seq) from millrace.segment where lead_id = $1 and sealed is not null)`,
        [second],
        ['segment'],
      ),
    ).toMatchObject({ leadId: second, what: 'changed' })
    expect(
      await broken(`update millrace.segment set at = at + interval '1 ms' where ${one}`, [second, 2], ['segment']),
    ).toEqual(place(second, 2, 'changed'))
    expect(await broken(`update millrace.segment set sealed = null where ${one}`, [second, 1], ['segment'])).toEqual(
      place(second, 1, 'changed'),
    )
    expect(await broken(`delete from millrace.segment where ${one}`, [second, 2], ['segment'])).toEqual(
      place(second, 2, 'missing'),
    )
    expect(await broken(`delete from millrace.segment where ${one}`, [second, 1], ['segment'])).toEqual(
      place(second, 1, 'missing'),
    )
    expect(await broken(`delete from millrace.segment where ${one}`, [second, last], ['segment'])).toEqual(
      place(second, last, 'tail_removed'),
    )
    expect(await broken(`delete from millrace.segment where lead_id = $1`, [second], ['segment'])).toEqual(
      place(second, 1, 'tail_removed'),
    )
    expect(await broken(`delete from millrace.lead where id = $1`, [second], ['lead'])).toEqual(
      place(second, 1, 'lead_removed'),
    )
    // The tail gone and the lead's row wound back, but to another head.
    expect(
      await broken(
        `with gone as (delete from millrace.segment where ${one}) update millrace.lead set seq = seq - 1 where id = $1`,
        [second, last],
        ['segment', 'lead'],
      ),
    ).toEqual(place(second, last - 1, 'head_differs'))
    // Of two broken places the first is named.
    expect(
      await broken(`update millrace.segment set events = '[]' where lead_id in ($1, $2)`, [third, first], ['segment']),
    ).toEqual(place(first, 1, 'changed'))
    // A segment taken from one lead and put under another.
    expect(
      await broken(
        `update millrace.segment s set events = o.events, sealed = o.sealed, at = o.at, hash = o.hash
         from millrace.segment o where s.lead_id = $1 and o.lead_id = $2 and s.seq = o.seq`,
        [third, first],
        ['segment'],
      ),
    ).toEqual(place(third, 1, 'changed'))
  })

  it('names a lead that nothing is left of before what is broken behind it', async () => {
    const [first, second] = leads as [string, string]
    expect(
      await broken(
        `with gone as (delete from millrace.segment where lead_id = $1) update millrace.segment set events = '[]' where lead_id = $2`,
        [first, second],
        ['segment'],
      ),
    ).toEqual(place(first, 1, 'tail_removed'))
  })

  it('names a lead whose row counts fewer segments than there are', async () => {
    const [, second] = leads as [string, string]
    expect(await broken('update millrace.lead set seq = seq - 1 where id = $1', [second], ['lead'])).toEqual(
      place(second, await seqOf(second), 'head_differs'),
    )
  })

  it('names a lead whose row tells what its events do not', async () => {
    const [, second] = leads as [string, string]
    const last = await seqOf(second)
    for (const change of [
      'price = 99.00',
      'revenue = 99.00',
      `outcome = 'failure'`,
      `status = 'rejected'`,
      `code = 'filtered'`,
      `flow_id = 'other'`,
      `source_id = 'other'`,
      'flow_version = 7',
      'test = not test',
      'duration_ms = duration_ms + 1',
      `received_at = received_at - interval '1 day'`,
      'closed_at = null',
    ])
      expect(
        [change, await broken(`update millrace.lead set ${change} where id = $1`, [second], ['lead'])].at(1),
        change,
      ).toEqual(place(second, last, 'row_differs'))
  })

  it('names a lead whose key is gone, and no event says why', async () => {
    const [, second] = leads as [string, string]
    expect(await broken('update millrace.lead set wrapped_key = null where id = $1', [second], ['lead'])).toEqual(
      place(second, await seqOf(second), 'key_removed'),
    )
  })

  it('names a segment that is gone as if retention had let it go', async () => {
    const [, second] = leads as [string, string]
    const last = await seqOf(second)
    const retire = (which: string) =>
      `with gone as (delete from millrace.segment where lead_id = $1 ${which} returning tenant_id, lead_id, seq, at, hash)
       insert into millrace.retired_segment (tenant_id, lead_id, seq, at, hash) select * from gone`
    const tables = ['segment', 'retired_segment']
    expect(await broken(retire(''), [second], tables)).toEqual(place(second, 1, 'missing'))
    expect(await broken(retire('and seq = 2'), [second], tables)).toEqual(place(second, 2, 'missing'))
    // Its key destroyed, too, as an erasure would.
    const forget = `with forgotten as (update millrace.lead set wrapped_key = null where id = $1), gone as`
    for (const seq of [1, last])
      expect(
        await broken(retire(`and seq = ${seq}`).replace('with gone as', forget), [second], [...tables, 'lead']),
      ).toEqual(place(second, seq, 'missing'))
  })

  it('reads no more at once than it may, however large the leads are', async () => {
    let batches = 0
    const counted: Database = {
      ...process.database,
      batch: (tenants, statements) => {
        batches += 1
        return process.database.batch(tenants, statements)
      },
    }
    const all = await verify()
    const page = { segments: 2_000, bytes: 1 }
    expect(await verifyTenant({ database: counted, tenantId: engine.tenantId, page })).toEqual(all)
    expect(batches).toBeGreaterThanOrEqual(all.segments)
  })

  it('takes nothing for broken that retention lets go while the chains are walked', async () => {
    const [, , , fourth] = leads as [string, string, string, string]
    await engine.db.inspect('create table public.kept_segment as table millrace.segment')
    let batches = 0
    const meanwhile: Database = {
      ...process.database,
      batch: async (tenants, statements) => {
        batches += 1
        // Its first segment is read, the others not yet.
        if (batches === (await segmentsBefore(fourth)) + 2) {
          await engine.db.inspect(`update millrace.lead set wrapped_key = null where id = $1`, [fourth])
          await engine.db.inspect(
            `with gone as (delete from millrace.segment where lead_id = $1 returning tenant_id, lead_id, seq, at, hash)
             insert into millrace.retired_segment (tenant_id, lead_id, seq, at, hash) select * from gone`,
            [fourth],
          )
        }
        return process.database.batch(tenants, statements)
      },
    }
    const [kept] = await engine.db.inspect<{ key: Buffer }>(
      'select wrapped_key as key from millrace.lead where id = $1',
      [fourth],
    )
    const { breach } = await verifyTenant({
      database: meanwhile,
      tenantId: engine.tenantId,
      page: { segments: 1, bytes: 1e6 },
    })
    expect(breach).toBeNull()
    expect(await engine.db.inspect('select from millrace.retired_segment')).toHaveLength(await seqOf(fourth))
    await engine.db.inspect('delete from millrace.retired_segment')
    await engine.db.inspect('delete from millrace.segment')
    await engine.db.inspect('insert into millrace.segment table public.kept_segment')
    await engine.db.inspect('drop table public.kept_segment')
    await engine.db.inspect('update millrace.lead set wrapped_key = $2 where id = $1', [fourth, kept?.key])
  })

  it('says the same of one lead, walked alone', async () => {
    const [, second] = leads as [string, string]
    await engine.db.inspect('update millrace.lead set price = 99.00 where id = $1', [second])
    expect((await verifyLead(process.database, engine.tenantId, second))?.breach).toEqual({
      seq: await seqOf(second),
      what: 'row_differs',
    })
    await engine.db.inspect('update millrace.lead set price = 0 where id = $1', [second])
  })

  it('cannot be changed by the application itself', async () => {
    for (const statement of [
      `update millrace.segment set events = '[]'`,
      'delete from millrace.segment',
      'truncate millrace.segment',
      `update millrace.flow_version set document = ''`,
    ])
      await expect(process.database.batch([engine.tenantId], [{ text: statement }])).rejects.toMatchObject({
        sqlState: '42501',
      })
  })
})

describe('a lead whose key was destroyed', () => {
  it('leaves the chain whole to its end, where it is told that nobody erased it, and shows nothing of the person', async () => {
    sink.script({ do: 'answer', status: 503 }, { do: 'answer', body: '{"id":"chain-erased-77"}' })
    const values = { email: 'chain.erased@example.com', phone: '5125557777' }
    const { answer } = await process.submit({ flow: 'long', values })
    engine.clock.advance(300_000)
    await process.work()
    const before = await process.reader.read(engine.tenantId, answer.lead_id)
    expect(JSON.stringify(before)).toContain('chain.erased')
    await engine.db.inspect('update millrace.lead set wrapped_key = null where id = $1', [answer.lead_id])
    expect((await verify()).breach).toEqual(place(answer.lead_id, await seqOf(answer.lead_id), 'key_removed'))
    const after = await process.reader.read(engine.tenantId, answer.lead_id)
    expect(after?.events.map((event) => event.type)).toEqual(before?.events.map((event) => event.type))
    expect(after?.row).toEqual(before?.row)
    expect(JSON.stringify(after)).not.toMatch(/chain\.erased|5557777|erased-77/)
  })

  it('is not taken up again', async () => {
    const { answer } = await process.submit({ flow: 'long', values: { email: 'chain.gone@example.com' } })
    await engine.db.inspect('update millrace.lead set wrapped_key = null where id = $1', [answer.lead_id])
    const segments = await seqOf(answer.lead_id)
    engine.clock.advance(300_000)
    await process.work()
    expect(await seqOf(answer.lead_id)).toBe(segments)
    await expect(
      process.runner.decide({
        tenantId: engine.tenantId,
        leadId: answer.lead_id,
        decision: 'approve',
        reason: null,
        by: 'ada',
      }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})
