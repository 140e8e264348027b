import type { Static, TObject } from 'typebox'
import type { Money } from '../base/money.ts'
import type { RejectionCode } from '../lead/codes.ts'
import type { StepEventType } from '../lead/events.ts'
import type { CompiledCap } from './caps.ts'
import type { Captured } from './destination.ts'
import type { Json, Parsed } from './field.ts'
import type { Asking, SingleRequest } from './requests.ts'

/** What a step, a rule and a template see of a lead. */
export interface LeadView {
  readonly id: string
  readonly test: boolean
  /** ms since 1970 */
  readonly receivedAt: number
  /** ms since 1970, of this step: journaled, the same on every replay. */
  readonly now: number
  readonly flow: {
    readonly id: string
    readonly name: string
    readonly version: number
    readonly country: string
    readonly currency: string
  }
  readonly source: { readonly id: string; readonly name: string }
  readonly fields: Readonly<Record<string, Parsed>>
  /** What the source sent and no field took, by its own name. */
  readonly extra: Readonly<Record<string, Json>>
  /** Only a part of the lead is known yet: what a rule cannot know for a missing value does not count against the lead. */
  readonly partial?: boolean
  readonly score: number | null
  readonly class: string | null
  readonly route: string | null
  /** The person it was found to belong to. */
  readonly person?: string | null
  readonly price: Money | null
  /** What buyers pay so far; null or absent: none has taken it. */
  readonly revenue?: Money | null
  /** Steps that have ended, by id: what each came to. Absent: none has. */
  readonly steps?: Readonly<
    Record<string, { readonly outcome: string; readonly rule: string | null; readonly arm: string | null }>
  >
  /** By enricher: what it said, by the names the flow gives. Absent: none was asked. */
  readonly appended?: Appended
  /** By destination: what became of it so far. */
  readonly deliveries: Readonly<
    Record<
      string,
      {
        readonly outcome: string
        readonly reference: string | null
        /** What its answer held besides, by the names the flow gave. */
        readonly captured?: Captured | null
      }
    >
  >
}

/** By enricher: facts by name, and `outcome` and `reason` of the asking. */
export type Appended = Readonly<Record<string, Readonly<Record<string, Json>>>>

/** What a step changes about the lead. Absent: unchanged. */
export interface LeadPatch {
  readonly fields?: Readonly<Record<string, Parsed>>
  readonly score?: number
  readonly class?: string
  readonly route?: string
  readonly price?: Money
  readonly appended?: Appended
  /** Of a branch: the arm taken. */
  readonly arm?: string
}

interface Seen {
  /** Stable id or text of the rule that decided. */
  readonly rule?: string
  /** What it looked at, for the audit trail. Sealed. */
  readonly saw?: Json
  /** Facts without personal data, for the audit trail in plain: counts, points, list names. */
  readonly note?: Readonly<Record<string, Json>>
  /** The person that the lead turned out to belong to. */
  readonly person?: string
  /** The lead that this one repeats, whether it is turned away for it or not. */
  readonly duplicateOf?: string
}

export type StepResult =
  /** Goes on. `skip`: the step had nothing to do. */
  | ({ readonly kind: 'next'; readonly outcome: 'success' | 'failure' | 'skip'; readonly set?: LeadPatch } & Seen)
  /** Accepted here: no further step. */
  | ({ readonly kind: 'stop'; readonly set?: LeadPatch } & Seen)
  | ({
      readonly kind: 'reject'
      readonly code: RejectionCode
      readonly reason: string
      readonly fieldErrors?: Readonly<Record<string, string>>
    } & Seen)

export const next = (seen: Seen & { readonly set?: LeadPatch } = {}): StepResult => ({
  kind: 'next',
  outcome: 'success',
  ...seen,
})
export const skip = (seen: Seen = {}): StepResult => ({ kind: 'next', outcome: 'skip', ...seen })
export const stop = (seen: Seen & { readonly set?: LeadPatch } = {}): StepResult => ({ kind: 'stop', ...seen })
export const reject = (
  code: RejectionCode,
  reason: string,
  seen: Seen & { readonly fieldErrors?: Readonly<Record<string, string>> } = {},
): StepResult => ({ kind: 'reject', code, reason, ...seen })

/** A part of a rule that was not as wanted: what it looked at, and what would have done. */
export interface Unmet {
  readonly wanted: string
  readonly saw: { readonly [path: string]: Json }
}

