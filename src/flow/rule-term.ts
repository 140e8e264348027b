/** What a part of a rule compiles to, and what its compilation shares. */
import type { Json } from '../kit/field.ts'
import type { LeadView } from '../kit/step.ts'
import type { Issue, Resolved, Scope } from './scope.ts'
import { isTrue, type Read, type ValueType } from './values.ts'

/** A part of a rule's text, and whether it had to hold or not to. */
export interface Wanted {
  readonly start: number
  readonly end: number
  readonly want: boolean
}

export interface Term {
  readonly type: ValueType
  readonly read: Read
  /** Of a condition, where a lead is known in part: true, false, or null where what is missing would decide. Absent: as `read`. */
  readonly partial?: Read
  /** Of a condition made of others: the parts that keep it from being as wanted. Absent: it is told as a whole. */
  readonly unmet?: (lead: LeadView, want: boolean) => readonly Wanted[]
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
  /** Where it mentions them. */
  readonly mentions: { readonly path: string; readonly start: number; readonly end: number }[]
  /** What one evaluation may still loop; set anew before each. */
  readonly budget: { left: number }
  readonly locals: ReadonlyMap<string, Local>
}

/** Thrown inside an evaluation that is given up: the rule is then false and `saw` says why. */
export class RuleGivenUp extends Error {}

/**
 * Loop steps of one evaluation: nested loops over what a sender sent must not multiply without end. Looking through long
 * texts is counted in them too: a step stands for some 10 µs.
 */
export const LOOP_STEPS_MAX = 10_000

/** Takes off what an evaluation may still do. Throws RuleGivenUp where that is used up. */
export const spend = (budget: Building['budget'], steps: number): void => {
  budget.left -= Math.floor(steps)
  if (budget.left < 0) throw new RuleGivenUp('it looks through too much text')
}

/** Texts up to here are looked through in no time. */
const SHORT_TEXT = 4_000
const CHARS_A_STEP = 1_000

/** A value as it is read, a long text at its price. */
export const priced =
  (budget: Building['budget'], read: Read): Read =>
  (lead) => {
    const value = read(lead)
    if (typeof value === 'string' && value.length > SHORT_TEXT) spend(budget, value.length / CHARS_A_STEP)
    return value
  }

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

/** The truth of a condition of a lead known in part. */
export const partialTruth = (term: Term): Read => {
  const read = term.partial ?? term.read
  return (lead) => {
    const value = read(lead)
    return value === null ? null : isTrue(value)
  }
}

/** Why a condition is not as wanted; nothing where it is. */
export const unmetOf = (term: Term, truth: Read, lead: LeadView, want: boolean): readonly Wanted[] => {
  if ((truth(lead) === true) === want) return []
  return term.unmet?.(lead, want) ?? [{ start: term.start, end: term.end, want }]
}
