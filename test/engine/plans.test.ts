import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Statement } from '../../src/database/pool.ts'
import { type Engine, type Process, startEngine } from '../support/engine.ts'
import { type PlanNode, scansOf, sharedPlan } from '../support/plans.ts'
import { openSink, type Sink } from '../support/sink.ts'

/**
 * Tables that grow with every lead: what is asked of them for one lead may not depend on how many there are. `work`
 * holds what is under way alone.
 */
const GROWING = ['lead', 'segment', 'claim', 'delivery', 'person', 'person_key', 'person_record', 'account_key']

let engine: Engine
let sink: Sink
let running: Process
const asked = new Map<string, Statement>()

beforeAll(async () => {
  sink = await openSink()
  engine = await startEngine()
  await engine.publish(`
flow: planned
fields: { email: { type: email, required: true }, phone: phone, first_name: first_name, last_name: last_name, dob: date }
sources: [ { id: web, price: { id: base, amount: "15.00 USD" }, caps: [ { id: daily, max: 1000, per: day } ] } ]
destinations:
  crm: { type: http, url: "${sink.url}/crm", repeat: keyed, attempts: 2, retry_delays: [10s] }
steps:
  - dedupe: { id: once, on: [[email], [phone]], within: 30d, duplicate: reject }
  - match: {}
  - suppress: { lists: [dnc], match: [phone, email] }
  - review: { id: ask, when: 'lead.email.contains("ask")' }
  - deliver: { id: all, to: crm }
`)
  running = await engine.start()
  const { batch } = running.database
  running.database.batch = (tenants, statements) => {
    for (const statement of statements) if (statement.name) asked.set(statement.name, statement)
    return batch(tenants, statements)
  }
  const submit = (email: string, phone: string) =>
    running.submit({
      flow: 'planned',
      values: { email, phone, first_name: 'Ada', last_name: 'Lovelace', dob: '1980-12-10' },
    })
  await submit('ada@example.com', '(512) 555-0100')
  await submit('ada@example.com', '(512) 555-0100')
  await submit('ada.l@example.com', '(512) 555-0101')
  const waiting = await submit('ask@example.com', '(512) 555-0102')
  await running.runner.decide({
    tenantId: engine.tenantId,
    leadId: waiting.answer.lead_id,
    decision: 'approve',
    by: 'ada',
    reason: '',
  })
  sink.otherwise({ do: 'answer', status: 503 })
  await submit('late@example.com', '(512) 555-0103')
  engine.clock.advance(10_000)
  await running.work()
  engine.clock.advance(40 * 86_400_000)
  await submit('ada@example.com', '(512) 555-0100')
  await running.reader.search(engine.tenantId, { email: 'ada@example.com' }, { before: null, limit: 10 })
  // From now on the planner knows how small they are: that is when it reads a table whole.
  for (const table of GROWING) await engine.db.inspect(`vacuum analyze millrace.${table}`)
})
afterAll(async () => {
  await engine.close()
  await sink.close()
})

/** Of a tenant alone: it reads all that the tenant has. */
const isBounded = ({ 'Index Cond': bound = '' }: PlanNode): boolean =>
  [...bound.matchAll(/\((\w+) (?:=|[<>]=?) /g)].some(([, column]) => column !== 'tenant_id')

describe('a statement of a lead’s journey, planned while the tables are small and kept', () => {
  it('reads what it names and not the rest of the table', async () => {
    const whole: string[] = []
    for (const statement of asked.values()) {
      const nodes = await engine.db.database.transaction([engine.tenantId], (tx) => sharedPlan(tx, statement))
      const scans = scansOf(nodes, GROWING)
      for (const { table, node } of scans)
        if (!isBounded(node)) whole.push(`${statement.name}: ${node['Node Type']} of ${table} by ${node['Index Cond']}`)
      // A join that is judged row by row has read one side of it by its tenant alone.
      const isJudged = nodes.some((node) => node['Node Type'] === 'Materialize' || node['Join Filter'] !== undefined)
      if (scans.length > 0 && isJudged) whole.push(`${statement.name}: a join row by row`)
    }
    expect(whole).toEqual([])
    for (const name of ['look_up_claims', 'append_claims', 'append_replacing_claims', 'append_new_leads'])
      expect([...asked.keys()]).toContain(name)
    for (const name of ['append_changed_leads', 'append_segments', 'append_deliveries', 'append_work'])
      expect([...asked.keys()]).toContain(name)
  })
})
