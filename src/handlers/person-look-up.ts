import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { int8s, uuids } from '../database/arrays.ts'
import type { Database, Row, Statement } from '../database/pool.ts'

/** A key shared by more persons than this says nothing: it is neither compared by nor written any more. */
export const PERSONS_PER_KEY_MAX = 24
/** What a person is compared by: its first record and so many others. */
export const RECORDS_PER_PERSON_MAX = 8

export interface StoredRecord {
  readonly personId: string
  /** The person it stands under: itself, or the one it turned out to be. */
  readonly root: string
  readonly leadId: string
  readonly sealed: Buffer
  /** The key of its lead, wrapped. */
  readonly wrapped: Buffer
  readonly keyVersion: number
  /** ms since 1970 */
  readonly receivedAt: number
}

export interface KeyState {
  /** The number of the last place taken; 0 where nobody is found by it. */
  readonly last: number
  readonly isCrowded: boolean
  readonly persons: readonly string[]
}

/** What stands under keys, in the order asked. */
export type Places = readonly KeyState[]

export interface PersonsAsked {
  readonly tenantId: string
  readonly keys: readonly bigint[]
}

/**
 * One walk through the index for the keys of all leads that ask. Places are taken in order, and nobody takes one beyond the
 * first that is too many: who stands there says that the key is crowded. Most leads find nobody, so what persons are
 * compared by is read apart, where somebody was found.
 */
const FIND_PLACES = `
  select key::text as key, place, person_id, tenant_id from millrace.person_key
  where key = any ($1::bigint[]) order by place`

/**
 * A place as it is written: its number, and before it bits of the tenant. So the index that lets one lead have a place holds
 * keys and places alone, a third smaller than with tenants in it, and no two tenants ever want the same.
 */
const NUMBER_BITS = 8
const TENANT_BITS = 23
const numberOf = (place: number): number => place & (2 ** NUMBER_BITS - 1)

/** The bits that tell a tenant's places from those of others. `tenant`: a keyed hash of the tenant's own. */
export const tenantPlaces = (tenant: bigint): number => Number(BigInt.asUintN(TENANT_BITS, tenant)) << NUMBER_BITS

export const placeAt = (tenant: number, number: number): number => tenant | number

const NOBODY: KeyState = { last: 0, isCrowded: false, persons: [] }

export const findPlaces = (items: readonly PersonsAsked[]): Statement => {
  const keys: bigint[] = []
  for (const asked of items) for (const key of asked.keys) keys.push(key)
  return { name: 'find_person_places', text: FIND_PLACES, values: [int8s(keys)] }
}

const nowhere = ({ keys }: PersonsAsked): Places => keys.map(() => NOBODY)

const stateOf = (rows: readonly Row[]): KeyState => {
  const last = Math.max(...rows.map(({ place }) => numberOf(place as number)))
  const persons = new Set(rows.map((row) => row.person_id as string))
  return { last, isCrowded: last > PERSONS_PER_KEY_MAX, persons: [...persons] }
}

/** What the statement found, for each that asked: mostly nothing. */
export const placesFound = (items: readonly PersonsAsked[], rows: readonly Row[]): Places[] => {
  if (rows.length === 0) return items.map(nowhere)
  const found = new Map<string, Row[]>()
  for (const row of rows) {
    const at = `${row.tenant_id as string}${row.key as string}`
    const own = found.get(at)
    if (own) own.push(row)
    else found.set(at, [row])
  }
  return items.map(({ tenantId, keys }) =>
    keys.map((key) => {
      const own = found.get(`${tenantId}${key}`)
      return own ? stateOf(own) : NOBODY
    }),
  )
}

/** Whom the keys lead to: crowded ones lead to nobody. */
export const personsAt = (places: Places): string[] => {
  const persons = new Set<string>()
  for (const { isCrowded, persons: own } of places) if (!isCrowded) for (const person of own) persons.add(person)
  return [...persons]
}

/**
 * A person's records are asked for as a range, which only the index that begins with the person has in order. Were the
 * person given as equal, the order would be that of leads alone, and a plan made while there were few records walked
 * through all of a tenant's.
 */
const FIND_RECORDS = `
  select w.n::integer as n, coalesce(p.merged_into, p.id) as root, c.lead_id, c.sealed, l.wrapped_key, l.key_version, l.received_at
  from unnest($1::uuid[], $2::uuid[]) with ordinality as w(tenant_id, id, n)
  cross join lateral (
    select id, merged_into, sealed from millrace.person where tenant_id = w.tenant_id and id = w.id limit 1
  ) p
  cross join lateral (
    select p.id as lead_id, p.sealed where p.sealed is not null
    union all
    (select o.lead_id, o.sealed from millrace.person_record o
     where o.tenant_id = w.tenant_id and o.person_id between w.id and w.id and o.sealed is not null
     order by o.person_id, o.lead_id limit ${RECORDS_PER_PERSON_MAX - 1})
  ) c
  cross join lateral (
    select wrapped_key, key_version, received_at from millrace.lead
    where tenant_id = w.tenant_id and id = c.lead_id and wrapped_key is not null limit 1
  ) l`

/** Of each person, with whose it is. */
export const findRecordsOf = (tenants: readonly string[], persons: readonly string[]): Statement => ({
  name: 'find_person_records',
  text: FIND_RECORDS,
  values: [uuids(tenants), uuids(persons)],
})

export interface RecordsAsked {
  readonly tenantId: string
  readonly persons: readonly string[]
}

/** What persons are compared by, each record once. */
export type FindRecords = (asked: RecordsAsked) => Promise<readonly StoredRecord[]>

export const createFindRecords = (options: { readonly database: Database; readonly rowsMax: number }): FindRecords => {
  const { database, rowsMax } = options
  const run = async (items: readonly RecordsAsked[]): Promise<StoredRecord[][]> => {
    const tenants: string[] = []
    const persons: string[] = []
    const owners: number[] = []
    for (const [item, asked] of items.entries())
      for (const person of asked.persons) {
        tenants.push(asked.tenantId)
        persons.push(person)
        owners.push(item)
      }
    const [rows = []] = await database.batch([...new Set(tenants)], [findRecordsOf(tenants, persons)])
    const found = items.map((): StoredRecord[] => [])
    for (const row of rows) {
      const at = (row.n as number) - 1
      found[owners[at] as number]?.push({
        personId: persons[at] as string,
        root: row.root as string,
        leadId: row.lead_id as string,
        sealed: row.sealed as Buffer,
        wrapped: row.wrapped_key as Buffer,
        keyVersion: row.key_version as number,
        receivedAt: row.received_at as number,
      })
    }
    return found
  }
  return gather<RecordsAsked, StoredRecord[]>({ rowsMax, concurrency: 2, whole: isFault, run })
}
