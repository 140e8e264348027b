import { assertNever } from '../base/faults.ts'
import type { Money } from '../base/money.ts'
import type { Captured } from '../kit/destination.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { Appended } from '../kit/step.ts'
import type { LeadStatus, Outcome, PendingCode, RejectionCode } from './codes.ts'
import { decideDelivery } from './decided-delivery.ts'
import {
  type Delivery,
  holdDelivery,
  isInDoubt,
  isRefusal,
  openedDelivery,
  placeOf,
  refusedDelivery,
  startAttempt,
} from './deliveries.ts'
import { endByErasure, reopen } from './ended.ts'
import type {
  HeldPlace,
  Holds,
  JournaledAnswer,
  LeadEvent,
  SourceClosed,
  StepEnded,
  StepEndedSealed,
} from './events.ts'
import { answerFetch, type Fetches, failFetch, startFetch } from './fetches.ts'

/** What a step came to, as later rules ask for it. */
export interface Decided {
  readonly outcome: Outcome
  readonly rule: string | null
  readonly arm: string | null
}

/** By destination: what became of it so far. */
export type DeliveriesSeen = Readonly<
  Record<string, { readonly outcome: string; readonly reference: string | null; readonly captured: Captured | null }>
>

/** A request of the standing step that has no answer yet. */
export interface OpenRequest {
  readonly step: string
  readonly name: string
  readonly kind: 'time.wait' | 'review.ask'
  readonly fp: string
  readonly due: number | null
}

/**
 * What the events say of a lead. Folding is in place: a lead's events are folded once, in order, by one owner.
 */
export interface Lead {
  readonly id: string
  readonly tenantId: string
  flow: string
  flowVersion: number
  source: string
  mode: 'sync' | 'async'
  test: boolean
  /** What it is to come to, where a test said so. */
  script: string | null
  receivedAt: number
  fields: Readonly<Record<string, Parsed>>
  extra: Readonly<Record<string, Json>>
  /** What enrichers said, by their ids. */
  appended: Appended
  mapped: boolean
  score: number | null
  class: string | null
  route: string | null
  price: Money | null
  currency: string
  /** Steps that ended, in order. */
  steps: { id: string; outcome: Outcome }[]
  /** The same by id, with what decided and, of a branch, the arm it chose. */
  decided: Record<string, Decided>
  /** The step the lead stands in the middle of, the time it began, the deliveries then, and what it was answered so far. */
  standing: {
    step: string
    now: number
    deliveries: DeliveriesSeen
    answers: Map<string, JournaledAnswer>
    fetches: Fetches
  } | null
  /** Requests of the standing step without an answer, by name. */
  open: Map<string, OpenRequest>
  deliveries: Map<string, Delivery>
  /** What it holds and would give back. */
  holds: { claims: string[]; caps: HeldPlace[]; person: boolean; record: boolean }
  /** What the program came to; null while it runs. */
  verdict: 'accepted' | 'rejected' | null
  code: RejectionCode | null
  reason: string | null
  fieldErrors: Readonly<Record<string, string>> | null
  duplicateOf: string | null
  /** The person it belongs to, as it was known when it came. */
  person: string | null
  parked: { code: PendingCode; step: string | null; fault: string | null } | null
  status: LeadStatus
  closed: SourceClosed | null
  closedAt: number | null
  /** How it had closed before a delivery was sent again; null: it never was. */
  reopened: SourceClosed['outcome'] | null
  /** The lead that it runs again, and the one that it was run again as. */
  rerunOf: string | null
  rerunAs: string | null
}

export const newLead = (id: string, tenantId: string): Lead => ({
  id,
  tenantId,
  flow: '',
  flowVersion: 0,
  source: '',
  mode: 'sync',
  test: false,
  script: null,
  receivedAt: 0,
  fields: {},
  extra: {},
  appended: {},
  mapped: false,
  score: null,
  class: null,
  route: null,
  price: null,
  currency: 'USD',
  steps: [],
  decided: {},
  standing: null,
  open: new Map(),
  deliveries: new Map(),
  holds: { claims: [], caps: [], person: false, record: false },
  verdict: null,
  code: null,
  reason: null,
  fieldErrors: null,
  duplicateOf: null,
  person: null,
  parked: null,
  status: 'new',
  closed: null,
  closedAt: null,
  reopened: null,
  rerunOf: null,
  rerunAs: null,
})

const NONE_SEEN: DeliveriesSeen = {}

