import { put } from '../base/own.ts'
import type { CompiledFlow, CompiledSource } from '../kit/flow.ts'
import { REJECTIONS, type RejectionCode } from '../lead/codes.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { Lead } from '../lead/lead.ts'
import type { Answer, DestinationAnswer, SubmissionResult } from './types.ts'

const destinationAnswer = (delivery: Delivery): DestinationAnswer => ({
  outcome: delivery.outcome === 'open' ? 'pending' : delivery.outcome,
  ...(delivery.reference !== null && { id: delivery.reference }),
  ...(delivery.reason !== null && { reason: delivery.reason }),
  ...(delivery.code !== null && { code: delivery.code }),
})

const pendingCode = (lead: Lead): string => {
  if (lead.parked) return lead.parked.code
  for (const open of lead.open.values()) return open.kind === 'review.ask' ? 'awaiting_review' : 'waiting'
  const open = [...lead.deliveries.values()].filter(({ outcome }) => outcome === 'open')
  if (open.some(({ parked }) => parked)) return 'unknown_outcome'
  // In the middle of a step and nothing is on its way to anybody: an enricher is asked, or will be.
  return open.length === 0 && lead.standing !== null ? 'waiting' : 'delivering'
}

/**
 * What the source is told of a lead as it stands, the same whenever it is asked while nothing changes.
 *
 * A program that has returned with at least one destination served is accepted, though others are still tried. Where
 * none has taken the lead yet, or the journey stands still, the answer is 202 and says what is open.
 */
export const answerOf = (options: {
  readonly lead: Lead
  readonly flow: CompiledFlow
  readonly source: CompiledSource
  /** ms since 1970: the end of the duration of a journey that has not closed. */
  readonly now: number
  /** False: the lead is durable, but not all of what is known of it; nothing is told then that a crash could take back. */
  readonly durable: boolean
}): SubmissionResult => {
  const { lead, flow, source, now, durable } = options
  const destinations: Record<string, DestinationAnswer> = {}
  for (const delivery of lead.deliveries.values()) {
    const name = flow.destinations.get(delivery.destination)?.name ?? delivery.destination
    put(destinations, name, durable ? destinationAnswer(delivery) : { outcome: 'pending' })
  }
  const deliveries = [...lead.deliveries.values()]
  const returned = lead.closed !== null || lead.verdict === 'accepted' || lead.steps.length >= source.program.length
  const served = deliveries.some((delivery) => delivery.outcome === 'success')
  const settled = durable && (lead.closed !== null || (returned && served) || lead.verdict === 'rejected')
  const base = {
    lead_id: lead.id,
    duration: lead.closed?.duration_ms ?? Math.max(0, now - lead.receivedAt),
    destinations,
    ...(lead.test && { test: true as const }),
  }
  if (!settled) {
    const code = pendingCode(lead)
    return { status: 202, answer: { outcome: 'pending', accepted: null, price: 0, reason: null, code, ...base } }
  }
  const rejected = lead.closed ? lead.closed.outcome !== 'success' : lead.verdict === 'rejected'
  if (!rejected) {
    const price = lead.closed?.price ?? (lead.test ? '0' : (lead.price?.amount ?? '0'))
    return {
      status: source.successStatus,
      answer: { outcome: 'success', accepted: true, price: Number(price), reason: null, code: null, ...base },
    }
  }
  const code: RejectionCode = lead.closed?.code ?? lead.code ?? 'processing_failed'
  const answer: Answer = {
    outcome: lead.closed?.outcome === 'error' ? 'error' : 'failure',
    accepted: false,
    price: 0,
    reason: lead.reason,
    code,
    ...(lead.fieldErrors && { field_errors: lead.fieldErrors }),
    ...(lead.duplicateOf && { duplicate_of: lead.duplicateOf }),
    ...base,
  }
  return { status: REJECTIONS[code], answer }
}
