import type { Delivery } from '../lead/deliveries.ts'
import type { Journey } from './journey.ts'

/** Whether an earlier delivery of the same lead must come to its end first: some destinations take things in order. */
export const waitsBehind = (journey: Journey, delivery: Delivery): boolean => {
  if (journey.flow.destinations.get(delivery.destination)?.type.ordered !== true) return false
  for (const other of journey.lead.deliveries.values()) {
    if (other === delivery) return false
    if (other.destination === delivery.destination && other.outcome === 'open') return true
  }
  return false
}
