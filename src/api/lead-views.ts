import type { Static } from 'typebox'
import type { LeadRow, StoredEvent } from '../journal/types.ts'
import { PENDING, type PendingCode } from '../lead/codes.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { Lead } from '../lead/lead.ts'
import type { EventList, LeadDetail, LeadPage, LeadSummary } from './contract/leads.ts'
import { writeCursor } from './cursor.ts'
import { iso, isoOrNull } from './times.ts'

/** What the journal knows of leads, in the shapes of the contract. */

export const summaryOf = (row: LeadRow, assignee: string | null = null): Static<typeof LeadSummary> => ({
  ...row,
  assignee,
  received_at: iso(row.received_at),
  closed_at: isoOrNull(row.closed_at),
})

/** A page out of rows, of which one more than the page holds were read. */
export const pageOf = (
  rows: readonly LeadRow[],
  limit: number,
  given: ReadonlyMap<string, string>,
  seen: (row: Static<typeof LeadSummary>) => Static<typeof LeadSummary> = (row) => row,
): Static<typeof LeadPage> => {
  const items = rows.slice(0, limit).map((row) => seen(summaryOf(row, given.get(row.id) ?? null)))
  const last = items.at(-1)
  return { items, next_cursor: rows.length > limit && last ? writeCursor(last.id) : null }
}

const deliveryOf = (delivery: Delivery): Static<typeof LeadDetail>['deliveries'][number] => ({
  id: delivery.id,
  step: delivery.step,
  destination: delivery.destination,
  outcome: delivery.outcome,
  attempts: delivery.attempts,
  reference: delivery.reference,
  reason: delivery.reason,
  code: delivery.code,
  revenue: delivery.revenue?.amount ?? null,
  currency: delivery.revenue?.currency ?? null,
  next_at: isoOrNull(delivery.nextAt),
  parked: delivery.parked,
})

/** Why it stands still; null where it runs or has ended. */
const pendingOf = (lead: Lead): Static<typeof LeadDetail>['pending'] => {
  const say = (code: PendingCode, step: string | null) => ({ code, meaning: PENDING[code], step })
  if (lead.closed) return null
  if (lead.parked) return say(lead.parked.code, lead.parked.step)
  for (const { kind, step } of lead.open.values()) {
    return say(kind === 'review.ask' ? 'awaiting_review' : 'waiting', step)
  }
  const deliveries = [...lead.deliveries.values()].filter(({ outcome }) => outcome === 'open')
  const parked = deliveries.find((delivery) => delivery.parked)
  if (parked) return say('unknown_outcome', parked.step)
  const [open] = deliveries
  if (open) return say('delivering', open.step)
  return lead.standing ? say('waiting', lead.standing.step) : null
}

export const detailOf = (
  row: LeadRow,
  lead: Lead,
  assignee: string | null,
): Omit<Static<typeof LeadDetail>, 'personal' | 'received'> => ({
  ...summaryOf(row, assignee),
  mode: lead.mode,
  accepted: lead.verdict === null ? null : lead.verdict === 'accepted',
  reason: lead.reason,
  field_errors: lead.fieldErrors,
  score: lead.score,
  class: lead.class,
  route: lead.route,
  fields: lead.fields,
  extra: lead.extra,
  appended: lead.appended,
  steps: lead.steps,
  deliveries: [...lead.deliveries.values()].map(deliveryOf),
  pending: pendingOf(lead),
  rerun_of: lead.rerunOf,
  rerun_as: lead.rerunAs,
})

/** Events that hold what was sent outside and what came back. */
export const isExchange = (type: string): boolean =>
  type === 'attempt.answered' || type === 'enrichment.answered' || type === 'delivery.opened'

export const eventsOf = (events: readonly StoredEvent[], masked = false): Static<typeof EventList>['items'] =>
  events.map(({ seq, position, type, at, data, sealed }) => ({
    seq,
    position,
    type,
    at: iso(at),
    data,
    private: masked && isExchange(type) ? null : (sealed ?? null),
  }))
