import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import { newId } from '../base/ids.ts'
import type { Database } from '../database/pool.ts'
import { createLeadList } from './lead-list.ts'
import type { LeadFilter } from './types.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const HOUR_MS = 3_600_000
const NOW = Date.UTC(2026, 10, 20, 12, 30)

interface Made {
  readonly id: string
  readonly flow: string
  readonly source: string
  outcome: string | null
  status: string
  code: string | null
  readonly test: boolean
}

const FATES = [
  { outcome: 'success', status: 'approved', code: null },
  { outcome: 'success', status: 'delivered', code: null },
  { outcome: 'failure', status: 'rejected', code: 'duplicate' },
  { outcome: 'failure', status: 'rejected', code: 'filtered' },
  { outcome: 'error', status: 'failed', code: 'processing_failed' },
  { outcome: null, status: 'pending_review', code: null },
  { outcome: null, status: 'new', code: null },
] as const

const fate = fc.nat(FATES.length - 1)
const lead = fc.record({
  /** How long ago it came in: most of them of late, some at the very beginning of an hour. */
  agoMs: fc.oneof(
    fc.nat(2 * HOUR_MS),
    fc.nat(9 * HOUR_MS),
    fc.nat(9).map((n) => 30 * 60_000 + n * HOUR_MS),
  ),
  flow: fc.constantFrom('solar', 'roof'),
  source: fc.constantFrom('a', 'b', 'c'),
  fate,
  test: fc.boolean(),
})
const some = <T>(arb: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: arb })
const ask = fc.record({
  flow: some(fc.constantFrom('solar', 'roof', 'none')),
  source: some(fc.constantFrom('a', 'b')),
  outcome: some(fc.constantFrom('success', 'failure', 'error')),
  status: some(fc.constantFrom('approved', 'rejected', 'new', 'pending_review')),
  code: some(fc.constantFrom('duplicate', 'filtered', 'duplicate,filtered')),
  test: some(fc.boolean()),
  assignee: some(fc.constant('none')),
  fromAgo: some(fc.nat(9 * HOUR_MS)),
  toAgo: some(fc.nat(5 * HOUR_MS)),
  limit: fc.integer({ min: 1, max: 6 }),
})
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('come' as const), leads: fc.array(lead, { minLength: 1, maxLength: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('change' as const), which: fc.array(fc.nat(60)), fate }) },
  // Clocks jump, in both directions.
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fold' as const),
      aheadMs: fc.integer({ min: -5 * HOUR_MS, max: 12 * HOUR_MS }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), ask }) },
)

/** The first figures of a database are made of the leads of its tenants. */
const newTenant = async (): Promise<string> => {
  const id = newId(NOW)
  await db.inspect(
    'insert into millrace.tenant (id, slug, name, created_at) values ($1::uuid, $1::uuid::text, $1::uuid::text, $2)',
    [id, new Date(NOW)],
  )
  return id
}

const fold = (at: number) =>
  db.database.definer({
    text: 'select millrace.fold_figures($1::timestamptz, 3, 200)',
    values: [new Date(at)],
  })

const write = async (tenantId: string, leads: readonly Made[]): Promise<void> => {
  await db.inspect(
    `insert into millrace.lead (tenant_id, id, received_at, flow_version, seq, test, flow_id, source_id, status, outcome,
       code, head, key_version)
     select $1, (l->>'id')::uuid, to_timestamp(millrace.id_ms((l->>'id')::uuid) / 1000.0), 1, 1, (l->>'test')::boolean,
       l->>'flow', l->>'source', l->>'status', l->>'outcome', l->>'code', '', 1
     from jsonb_array_elements($2::jsonb) l
     on conflict (tenant_id, id) do update set status = excluded.status, outcome = excluded.outcome, code = excluded.code`,
    [tenantId, JSON.stringify(leads)],
  )
}

const matches = (made: Made, filter: Omit<LeadFilter, 'takenBy'>): boolean =>
  (filter.flow === undefined || made.flow === filter.flow) &&
  (filter.source === undefined || made.source === filter.source) &&
  (filter.outcome === undefined || made.outcome === filter.outcome) &&
  (filter.status === undefined || made.status === filter.status) &&
  (filter.code === undefined || filter.code.split(',').includes(made.code ?? '')) &&
  (filter.test === undefined || made.test === filter.test) &&
  (filter.from === undefined || timeOf(made.id) >= filter.from) &&
  (filter.to === undefined || timeOf(made.id) < filter.to)

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)

