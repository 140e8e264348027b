import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { byteas, uuids } from '../database/arrays.ts'
import type { Database, Row, Statement } from '../database/pool.ts'
import { findPlaces, type Places, placesFound } from './person-look-up.ts'

/** Who holds a claim. */
export interface Claimant {
  readonly leadId: string
  readonly at: number
  readonly fingerprint: Buffer | null
  /** The person that its lead belongs to, as far as one is known. */
  readonly person: string | null
  /** Its lead was erased, and the claim does not outlive it: whoever asks may take it. */
  readonly isVoid: boolean
}

/** Where a value stands on a suppression list. */
export interface Suppressed {
  readonly list: string
  readonly addedAt: number
  readonly expiresAt: number | null
}

/** Keyed hashes to look up, of 16 bytes each. */
export interface LookUpItem {
  readonly tenantId: string
  readonly claims: readonly Buffer[]
  readonly suppressions: readonly Buffer[]
  /** Keyed hashes of 8 bytes: where persons are found. */
  readonly persons?: readonly bigint[]
}

export interface LookUpAnswer {
  readonly claims: readonly (Claimant | null)[]
  readonly suppressions: readonly (readonly Suppressed[])[]
  readonly persons: Places
}

/** The one read by keyed hash: whatever leads in flight want to know, in one round trip. */
export type LookUp = (item: LookUpItem) => Promise<LookUpAnswer>

const CLAIMS = `
  select c.tenant_id, c.key, c.lead_id, c.at, c.fingerprint,
         c.fingerprint is null and not c.kept and l.wrapped_key is null as is_void,
         coalesce(
           (select p.merged_into from millrace.person p where p.tenant_id = c.tenant_id and p.id = l.person_id),
           l.person_id) as person
  from millrace.claim c
  left join lateral (
    select o.wrapped_key, o.person_id from millrace.lead o
    where o.tenant_id = c.tenant_id and o.id = c.lead_id limit 1
  ) l on true
  where c.key = any ($1::bytea[])`

const SUPPRESSIONS = `
  select w.n::integer as n, e.list_id, e.added_at, e.expires_at
  from unnest($1::uuid[], $2::bytea[]) with ordinality as w(tenant_id, key, n)
  join millrace.suppression_entry e on e.tenant_id = w.tenant_id and e.key = w.key`

const claimantOf = (row: Row): Claimant => ({
  leadId: row.lead_id as string,
  at: row.at as number,
  fingerprint: row.fingerprint as Buffer | null,
  isVoid: row.is_void as boolean,
  person: row.person as string | null,
})

const nameOf = (tenantId: string, key: Buffer): string => `${tenantId}${key.toString('latin1')}`

/** By tenant and key: most of what is asked is held by nobody. */
const claimantsOf = (rows: readonly Row[]): ReadonlyMap<string, Claimant> =>
  new Map(rows.map((row) => [nameOf(row.tenant_id as string, row.key as Buffer), claimantOf(row)]))

const suppressedOf = (row: Row): Suppressed => ({
  list: row.list_id as string,
  addedAt: row.added_at as number,
  expiresAt: row.expires_at as number | null,
})

const NONE: readonly Suppressed[] = []
const NOWHERE: Places = []
const NOBODY: ReadonlyMap<string, Claimant> = new Map()

export const createLookUp = (options: { readonly database: Database; readonly rowsMax: number }): LookUp => {
  const { database, rowsMax } = options

  const run = async (items: readonly LookUpItem[]): Promise<LookUpAnswer[]> => {
    const claims: Buffer[] = []
    const suppressions: Buffer[] = []
    const suppressionTenants: string[] = []
    for (const item of items) {
      claims.push(...item.claims)
      for (const key of item.suppressions) {
        suppressions.push(key)
        suppressionTenants.push(item.tenantId)
      }
    }
    const statements: Statement[] = []
    if (claims.length > 0) statements.push({ name: 'look_up_claims', text: CLAIMS, values: [byteas(claims)] })
    if (suppressions.length > 0)
      statements.push({
        name: 'look_up_suppressions',
        text: SUPPRESSIONS,
        values: [uuids(suppressionTenants), byteas(suppressions)],
      })
    const asking = items.flatMap(({ tenantId, persons }) =>
      persons && persons.length > 0 ? [{ tenantId, keys: persons }] : [],
    )
    const personsAt = statements.length
    if (asking.length > 0) statements.push(findPlaces(asking))
    const results = await database.batch([...new Set(items.map((item) => item.tenantId))], statements)
    const claimants = claims.length > 0 ? claimantsOf(results[0] ?? []) : NOBODY
    const suppressed = new Array<readonly Suppressed[]>(suppressions.length).fill(NONE)
    if (suppressions.length > 0) {
      for (const row of results[personsAt - 1] ?? []) {
        const at = (row.n as number) - 1
        suppressed[at] = [...(suppressed[at] ?? NONE), suppressedOf(row)]
      }
    }
    const found = asking.length > 0 ? placesFound(asking, results[personsAt] ?? []) : []
    let personAt = 0
    let suppressionAt = 0
    return items.map((item) => {
      const answer = {
        claims: item.claims.map((key) => claimants.get(nameOf(item.tenantId, key)) ?? null),
        suppressions: suppressed.slice(suppressionAt, suppressionAt + item.suppressions.length),
        persons: item.persons && item.persons.length > 0 ? (found[personAt] ?? NOWHERE) : NOWHERE,
      }
      if (item.persons && item.persons.length > 0) personAt += 1
      suppressionAt += item.suppressions.length
      return answer
    })
  }

  return gather<LookUpItem, LookUpAnswer>({ rowsMax, concurrency: 2, whole: isFault, run })
}
