import type { StepEventType } from '../lead/events.ts'
import type { CompiledCap } from './caps.ts'
import type { DestinationTools, DestinationType } from './destination.ts'
import type { FieldType, Json, Parsed } from './field.ts'
import type { PostalPlaces } from './places.ts'
import type { Asking, SingleRequest } from './requests.ts'
import type { LeadView, Rule, StepResult, StepType } from './step.ts'
import type { CompiledTerms } from './terms.ts'

/** The tables a flow is checked against and compiled with: handed in, so that `flow` imports no step and no integration. */
export interface Registries {
  readonly fields: Readonly<Record<string, FieldType>>
  readonly steps: Readonly<Record<string, StepType>>
  readonly destinations: Readonly<Record<string, DestinationType>>
  /** Where postal codes lie, where the operator loaded a table. */
  readonly places?: PostalPlaces
}

/** A step ready to run. */
export interface CompiledStep {
  readonly id: string
  readonly type: string
  readonly revision: number
  readonly event: StepEventType
  readonly when: Rule | null
  /** What a fault in it does: `park` waits for somebody to mend it, `continue` goes on, `stop` ends the journey as failed. */
  readonly onError: 'park' | 'continue' | 'stop'
  readonly run: (lead: LeadView) => Asking<StepResult>
  /** The caps it keeps, and the name their counts are kept under. */
  readonly caps: { readonly scope: string; readonly caps: readonly CompiledCap[] } | null
  /** See `StepType.foresee`; null where the type has none. */
  readonly foresee: ((lead: LeadView) => SingleRequest | null) | null
}

export interface CompiledField {
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
  /** False: its value is written down nowhere. */
  readonly keep: boolean
  /** What a computed field is of the fields above it; null: it is sent. */
  readonly compute: ((lead: LeadView) => Json) | null
}

export interface MappedInput {
  /** By field name, as sent. */
  readonly values: Readonly<Record<string, Json>>
  /** What no field took, by the sender's name: kept, not lost. */
  readonly extra: Readonly<Record<string, Json>>
}

export interface CompiledSource {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly successStatus: 200 | 201
  /** The sender's own id of a lead: an idempotency key inside the body, and how it is read. */
  readonly idField: string | null
  readonly ownId: ((incoming: Readonly<Record<string, Json>>) => Json) | null
  readonly answerWithinMs: number
  /** Its leads come in part: what rules cannot know of them does not count against them. */
  readonly partial: boolean
  readonly map: (incoming: Readonly<Record<string, Json>>) => MappedInput
  /** Blocks of flow and source in their fixed order (accept, suppress, price, cap; flow before source in each), then the steps as declared. */
  readonly program: readonly CompiledStep[]
}

/** How its deliveries go out; what is null is left to the operator's settings. */
export interface DeliveryPolicy {
  /** Waits one by one, the last for all further attempts; null: they double from `retryDelayMs`. */
  readonly retryDelaysMs: readonly number[] | null
  /** From its first attempt on; no attempt begins later. */
  readonly retryForMs: number | null
  /** Calls under way at once, and in a second, of all processes together. */
  readonly concurrency: number | null
  readonly perSecond: number | null
  /** `failures` 0: it never opens. */
  readonly breaker: { readonly failures: number; readonly openMs: number } | null
  readonly connectTimeoutMs: number | null
  readonly headersTimeoutMs: number | null
  readonly bodyTimeoutMs: number | null
}

export interface CompiledDestination {
  readonly id: string
  readonly name: string
  readonly type: DestinationType
  readonly settings: Json
  /** A delivery's attempts, and the base of their delays, ms; null: the operator's defaults. */
  readonly attemptsMax: number | null
  readonly retryDelayMs: number | null
  readonly timeoutMs: number | null
  readonly tools: DestinationTools
  /** Null: it takes whatever comes. */
  readonly terms: CompiledTerms | null
  readonly policy: DeliveryPolicy
  /** How it will reach the person: nothing is sent to it for one who took that back. */
  readonly channels: readonly string[]
}

export interface CompiledFact {
  readonly name: string
  readonly type: FieldType
}

/** A provider that is asked for facts. */
export interface CompiledEnricher {
  readonly id: string
  /** How it is reached: its answers' captured values are the facts. */
  readonly destination: CompiledDestination
  readonly facts: readonly CompiledFact[]
  /** How long an answer serves others that ask the same, ms; null: not at all. */
  readonly freshForMs: number | null
  /** What test leads are told. */
  readonly sample: Readonly<Record<string, Json>>
}

/** A published flow, ready to run. Immutable. */
export interface CompiledFlow {
  readonly id: string
  readonly name: string
  readonly version: number
  /** ISO 3166-1 alpha-2: what a phone number without a country code belongs to. */
  readonly country: string
  /** ISO 4217 */
  readonly currency: string
  /** IANA time zone of its caps and dates. */
  readonly zone: string
  readonly fields: readonly CompiledField[]
  /** Names of fields whose values are written down nowhere. */
  readonly notKept: readonly string[]
  readonly sources: ReadonlyMap<string, CompiledSource>
  readonly destinations: ReadonlyMap<string, CompiledDestination>
  readonly enrichers: ReadonlyMap<string, CompiledEnricher>
  /** `about`: what computed fields may ask for besides the fields. */
  readonly parse: (
    values: Readonly<Record<string, Json>>,
    now: number,
    about?: Pick<LeadView, 'source' | 'extra'>,
  ) => Readonly<Record<string, Parsed>>
}

/** One thing wrong in a flow file. */
export interface FlowProblem {
  /** Closed list: `syntax`, `shape`, `unknown_field`, `rule`, … */
  readonly code: string
  readonly message: string
  /** From 1. */
  readonly line: number
  readonly column: number
  readonly path: string
  readonly expected: string | null
  /** The nearest right name. */
  readonly suggestion: string | null
}
