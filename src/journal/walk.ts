import { evolve, type Lead, newLead } from '../lead/lead.ts'
import { isSummaryOf, type LeadSummary } from '../lead/summary.ts'
import { decodeSegment, FIRST_HEAD, segmentHash } from './segment.ts'

export type BreachKind =
  | 'changed'
  | 'missing'
  | 'tail_removed'
  | 'lead_removed'
  | 'head_differs'
  | 'row_differs'
  | 'key_removed'

/** The first place of a chain that is not what was written. */
export interface ChainBreach {
  readonly seq: number
  readonly what: BreachKind
}

/** A segment as it is stored, with the row of its lead beside it. */
export interface WalkedSegment {
  readonly seq: number
  readonly at: number
  readonly hash: Buffer
  /** Null where retention let the segment go: its hash is what is left. */
  readonly events: string | null
  readonly sealed: Buffer | null
  readonly lead: LeadEnd | null
}

/** Where a lead's row says that its chain ends, and what it says of the lead. */
export interface LeadEnd extends LeadSummary {
  readonly seq: number
  readonly head: Buffer
  readonly forgotten: boolean
}

/** The columns of `millrace.lead l` that a walk compares. */
export const END_COLUMNS = `l.seq as lead_seq, l.head, l.wrapped_key is null as forgotten, l.received_at, l.closed_at,
  l.flow_version, l.duration_ms, l.test, l.flow_id, l.source_id, l.status, l.outcome, l.code, l.price::text as price,
  l.revenue::text as revenue, l.currency`

export const endOf = (row: Readonly<Record<string, unknown>>): LeadEnd | null =>
  row.head === null
    ? null
    : {
        seq: row.lead_seq as number,
        head: row.head as Buffer,
        forgotten: row.forgotten as boolean,
        receivedAt: row.received_at as number,
        closedAt: row.closed_at as number | null,
        flowVersion: row.flow_version as number,
        durationMs: row.duration_ms as number | null,
        test: row.test as boolean,
        flow: row.flow_id as string,
        source: row.source_id as string,
        status: row.status as string,
        outcome: row.outcome as string | null,
        code: row.code as string | null,
        price: row.price as string | null,
        revenue: row.revenue as string | null,
        currency: row.currency as string | null,
      }

export const segmentOf = (row: Readonly<Record<string, unknown>>): Omit<WalkedSegment, 'lead'> => ({
  seq: row.seq as number,
  at: row.at as number,
  hash: row.hash as Buffer,
  events: row.events as string | null,
  sealed: row.sealed as Buffer | null,
})

/**
 * The chain of one lead, taken segment by segment. Where it ends, its row must say what its events say: what lists and
 * bills are made from is not altered beside a chain that is whole.
 *
 * Retention forgets a lead before it lets its segments go, and lets go of all of them: one that is gone from a lead that
 * is not forgotten, or from behind one that is left, was taken by somebody else.
 */
export const walkChain = (tenantId: string, leadId: string) => {
  let seq = 0
  let head: Buffer = FIRST_HEAD
  let retired = 0
  /** Null where events are gone, or of a version that this program does not know. */
  let told: Lead | null = newLead(leadId, tenantId)
  /** Its events say that nothing personal of it was kept, from some moment on or at all. */
  let forgotten = false

  const fold = (events: string, at: number, currency: string | null): void => {
    if (told === null) return
    if (currency !== null) told.currency = currency
    try {
      for (const event of decodeSegment({ leadId, at, events, sealed: null }, null)) {
        evolve(told, event)
        forgotten ||= event.type === 'lead.erased' || event.type === 'person.blocked'
      }
    } catch {
      told = null
    }
  }

  return {
    place: () => ({ seq, head }),
    take: ({ events, sealed, at, hash, lead, ...row }: WalkedSegment): ChainBreach | null => {
      if (row.seq !== seq + 1) return { what: 'missing', seq: seq + 1 }
      seq += 1
      if (events === null) {
        // Its hash is what is left, and the signed day proves it.
        if (retired !== seq - 1 || lead?.forgotten === false) return { what: 'missing', seq }
        retired = seq
        told = null
        head = hash
        return null
      }
      if (retired > 0) return { what: 'missing', seq: 1 }
      const expected = segmentHash({ previous: head, tenantId, leadId, seq, at, events, sealed })
      if (!expected.equals(hash)) return { what: 'changed', seq }
      head = hash
      fold(events, at, lead?.currency ?? null)
      return null
    },
    /** The lead's row as it is by now. */
    end: (lead: LeadEnd | null): ChainBreach | null => {
      if (lead === null) return { what: 'lead_removed', seq: 1 }
      if (seq < lead.seq) return { what: 'tail_removed', seq: seq + 1 }
      if (seq > lead.seq || !head.equals(lead.head)) return { what: 'head_differs', seq }
      if (told === null) return null
      if (lead.forgotten && !forgotten) return { what: 'key_removed', seq }
      return isSummaryOf(lead, told) && lead.forgotten === forgotten ? null : { what: 'row_differs', seq }
    },
  }
}
