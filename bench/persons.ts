/** The demo's flow with persons matched in it, in turns with the flow without, on a million persons stored. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { newId } from '../src/base/ids.ts'
import { keyedHash8, seal } from '../src/base/seal.ts'
import { readConfig } from '../src/config.ts'
import { byteas, int4s, int8s, texts, timestamps, uuids } from '../src/database/arrays.ts'
import { fieldTypes } from '../src/fields/index.ts'
import { type House, openHouse } from '../src/house.ts'
import { createIntake, intakeKeys, type PersonRecord, rowOf } from '../src/identity/intake.ts'
import { destinationTypes } from '../src/integrations/index.ts'
import { FIRST_HEAD } from '../src/journal/segment.ts'
import type { Parsed } from '../src/kit/field.ts'
import { recordFields, recordOf } from '../src/kit/person-record.ts'
import type { LeadView } from '../src/kit/step.ts'
import { stepTypes } from '../src/steps/index.ts'
import { type CaseContext, flowText, publishFlow, startMillrace, type Target } from './cases.ts'
import { leadTemplate, SERIALS_MAX } from './load/leads.ts'
import { cpuRatio, type Measured, measure, type RoundsOptions, rateRatio, warmUp } from './rounds.ts'

export interface PersonsMeasured {
  readonly persons: number
  readonly without: Measured
  readonly matched: Measured
  /** The rate with persons matched by the rate without. */
  readonly ratio: number
  /** The same as their CPU says it: it holds where other work bends the rates. */
  readonly cpuRatio: number
  /** What matching adds at p99, ms: the median of the rounds' own differences. */
  readonly addedP99Ms: number
  readonly laidInS: number
}

const NAME = 'bench_persons'
const BATCH = 2_000
const OVER_MS = 90 * 86_400_000
const PROGRESS_EVERY = 100_000
/** Of the flow that is measured, and of the leads that are laid in. */
const TYPES = new Map([
  ['first_name', 'first_name'],
  ['last_name', 'last_name'],
  ['email', 'email'],
  ['phone', 'phone'],
  ['state', 'state'],
  ['postal_code', 'postal_code'],
])

const open = (context: CaseContext, databaseUrl: string): Promise<House> =>
  openHouse({
    config: readConfig({ DATABASE_URL: databaseUrl, MILLRACE_DATA: join(context.folder, NAME) }),
    registries: { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes },
    log: pino({ level: 'silent' }),
    onProgress: () => undefined,
    attach: false,
    outboundAllow: [],
  })

/** Persons that never came in by this run's load: the serials from the end of all there are. */
const laidLead = (templates: readonly ReturnType<typeof leadTemplate>[], at: number): LeadView => {
  const bytes = (templates[at % templates.length] as ReturnType<typeof leadTemplate>).fill(SERIALS_MAX - 1 - at)
  const values = JSON.parse(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4).toString()) as Record<string, string>
  const fields: Record<string, Parsed> = {}
  for (const [name, type] of TYPES) {
    const parsed = fieldTypes[type]?.parse(values[name], { country: 'US', now: 0, fields })
    if (parsed) fields[name] = parsed
  }
  return { fields } as LeadView
}

/** Lays persons in as the intake path would have written them: its own keys, records and seals. */
const layPersons = async (
  house: House,
  options: {
    readonly persons: number
    readonly tenantId: string
    readonly check: () => void
    readonly onProgress: (laid: number) => void
  },
): Promise<void> => {
  const { persons, tenantId, check, onProgress } = options
  const keys = await house.keyring.tenant(tenantId)
  const intake = createIntake('US')
  const kinds = recordFields(TYPES, {})
  const target = { host: 'x', path: '/', key: 'x' }
  const templates = Array.from({ length: 512 }, (_, at) => leadTemplate(at, target))
  const to = Date.now()
  const lay = async (from: number): Promise<void> => {
    const ids: string[] = []
    const times: number[] = []
    const wrapped: Buffer[] = []
    const sealed: Buffer[] = []
    const literals: string[] = []
    const owners: string[] = []
    const hashes: bigint[] = []
    for (let at = from; at < Math.min(persons, from + BATCH); at += 1) {
      const time = Math.floor(to - OVER_MS + (at * OVER_MS) / persons)
      const id = newId(time)
      const row = rowOf(recordOf(laidLead(templates, at), kinds) as PersonRecord)
      const own = intakeKeys(intake.read(row)).map((text) => keyedHash8(keys.lookup, `match|${text}`))
      const lead = house.keyring.newLeadKey(keys, id)
      ids.push(id)
      times.push(time)
      wrapped.push(lead.wrapped)
      sealed.push(seal(lead.key, JSON.stringify(row)))
      literals.push(`{${own.join(',')}}`)
      for (const hash of own) {
        owners.push(id)
        hashes.push(hash)
      }
    }
    const statement = (name: string, text: string, values: readonly (Buffer | string | number)[]) => ({
      name,
      text,
      values,
    })
    await house.database.batch(
      [tenantId],
      [
        statement(
          'lay_leads',
          `insert into millrace.lead (tenant_id, id, received_at, closed_at, flow_version, seq, test, flow_id, source_id,
             status, outcome, head, key_version, wrapped_key, person_id)
           select $1::uuid, w.id, w.at, w.at, 1, 1, false, 'laid', 'website', 'approved', 'success', $5, $6::integer, w.wrapped, w.id
           from unnest($2::uuid[], $3::timestamptz[], $4::bytea[]) as w(id, at, wrapped)`,
          [tenantId, uuids(ids), timestamps(times), byteas(wrapped), FIRST_HEAD, keys.wrapVersion],
        ),
        statement(
          'lay_persons',
          `insert into millrace.person (tenant_id, id, created_at, test, keys, sealed)
           select $1::uuid, w.id, w.at, false, w.keys::bigint[], w.sealed
           from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::bytea[]) as w(id, at, keys, sealed)`,
          [tenantId, uuids(ids), timestamps(times), texts(literals), byteas(sealed)],
        ),
        statement(
          'lay_person_keys',
          `insert into millrace.person_key (tenant_id, person_id, lead_id, key, place)
           select $1::uuid, w.id, w.id, w.key, w.place from unnest($2::uuid[], $3::bigint[], $4::integer[]) as w(id, key, place)`,
          [tenantId, uuids(owners), int8s(hashes), int4s(hashes.map(() => 1))],
        ),
      ],
    )
  }
  let next = 0
  const write = async (): Promise<void> => {
    for (let from = next; from < persons; from = next) {
      check()
      next += BATCH
      await lay(from)
      onProgress(Math.min(persons, next))
    }
  }
  // One makes the next batch while the database takes the other.
  await Promise.all([write(), write()])
}

