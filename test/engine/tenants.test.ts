import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { suppressionKey } from '../../src/handlers/suppression.ts'
import { verifyTenant } from '../../src/journal/verify.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { openSink, type Sink } from '../support/sink.ts'

let engine: Engine
let sink: Sink
let process: Process
let tenants: readonly [string, string]

const flow = () => `
flow: shared
fields: { email: { type: email, required: true }, phone: phone, state: state }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" } } ]
destinations: { crm: { type: http, url: "${sink.url}/crm", repeat: keyed } }
steps:
  - dedupe: { id: once, on: [[email], [phone]], scope: tenant }
  - suppress: { lists: [dnc], match: [email] }
  - cap: { caps: [{ id: few, max: 10, per: total }, { id: state, max: 50, per: day, by: lead.state }] }
  - deliver: { to: crm }
`

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  process = await engine.start()
  tenants = [engine.tenantId, await engine.addTenant('other')]
  for (const tenantId of tenants) await engine.publish(flow(), { tenantId })
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

const lead = (n: number) => ({ email: `same${n}@example.com`, phone: `512555${String(7000 + n)}`, state: 'TX' })

describe('two tenants with equal keys', () => {
  it('in the same gathered statements meet nothing of each other', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        Promise.all(
          tenants.map(async (tenantId) => {
            // Each lead comes twice under its idempotency key, and once more as a duplicate under another.
            const submit = (key: string) =>
              process.submit({ tenantId, flow: 'shared', values: lead(n % 20), over: { idempotencyKey: key } })
            const [one, two] = await Promise.all([submit(`key-${n}`), submit(`key-${n}`)])
            return { tenantId, one, two }
          }),
        ),
      ),
    )
    const told = all.flat()
    for (const tenantId of tenants) {
      const own = told.filter((each) => each.tenantId === tenantId)
      for (const { one, two } of own) expect(two.answer.lead_id).toBe(one.answer.lead_id)
      const accepted = own.filter(({ one }) => one.status === 201)
      expect(accepted).toHaveLength(10)
      const codes = own.filter(({ one }) => one.status !== 201).map(({ one }) => one.answer.code)
      expect(new Set(codes)).toEqual(new Set(['duplicate', 'cap_exceeded']))
      const ids = new Set(own.map(({ one }) => one.answer.lead_id))
      for (const { one } of own) if (one.answer.duplicate_of) expect(ids).toContain(one.answer.duplicate_of)
      const usage = await engine.db.inspect<{ used: string }>(
        'select used from millrace.cap_usage where tenant_id = $1',
        [tenantId],
      )
      expect(usage.map((row) => Number(row.used))).toEqual([10, 10])
      expect(await verifyTenant({ database: process.database, tenantId })).toMatchObject({ leads: 40, breach: null })
    }
    const crossed = await engine.db.inspect(
      `select c.key from millrace.claim c join millrace.lead l on l.id = c.lead_id where l.tenant_id <> c.tenant_id`,
    )
    expect(crossed).toEqual([])
    const [a, b] = tenants
    const keys = async (tenantId: string) =>
      (
        await engine.db.inspect<{ key: string }>(
          `select encode(key, 'hex') as key from millrace.claim where tenant_id = $1`,
          [tenantId],
        )
      ).map((row) => row.key)
    const ofA = new Set(await keys(a))
    expect((await keys(b)).filter((key) => ofA.has(key))).toEqual([])
  })

  it('are suppressed by their own lists alone', async () => {
    const [a] = tenants
    await engine.publish(flow().replace('flow: shared', 'flow: listed').replace('max: 10', 'max: 1000'))
    await engine.publish(flow().replace('flow: shared', 'flow: listed').replace('max: 10', 'max: 1000'), {
      tenantId: tenants[1],
    })
    // Both tenants' hashes of the value stand on the list of one: only its own can be found.
    for (const tenantId of tenants)
      await engine.db.inspect(
        `insert into millrace.suppression_entry (tenant_id, list_id, key, added_at) values ($1, 'dnc', $2, $3)`,
        [a, suppressionKey(await process.keyring.tenant(tenantId), 'same900@example.com'), new Date(0)],
      )
    const told = await Promise.all(
      tenants.map((tenantId) => process.submit({ tenantId, flow: 'listed', values: lead(900) })),
    )
    expect(told.map((one) => one.answer.code)).toEqual(['suppressed', null])
    expect(told[0]?.answer.reason).toContain('DNC')
  })

  it('cannot read or decide about each other’s leads', async () => {
    const [a, b] = tenants
    const { answer } = await process.submit({ tenantId: a, flow: 'listed', values: lead(901) })
    expect(await process.reader.read(b, answer.lead_id)).toBeNull()
    expect(await process.reader.search(b, { email: 'same901@example.com' }, { before: null, limit: 10 })).toEqual([])
    expect(await process.reader.search(a, { email: 'same901@example.com' }, { before: null, limit: 10 })).toHaveLength(
      1,
    )
    await expect(
      process.runner.decide({ tenantId: b, leadId: answer.lead_id, decision: 'approve', reason: null, by: 'eve' }),
    ).rejects.toMatchObject({ code: 'not_found' })
  })
})

