import type { Lead } from './lead.ts'

/** Nothing is under way any more, and nothing will be: what ran loses its next commit. */
export const endByErasure = (lead: Lead, at: number): void => {
  lead.status = 'erased'
  lead.standing = null
  lead.open.clear()
  lead.parked = null
  lead.fields = {}
  lead.extra = {}
  lead.appended = {}
  for (const delivery of lead.deliveries.values()) {
    if (delivery.outcome !== 'open') continue
    delivery.outcome = 'error'
    delivery.code = 'erased'
    delivery.nextAt = null
    delivery.parked = false
  }
  if (lead.closed) return
  lead.closedAt = at
  lead.verdict = 'rejected'
  lead.code = 'erased'
}

/** As it stood before it closed; that it had returned is not forgotten. */
export const reopen = (lead: Lead): void => {
  if (lead.closed === null) return
  lead.reopened = lead.closed.outcome
  if (lead.closed.code === 'delivery_failed') {
    lead.verdict = 'accepted'
    lead.code = null
    lead.reason = null
    lead.status = 'approved'
  }
  lead.closed = null
  lead.closedAt = null
}
