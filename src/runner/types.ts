import type { Json } from '../kit/field.ts'
import type { TestScript } from '../kit/test-leads.ts'
import type { RejectionCode } from '../lead/codes.ts'

/** Who submits, as its key was recognised. */
export interface AuthenticatedSource {
  readonly tenantId: string
  readonly keyId: string
  readonly flowId: string
  readonly sourceId: string
  readonly method: 'bearer' | 'basic' | 'header' | 'query' | 'session'
}

/** One submission, read and not yet judged. */
export interface Submission {
  readonly source: AuthenticatedSource
  readonly format: 'json' | 'form' | 'xml' | 'query' | 'csv'
  readonly mode: 'sync' | 'async'
  /** The body as it came, text: sealed into the journal. */
  readonly raw: string
  /** What was read out of it, by the sender's names. */
  readonly values: Readonly<Record<string, Json>>
  readonly test: boolean
  /** What the test is to come to, where its address says so; what it says in its values counts as well. */
  readonly script?: TestScript | null
  readonly idempotencyKey: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  /** ms since 1970 */
  readonly receivedAt: number
  readonly rerun?: Rerun
}

/** A lead that was turned away and comes in again. */
export interface Rerun {
  readonly of: string
  /** The id that was promised to the lead before it came in. */
  readonly as: string
  /** The values go by the flow's names already. */
  readonly isMapped: boolean
  /** What was mended since it came first, by whom. */
  readonly mended: { readonly values: Readonly<Record<string, Json>>; readonly by: string } | null
}

export interface DestinationAnswer {
  readonly outcome: 'success' | 'failure' | 'error' | 'pending'
  /** What the destination calls the lead. */
  readonly id?: string
  readonly reason?: string
  readonly code?: string
}

/** What a source is told. */
export interface Answer {
  readonly outcome: 'success' | 'failure' | 'error' | 'pending'
  readonly lead_id: string
  readonly accepted: boolean | null
  readonly price: number
  /** ms */
  readonly duration: number
  readonly reason: string | null
  readonly code: RejectionCode | string | null
  readonly field_errors?: Readonly<Record<string, string>>
  readonly duplicate_of?: string
  readonly destinations: Readonly<Record<string, DestinationAnswer>>
  readonly test?: true
}

export interface SubmissionResult {
  readonly status: 200 | 201 | 202 | 409 | 422
  readonly answer: Answer
}

export interface Runner {
  /**
   * Takes a submission in and answers when its journey has ended, parked, or outrun the flow's `answer_within`.
   * Throws a Fault only before the lead is durable: `overloaded`, `database_unavailable`, `idempotency_key_reused`,
   * `source_disabled`, `not_found`.
   */
  submit(submission: Submission): Promise<SubmissionResult>
  /** Takes an unfinished lead up again; resolves when it ended, waits or parked. */
  resume(lead: { readonly tenantId: string; readonly leadId: string; readonly attempts: number }): Promise<void>
  /** A person's decision about a lead in review. Throws Fault `not_found` or `invalid_request`. */
  decide(decision: {
    readonly tenantId: string
    readonly leadId: string
    readonly decision: 'approve' | 'reject'
    readonly reason: string | null
    readonly by: string
  }): Promise<void>
  /** Journeys now in this process. */
  inFlight(): number
  /** Waits until no journey runs here. */
  drained(): Promise<void>
}
