import type { Money } from '../base/money.ts'
import type { CallAnswer, Captured } from '../kit/destination.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { Priority } from '../kit/priorities.ts'
import type { Appended } from '../kit/step.ts'
import type { Outcome, PendingCode, RefusalCode, RejectionCode } from './codes.ts'

/**
 * What happened to a lead. Past tense, versioned: a changed shape is a new version, old ones are upcast.
 *
 * Each event has two halves. `data` stands in plain in the journal and never holds personal data; `sealed` is
 * encrypted under the lead's own key and is gone when that key is destroyed.
 */

interface Shape<Data, Sealed> {
  readonly data: Data
  readonly sealed: Sealed
}

/** A request's answer, journaled so that it is never asked twice. */
export interface JournaledAnswer {
  readonly name: string
  readonly kind: string
  readonly v: number
  /** Keyed fingerprint of the request: 16 hex digits. */
  readonly fp: string
  readonly answer: Json
}

/** What a lead holds, so that it can be given back: keyed hashes (base64url), and places in caps. */
export interface Holds {
  readonly claims?: readonly string[]
  /** Of the claims those that stand although the lead is rejected. */
  readonly kept?: readonly string[]
  readonly caps?: readonly HeldPlace[]
  /** A person that it is the first of. */
  readonly person?: true
  /** A record by which a person is found that others began. */
  readonly record?: true
}

/** A place in a cap. */
export interface HeldPlace {
  readonly scope: string
  readonly from: number
  readonly amount: number
  /** Of a sliding window: the part it is counted in. */
  readonly part?: number
  /** Step and name of the delivery it was taken for: it is given back where that fails for good. */
  readonly delivery?: string
}

/** The end of one step. */
export interface StepEnded {
  readonly step: string
  readonly outcome: Outcome
  /** How long it took; absent: less than one. */
  readonly ms?: number
  readonly code?: RejectionCode
  readonly rule?: string
  /** Facts without personal data: counts, list names, points. */
  readonly note?: Readonly<Record<string, Json>>
  readonly score?: number
  readonly class?: string
  readonly route?: string
  readonly price?: Money
  /** The arm of a branch that the lead takes: steps of its other arms are passed by. */
  readonly arm?: string
  readonly holds?: Holds
  readonly person?: string
  /** The lead was accepted here and no further step ran. */
  readonly stop?: true
}

export interface StepEndedSealed {
  readonly reason?: string
  readonly saw?: Json
  readonly fields?: Readonly<Record<string, Parsed>>
  readonly field_errors?: Readonly<Record<string, string>>
  readonly duplicate_of?: string
  readonly appended?: Appended
  readonly answers?: readonly JournaledAnswer[]
}

type StepEvent = Shape<StepEnded, StepEndedSealed>

/** The closing summary of the journey. */
export interface SourceClosed {
  readonly type: 'source'
  readonly outcome: 'success' | 'failure' | 'error'
  readonly code: RejectionCode | null
  readonly lead_id: string
  readonly price: string
  readonly revenue: string
  readonly currency: string
  readonly duration_ms: number
  readonly steps_completed: number
  readonly enhancements: number
  readonly deliveries: { readonly attempted: number; readonly successful: number; readonly failed: number }
}

/** Why a delivery waits though it is due. */
export type HeldBy = 'emergency' | 'paused' | 'breaker' | 'busy' | 'rate' | 'batch'

/**
 * `delivered` and `not_delivered`: what became of a call whose answer nobody heard. `send_again`: whatever became of
 * it. `discard`: a dead letter stays one, and is put away.
 */
export type DeliveryDecision = 'delivered' | 'not_delivered' | 'send_again' | 'discard'

