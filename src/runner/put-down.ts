import type { Refused } from '../delivery/gate.ts'
import { type Delivery, placeOf } from '../lead/deliveries.ts'
import type { HeldPlace, LeadEvent } from '../lead/events.ts'
import type { RunnerContext } from './context.ts'
import { emit, type Journey } from './journey.ts'

/** Gives back places in caps that came to nothing. What was never written needs no giving back. */
export const giveBackPlaces = (journey: Journey, places: readonly HeldPlace[]): void => {
  for (const place of places) {
    const { scope, from, part, delivery } = place
    const pending = journey.caps.findIndex(
      (cap) => cap.scope === scope && cap.from === from && cap.part === part && cap.delivery === delivery,
    )
    if (pending >= 0) journey.caps.splice(pending, 1)
    else journey.releasedCaps.push(place)
  }
}

/** Emits what a delivery comes to, and where that is no success gives back the places in caps that it held. */
export const emitEnd = (journey: Journey, delivery: Delivery, event: LeadEvent): void => {
  const held = journey.lead.holds.caps.filter((cap) => cap.delivery === placeOf(delivery))
  emit(journey, event)
  if (held.length > 0 && (delivery.outcome === 'failure' || delivery.outcome === 'error')) giveBackPlaces(journey, held)
}

/** The soonest that one put down is looked at again. */
const HELD_MS = 250

/** It is due and may not go out: put down, with the reason, to be taken up when there is a chance. */
export const putDown = (ctx: RunnerContext, journey: Journey, delivery: Delivery, refused: Refused): void => {
  const now = ctx.clock.now()
  // A stopped lane is not asked until it opens, which may be sooner than was thought: only a rate's slot has its time.
  const again = refused.why === 'rate' ? refused.until : null
  emit(journey, {
    type: 'delivery.held',
    at: now,
    data: { delivery: delivery.id, why: refused.why, next_at: Math.max(again ?? 0, now + HELD_MS) },
    sealed: null,
  })
}

export const passOver = (
  ctx: RunnerContext,
  journey: Journey,
  delivery: Delivery,
  attempt: number,
  why: 'paused' | 'breaker',
): void => {
  emitEnd(journey, delivery, {
    type: 'attempt.ended',
    at: ctx.clock.now(),
    data: {
      delivery: delivery.id,
      attempt,
      outcome: 'error',
      code: 'destination.unavailable',
      next_at: null,
      parked: false,
      revenue: null,
    },
    sealed: {
      reason: why === 'paused' ? 'It is paused: nothing was sent' : 'Its breaker is open: nothing was sent',
      reference: null,
    },
  })
}
