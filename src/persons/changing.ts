/** What all changes of persons share. */
import { Fault } from '../base/faults.ts'
import { uuids } from '../database/arrays.ts'
import type { Row, Tx } from '../database/pool.ts'

export interface Changing {
  readonly tenantId: string
  readonly person: string
  readonly by: string
  /** ms since 1970 */
  readonly at: number
}

export interface Changed {
  /** The person as it stands now, and who stands apart by this change. */
  readonly person: string
  readonly other: string | null
  readonly events: readonly string[]
}

export const noPerson = (): Fault => new Fault('not_found', { message: 'There is no such person' })
export const wrong = (message: string): Fault => new Fault('invalid_request', { message })

/** Of each that there is, the person it stands under. */
export const rootsIn = async (tx: Tx, tenantId: string, ids: readonly string[]): Promise<Map<string, string>> => {
  const rows = await tx.query<{ id: string; root: string }>({
    name: 'read_roots',
    text: `select p.id, coalesce(p.merged_into, p.id) as root from unnest($2::uuid[]) as w(id)
           cross join lateral (
             select id, merged_into from millrace.person where tenant_id = $1::uuid and id = w.id limit 1
           ) p`,
    values: [tenantId, uuids(ids)],
  })
  return new Map(rows.map(({ id, root }) => [id, root]))
}

/** No lead joins these two by itself any more. */
export const keepApart = (tx: Tx, tenantId: string, a: string, b: string): Promise<Row[]> =>
  tx.query({
    text: `insert into millrace.person_apart (tenant_id, a, b)
           values ($1::uuid, least($2::uuid, $3::uuid), greatest($2::uuid, $3::uuid)) on conflict do nothing`,
    values: [tenantId, a, b],
  })
