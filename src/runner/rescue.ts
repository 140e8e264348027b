import { emit, type Journey } from './journey.ts'

/**
 * Carries what destinations answered from a journey whose commit lost a race over to the lead as loaded anew.
 *
 * Somebody else wrote in between, a person's decision for one. The calls were made and answered all the same: without
 * this they would count as sent and never answered. What the journal tells otherwise by now is left alone.
 */
export const rescue = (from: Journey, to: Journey): void => {
  for (const event of from.events) {
    if (event.type !== 'attempt.answered' && event.type !== 'attempt.ended') continue
    const flight = to.lead.deliveries.get(event.data.delivery)?.inFlight
    if (flight?.attempt !== event.data.attempt) continue
    if (
      event.type === 'attempt.answered' &&
      (event.data.call > flight.started || event.data.call !== flight.answers.length)
    )
      continue
    emit(to, event)
  }
}
