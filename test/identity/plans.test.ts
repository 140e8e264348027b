/**
 * Persons and organisations are looked for by key, one by one, whatever the server believes a table to hold: a plan made
 * while it was empty is kept while it grows (docs/decisions/0010).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, Statement, Tx } from '../../src/database/pool.ts'
import { findPlaces, findRecordsOf } from '../../src/handlers/person-look-up.ts'
import { areApart, rootsOf } from '../../src/handlers/person-roots.ts'
import { NO_PERSONS, type PersonCommit, personStatements, type RecordWrite } from '../../src/journal/person-writes.ts'
import { createPersonChanges } from '../../src/persons/changes.ts'
import { createPersonStore } from '../../src/persons/store.ts'
import { type ServerVersion, type TestDatabase, testDatabase } from '../support/database.ts'
import { scansOf, sharedPlan } from '../support/plans.ts'

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

/** What is asked one by one. */
const asked: Statement[] = []
const asking = {
  batch: async (_: readonly string[], statements: readonly Statement[]) => {
    asked.push(...statements)
    return statements.map(() => [])
  },
} as unknown as Database
await rootsOf(asking, TENANT, [PERSON])
await areApart(asking, TENANT, [PERSON])
const store = createPersonStore({ database: asking, reader: { read: async () => null } })
await store.leads(TENANT, PERSON, { before: null, limit: 10 })
await store.events(TENANT, PERSON)
await store.find(TENANT, PERSON)
for (const account of [null, LEAD]) await store.list(TENANT, { before: null, limit: 10, account })
await store.ofLeads(TENANT, [LEAD])
await store.account(TENANT, LEAD)
await store.accounts(TENANT, { before: null, limit: 10 })
const changes = createPersonChanges({
  ownRecords: async () => [],
  database: {
    transaction: async (_: readonly string[], change: (tx: Tx) => Promise<unknown>) =>
      change({
        query: async (statement: Statement) => {
          asked.push(statement)
          return [PERSON, LEAD].map((id) => ({ id, root: id, a: PERSON, b: LEAD }))
        },
        all: async () => [],
      } as unknown as Tx),
  } as unknown as Database,
})
await changes.merge({ tenantId: TENANT, person: PERSON, persons: [LEAD], by: LEAD, at: 0 })
// Whose leads those are is answered wrongly here: what was asked until then is looked at.
await changes.split({ tenantId: TENANT, person: PERSON, leads: [LEAD], by: LEAD, at: 0 }).catch(() => undefined)

const STATEMENTS: readonly Statement[] = [
  ...new Map(asked.flatMap((statement) => (statement.name ? [[statement.name, statement]] : []))).values(),
  findPlaces([{ tenantId: TENANT, keys: [7n] }]),
  findRecordsOf([TENANT], [PERSON]),
  ...personStatements([
    commit({ persons: { ...NO_PERSONS, records: [record({}), record({ personId: PERSON, isFirst: false })] } }),
    commit({
      persons: {
        ...NO_PERSONS,
        speaks: [
          {
            personId: PERSON,
            leadId: LEAD,
            at: 0,
            account: { id: LEAD, keys: [Buffer.alloc(16)], sealed: Buffer.alloc(40) },
          },
        ],
      },
    }),
    commit({ leadId: PERSON, releasesPerson: true }),
    commit({
      persons: { ...NO_PERSONS, merges: [{ id: LEAD, keep: PERSON, gone: LEAD, at: 0, by: 'match', leadId: LEAD }] },
    }),
  ]),
]

/** The tables that grow with persons, and what a walk through one of them must be bounded by. */
const BOUNDS: Readonly<Record<string, RegExp>> = {
  person_key: /\bkey = /,
  account_key: /\b(?:key|account_id) = /,
  account: /\bid [<=]/,
  person: /\b(?:id|merged_into|account_id) [<>=]/,
  person_apart: /\ba >?= /,
  person_event: /\b(?:person_id|other) >= /,
  person_record: /\b(?:person_id|lead_id) [>=]/,
  lead: /\b(?:person_)?id = /,
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
      const nodes = await db.database.transaction([TENANT], (tx) => sharedPlan(tx, statement))
      for (const { table, node } of scansOf(nodes, Object.keys(BOUNDS)))
        expect(node['Index Cond'] ?? node['Node Type'], table).toMatch(BOUNDS[table] as RegExp)
    },
  )
})

it('asks after every table that it bounds', () => {
  const said = STATEMENTS.map(({ text }) => text).join('\n')
  for (const table of Object.keys(BOUNDS)) expect(said).toMatch(new RegExp(`from millrace\\.${table}\\b`))
})