/** Places are counted as they would have been, and no key holds more persons than the program writes. */
const settle = (context: CaseContext): Promise<void> =>
  context.database.use(NAME, async (client) => {
    await client.query(`create table millrace.laid as
      select tenant_id, person_id, lead_id, key, row_number() over (partition by tenant_id, key order by person_id)::integer as place
      from millrace.person_key`)
    await client.query('truncate millrace.person_key')
    await client.query(`insert into millrace.person_key (tenant_id, person_id, lead_id, key, place)
      select tenant_id, person_id, lead_id, key, place from millrace.laid where place <= 25 order by tenant_id, key, place`)
    await client.query('drop table millrace.laid')
    await client.query('alter table millrace.person_key add primary key (tenant_id, key, place)')
    await client.query('vacuum (analyze)')
    await client.query('checkpoint')
  })

export const measurePersons = async (options: {
  readonly context: CaseContext
  readonly rounds: RoundsOptions
  readonly persons: number
  readonly say: (text: string) => void
}): Promise<PersonsMeasured> => {
  const { context, rounds, persons, say } = options
  const databaseUrl = await context.database.create(NAME)
  const first = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null })
  const folder = join(context.folder, NAME)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'match.yaml')
  writeFileSync(file, flowText({ sinkUrl: null, flow: 'bench-match', match: true }))
  const matchKey = await publishFlow({ context, name: NAME, databaseUrl, file })
  await first.server.stop()
  const startedAt = performance.now()
  const house = await open(context, databaseUrl)
  let told = 0
  try {
    const [tenant] = await house.database.definer<{ id: string }>({ text: 'select id from millrace.find_tenants()' })
    await context.database.use(NAME, (client) =>
      client.query('alter table millrace.person_key drop constraint person_key_pkey'),
    )
    await layPersons(house, {
      persons,
      tenantId: tenant?.id ?? '',
      check: rounds.check,
      onProgress: (laid) => {
        if (laid < told + PROGRESS_EVERY && laid < persons) return
        told = laid
        say(`  ${laid} persons stored, ${Math.round((1000 * laid) / (performance.now() - startedAt))} a second`)
      },
    })
  } finally {
    await house.close(0)
  }
  await settle(context)
  const laidInS = (performance.now() - startedAt) / 1000
  say(`  settled after ${Math.round(laidInS)} s`)
  const plain = await startMillrace({ context, name: NAME, databaseUrl, sinkUrl: null, key: first.key })
  const matched: Target = { ...plain, path: '/flows/bench-match/sources/website/submit', key: matchKey }
  const contenders = [
    { label: 'without match', target: plain },
    { label: 'with match', target: matched },
  ]
  await warmUp(contenders, rounds)
  const [measuredPlain, measuredMatched] = await measure(contenders, rounds)
  if (!measuredPlain || !measuredMatched) throw new Error('both were to be measured')
  await plain.server.stop()
  const added = measuredMatched.rounds
    .map(({ p99Ms }, round) => p99Ms - (measuredPlain.rounds[round]?.p99Ms ?? p99Ms))
    .sort((a, b) => a - b)
  return {
    persons,
    without: measuredPlain,
    matched: measuredMatched,
    ratio: rateRatio(measuredMatched, measuredPlain),
    cpuRatio: cpuRatio(measuredMatched, measuredPlain),
    addedP99Ms: added[Math.floor(added.length / 2)] ?? Number.NaN,
    laidInS,
  }
}
