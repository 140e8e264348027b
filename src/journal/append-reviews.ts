import { float8s, texts, uuids } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import type { LeadCommit } from './append.ts'

/** What a lead is ranked by while it waits for a person. */
export interface ReviewWrite {
  readonly queue: string
  readonly score: number | null
}

/** Leads that begin to wait with this commit; the database takes those out that no longer do. */
export const reviewStatements = (commits: readonly LeadCommit[]): Statement[] => {
  const asked = commits.flatMap(({ tenantId, leadId, review }) => (review ? [{ tenantId, leadId, review }] : []))
  if (asked.length === 0) return []
  return [
    {
      name: 'append_reviews',
      text: `
insert into millrace.review_item as r (tenant_id, lead_id, score, queue)
select * from unnest($1::uuid[], $2::uuid[], $3::float8[], $4::text[])
order by 1, 2
on conflict (tenant_id, lead_id) do update set score = excluded.score, queue = excluded.queue`,
      values: [
        uuids(asked.map(({ tenantId }) => tenantId)),
        uuids(asked.map(({ leadId }) => leadId)),
        float8s(asked.map(({ review }) => review.score)),
        texts(asked.map(({ review }) => review.queue)),
      ],
    },
  ]
}