export interface LeadEventData {
  'lead.received': Shape<
    {
      readonly flow: string
      readonly flow_version: number
      readonly source: string
      readonly format: 'json' | 'form' | 'xml' | 'query' | 'csv'
      readonly mode: 'sync' | 'async'
      readonly test: boolean
      /** What a test lead is to come to, where it said so. */
      readonly script?: string
      readonly bytes: number
      /** The lead that was turned away and is run again as this one. */
      readonly rerun_of?: string
    },
    { readonly submission: Json; readonly ip: string | null; readonly user_agent: string | null }
  >
  'source.authenticated': Shape<{ readonly source: string; readonly method: string; readonly key: string }, null>
  'lead.mapped': Shape<
    { readonly fields: number; readonly invalid: readonly string[]; readonly unmapped: number; readonly ms: number },
    { readonly fields: Readonly<Record<string, Parsed>>; readonly extra: Readonly<Record<string, Json>> }
  >
  'lead.normalized': StepEvent
  'acceptance.checked': StepEvent
  'duplicate.checked': StepEvent
  'match.checked': StepEvent
  'suppression.checked': StepEvent
  'filter.checked': StepEvent
  'cap.checked': StepEvent
  'price.set': StepEvent
  'lead.scored': StepEvent
  'lead.classified': StepEvent
  'route.chosen': StepEvent
  'delivery.dispatched': StepEvent
  'review.concluded': StepEvent
  'wait.ended': StepEvent
  'branch.chosen': StepEvent
  'fields.set': StepEvent
  'journey.stopped': StepEvent
  'list.changed': StepEvent
  'consent.checked': StepEvent
  'schedule.checked': StepEvent
  'lead.enriched': StepEvent
  'lead.verified': StepEvent
  /** A test lead came to what it said it was to come to. */
  'test.concluded': StepEvent
  /** A step was left in the middle, to be taken up again: the time it began, which its replay sees too. */
  'step.entered': Shape<{ readonly step: string; readonly now: number }, null>
  /** A request of the step under way was answered. */
  'request.answered': Shape<
    { readonly step: string; readonly name: string; readonly kind: string; readonly holds?: Holds },
    { readonly answer: JournaledAnswer } | null
  >
  /** A step asked for something that has no answer yet. */
  'request.opened': Shape<
    {
      readonly step: string
      readonly name: string
      readonly kind: 'time.wait' | 'review.ask'
      readonly fp: string
      /** ms since 1970; null: until somebody answers. */
      readonly due: number | null
    },
    { readonly input: Json }
  >
  /** The fence before a call to an enricher, as for deliveries. Started and not answered is ambiguous. */
  'enrichment.started': Shape<
    {
      readonly step: string
      readonly name: string
      readonly enricher: string
      readonly fp: string
      readonly attempt: number
      readonly call: number
      readonly runner: number
      /** What the answer will be kept under for others; absent: it is not kept. */
      readonly key?: string
      /** The id that an enricher which is to be told of erasures knows it by; absent: it is not told. */
      readonly inquiry?: string
    },
    null
  >
  'enrichment.answered': Shape<
    {
      readonly step: string
      readonly name: string
      readonly attempt: number
      readonly call: number
      readonly status: number
      readonly ms: number
    },
    { readonly request: Json; readonly response: CallAnswer }
  >
  /** An attempt came to nothing. With `next_at` it is tried again then, else the step's `on_error` says what follows. */
  'enrichment.failed': Shape<
    {
      readonly step: string
      readonly name: string
      readonly fp: string
      readonly attempt: number
      readonly code: string
      readonly next_at: number | null
    },
    { readonly reason: string; readonly request?: Json }
  >
  /** A delivery was decided: what will be sent, whatever happens. */
  'delivery.opened': Shape<
    {
      readonly step: string
      readonly name: string
      readonly delivery: string
      readonly destination: string
      readonly fp: string
      readonly wait_for: 'attempt' | 'final'
      /** Attempts after which another destination has its turn; absent: as many as the destination is given. */
      readonly tries?: number
      /** The subscription it is for. */
      readonly hook?: string
      /** What it pays where its answer does not say, and the rule that set that. */
      readonly price?: Money
      readonly price_rule?: string
      /** ms since 1970: it is closed until then, or its priority has it wait. */
      readonly not_before?: number
      readonly priority?: Priority
      readonly holds?: Holds
    },
    { readonly payload: { readonly [key: string]: Json } }
  >
  /** A destination's terms rule the lead out: closed, capped, or it pays too little. Nothing is sent. */
  'delivery.refused': Shape<
    {
      readonly step: string
      readonly name: string
      readonly delivery: string
      readonly destination: string
      readonly fp: string
      readonly code: RefusalCode
      readonly rule: string
    },
    { readonly reason: string }
  >
  /** The fence: committed before the call leaves. Started and not answered is ambiguous. */
  'attempt.started': Shape<
    { readonly delivery: string; readonly attempt: number; readonly call: number; readonly runner: number },
    null
  >
  /** One outside call was answered. */
  'attempt.answered': Shape<
    {
      readonly delivery: string
      readonly attempt: number
      readonly call: number
      readonly status: number
      readonly ms: number
    },
    { readonly request: Json; readonly response: CallAnswer }
  >
  /** One attempt ended. With `next_at` it will be tried again then; `parked`: a person must say what became of it. */
  'attempt.ended': Shape<
    {
      readonly delivery: string
      readonly attempt: number
      readonly outcome: 'success' | 'failure' | 'error'
      readonly code: string | null
      readonly next_at: number | null
      readonly parked: boolean
      readonly revenue: Money | null
    },
    {
      readonly reason: string | null
      readonly reference: string | null
      readonly captured?: Captured
      /** What was sent, where no answer came that would have it beside it. */
      readonly request?: Json
    }
  >
  /** A delivery may not go out now: its destination is paused, broken or full. It is tried again at `next_at`. */
  'delivery.held': Shape<{ readonly delivery: string; readonly why: HeldBy; readonly next_at: number }, null>
  /** A person said what becomes of a delivery that stands still. */
  'delivery.decided': Shape<
    {
      readonly delivery: string
      readonly decision: DeliveryDecision
      readonly by: string
      /** Sent again: when. */
      readonly next_at: number | null
      /** Sent again with another payload: the key its calls carry from now on. */
      readonly key: string | null
      /** Delivered: what it pays; left out: nothing. */
      readonly revenue?: Money
    },
    {
      readonly reason: string | null
      readonly reference: string | null
      readonly payload: { readonly [key: string]: Json } | null
    }
  >
  /** A journey that had closed goes on: a delivery is sent again. */
  'lead.reopened': Shape<{ readonly by: string }, null>
  /** One that was turned away runs through the flow again, as a lead of its own: nothing more comes of this one. */
  'lead.rerun': Shape<{ readonly lead: string; readonly by: string }, { readonly reason: string | null }>
  /** A lead that stood still for a fault goes on from where it stands. */
  'lead.resumed': Shape<{ readonly by: string }, { readonly reason: string | null }>
  'review.decided': Shape<
    { readonly step: string; readonly name: string; readonly decision: 'approve' | 'reject'; readonly by: string },
    { readonly reason: string | null }
  >
  'lead.parked': Shape<
    { readonly code: PendingCode; readonly step: string | null; readonly fault: string | null },
    { readonly detail: string | null }
  >
  /** Reserved places and claims were given back. */
  'lead.released': Shape<{ readonly claims: number; readonly reservations: number }, null>
  'source.closed': Shape<SourceClosed, { readonly reason: string | null }>
  /** What was known of the person was mended, as they asked. */
  'lead.rectified': Shape<
    { readonly fields: readonly string[]; readonly by: string },
    { readonly fields: Readonly<Record<string, Parsed>> }
  >
  /** Turned away at the door, and nothing of the submission kept: its person had their data erased. */
  'person.blocked': Shape<{ readonly code: 'erased' }, null>
  /** The key was destroyed: whatever stands sealed in the segments before says nothing any more. */
  'lead.erased': Shape<
    {
      readonly request: string
      readonly why: 'request' | 'retention'
      /** Recipients that are to be told. */
      readonly notices: number
      /** Its journal could not be read as it was written: what was told and given up goes by the tables beside it, too. */
      readonly damaged?: true
    },
    null
  >
}

