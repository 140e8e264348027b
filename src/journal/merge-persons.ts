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
  // In one order everywhere, so that of two commits that want the same persons one waits for the other.
  const all = [...persons.values()].sort((a, b) => (a.tenantId + a.id < b.tenantId + b.id ? -1 : 1))
  return [
    {
      name: 'lock_persons',
      text: `
with locked as (
  select p.id from unnest($1::uuid[], $2::uuid[]) as w(tenant_id, id)
  cross join lateral (
    select id from millrace.person where tenant_id = w.tenant_id and id = w.id and merged_into is null for update
  ) p
)
select millrace.must('person', (select count(*) from locked), $3::bigint)`,
      values: [uuids(all.map((p) => p.tenantId)), uuids(all.map((p) => p.id)), all.length],
    },
    {
      name: 'append_person_merges',
      // Who stands under one is looked for in the order of the index that says so, and all that move are written as if they
      // were new: found by their key. Joined, all persons of the tenant were walked through for each merge.
      text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[])
    as w(tenant_id, id, keep, gone, at, by, lead_id)
), under as materialized (
  select w.id as event_id, w.tenant_id, w.keep, u.* from w cross join lateral (
    (select id, created_at, test from millrace.person where tenant_id = w.tenant_id and id = w.gone)
    union all
    (select id, created_at, test from millrace.person
     where tenant_id = w.tenant_id and merged_into between w.gone and w.gone order by merged_into)
  ) u
), moved as (
  insert into millrace.person as p (tenant_id, id, merged_into, created_at, test, keys)
  select distinct on (tenant_id, id) tenant_id, id, keep, created_at, test, '{}'::bigint[] from under order by tenant_id, id
  on conflict (tenant_id, id) do update set merged_into = excluded.merged_into
    where p.id = any ($4::uuid[]) or p.merged_into = any ($4::uuid[])
  returning p.id
)
insert into millrace.person_event (tenant_id, id, person_id, other, at, type, by, lead_id, persons)
select w.tenant_id, w.id, w.keep, w.gone, w.at, 'merged', w.by, w.lead_id,
       (select array_agg(u.id order by u.id) from under u where u.event_id = w.id and u.id in (select id from moved))
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
