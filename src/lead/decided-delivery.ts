import { assertNever } from '../base/faults.ts'
import type { Delivery } from './deliveries.ts'
import type { EventOf } from './events.ts'

/** What a person said becomes of it. */
export const decideDelivery = (delivery: Delivery, { at, data, sealed }: EventOf<'delivery.decided'>): void => {
  delivery.parked = false
  delivery.held = null
  switch (data.decision) {
    case 'delivered':
      delivery.outcome = 'success'
      delivery.code = null
      delivery.revenue = data.revenue ?? null
      delivery.reference = sealed?.reference ?? null
      delivery.reason = sealed?.reason ?? null
      return
    case 'not_delivered':
      delivery.outcome = 'failure'
      delivery.inDoubt = false
      delivery.reason = sealed?.reason ?? null
      return
    case 'discard':
      delivery.discarded = true
      return
    case 'send_again':
      delivery.outcome = 'open'
      delivery.nextAt = data.next_at
      delivery.inFlight = null
      delivery.since = at
      delivery.heldAt = null
      delivery.attemptsBefore = delivery.attempts
      delivery.refusals = 0
      delivery.discarded = false
      delivery.resent = true
      if (data.key !== null) delivery.key = data.key
      if (sealed?.payload) delivery.payload = sealed.payload
      return
    default:
      assertNever(data.decision)
  }
}
