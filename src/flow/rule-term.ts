/** What a part of a rule compiles to, and what its compilation shares. */
import type { Json } from '../kit/field.ts'
import type { Issue, Resolved, Scope } from './scope.ts'
import type { Read, ValueType } from './values.ts'

export interface Term {
  readonly type: ValueType
  readonly read: Read
  /** The value where it is known before any lead is; undefined where it is not. */
  readonly constant?: Json
  /** Offsets in the rule's text. */
  readonly start: number
  readonly end: number
}

/** A variable of `exists(t, …)` and its like: the loop puts each entry in, the body reads it. */
interface Local {
  readonly type: ValueType
  readonly cell: { value: Json }
}

export interface Building {
  readonly text: string
  readonly scope: Scope
  readonly issues: Issue[]
  /** Every path the rule mentions: what `saw` shows. */
  readonly paths: Map<string, Resolved>
  /** What one evaluation may still loop; set anew before each. */
  readonly budget: { left: number }
  readonly locals: ReadonlyMap<string, Local>
}

/** Thrown inside an evaluation that is given up: the rule is then false and `saw` says why. */
export class RuleGivenUp extends Error {}

/** Loop steps of one evaluation: nested loops over what a sender sent must not multiply without end. */
export const LOOP_STEPS_MAX = 10_000

export const constantTerm = (
  type: ValueType,
  value: Json,
  at: { readonly start: number; readonly end: number },
): Term => ({
  type,
  read: () => value,
  constant: value,
  start: at.start,
  end: at.end,
})

/** Stands for a part that was reported: it agrees with everything, so that one mistake is told once. */
export const brokenTerm = (at: { readonly start: number; readonly end: number }): Term => ({
  type: 'dyn',
  read: () => null,
  start: at.start,
  end: at.end,
})

const EXCERPT_LENGTH_MAX = 40

export const excerpt = (building: Building, at: { readonly start: number; readonly end: number }): string => {
  const text = building.text.slice(at.start, at.end).replace(/\s+/g, ' ')
  return text.length > EXCERPT_LENGTH_MAX ? `${text.slice(0, EXCERPT_LENGTH_MAX)}…` : text
}