/** A compiled CEL expression. Never throws for a missing value; see docs for what a missing value does. */
export interface Rule {
  readonly text: string
  holds(lead: LeadView): boolean
  /** The values the rule looked at, by path, for the audit trail; where it does not hold, under `wanted`, what it wanted. */
  saw(lead: LeadView): { readonly [path: string]: Json }
  /** Why it does not hold, part by part; nothing where it does. */
  unmet(lead: LeadView): readonly Unmet[]
}

/** A compiled CEL expression that yields a value. */
export interface Expression {
  readonly text: string
  value(lead: LeadView): Json
}

/** A compiled Liquid template. A plain `{{ x }}` keeps its type. */
export interface Template {
  readonly text: string
  render(lead: LeadView, more?: Readonly<Record<string, Json>>): Json
}

/** What a step's `create` may use to make its config run. Throws nothing: whatever is wrong was found by the check. */
export interface Compiler {
  readonly stepId: string
  readonly country: string
  readonly currency: string
  readonly zone: string
  /** The type of each field of the flow whose value may be written down, by the field's name. */
  readonly fieldTypes: ReadonlyMap<string, string>
  rule(text: string): Rule
  expression(text: string): Expression
  template(text: string): Template
  /** Reads `30d`, `2h`, `15m`, `45s`, `500ms` as ms. */
  durationMs(text: string): number
  /** `subscribed`: others subscribe to it, and each subscription is a delivery of its own. */
  destination(id: string): { readonly id: string; readonly name: string; readonly subscribed?: boolean }
  /** With a block of the flow: the config of the source's block of the same type, which runs after it. */
  readonly beside?: { readonly [key: string]: Json }
  /** Reads a value as the field's type does, beside the lead's other fields. */
  parse(field: string, raw: Json, lead: LeadView): Parsed
}

/** Where in a step's config stands something to be checked at publish: a path into the config, `*` for each element. */
export interface ConfigReferences {
  readonly rules?: readonly string[]
  readonly templates?: readonly string[]
  /** Names its templates may use besides those of the lead: what the step hands to `render` as `more`. */
  readonly templateNames?: readonly string[]
  readonly expressions?: readonly string[]
  readonly fields?: readonly string[]
  /** Maps whose keys are fields of the flow. */
  readonly fieldKeys?: readonly string[]
  /** Maps whose keys are ids of destinations. */
  readonly destinationKeys?: readonly string[]
  /** Lists of steps: read as those of the flow are, and run where the step chooses their arm. */
  readonly steps?: readonly string[]
  /** Fields of the flow, or parts of them: `email`, `email.domain`. */
  readonly parts?: readonly string[]
  readonly destinations?: readonly string[]
  /** Ids of enrichers that the step asks: from here on rules may use what they said. */
  readonly enrichers?: readonly string[]
  readonly durations?: readonly string[]
  readonly money?: readonly string[]
  readonly zones?: readonly string[]
  /** Names that must differ within the step: what is counted or reported under them would be thrown together. */
  readonly ids?: readonly string[]
}

/** Described first, run last: validation, form and reference docs come from the description. */
export interface StepType<Schema extends TObject = TObject> {
  readonly type: string
  readonly summary: string
  /** The event its end makes. */
  readonly event: StepEventType
  /** Grows when the requests it asks, or their order, change; a published flow pins it. */
  readonly revision: number
  readonly config: Schema
  readonly references: ConfigReferences
  /** A config as a flow's author would write it: checked and compiled by a test. */
  readonly example: Static<Schema>
  /**
   * The first request the step will make, as far as the lead tells before its turn; null: none. Look-ups that are
   * foreseen are read for all coming steps in one go; one that turns out otherwise is read when it is asked.
   */
  readonly foresee?: (config: Static<Schema>, compiler: Compiler) => (lead: LeadView) => SingleRequest | null
  /** The caps it keeps, for whoever wants to see what they count. */
  readonly caps?: (config: Static<Schema>, compiler: Compiler) => readonly CompiledCap[]
  /** What the step sets, so that later rules may use it. */
  readonly sets?: readonly ('score' | 'class' | 'route' | 'price')[]
  readonly create: (config: Static<Schema>, compiler: Compiler) => (lead: LeadView) => Asking<StepResult>
}

export const defineStep = <Schema extends TObject>(step: StepType<Schema>): StepType<Schema> => step