export const deliveriesSeen = (lead: Lead): DeliveriesSeen => {
  if (lead.deliveries.size === 0) return NONE_SEEN
  const seen: { -readonly [D in keyof DeliveriesSeen]: DeliveriesSeen[D] } = {}
  for (const { destination, outcome, reference, captured } of lead.deliveries.values())
    seen[destination] = { outcome, reference, captured }
  return seen
}

const standingIn = (lead: Lead, step: string, now: number): NonNullable<Lead['standing']> => {
  if (lead.standing?.step !== step)
    lead.standing = { step, now, deliveries: deliveriesSeen(lead), answers: new Map(), fetches: new Map() }
  return lead.standing
}

const hold = (lead: Lead, holds: Holds | undefined): void => {
  if (holds?.claims) {
    const { kept } = holds
    lead.holds.claims.push(...(kept ? holds.claims.filter((key) => !kept.includes(key)) : holds.claims))
  }
  if (holds?.caps) lead.holds.caps.push(...holds.caps)
  if (holds?.person) lead.holds.person = true
  if (holds?.record) lead.holds.record = true
}

const endStep = (lead: Lead, data: StepEnded, sealed: StepEndedSealed): void => {
  lead.steps.push({ id: data.step, outcome: data.outcome })
  lead.decided[data.step] = { outcome: data.outcome, rule: data.rule ?? null, arm: data.arm ?? null }
  lead.standing = null
  lead.open.clear()
  lead.parked = null
  hold(lead, data.holds)
  if (data.score !== undefined) lead.score = data.score
  if (data.class !== undefined) lead.class = data.class
  if (data.route !== undefined) lead.route = data.route
  if (data.price !== undefined) lead.price = data.price
  if (data.person !== undefined) lead.person = data.person
  if (sealed?.fields !== undefined) lead.fields = { ...lead.fields, ...sealed.fields }
  if (sealed?.appended !== undefined) lead.appended = { ...lead.appended, ...sealed.appended }
  if (data.stop) lead.verdict = 'accepted'
  if (data.code !== undefined) {
    lead.verdict = 'rejected'
    lead.status = 'rejected'
    lead.code = data.code
    lead.reason = sealed?.reason ?? null
    lead.fieldErrors = sealed?.field_errors ?? null
  }
  if (sealed?.duplicate_of !== undefined) lead.duplicateOf = sealed.duplicate_of
}

const deliveryOf = (lead: Lead, id: string): Delivery => {
  const delivery = lead.deliveries.get(id)
  if (!delivery) throw new Error(`journal names a delivery that was never opened: ${id}`)
  return delivery
}

const endDelivery = (lead: Lead, delivery: Delivery): void => {
  if (delivery.outcome === 'success') lead.status = 'delivered'
  if (delivery.outcome !== 'failure' && delivery.outcome !== 'error') return
  const place = placeOf(delivery)
  lead.holds.caps = lead.holds.caps.filter((cap) => cap.delivery !== place)
}

