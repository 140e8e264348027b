import type { Database } from '../database/pool.ts'
import { verifyLead } from './verify-lead.ts'
import { type ChainBreach, END_COLUMNS, endOf, type LeadEnd, segmentOf, walkChain } from './walk.ts'

/** What is wrong with a tenant's journal, at its first place. */
export interface Breach extends ChainBreach {
  readonly tenantId: string
  readonly leadId: string
}

export interface Verified {
  readonly leads: number
  readonly segments: number
  readonly breach: Breach | null
}

/** Read at once: so many segments, and of those that are large so many that they come to this. */
const PAGE = { segments: 2_000, bytes: 16 * 1024 * 1024 }

/** The first lead, before another or of all, that not one segment is left of. */
const orphanBefore = async (database: Database, tenantId: string, before: string | null): Promise<string | null> => {
  const [rows] = await database.batch(
    [tenantId],
    [
      {
        name: 'verify_orphans',
        text: `select l.id from millrace.lead l where l.tenant_id = $1::uuid and ($2::uuid is null or l.id < $2::uuid)
               and not exists (select from millrace.segment s where s.lead_id = l.id and s.tenant_id = l.tenant_id)
               and not exists (select from millrace.retired_segment s where s.lead_id = l.id and s.tenant_id = l.tenant_id)
               order by l.id limit 1`,
        values: [tenantId, before],
      },
    ],
  )
  return (rows?.[0]?.id as string | undefined) ?? null
}

/**
 * Walks every chain of a tenant in the order of lead and seq, and names the first segment that is not what was
 * written: changed, missing in between, cut off the end, left without its lead, or told otherwise by its lead's row.
 */
export const verifyTenant = async (options: {
  readonly database: Database
  readonly tenantId: string
  readonly page?: { readonly segments: number; readonly bytes: number }
  readonly onProgress?: (segments: number) => void
}): Promise<Verified> => {
  const { database, tenantId, page = PAGE, onProgress } = options
  let leads = 0
  let segments = 0
  let lead = ''
  let chain = walkChain(tenantId, lead)
  let end: LeadEnd | null = null
  let after: { lead: string; seq: number } = { lead: '00000000-0000-0000-0000-000000000000', seq: 0 }
  /** Found whole by itself, though not in the pages that it was read in. */
  let whole = ''
  /** A lead without any segment stands in no page: where one comes first, it is named. */
  const broken = async (leadId: string, found: ChainBreach): Promise<Verified> => {
    const orphan = await orphanBefore(database, tenantId, leadId)
    const breach = orphan === null ? { leadId, ...found } : { leadId: orphan, what: 'tail_removed' as const, seq: 1 }
    return { leads, segments, breach: { tenantId, ...breach } }
  }
  /** Pages are read one after the other while leads run and retention lets go: what seems broken is looked at once more. */
  const confirmed = async (found: ChainBreach | null): Promise<Verified | null> => {
    if (found === null) return null
    const proven = await verifyLead(database, tenantId, lead)
    if (proven?.breach === null) {
      whole = lead
      return null
    }
    return broken(lead, proven?.breach ?? found)
  }
  /** The lead just walked through must end where its row says. */
  const ended = async (): Promise<Verified | null> => (lead === whole ? null : confirmed(chain.end(end)))
  for (;;) {
    const [rows] = await database.batch(
      [tenantId],
      [
        {
          name: 'verify_segments',
          text: `select s.lead_id, s.seq, s.at, s.hash, s.events, s.sealed, ${END_COLUMNS}
                 from (
                   select u.*, sum(coalesce(octet_length(u.events), 0) + coalesce(octet_length(u.sealed), 0))
                     over (order by u.lead_id, u.seq rows between unbounded preceding and 1 preceding) as bytes_before
                   from (
                     (select tenant_id, lead_id, seq, at, hash, events, sealed from millrace.segment
                      where tenant_id = $1::uuid and (lead_id, seq) > ($2::uuid, $3::integer)
                      order by lead_id, seq limit $4::integer)
                     union all
                     (select tenant_id, lead_id, seq, at, hash, null, null from millrace.retired_segment
                      where tenant_id = $1::uuid and (lead_id, seq) > ($2::uuid, $3::integer)
                      order by lead_id, seq limit $4::integer)
                     order by lead_id, seq limit $4::integer
                   ) u
                 ) s
                 left join millrace.lead l on l.tenant_id = s.tenant_id and l.id = s.lead_id
                 where coalesce(s.bytes_before, 0) < $5::bigint
                 order by s.lead_id, s.seq`,
          values: [tenantId, after.lead, after.seq, page.segments, page.bytes],
        },
      ],
    )
    for (const row of rows ?? []) {
      const leadId = row.lead_id as string
      if (leadId !== lead) {
        const breach = await ended()
        if (breach) return breach
        lead = leadId
        chain = walkChain(tenantId, lead)
        leads += 1
      }
      end = endOf(row)
      segments += 1
      if (lead === whole) continue
      const breach = await confirmed(chain.take({ ...segmentOf(row), lead: end }))
      if (breach) return breach
    }
    const last = rows?.at(-1)
    if (!last) break
    after = { lead: last.lead_id as string, seq: last.seq as number }
    onProgress?.(segments)
  }
  const breach = await ended()
  if (breach) return breach
  const orphan = await orphanBefore(database, tenantId, null)
  return orphan === null ? { leads, segments, breach: null } : broken(orphan, { what: 'tail_removed', seq: 1 })
}
