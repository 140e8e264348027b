/** What the functions of rules are made of. */
import type { Json } from '../kit/field.ts'
import type { Building, Term } from './rule-term.ts'
import type { Issue } from './scope.ts'
import { fold, isList, numberOf, type Read, textOfValue, type ValueType } from './values.ts'

export type Wanted = 'any' | 'string' | 'double' | 'sized' | 'ordered'

export interface Call {
  readonly args: readonly Term[]
  readonly building: Building
  readonly at: { readonly start: number; readonly end: number }
  readonly report: (issue: Issue) => void
}

export interface RuleFunction {
  readonly parameters: readonly Wanted[]
  /** How many of the parameters may be left out, from the last. */
  readonly optional?: number
  readonly summary: string
  readonly returns: ValueType | ((args: readonly Term[]) => ValueType)
  readonly build: (call: Call) => Read
}

/** Whether a term may be given for a parameter. */
export const accepts = (wanted: Wanted, type: ValueType): boolean => {
  if (wanted === 'any' || type === 'dyn' || type === wanted) return true
  if (wanted === 'sized') return type === 'string' || isList(type)
  return wanted === 'ordered' && (type === 'string' || type === 'double')
}

export const WANTED_NAMES: Readonly<Record<Wanted, string>> = {
  any: 'a value',
  string: 'a text',
  double: 'a number',
  sized: 'a text or a list',
  ordered: 'a text or a number',
}

const nothing: Read = () => null

export const argument = (call: Call, index: number): Read => call.args[index]?.read ?? nothing

export const textual =
  (compute: (text: string) => Json) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    return (lead) => {
      const value = a(lead)
      return typeof value === 'string' ? compute(value) : value === null ? null : compute(textOfValue(value))
    }
  }

export const numeric =
  (compute: (number: number) => number) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    return (lead) => {
      const value = numberOf(a(lead))
      if (value === null) return null
      const result = compute(value)
      return Number.isFinite(result) ? result : null
    }
  }

export const numericTwo =
  (compute: (left: number, right: number) => number) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    const b = argument(call, 1)
    return (lead) => {
      const left = numberOf(a(lead))
      const right = numberOf(b(lead))
      return left === null || right === null ? null : compute(left, right)
    }
  }

/** Whether a call's argument at this place asks for letters as they are written: only the text "exact" does. */
export const asksExact = (call: Call, index: number): boolean => {
  const given = call.args[index]
  if (given === undefined) return false
  if (given.constant === 'exact') return true
  call.report({
    code: 'rule_type',
    message: 'how letters are compared is not understood',
    start: given.start,
    end: given.end,
    expected: '"exact", or nothing: then capitals make no difference',
  })
  return false
}

/** A question about a text and a part of it. The call's third argument may be "exact". */
export const textTest =
  (test: (text: string, part: string) => boolean) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    const b = argument(call, 1)
    const written = asksExact(call, 2) ? (text: string): string => text : fold
    const constant = call.args[1]?.constant
    const known = typeof constant === 'string' ? written(constant) : null
    return (lead) => {
      const text = a(lead)
      const part = known ?? b(lead)
      if (text === null || part === null || typeof text === 'object' || typeof part === 'object') return false
      return test(written(String(text)), known ?? written(String(part)))
    }
  }
