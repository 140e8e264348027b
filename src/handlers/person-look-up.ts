import { int8s, uuids } from '../database/arrays.ts'
import type { Row, Statement } from '../database/pool.ts'

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
  /** The last place taken; 0 where nobody is found by it. */
  readonly last: number
  readonly isCrowded: boolean
  readonly persons: readonly string[]
}

export interface Found {
  /** In the order asked. */
  readonly keys: readonly KeyState[]
  /** Of all persons found, each record once. */
  readonly records: readonly StoredRecord[]
}

export const NOBODY: Found = { keys: [], records: [] }

export interface PersonsAsked {
  readonly tenantId: string
  readonly keys: readonly bigint[]
}

/**
 * Places are taken in order, and nobody takes one beyond the first that is too many: who stands there says that the key is
 * crowded. A person found by several keys is fetched with each: most are found by none.
 */
const FIND = `
  select w.n::integer as n, k.place, k.person_id, r.root, r.lead_id, r.sealed, r.wrapped_key, r.key_version, r.received_at
  from unnest($1::uuid[], $2::bigint[]) with ordinality as w(tenant_id, key, n)
  cross join lateral (
    select place, person_id from millrace.person_key
    where tenant_id = w.tenant_id and key = w.key order by place limit ${PERSONS_PER_KEY_MAX + 1}
  ) k
  left join lateral (
    select coalesce(p.merged_into, p.id) as root, c.lead_id, c.sealed, l.wrapped_key, l.key_version, l.received_at
    from millrace.person p
    cross join lateral (
      select p.id as lead_id, p.sealed where p.sealed is not null
      union all
      (select o.lead_id, o.sealed from millrace.person_record o
       where o.tenant_id = p.tenant_id and o.person_id = p.id and o.sealed is not null
       order by o.person_id, o.lead_id limit ${RECORDS_PER_PERSON_MAX - 1})
    ) c
    join millrace.lead l on l.tenant_id = p.tenant_id and l.id = c.lead_id and l.wrapped_key is not null
    where p.tenant_id = w.tenant_id and p.id = k.person_id
      and not exists (
        select from millrace.person_key
        where tenant_id = w.tenant_id and key = w.key and place = ${PERSONS_PER_KEY_MAX + 1}
      )
  ) r on true`

interface Building {
  last: number
  isCrowded: boolean
  readonly persons: string[]
}

export const findPersons = (items: readonly PersonsAsked[]): Statement => {
  const tenants: string[] = []
  const keys: bigint[] = []
  for (const asked of items)
    for (const key of asked.keys) {
      tenants.push(asked.tenantId)
      keys.push(key)
    }
  return { name: 'find_persons', text: FIND, values: [uuids(tenants), int8s(keys)] }
}

/** What the statement found, for each that asked. */
export const personsFound = (items: readonly PersonsAsked[], rows: readonly Row[]): Found[] => {
  const owners = items.flatMap(({ keys }, item) => keys.map(() => item))
  const states: Building[] = owners.map(() => ({ last: 0, isCrowded: false, persons: [] }))
  const records = items.map((): StoredRecord[] => [])
  for (const row of rows) {
    const at = (row.n as number) - 1
    const state = states[at] as Building
    const personId = row.person_id as string
    state.last = Math.max(state.last, row.place as number)
    state.isCrowded ||= (row.place as number) > PERSONS_PER_KEY_MAX
    if (!state.persons.includes(personId)) state.persons.push(personId)
    if (row.sealed === null) continue
    const leadId = row.lead_id as string
    const known = records[owners[at] as number] as StoredRecord[]
    if (known.some((record) => record.leadId === leadId)) continue
    known.push({
      personId,
      root: row.root as string,
      leadId,
      sealed: row.sealed as Buffer,
      wrapped: row.wrapped_key as Buffer,
      keyVersion: row.key_version as number,
      receivedAt: row.received_at as number,
    })
  }
  let from = 0
  return items.map(({ keys }, index) => {
    const own = states.slice(from, from + keys.length)
    from += keys.length
    return { keys: own, records: records[index] as StoredRecord[] }
  })
}
