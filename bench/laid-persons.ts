/** Persons laid into a database as the intake path would have written them: by its own keys, records and seals. */
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
import type { CaseContext } from './cases.ts'
import { leadTemplate, SERIALS_MAX } from './load/leads.ts'

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

const open = (context: CaseContext, name: string, databaseUrl: string): Promise<House> =>
  openHouse({
    config: readConfig({ DATABASE_URL: databaseUrl, MILLRACE_DATA: join(context.folder, name) }),
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
const settle = (context: CaseContext, name: string): Promise<void> =>
  context.database.use(name, async (client) => {
    await client.query(`create table millrace.laid as
      select tenant_id, person_id, lead_id, key, row_number() over (partition by tenant_id, key order by person_id)::integer as place
      from millrace.person_key`)
    await client.query('truncate millrace.person_key')
    await client.query(`insert into millrace.person_key (tenant_id, person_id, lead_id, key, place)
      select tenant_id, person_id, lead_id, key, place from millrace.laid where place <= 25 order by tenant_id, key, place`)
    await client.query('drop table millrace.laid')
    await client.query(
      'create unique index person_key_place on millrace.person_key (key, place) with (fillfactor = 70)',
    )
    await client.query('vacuum (analyze)')
    await client.query('checkpoint')
  })

/** Fills an empty database of a server that has been started once, and is stopped. */
export const fillPersons = async (options: {
  readonly context: CaseContext
  readonly name: string
  readonly databaseUrl: string
  readonly persons: number
  readonly say: (text: string) => void
}): Promise<{ readonly laidInS: number }> => {
  const { context, name, databaseUrl, persons, say } = options
  const startedAt = performance.now()
  const house = await open(context, name, databaseUrl)
  let told = 0
  try {
    const [tenant] = await house.database.definer<{ id: string }>({ text: 'select id from millrace.find_tenants()' })
    await context.database.use(name, (client) => client.query('drop index millrace.person_key_place'))
    await layPersons(house, {
      persons,
      tenantId: tenant?.id ?? '',
      check: context.check,
      onProgress: (laid) => {
        if (laid < told + PROGRESS_EVERY && laid < persons) return
        told = laid
        say(`  ${laid} persons stored, ${Math.round((1000 * laid) / (performance.now() - startedAt))} a second`)
      },
    })
  } finally {
    await house.close(0)
  }
  await settle(context, name)
  const laidInS = (performance.now() - startedAt) / 1000
  say(`  settled after ${Math.round(laidInS)} s`)
  return { laidInS }
}
