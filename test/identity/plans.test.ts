/**
 * Persons and organisations are looked for by key, one by one, whatever the server believes a table to hold: a plan made
 * while it was empty is kept while it grows (docs/decisions/0010).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Statement, Tx } from '../../src/database/pool.ts'
import { findPlaces } from '../../src/handlers/person-look-up.ts'
import { NO_PERSONS, type PersonCommit, personStatements, type RecordWrite } from '../../src/journal/person-writes.ts'
import { type ServerVersion, type TestDatabase, testDatabase } from '../support/database.ts'

const TENANT = '018f0000-0000-7000-8000-00000000000a'
const LEAD = '018f0000-0000-7000-8000-0000000000f1'
const PERSON = '018f0000-0000-7000-8000-0000000000f0'

const record = (changes: Partial<RecordWrite>): RecordWrite => ({
  personId: LEAD,
  leadId: LEAD,
  isFirst: true,
  at: 0,
  test: false,
  sealed: Buffer.alloc(40),
  keys: [{ key: 7n, place: 1 }],
  account: { id: LEAD, keys: [Buffer.alloc(16)], sealed: Buffer.alloc(40) },
  kept: false,
  ...changes,
})

const commit = (changes: Partial<PersonCommit>): PersonCommit => ({
  tenantId: TENANT,
  isNew: true,
  leadId: LEAD,
  persons: NO_PERSONS,
  releasesPerson: false,
  ...changes,
})

const STATEMENTS: readonly Statement[] = [
  findPlaces([{ tenantId: TENANT, keys: [7n] }]),
  ...personStatements([
    commit({ persons: { ...NO_PERSONS, records: [record({}), record({ personId: PERSON, isFirst: false })] } }),
    commit({ leadId: PERSON, releasesPerson: true }),
  ]),
]

/** The tables that grow with persons, and what a walk through one of them must be bounded by. */
const BOUNDS: Readonly<Record<string, RegExp>> = {
  person_key: /\bkey = /,
  account_key: /\b(?:key|account_id) = /,
  person: /\bid = /,
  lead: /\bperson_id = /,
}

interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Node[]
}

const all = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(all)]

/** The plan that every execution shares, whatever it asks for. */
const planOf = async (tx: Tx, { name, text }: Statement): Promise<Node[]> => {
  const types = [...text.matchAll(/\$(\d+)::(\w+\[\])/g)]
  const inOrder = [...new Map(types.map(([, at, type]) => [Number(at), type])).entries()].sort(([a], [b]) => a - b)
  await tx.query({ text: `prepare planned_${name} as ${text}` })
  const [row] = await tx.query<Record<string, [{ Plan: Node }]>>({
    text: `explain (format json) execute planned_${name} (${inOrder.map(([, type]) => `'{}'::${type}`).join(', ')})`,
  })
  const plan = row?.['QUERY PLAN']
  return all((typeof plan === 'string' ? (JSON.parse(plan) as [{ Plan: Node }]) : (plan as [{ Plan: Node }]))[0].Plan)
}

describe.each<ServerVersion>([15, 18])('on Postgres %i', (version) => {
  let db: TestDatabase

  beforeAll(async () => {
    db = await testDatabase({ version })
    // The worst that can be: known to be empty. Leads are many before the first is turned away.
    for (const table of Object.keys(BOUNDS)) if (table !== 'lead') await db.inspect(`analyze millrace.${table}`)
  })
  afterAll(() => db.close())

  it.each(STATEMENTS.map((statement) => [statement.name ?? '', statement] as const))(
    '%s walks through no table of persons, however few it is believed to hold',
    async (_, statement) => {
      const nodes = await db.database.transaction([TENANT], async (tx) => {
        await tx.query({ text: 'set local plan_cache_mode = force_generic_plan' })
        return planOf(tx, statement)
      })
      for (const node of nodes) {
        const bound = BOUNDS[node['Relation Name'] ?? '']
        if (!bound || !node['Node Type'].includes('Scan')) continue
        expect(node['Index Cond'] ?? node['Node Type'], node['Relation Name']).toMatch(bound)
      }
    },
  )
})

it('asks after every table that it bounds', () => {
  const said = STATEMENTS.map(({ text }) => text).join('\n')
  for (const table of Object.keys(BOUNDS)) expect(said).toMatch(new RegExp(`from millrace\\.${table}\\b`))
})