interface Table {
  readonly name: string
  readonly partition: boolean
  readonly enabled: boolean
  readonly forced: boolean
}

const tenantTables = (): Promise<Table[]> =>
  engine.db.inspect<Table & Record<string, unknown>>(
    `select c.relname as name, c.relispartition as partition, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relnamespace = 'millrace'::regnamespace and c.relkind in ('r', 'p') order by c.relname`,
  )

describe('row-level security', () => {
  it('is enabled and forced on every table of tenants, partitions of today and of later months included', async () => {
    await engine.db.database.definer({ text: `select millrace.ensure_partitions('2031-01-01'::date, 2)` })
    const tables = await tenantTables()
    expect(tables.length).toBeGreaterThan(14)
    expect(tables.some((table) => table.name === 'segment_2031_02')).toBe(true)
    expect(tables.filter((table) => !table.enabled || !table.forced)).toEqual([])
    const [tenant] = await engine.db.inspect(
      `select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = 'millrace.tenant'::regclass`,
    )
    expect(tenant).toEqual({ enabled: true, forced: true })
  })

  it('shows and takes nothing of a tenant that the transaction was not set for', async () => {
    const [a, b] = tenants
    for (const { name, partition } of [...(await tenantTables()), { name: 'tenant', partition: false }]) {
      const column = name === 'tenant' ? 'id' : 'tenant_id'
      const count = async (set: readonly string[]): Promise<unknown> => {
        try {
          const [rows] = await process.database.batch(set, [
            { text: `select count(*)::integer as n from millrace.${name} where ${column} = $1::uuid`, values: [b] },
          ])
          return rows?.[0]?.n
        } catch (error) {
          return (error as { readonly sqlState?: string }).sqlState
        }
      }
      // A partition is not to be had but through its table; some tables are not to be read at all.
      const nothing = partition ? ['42501'] : [0, '42501']
      expect(nothing, name).toContain(await count([a]))
      expect(nothing, name).toContain(await count([]))
      for (const statement of [
        `delete from millrace.${name} where ${column} = $1::uuid returning 1`,
        `update millrace.${name} set ${column} = ${column} where ${column} = $1::uuid returning 1`,
      ]) {
        const touched = await process.database
          .batch([a], [{ text: statement, values: [b] }])
          .then(([rows]) => rows?.length)
          .catch((error: { readonly sqlState?: string }) => error.sqlState)
        expect([0, '42501'], `${name}: ${statement}`).toContain(touched)
      }
    }
    const stolen = process.database.batch(
      [a],
      [
        {
          text: `insert into millrace.claim (tenant_id, lead_id, at, key) values ($1::uuid, $1::uuid, $2::timestamptz, '\\x00'::bytea)`,
          values: [b, new Date(0)],
        },
      ],
    )
    await expect(stolen).rejects.toMatchObject({ sqlState: '42501' })
    const seen = await process.database.batch([a], [{ text: 'select distinct tenant_id from millrace.event' }])
    expect(seen[0]).toEqual([{ tenant_id: a }])
  })

  it('is passed by the listed functions alone, each with a search path of its own', async () => {
    const functions = await engine.db.inspect<{ name: string; config: string[] | null }>(
      `select proname as name, proconfig as config from pg_proc
       where pronamespace = 'millrace'::regnamespace and prosecdef order by proname`,
    )
    for (const each of functions) expect(each.config?.join(' '), each.name).toMatch(/search_path=millrace/)
    const open = await engine.db.inspect(
      `select proname from pg_proc where pronamespace = 'millrace'::regnamespace and prosecdef
       and has_function_privilege('public', oid, 'execute')`,
    )
    expect(open).toEqual([])
  })
})