export type LeadEventType = keyof LeadEventData

/** Events that end a step. */
export type StepEventType = {
  [T in LeadEventType]: LeadEventData[T] extends StepEvent ? (StepEvent extends LeadEventData[T] ? T : never) : never
}[LeadEventType]

const STEP_EVENTS: ReadonlySet<string> = new Set<StepEventType>([
  'lead.normalized',
  'acceptance.checked',
  'duplicate.checked',
  'match.checked',
  'suppression.checked',
  'filter.checked',
  'cap.checked',
  'price.set',
  'lead.scored',
  'lead.classified',
  'route.chosen',
  'delivery.dispatched',
  'review.concluded',
  'wait.ended',
  'branch.chosen',
  'fields.set',
  'journey.stopped',
  'list.changed',
  'consent.checked',
  'schedule.checked',
  'lead.enriched',
  'lead.verified',
  'test.concluded',
])

export const isStepEvent = (type: string): type is StepEventType => STEP_EVENTS.has(type)

export type LeadEvent = {
  [T in LeadEventType]: {
    readonly type: T
    /** ms since 1970 */
    readonly at: number
    readonly data: LeadEventData[T]['data']
    readonly sealed: LeadEventData[T]['sealed']
  }
}[LeadEventType]

export type EventOf<T extends LeadEventType> = Extract<LeadEvent, { type: T }>

/** Shape version of each event now written; 1 where it is not listed. */
export const EVENT_VERSIONS: Readonly<Partial<Record<LeadEventType, number>>> = {}
