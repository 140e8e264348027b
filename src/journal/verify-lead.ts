import type { Database } from '../database/pool.ts'
import { FIRST_HEAD, segmentHash } from './segment.ts'
import type { Breach } from './verify.ts'

/** The chain of one lead, walked now. */
export interface ProvenLead {
  readonly segments: readonly { readonly seq: number; readonly at: number; readonly hash: string }[]
  /** Where it is not what was written, and how; null where it is whole. */
  readonly breach: Pick<Breach, 'seq' | 'what'> | null
}

/** Null where the tenant has no such lead. */
export const verifyLead = async (database: Database, tenantId: string, leadId: string): Promise<ProvenLead | null> => {
  const values = [tenantId, leadId]
  const [leads = [], rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'verify_lead_head',
        text: 'select seq, head from millrace.lead where tenant_id = $1::uuid and id = $2::uuid',
        values,
      },
      {
        name: 'verify_lead_segments',
        text: `select seq, at, hash, events, sealed from millrace.segment
               where tenant_id = $1::uuid and lead_id = $2::uuid
               union all
               select seq, at, hash, null, null from millrace.retired_segment
               where tenant_id = $1::uuid and lead_id = $2::uuid
               order by seq`,
        values,
      },
    ],
  )
  const [lead] = leads
  if (!lead) return null
  const segments: { seq: number; at: number; hash: string }[] = []
  let head: Buffer = FIRST_HEAD
  const broken = (what: Breach['what'], seq: number): ProvenLead => ({ segments, breach: { what, seq } })
  for (const row of rows) {
    const seq = segments.length + 1
    if (row.seq !== seq) return broken('missing', seq)
    const { at, events, sealed } = row as { at: number; events: string | null; sealed: Buffer | null }
    // Let go by retention: its hash is what is left.
    const hash =
      events === null
        ? (row.hash as Buffer)
        : segmentHash({ previous: head, tenantId, leadId, seq, at, events, sealed })
    if (!hash.equals(row.hash as Buffer)) return broken('changed', seq)
    head = hash
    segments.push({ seq, at, hash: hash.toString('hex') })
  }
  if (segments.length < (lead.seq as number)) return broken('tail_removed', segments.length + 1)
  if (!head.equals(lead.head as Buffer)) return broken('head_differs', segments.length)
  return { segments, breach: null }
}
