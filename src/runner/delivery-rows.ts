import { FAULTS, type FaultCode, POLICY } from '../base/faults.ts'
import type { DeliveryColumns } from '../journal/append-deliveries.ts'
import type { Delivery } from '../lead/deliveries.ts'
import type { LeadEvent } from '../lead/events.ts'
import type { Journey } from './journey.ts'

/** What a delivery is shown as. */
export const stateOf = (delivery: Delivery): DeliveryColumns['state'] => {
  if (delivery.discarded) return 'discarded'
  switch (delivery.outcome) {
    case 'open':
      return delivery.parked ? 'unknown' : 'waiting'
    case 'success':
      return 'delivered'
    case 'failure':
      return 'refused'
    case 'error':
      if (!isDead(delivery)) return 'refused'
      return delivery.tries === null || delivery.resent ? 'dead' : 'passed'
  }
}

/** It came to no end that is its own: somebody may want to send it again. */
const isDead = (delivery: Delivery): boolean => {
  const kind = FAULTS[delivery.code as FaultCode] ?? 'bug'
  return POLICY[kind].after !== 'record'
}

const namesDelivery = (event: LeadEvent): string | null => {
  switch (event.type) {
    case 'attempt.ended':
    case 'delivery.refused':
    case 'delivery.held':
    case 'delivery.decided':
      return event.data.delivery
    default:
      return null
  }
}

/** The rows that what is not yet committed changes. */
export const changedDeliveries = (journey: Journey): readonly DeliveryColumns[] => {
  const { lead, events } = journey
  if (lead.deliveries.size === 0) return []
  const changed = new Map<string, DeliveryColumns>()
  for (const event of events) {
    const id = namesDelivery(event)
    const delivery = id === null ? undefined : lead.deliveries.get(id)
    if (!delivery || lead.test) continue
    const state = stateOf(delivery)
    changed.set(delivery.id, {
      id: delivery.id,
      openedAt: delivery.openedAt,
      changedAt: event.at,
      nextAt: state === 'waiting' ? delivery.nextAt : null,
      attempts: delivery.attempts,
      flow: lead.flow,
      destination: delivery.destination,
      state,
      code: delivery.code,
      paid: state === 'delivered' ? delivery.revenue : null,
    })
  }
  return [...changed.values()]
}
