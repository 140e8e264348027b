import { FAULTS, type FaultCode } from '../base/faults.ts'
import { addMoney, type Money, zeroMoney } from '../base/money.ts'
import type { CallAnswer, Captured } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { Priority } from '../kit/priorities.ts'
import type { EventOf, HeldBy } from './events.ts'
import type { Lead } from './lead.ts'

/** One delivery of a lead to one destination. */
export interface Delivery {
  readonly id: string
  readonly step: string
  /** The request's name within the step. */
  readonly name: string
  readonly destination: string
  readonly fp: string
  readonly waitFor: 'attempt' | 'final'
  /** Null: as many as the destination is given. */
  readonly tries: number | null
  /** The subscription it is for; null: of a destination that nobody subscribes to. */
  readonly hook: string | null
  /** Null: as usual. */
  readonly priority: Priority | null
  payload: { readonly [key: string]: Json }
  attempts: number
  /**
   * An attempt was started and not yet ended: when (what it sees as now, on every replay), the last call it began, and
   * the answers of those that were answered.
   */
  inFlight: { attempt: number; startedAt: number; started: number; answers: CallAnswer[] } | null
  outcome: 'open' | 'success' | 'failure' | 'error'
  /** What it pays where its answer does not say. */
  readonly price: Money | null
  code: string | null
  reason: string | null
  reference: string | null
  captured: Captured | null
  revenue: Money | null
  nextAt: number | null
  parked: boolean
  /** One of its calls may have arrived, though nobody heard so, and whatever later ones came to. */
  inDoubt: boolean
  /** Why it was put down though it was due. */
  held: HeldBy | null
  readonly openedAt: number
  /**
   * When it was opened, or a person had it sent again: what its attempts and their time are counted from. Later by all the
   * time that it was due and could not go out.
   */
  since: number
  /** When it was due that is held; null: it is not, or for its batch. */
  heldAt: number | null
  attemptsBefore: number
  /** Attempts since then that were refused for our credentials. */
  refusals: number
  /** What its calls carry as idempotency key, where that is not its id. */
  key: string | null
  /** A person had it sent again: by the destination as it is now. */
  resent: boolean
  discarded: boolean
}

const newDelivery = (
  data: EventOf<'delivery.opened'>['data'] | EventOf<'delivery.refused'>['data'],
  at: number,
): Omit<Delivery, 'waitFor' | 'tries' | 'hook' | 'priority' | 'payload' | 'price' | 'outcome' | 'nextAt'> => ({
  id: data.delivery,
  step: data.step,
  name: data.name,
  destination: data.destination,
  fp: data.fp,
  attempts: 0,
  inFlight: null,
  code: null,
  reason: null,
  reference: null,
  captured: null,
  revenue: null,
  parked: false,
  inDoubt: false,
  held: null,
  openedAt: at,
  since: at,
  heldAt: null,
  attemptsBefore: 0,
  refusals: 0,
  key: null,
  resent: false,
  discarded: false,
})

export const openedDelivery = ({ at, data, sealed }: EventOf<'delivery.opened'>): Delivery => ({
  ...newDelivery(data, at),
  since: data.not_before ?? at,
  waitFor: data.wait_for,
  tries: data.tries ?? null,
  hook: data.hook ?? null,
  priority: data.priority ?? null,
  payload: sealed?.payload ?? {},
  outcome: 'open',
  price: data.price ?? null,
  nextAt: data.not_before ?? at,
})

/** One that its destination's terms ruled out: ended before it began. */
export const refusedDelivery = ({ at, data, sealed }: EventOf<'delivery.refused'>): Delivery => ({
  ...newDelivery(data, at),
  waitFor: 'attempt',
  tries: null,
  hook: null,
  priority: null,
  payload: {},
  outcome: 'failure',
  code: data.code,
  reason: sealed?.reason ?? null,
  price: null,
  nextAt: null,
})

/** Once a call was not answered, until one is answered with no. That it has it already may be of the one in doubt. */
export const isInDoubt = ({ inDoubt }: Delivery, { outcome, code }: EventOf<'attempt.ended'>['data']): boolean => {
  const kind = FAULTS[code as FaultCode]
  if (kind === 'ambiguous') return true
  // Nothing was sent where its person is blocked: who was asked before has said nothing.
  return inDoubt && (outcome !== 'failure' || kind === 'compliance' || code === 'destination.duplicate')
}

export const holdDelivery = (delivery: Delivery, { at, data }: EventOf<'delivery.held'>): void => {
  delivery.held = data.why
  if (data.why !== 'batch') delivery.heldAt ??= Math.min(delivery.nextAt ?? at, at)
  delivery.nextAt = data.next_at
}

export const startAttempt = (delivery: Delivery, { at, data }: EventOf<'attempt.started'>): void => {
  delivery.attempts = data.attempt
  if (delivery.inFlight?.attempt === data.attempt) delivery.inFlight.started = data.call
  else delivery.inFlight = { attempt: data.attempt, startedAt: at, started: data.call, answers: [] }
  // Where its lane is stopped nobody looks at it: nothing says that it was held.
  delivery.since += Math.max(0, at - (delivery.heldAt ?? delivery.nextAt ?? at))
  delivery.nextAt = null
  delivery.held = null
  delivery.heldAt = null
}

/** It was turned away for who sent it, not for what it is: so its answer says. */
export const isRefusal = ({ code }: EventOf<'attempt.ended'>['data']): boolean =>
  FAULTS[code as FaultCode] === 'credentials'

/** What places in caps taken for a delivery are known by. */
export const placeOf = (delivery: Pick<Delivery, 'step' | 'name'>): string => `${delivery.step}/${delivery.name}`

export const isDone = (delivery: Delivery): boolean => delivery.outcome !== 'open'

/** What the delivered lead brings: the sum of what buyers pay. */
export const revenueOf = (lead: Lead): Money => {
  let sum = zeroMoney(lead.currency)
  for (const delivery of lead.deliveries.values()) {
    if (delivery.outcome === 'success' && delivery.revenue && delivery.revenue.currency === sum.currency)
      sum = addMoney(sum, delivery.revenue)
  }
  return sum
}

/** The same, or null where nobody has taken it and said a price. */
export const revenueSeen = (lead: Lead): Money | null => {
  for (const delivery of lead.deliveries.values())
    if (delivery.outcome === 'success' && delivery.revenue) return revenueOf(lead)
  return null
}
