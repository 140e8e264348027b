import type { LeadEvent } from '../lead/events.ts'
import type { Lead } from '../lead/lead.ts'

/** What the journal projected of a lead, without personal data. Times in ms since 1970. */
export interface LeadRow {
  readonly id: string
  readonly flow: string
  readonly flow_version: number
  readonly source: string
  readonly status: string
  readonly outcome: string | null
  readonly code: string | null
  readonly price: number | null
  readonly revenue: number | null
  readonly currency: string | null
  readonly duration_ms: number | null
  readonly test: boolean
  readonly duplicate_of: string | null
  /** The person it belongs to, as it was taken for when it came, unless it was split off since. */
  readonly person_id: string | null
  readonly received_at: number
  readonly closed_at: number | null
}

export interface LeadFilter {
  readonly flow?: string
  readonly source?: string
  readonly outcome?: string
  readonly status?: string
  /** One, or several with commas between. */
  readonly code?: string
  readonly test?: boolean
  /** Id of the user they were given to; `none`: to nobody. */
  readonly assignee?: string
  /** Of those that a destination took: its name. */
  readonly takenBy?: string
  /** ms since 1970, inclusive */
  readonly from?: number
  /** ms since 1970, exclusive */
  readonly to?: number
}

export interface JournalReader {
  /** Newest first; `before` is the id the last page ended with. */
  list(
    tenantId: string,
    filter: LeadFilter,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<LeadRow[]>
  /** Those of these ids that the tenant has, newest first. */
  rows(tenantId: string, ids: readonly string[]): Promise<LeadRow[]>
  /** Exact match of a normal form by keyed hash. */
  search(
    tenantId: string,
    by: { readonly email?: string; readonly phone?: string },
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<LeadRow[]>
  /** The lead as its events fold, with its row; null where the tenant has none such. */
  read(
    tenantId: string,
    leadId: string,
  ): Promise<{ readonly row: LeadRow; readonly lead: Lead; readonly events: readonly StoredEvent[] } | null>
}

export type StoredEvent = LeadEvent & { readonly seq: number; readonly position: number }
