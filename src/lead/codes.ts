/**
 * Stable codes for programs; the reason beside one is text for people.
 * Both lists are closed and documented in docs/errors.md; a test keeps them equal.
 */

/** Why a lead was turned away, and the HTTP status its source hears. */
export const REJECTIONS = {
  missing_field: 422,
  invalid_field: 422,
  not_accepted: 422,
  duplicate: 409,
  suppressed: 422,
  filtered: 422,
  cap_exceeded: 422,
  closed: 422,
  review_rejected: 422,
  delivery_failed: 422,
  processing_failed: 422,
  erased: 422,
  verification_failed: 422,
  consent_missing: 422,
  consent_revoked: 422,
} as const

export type RejectionCode = keyof typeof REJECTIONS

/** Why a lead stands still. */
export const PENDING = {
  awaiting_review: 'a person must decide',
  waiting: 'a time must come, or an enricher answer',
  delivering: 'a delivery is open: under way, or to be tried again',
  unknown_outcome: 'a delivery was sent and not answered: a person must say what became of it',
  replay_diverged: 'the step asked something else than its journal says',
  crashed_repeatedly: 'the process died several times while it worked on this lead',
  processing_fault: 'a step threw: somebody must mend what the fault names',
} as const

export type PendingCode = keyof typeof PENDING

/** Why a destination was not offered a lead: it is closed, a cap of it is full, or it pays less than its floor or margin. */
export type RefusalCode = 'closed' | 'cap_exceeded' | 'below_floor'

export const OUTCOMES = ['success', 'failure', 'error', 'skip'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** Processing status, derived from events. */
export const LEAD_STATUSES = [
  'new',
  'normalized',
  'enriched',
  'verified',
  'pending_review',
  'approved',
  'delivered',
  'rejected',
  'failed',
  'archived',
  'erased',
] as const
export type LeadStatus = (typeof LEAD_STATUSES)[number]
