/** Persons that turn out to be one, by a lead or by somebody's word. */
import { texts, timestamps, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'

export interface OfTenant<T> {
  readonly tenantId: string
  readonly write: T
}

/** Persons that are one: `gone`, and who stands under it, stand under `keep` from now on. */
export interface MergeWrite {
  /** Of the event that tells of it. */
  readonly id: string
  readonly keep: string
  readonly gone: string
  readonly at: number
  readonly by: string
  readonly leadId: string | null
}

/**
 * Puts persons under others. Both sides must stand by themselves still; who lost a race reads them anew. The event keeps
 * who stood under whom before, so that it can be taken back whole.
 */
export const mergeStatements = (merges: readonly OfTenant<MergeWrite>[]): Statement[] => {
  if (merges.length === 0) return []
  const persons = new Map(
    merges.flatMap(({ tenantId, write: { keep, gone } }) =>
      [keep, gone].map((id) => [`${tenantId}${id}`, { tenantId, id }]),
    ),
  )
  const all = [...persons.values()]
  return [
    {
      name: 'lock_persons',
      text: `
with locked as (
  select p.id from millrace.person p
  join unnest($1::uuid[], $2::uuid[]) as w(tenant_id, id) on w.tenant_id = p.tenant_id and w.id = p.id
  where p.merged_into is null
  order by p.tenant_id, p.id
  for update of p
)
select millrace.must('person', (select count(*) from locked), $3::bigint)`,
      values: [uuids(all.map((p) => p.tenantId)), uuids(all.map((p) => p.id)), all.length],
    },
    {
      name: 'append_person_merges',
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[])
    as w(tenant_id, id, keep, gone, at, by, lead_id)
), moved as (
  update millrace.person p set merged_into = w.keep
  from w where p.tenant_id = w.tenant_id and (p.id = w.gone or p.merged_into = w.gone)
  returning p.tenant_id, w.id as event_id, p.id
)
insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, lead_id, persons)
select w.tenant_id, w.id, w.keep, w.gone, w.at, 'merged', w.by, w.lead_id,
       (select array_agg(m.id order by m.id) from moved m where m.event_id = w.id)
from w`,
      values: [
        uuids(merges.map(({ tenantId }) => tenantId)),
        uuids(merges.map(({ write }) => write.id)),
        uuids(merges.map(({ write }) => write.keep)),
        uuids(merges.map(({ write }) => write.gone)),
        timestamps(merges.map(({ write }) => write.at)),
        texts(merges.map(({ write }) => write.by)),
        uuids(merges.map(({ write }) => write.leadId)),
      ],
    },
  ]
}
