import { int4s, int8s, uuids } from '../database/arrays.ts'
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

/** A person found by several keys of one lead is fetched with the first of them. */
const FIND = `
  select h.n::integer as n, h.place, h.crowd, h.person_id, r.root, r.lead_id, r.sealed, r.wrapped_key, r.key_version, r.received_at
  from (
    select x.*, row_number() over (
      partition by x.item, x.person_id order by x.crowd > ${PERSONS_PER_KEY_MAX}, x.n
    ) as turn
    from (
      select w.n, w.item, w.tenant_id, k.place, k.person_id,
             count(*) over (partition by w.n)::integer as crowd,
             row_number() over (partition by w.n order by k.place) as nth
      from unnest($1::uuid[], $2::integer[], $3::bigint[]) with ordinality as w(tenant_id, item, key, n)
      cross join lateral (
        select place, person_id from millrace.person_key
        where tenant_id = w.tenant_id and key = w.key order by place limit ${PERSONS_PER_KEY_MAX + 1}
      ) k
    ) x
    where x.crowd <= ${PERSONS_PER_KEY_MAX} or x.nth = 1
  ) h
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
    where h.turn = 1 and h.crowd <= ${PERSONS_PER_KEY_MAX} and p.tenant_id = h.tenant_id and p.id = h.person_id
  ) r on true
  order by h.n, h.place`

interface Building {
  last: number
  isCrowded: boolean
  readonly persons: string[]
}

export const findPersons = (items: readonly PersonsAsked[]): Statement => {
  const tenants: string[] = []
  const numbers: number[] = []
  const keys: bigint[] = []
  for (const [item, asked] of items.entries())
    for (const key of asked.keys) {
      tenants.push(asked.tenantId)
      numbers.push(item)
      keys.push(key)
    }
  return { name: 'find_persons', text: FIND, values: [uuids(tenants), int4s(numbers), int8s(keys)] }
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
    state.isCrowded = (row.crowd as number) > PERSONS_PER_KEY_MAX
    if (state.persons.at(-1) !== personId) state.persons.push(personId)
    if (row.sealed === null) continue
    records[owners[at] as number]?.push({
      personId,
      root: row.root as string,
      leadId: row.lead_id as string,
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