it('lists what reading all leads would, whenever figures are folded, leads change and clocks jump', async () => {
  // Hardly any are looked at before the figures are asked, and some runs are too far behind for them.
  const lists = [
    createLeadList(db.database, { nearEach: 0, nearMin: 2, changedMax: 1_000, dueMax: 24, toldMax: 1_000 }),
    createLeadList(db.database, { nearEach: 1, nearMin: 1, changedMax: 4, dueMax: 1, toldMax: 2 }),
    createLeadList(db.database),
  ]
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      const tenantId = await newTenant()
      const known: Made[] = []
      for (const one of steps) {
        if (one.do === 'come') {
          const made = one.leads.map(
            ({ agoMs, fate, ...rest }) => ({ id: idAt(NOW - agoMs), ...rest, ...FATES[fate] }) as Made,
          )
          known.push(...made)
          await write(tenantId, made)
        } else if (one.do === 'change') {
          const changed = [...new Set(one.which)].flatMap((n) => known[n] ?? [])
          for (const made of changed) Object.assign(made, FATES[one.fate])
          await write(tenantId, changed)
        } else if (one.do === 'fold') await fold(NOW + one.aheadMs)
        else {
          const { limit, fromAgo, toAgo, ...parts } = one.ask
          const given = Object.entries(parts).filter(([, value]) => value !== undefined)
          const filter: LeadFilter = {
            ...Object.fromEntries(given),
            ...(fromAgo === undefined ? {} : { from: NOW - fromAgo }),
            ...(toAgo === undefined ? {} : { to: NOW - toAgo }),
          }
          const wanted = known.filter((made) => matches(made, filter)).map(({ id }) => id)
          const newest = wanted.sort().reverse()
          for (const list of lists) {
            const seen: string[] = []
            for (let before: string | null = null; ; before = seen.at(-1) ?? null) {
              const rows = await list(tenantId, filter, { before, limit })
              seen.push(...rows.map(({ id }) => id as string))
              if (rows.length < limit) break
            }
            expect(seen).toEqual(newest)
          }
        }
      }
    }),
    { numRuns: 60 },
  )
}, 120_000)

it('is not asked for page after page of what the figures count and the filter turns down', async () => {
  const tenantId = await newTenant()
  const made = Array.from({ length: 60 }, (_, n): Made => {
    return { id: idAt(NOW - (n + 1) * 60_000), flow: 'solar', source: 'a', test: false, ...FATES[0] }
  })
  await write(tenantId, made)
  const oldest = made.at(-1)?.id
  await db.inspect(
    `insert into millrace.lead_assignment (tenant_id, lead_id, user_id, assigned_by, assigned_at)
     select $1, id, 'ada', 'ada', received_at from millrace.lead where tenant_id = $1 and id <> $2`,
    [tenantId, oldest],
  )
  // What is under way in other databases of the server holds the figures up.
  const told = async () => {
    await fold(NOW)
    const sum = 'select coalesce(sum(leads), 0)::integer as n from millrace.lead_figure'
    const [row] = await db.inspect<{ n: number }>(`${sum} where tenant_id = $1 and grain = 'minute'`, [tenantId])
    return row?.n
  }
  await expect.poll(told, { timeout: 30_000 }).toBe(made.length)
  let asked = 0
  const counted: Pick<Database, 'batch'> = {
    batch: (tenants, statements) => {
      asked += 1
      return db.database.batch(tenants, statements)
    },
  }
  const list = createLeadList(counted, { nearEach: 0, nearMin: 2, changedMax: 1_000, dueMax: 24, toldMax: 3 })
  const rows = await list(tenantId, { flow: 'solar', assignee: 'none' }, { before: null, limit: 2 })
  expect(rows.map(({ id }) => id)).toEqual([oldest])
  expect(asked).toBe(5)
})

/** Of a time, and unlike any other. */
const idAt = (ms: number): string => {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}${newId(NOW).slice(13)}`
}
