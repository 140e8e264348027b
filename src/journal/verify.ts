import type { Database } from '../database/pool.ts'
import { FIRST_HEAD, segmentHash } from './segment.ts'

/** What is wrong with a tenant's journal, at its first place. */
export interface Breach {
  readonly tenantId: string
  readonly leadId: string
  readonly seq: number
  readonly what: 'changed' | 'missing' | 'tail_removed' | 'lead_removed' | 'head_differs'
}

export interface Verified {
  readonly leads: number
  readonly segments: number
  readonly breach: Breach | null
}

const PAGE = 2_000

/**
 * Walks every chain of a tenant in the order of lead and seq, and names the first segment that is not what was
 * written: changed, missing in between, cut off the end, or left without its lead.
 */
export const verifyTenant = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly onProgress?: (segments: number) => void
}): Promise<Verified> => {
  const { database, tenantId, onProgress } = options
  let leads = 0
  let segments = 0
  let lead = ''
  let seq = 0
  let head: Buffer = FIRST_HEAD
  let expected: { seq: number; head: Buffer | null } = { seq: 0, head: null }
  let after: { lead: string; seq: number } = { lead: '00000000-0000-0000-0000-000000000000', seq: 0 }
  const breach = (what: Breach['what'], at: number, of = lead): Verified => ({
    leads,
    segments,
    breach: { tenantId, leadId: of, seq: at, what },
  })
  /** The lead just walked through must end where its row says. */
  const endOf = (): Verified | null => {
    if (lead === '') return null
    if (expected.head === null) return breach('lead_removed', 1)
    if (seq < expected.seq) return breach('tail_removed', seq + 1)
    return head.equals(expected.head) ? null : breach('head_differs', seq)
  }
  for (;;) {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'verify_segments',
          text: `select s.lead_id, s.seq, s.at, s.hash, s.events, s.sealed, l.seq as lead_seq, l.head
                 from (
                   (select tenant_id, lead_id, seq, at, hash, events, sealed from millrace.segment
                    where tenant_id = $1::uuid and (lead_id, seq) > ($2::uuid, $3::integer) order by lead_id, seq limit ${PAGE})
                   union all
                   (select tenant_id, lead_id, seq, at, hash, null, null from millrace.retired_segment
                    where tenant_id = $1::uuid and (lead_id, seq) > ($2::uuid, $3::integer) order by lead_id, seq limit ${PAGE})
                 ) s
                 left join millrace.lead l on l.tenant_id = s.tenant_id and l.id = s.lead_id
                 order by s.lead_id, s.seq limit ${PAGE}`,
          values: [tenantId, after.lead, after.seq],
        },
      ],
    )
    for (const row of rows ?? []) {
      const leadId = row.lead_id as string
      if (leadId !== lead) {
        const broken = endOf()
        if (broken) return broken
        lead = leadId
        seq = 0
        head = FIRST_HEAD
        leads += 1
      }
      expected = { seq: (row.lead_seq as number | null) ?? 0, head: row.head as Buffer | null }
      if (row.seq !== seq + 1) return breach('missing', seq + 1)
      seq += 1
      segments += 1
      // Let go by retention: its hash is what is left, and the signed day proves it.
      if (row.events === null) {
        head = row.hash as Buffer
        continue
      }
      const hash = segmentHash({
        previous: head,
        tenantId,
        leadId,
        seq,
        at: row.at as number,
        events: row.events as string,
        sealed: row.sealed as Buffer | null,
      })
      if (!hash.equals(row.hash as Buffer)) return breach('changed', seq)
      head = hash
    }
    const last = rows?.at(-1)
    if (!last || (rows?.length ?? 0) < PAGE) break
    after = { lead: last.lead_id as string, seq: last.seq as number }
    onProgress?.(segments)
  }
  const broken = endOf()
  if (broken) return broken
  const [orphans] = await database.batch(
    [tenantId],
    [
      {
        name: 'verify_orphans',
        text: `select l.id from millrace.lead l where l.tenant_id = $1::uuid
               and not exists (select from millrace.segment s where s.lead_id = l.id and s.tenant_id = l.tenant_id)
               and not exists (select from millrace.retired_segment s where s.lead_id = l.id and s.tenant_id = l.tenant_id)
               order by l.id limit 1`,
        values: [tenantId],
      },
    ],
  )
  const orphan = orphans?.[0]
  if (orphan) return breach('tail_removed', 1, orphan.id as string)
  return { leads, segments, breach: null }
}
