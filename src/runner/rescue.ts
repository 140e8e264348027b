import type { LeadEvent } from '../lead/events.ts'
import { emit, type Journey } from './journey.ts'
import { emitEnd } from './put-down.ts'

/** The attempt that an event tells the end of a call of, as it stands in the lead as loaded anew. */
const flightOf = (to: Journey, event: LeadEvent) => {
  switch (event.type) {
    case 'attempt.answered':
    case 'attempt.ended':
      return to.lead.deliveries.get(event.data.delivery)?.inFlight
    case 'enrichment.answered':
    case 'enrichment.failed':
      return to.lead.standing?.step === event.data.step ? to.lead.standing.fetches.get(event.data.name)?.inFlight : null
    default:
      return null
  }
}

/**
 * Carries what destinations and enrichers answered from a journey whose commit lost a race over to the lead as loaded
 * anew.
 *
 * Somebody else wrote in between, a person's decision for one. The calls were made and answered all the same: without
 * this they would count as sent and never answered. What the journal tells otherwise by now is left alone.
 */
export const rescue = (from: Journey, to: Journey): void => {
  for (const event of from.events) {
    const flight = flightOf(to, event)
    if (!flight || !('attempt' in event.data) || flight.attempt !== event.data.attempt) continue
    if ('call' in event.data && (event.data.call > flight.started || event.data.call !== flight.answers.length))
      continue
    const ended = event.type === 'attempt.ended' ? to.lead.deliveries.get(event.data.delivery) : undefined
    // The places that it held were to be given back in the commit that was lost.
    if (ended) emitEnd(to, ended, event)
    else emit(to, event)
  }
}
