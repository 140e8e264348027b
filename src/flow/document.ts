import type { Json } from '../kit/field.ts'
import type { DeliveryPolicy, FlowProblem } from '../kit/flow.ts'
import type { ObsceneChanges } from './obscene-words.ts'

/** A step as its flow declares it, or as a block of flow or source becomes one. */
export interface StepDocument {
  readonly type: string
  readonly id: string
  /** The step runs where this rule holds; null: always. */
  readonly guard: string | null
  readonly onError: 'park' | 'continue' | 'stop'
  /** The step stands in an arm of a branch, and runs for leads that took it. */
  readonly arm: { readonly branch: string; readonly name: string } | null
  readonly config: { readonly [key: string]: Json }
}

export interface FieldDocument {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly label: string | null
  /** False: its value is used while a lead is under way, and written down nowhere. */
  readonly keep: boolean
  /** An expression or a template over the fields above: what the field is, whatever the source sends. Null: it is sent. */
  readonly compute: string | null
}

/** One way a field's value comes out of what a source sends: along a path, by a template, or always the same. */
export interface Taking {
  readonly from: 'path' | 'template' | 'value'
  readonly text: string
  /** A rule over `incoming`, or null: always. */
  readonly when: string | null
}

/** The blocks that run before the steps, in this order; each flow's before each source's. */
export const BLOCKS = ['accept', 'suppress', 'price', 'cap'] as const
export type BlockName = (typeof BLOCKS)[number]
export type BlockDocuments = { readonly [B in BlockName]: StepDocument | null }

export interface SourceDocument {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly adapter: string
  /** By field: where its value comes from, the first that has one. */
  readonly mapping: Readonly<Record<string, readonly Taking[]>>
  readonly idField: string | null
  readonly successStatus: 200 | 201
  readonly partial: boolean
  readonly blocks: BlockDocuments
}

export interface DestinationDocument {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly settings: { readonly [key: string]: Json }
  /** When, how many and for what it takes leads; empty: whatever comes. */
  readonly terms: { readonly [key: string]: Json }
  readonly attemptsMax: number | null
  readonly retryDelayMs: number | null
  readonly timeoutMs: number | null
  readonly policy: DeliveryPolicy
  readonly channels: readonly string[]
}

export interface EnricherDocument extends DestinationDocument {
  readonly facts: readonly { readonly name: string; readonly type: string }[]
  readonly freshForMs: number | null
  /** What test leads are told, as it is written. */
  readonly sample: { readonly [fact: string]: Json }
}

/** A flow as it was read: blocks turned into steps, defaults filled in. Plain data that survives JSON. */
export interface FlowDocument {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly currency: string
  readonly zone: string
  readonly answerWithinMs: number
  /** Null: the list of obscene words that is shipped. */
  readonly obscene: ObsceneChanges | null
  readonly fields: readonly FieldDocument[]
  readonly blocks: BlockDocuments
  readonly sources: readonly SourceDocument[]
  readonly destinations: readonly DestinationDocument[]
  readonly enrichers: readonly EnricherDocument[]
  readonly steps: readonly StepDocument[]
  /** What is wrong with it: a document with problems is not compiled. */
  readonly problems: readonly FlowProblem[]
}

export const NO_BLOCKS: BlockDocuments = { accept: null, suppress: null, price: null, cap: null }
