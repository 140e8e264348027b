import type { Database } from '../database/pool.ts'
import { type ChainBreach, END_COLUMNS, endOf, segmentOf, walkChain } from './walk.ts'

/** The chain of one lead, walked now. */
export interface ProvenLead {
  readonly segments: readonly { readonly seq: number; readonly at: number; readonly hash: string }[]
  /** Where it is not what was written, and how; null where it is whole. */
  readonly breach: ChainBreach | null
}

/** Null where the tenant has no such lead. One statement: what is written meanwhile is seen whole, or not at all. */
export const verifyLead = async (database: Database, tenantId: string, leadId: string): Promise<ProvenLead | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'verify_lead',
        text: `select ${END_COLUMNS}, s.seq, s.at, s.hash, s.events, s.sealed
               from millrace.lead l
               left join lateral (
                 select seq, at, hash, events, sealed from millrace.segment where tenant_id = l.tenant_id and lead_id = l.id
                 union all
                 select seq, at, hash, null, null from millrace.retired_segment
                 where tenant_id = l.tenant_id and lead_id = l.id
               ) s on true
               where l.tenant_id = $1::uuid and l.id = $2::uuid order by s.seq`,
        values: [tenantId, leadId],
      },
    ],
  )
  const lead = rows[0] ? endOf(rows[0]) : null
  if (lead === null) return null
  const chain = walkChain(tenantId, leadId)
  const segments: { seq: number; at: number; hash: string }[] = []
  for (const row of rows) {
    // Not one of its segments is left.
    if (row.seq === null) break
    const segment = segmentOf(row)
    const breach = chain.take({ ...segment, lead })
    if (breach) return { segments, breach }
    segments.push({ seq: segment.seq, at: segment.at, hash: segment.hash.toString('hex') })
  }
  return { segments, breach: chain.end(lead) }
}
