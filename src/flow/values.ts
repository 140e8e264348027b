/** How rules and templates read the values of a lead. */
import type { Json } from '../kit/field.ts'
import type { LeadView } from '../kit/step.ts'

/** The type of a term of a rule. `dyn`: known only at run time; `null`: the literal. */
export type ValueType = 'string' | 'double' | 'bool' | 'null' | 'dyn' | 'map' | `list<${string}>`

export type Read = (lead: LeadView) => Json

export const elementOf = (type: ValueType): ValueType =>
  type.startsWith('list<') ? (type.slice(5, -1) as ValueType) : 'dyn'

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  double: 'a number',
  bool: 'true or false',
  null: 'null',
  dyn: 'a value',
  map: 'a map',
}

/** The type in plain words. */
export const typeName = (type: ValueType): string => NAMES[type] ?? 'a list'

export const isList = (type: ValueType): boolean => type.startsWith('list<')

/** One own member of a value, or null. Never looks at a prototype. */
export const memberOf = (value: Json | undefined, key: string | number): Json => {
  if (value === null || typeof value !== 'object') return null
  if (Array.isArray(value)) {
    const index = typeof key === 'number' ? key : /^\d{1,9}$/.test(key) ? Number(key) : -1
    return value[index] ?? null
  }
  return Object.hasOwn(value, key) ? (value[key] ?? null) : null
}

export const isBlankValue = (value: Json): boolean => {
  if (value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  if (typeof value === 'object') return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
  return false
}

export const numberOf = (value: Json): number | null => {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.length > 40) return null
  const text = value.trim()
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : null
}

/** Texts are compared without regard to case. */
export const fold = (text: string): string => text.toLowerCase()

const boolOf = (value: Json): boolean | null => {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return null
  const folded = fold(value.trim())
  return folded === 'true' ? true : folded === 'false' ? false : null
}

const DEPTH_MAX = 20

/** Equal as rules see it: texts in either case; where one side's kind is only known now, `"5"` equals 5. A missing value equals nothing. */
export const sameValue = (left: Json, right: Json, depth = 0): boolean => {
  if (left === null || right === null || depth > DEPTH_MAX) return false
  if (typeof left === 'string' && typeof right === 'string') return left === right || fold(left) === fold(right)
  if (typeof left === 'number' || typeof right === 'number') {
    const number = numberOf(left)
    return number !== null && number === numberOf(right)
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') {
    const truth = boolOf(left)
    return truth !== null && truth === boolOf(right)
  }
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => sameValue(item, right[index] ?? null, depth + 1))
  return false
}

/** Negative, zero or positive; null where the two have no order. */
export const orderOf = (left: Json, right: Json): number | null => {
  if (typeof left === 'string' && typeof right === 'string') {
    const a = fold(left)
    const b = fold(right)
    return a < b ? -1 : a > b ? 1 : 0
  }
  const a = numberOf(left)
  const b = numberOf(right)
  return a === null || b === null ? null : a - b
}

export const isTrue = (value: Json): boolean => value === true || (typeof value === 'string' && boolOf(value) === true)

export const textOfValue = (value: Json): string => {
  if (value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
