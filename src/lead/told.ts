import { FAULTS, type FaultCode, POLICY } from '../base/faults.ts'
import type { LeadEvent } from './events.ts'

/**
 * What of a lead's journal is told to those who subscribed to it. These names are public: they outlive the events they
 * are made of. One event of the journal is told as one, or not at all.
 */
export const TOLD = {
  'lead.received': 'A lead came in and is durable.',
  'lead.accepted': 'Its journey ended, and it was accepted.',
  'lead.rejected': 'Its journey ended, and it was turned away, or no destination took it.',
  'lead.failed': 'Its journey ended by an error of ours or of the flow.',
  'lead.parked': 'It stands still until somebody mends something.',
  'lead.reopened': 'A journey that had ended goes on: a delivery is sent again.',
  'lead.rectified': 'Its person had their data mended.',
  'lead.erased': 'Its data are gone: whoever has a copy must let it go.',
  'review.requested': 'It waits for a person.',
  'review.decided': 'A person decided about it.',
  'delivery.succeeded': 'A destination took it.',
  'delivery.refused': 'A destination said no, or its terms did.',
  'delivery.retrying': 'An attempt failed and another follows.',
  'delivery.failed': 'A delivery was given up: a dead letter.',
  'delivery.unknown': 'It was sent and no answer came: a person must say what became of it.',
} as const

export type ToldType = keyof typeof TOLD

/** Of the house, beside those of leads. */
export const TOLD_OF_ALERTS = {
  'alert.raised': 'Something should be looked at; it is told once, until it was seen to.',
  'alert.cleared': 'It is over.',
} as const

type Attempt = Extract<LeadEvent, { type: 'attempt.ended' }>['data']

const ofAttempt = ({ outcome, code, next_at: nextAt, parked }: Attempt): ToldType => {
  if (parked) return 'delivery.unknown'
  if (nextAt !== null) return 'delivery.retrying'
  if (outcome === 'success') return 'delivery.succeeded'
  if (outcome === 'failure') return 'delivery.refused'
  return POLICY[FAULTS[code as FaultCode] ?? 'bug'].after === 'record' ? 'delivery.refused' : 'delivery.failed'
}

/** What an event is told as; null: it is nobody's matter. */
export const toldAs = (event: LeadEvent): ToldType | null => {
  switch (event.type) {
    case 'lead.received':
    case 'lead.parked':
    case 'lead.reopened':
    case 'lead.rectified':
    case 'lead.erased':
    case 'review.decided':
    case 'delivery.refused':
      return event.type
    case 'source.closed':
      return event.data.outcome === 'success'
        ? 'lead.accepted'
        : event.data.outcome === 'error'
          ? 'lead.failed'
          : 'lead.rejected'
    case 'request.opened':
      return event.data.kind === 'review.ask' ? 'review.requested' : null
    case 'attempt.ended':
      return ofAttempt(event.data)
    case 'delivery.decided':
      return event.data.decision === 'delivered'
        ? 'delivery.succeeded'
        : event.data.decision === 'not_delivered'
          ? 'delivery.refused'
          : null
    default:
      return null
  }
}