/** Applies one event. */
export const evolve = (lead: Lead, event: LeadEvent): void => {
  switch (event.type) {
    case 'lead.received':
      lead.flow = event.data.flow
      lead.flowVersion = event.data.flow_version
      lead.source = event.data.source
      lead.mode = event.data.mode
      lead.test = event.data.test
      lead.script = event.data.script ?? null
      lead.rerunOf = event.data.rerun_of ?? null
      lead.receivedAt = event.at
      return
    case 'source.authenticated':
      return
    case 'lead.mapped':
      lead.mapped = true
      lead.status = 'normalized'
      if (event.sealed) {
        lead.fields = event.sealed.fields
        lead.extra = event.sealed.extra
      }
      return
    case 'lead.normalized':
    case 'acceptance.checked':
    case 'duplicate.checked':
    case 'match.checked':
    case 'suppression.checked':
    case 'filter.checked':
    case 'cap.checked':
    case 'price.set':
    case 'lead.scored':
    case 'lead.classified':
    case 'route.chosen':
    case 'delivery.dispatched':
    case 'wait.ended':
    case 'branch.chosen':
    case 'fields.set':
    case 'journey.stopped':
    case 'list.changed':
    case 'consent.checked':
    case 'schedule.checked':
    case 'test.concluded':
      endStep(lead, event.data, event.sealed)
      return
    case 'lead.enriched':
    case 'lead.verified':
      endStep(lead, event.data, event.sealed)
      if (event.data.outcome === 'success') lead.status = event.type === 'lead.enriched' ? 'enriched' : 'verified'
      return
    case 'enrichment.started':
      startFetch(standingIn(lead, event.data.step, event.at).fetches, event)
      return
    case 'enrichment.answered':
      answerFetch(standingIn(lead, event.data.step, event.at).fetches, event)
      return
    case 'enrichment.failed':
      failFetch(standingIn(lead, event.data.step, event.at).fetches, event)
      return
    case 'review.concluded':
      endStep(lead, event.data, event.sealed)
      if (lead.verdict !== 'rejected') lead.status = 'approved'
      return
    case 'step.entered':
      standingIn(lead, event.data.step, event.data.now)
      return
    case 'request.answered':
      // An erased lead's answers are gone with its key.
      if (event.sealed) standingIn(lead, event.data.step, event.at).answers.set(event.data.name, event.sealed.answer)
      hold(lead, event.data.holds)
      return
    case 'request.opened':
      standingIn(lead, event.data.step, event.at)
      lead.open.set(event.data.name, event.data)
      if (event.data.kind === 'review.ask') lead.status = 'pending_review'
      return
    case 'review.decided': {
      const standing = standingIn(lead, event.data.step, event.at)
      const fp = lead.open.get(event.data.name)?.fp ?? ''
      standing.answers.set(event.data.name, {
        name: event.data.name,
        kind: 'review.ask',
        v: 1,
        fp,
        answer: { decision: event.data.decision, reason: event.sealed?.reason ?? null, by: event.data.by },
      })
      lead.open.delete(event.data.name)
      // The journey goes on: its step says what becomes of it.
      if (lead.status === 'pending_review') lead.status = 'normalized'
      return
    }
    case 'delivery.opened':
      hold(lead, event.data.holds)
      lead.deliveries.set(event.data.delivery, openedDelivery(event))
      return
    case 'delivery.refused':
      lead.deliveries.set(event.data.delivery, refusedDelivery(event))
      return
    case 'attempt.started':
      startAttempt(deliveryOf(lead, event.data.delivery), event)
      return
    case 'attempt.answered': {
      const { inFlight } = deliveryOf(lead, event.data.delivery)
      if (inFlight && event.sealed) inFlight.answers.push(event.sealed.response)
      return
    }
    case 'attempt.ended': {
      const delivery = deliveryOf(lead, event.data.delivery)
      delivery.inFlight = null
      // That of a test lead is never started.
      delivery.attempts = Math.max(delivery.attempts, event.data.attempt)
      delivery.nextAt = event.data.next_at
      delivery.parked = event.data.parked
      delivery.code = event.data.code
      if (isRefusal(event.data)) delivery.refusals += 1
      delivery.inDoubt = isInDoubt(delivery, event.data)
      delivery.reason = event.sealed?.reason ?? null
      delivery.reference = event.sealed?.reference ?? null
      delivery.captured = event.sealed?.captured ?? null
      delivery.revenue = event.data.revenue
      delivery.outcome = event.data.next_at !== null || event.data.parked ? 'open' : event.data.outcome
      endDelivery(lead, delivery)
      return
    }
    case 'delivery.held':
      holdDelivery(deliveryOf(lead, event.data.delivery), event)
      return
    case 'delivery.decided': {
      const delivery = deliveryOf(lead, event.data.delivery)
      decideDelivery(delivery, event)
      endDelivery(lead, delivery)
      return
    }
    case 'lead.reopened':
      reopen(lead)
      return
    case 'lead.rerun':
      lead.rerunAs = event.data.lead
      return
    case 'lead.resumed':
      lead.parked = null
      lead.standing?.fetches.clear()
      return
    case 'lead.parked':
      lead.parked = event.data
      return
    case 'lead.released':
      lead.holds = { claims: [], caps: [], person: false, record: false }
      return
    case 'source.closed':
      lead.closed = event.data
      lead.closedAt = event.at
      lead.parked = null
      if (lead.verdict === null) lead.verdict = event.data.outcome === 'success' ? 'accepted' : 'rejected'
      if (event.data.outcome !== 'success') lead.code = event.data.code
      if (event.sealed?.reason) lead.reason = event.sealed.reason
      if (event.data.outcome === 'success' && lead.status !== 'delivered') lead.status = 'approved'
      if (event.data.outcome === 'error') lead.status = 'failed'
      if (event.data.outcome === 'failure') lead.status = event.data.code === 'delivery_failed' ? 'failed' : 'rejected'
      return
    case 'lead.rectified':
      if (event.sealed) lead.fields = { ...lead.fields, ...event.sealed.fields }
      return
    case 'person.blocked':
      lead.verdict = 'rejected'
      lead.status = 'rejected'
      lead.code = event.data.code
      lead.reason = 'This person had their data erased. Do not send them again.'
      return
    case 'lead.erased':
      endByErasure(lead, event.at)
      return
    default:
      assertNever(event)
  }
}
