/**
 * Regular expressions that cannot hang: a pattern compiles to a small automaton whose states are followed all at once,
 * so matching takes time in proportion to the text and the pattern, whatever they are. JavaScript's own engine tries one
 * way after another, and an author's `(a+)+$` stops the process for seconds.
 *
 * The language is that of RE2, as CEL asks: no back references, no look-around. Letters match in either case, unless the
 * pattern begins with `(?-i)`.
 */

import { CLASSES, isWord, lowerUnit, not, type Test, upperUnit } from './pattern-units.ts'

const PATTERN_LENGTH_MAX = 256
export const PATTERN_INPUT_MAX = 2000
const STATES_MAX = 1000
const NESTING_MAX = 30
/** A pattern that begins so matches letters in the case they are written. */
const EXACT = '(?-i)'

export type State =
  | { readonly op: 'unit'; readonly unit: number }
  | { readonly op: 'test'; readonly test: Test }
  | { readonly op: 'split'; readonly left: number; right: number; readonly lazy?: boolean }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'assert'; readonly what: '^' | '$' | 'b' | 'B' }
  | { readonly op: 'match' }

type Part =
  | { readonly kind: 'unit'; readonly unit: number }
  | { readonly kind: 'test'; readonly test: Test }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'b' | 'B' }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'any'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly min: number; readonly max: number | null; lazy?: boolean }
  /** What stood in brackets, counted from 1. */
  | { readonly kind: 'group'; readonly part: Part; readonly index: number }

interface Pattern {
  /**
   * Whether the pattern occurs anywhere in the text. Null: the text is longer than 2,000 characters and was not looked at.
   * `onLooked` is told how often states were followed.
   */
  found(text: string, onLooked?: (looks: number) => void): boolean | null
}

export type PatternReading = { readonly pattern: Pattern } | { readonly wrong: string; readonly at: number }

interface Wrong {
  readonly wrong: string
  readonly at: number
}

const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 }

/** Reads the pattern's text. What is wrong is thrown inside and caught by `readPattern`. */
const parsePattern = (text: string, isExact: boolean): Part => {
  let at = isExact ? EXACT.length : 0
  let groups = 0
  const unitOf = isExact ? (unit: number): number => unit : lowerUnit
  const otherOf = isExact ? (unit: number): number => unit : upperUnit
  const fail = (wrong: string, where = at): never => {
    throw { wrong, at: where } satisfies Wrong
  }

  const escaped = (inClass: boolean): Part => {
    const letter = text[at]
    if (letter === undefined) return fail('a backslash at the end')
    at++
    const test = CLASSES[letter]
    if (test !== undefined) return { kind: 'test', test }
    if (!inClass && (letter === 'b' || letter === 'B')) return { kind: 'assert', what: letter }
    const control = CONTROLS[letter]
    if (control !== undefined) return { kind: 'unit', unit: control }
    if (letter === 'x' || letter === 'u') {
      const digits = text.slice(at, at + (letter === 'x' ? 2 : 4))
      if (!/^(?:[0-9a-fA-F]{2}|[0-9a-fA-F]{4})$/.test(digits)) fail(`\\${letter} without its digits`, at - 2)
      at += digits.length
      return { kind: 'unit', unit: Number.parseInt(digits, 16) }
    }
    if (/[1-9]/.test(letter)) return fail('a back reference, which patterns here do not have', at - 2)
    if (/[A-Za-z]/.test(letter)) return fail(`\\${letter}, which patterns here do not have`, at - 2)
    return { kind: 'unit', unit: letter.charCodeAt(0) }
  }

  const characterClass = (): Part => {
    const start = at - 1
    const negated = text[at] === '^'
    if (negated) at++
    const tests: Test[] = []
    let first = true
    const item = (): Part => {
      const letter = text[at] ?? fail('a [ that is never closed', start)
      at++
      return letter === '\\' ? escaped(true) : { kind: 'unit', unit: letter.charCodeAt(0) }
    }
    while (first || text[at] !== ']') {
      first = false
      const from = item()
      if (from.kind === 'test') {
        tests.push(from.test)
        continue
      }
      if (from.kind !== 'unit') return fail('an assertion inside [ ]')
      if (text[at] === '-' && text[at + 1] !== ']' && text[at + 1] !== undefined) {
        at++
        const to = item()
        if (to.kind !== 'unit' || to.unit < from.unit) return fail('a range that runs backwards')
        const low = from.unit
        const high = to.unit
        tests.push((unit) => unit >= low && unit <= high)
        continue
      }
      const only = from.unit
      tests.push((unit) => unit === only)
    }
    at++
    const inside: Test = (unit) => {
      const upper = otherOf(unit)
      for (const test of tests) if (test(unit) || test(upper)) return true
      return false
    }
    return { kind: 'test', test: negated ? not(inside) : inside }
  }

  const atom = (depth: number): Part => {
    const letter = text[at] ?? fail('an end where something was expected')
    at++
    switch (letter) {
      case '.':
        return { kind: 'test', test: (unit) => unit !== 10 }
      case '^':
      case '$':
        return { kind: 'assert', what: letter }
      case '[':
        return characterClass()
      case '\\':
        return escaped(false)
      case '(': {
        const start = at - 1
        const captures = text[at] !== '?'
        if (!captures) {
          if (text[at + 1] !== ':') return fail('a (? group: only (?: is understood', start)
          at += 2
        } else groups++
        const index = groups
        const inner = alternatives(depth + 1)
        if (text[at] !== ')') return fail('a ( that is never closed', start)
        at++
        return captures ? { kind: 'group', part: inner, index } : inner
      }
      case '*':
      case '+':
      case '?':
        return fail(`a ${letter} with nothing before it`, at - 1)
      default:
        return { kind: 'unit', unit: unitOf(letter.charCodeAt(0)) }
    }
  }

  const repeated = (depth: number): Part => {
    const part = atom(depth)
    const letter = text[at]
    let bounds: { min: number; max: number | null } | null = null
    if (letter === '*') bounds = { min: 0, max: null }
    else if (letter === '+') bounds = { min: 1, max: null }
    else if (letter === '?') bounds = { min: 0, max: 1 }
    if (bounds !== null) at++
    else if (letter === '{') {
      const match = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(text.slice(at, at + 12))
      if (match !== null) {
        const min = Number(match[1])
        const max = match[2] === undefined ? min : match[3] === undefined ? null : Number(match[3])
        if (max !== null && max < min) return fail('a repetition that runs backwards')
        bounds = { min, max }
        at += match[0].length
      }
    }
    if (bounds === null) return part
    const lazy = text[at] === '?'
    if (lazy) at++
    else if (text[at] === '*' || text[at] === '+' || text[at] === '{') fail('a repetition of a repetition')
    return { kind: 'repeat', part, ...bounds, lazy }
  }

  const sequence = (depth: number): Part => {
    const parts: Part[] = []
    while (at < text.length && text[at] !== '|' && text[at] !== ')') parts.push(repeated(depth))
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'all', parts }
  }

  const alternatives = (depth: number): Part => {
    if (depth > NESTING_MAX) return fail('groups nested too deeply')
    const parts = [sequence(depth)]
    while (text[at] === '|') {
      at++
      parts.push(sequence(depth))
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'any', parts }
  }

  if (text.startsWith('(?i)', at)) at += 4
  const whole = alternatives(0)
  if (at < text.length) fail('a ) that nothing opened')
  return whole
}

interface Emission {
  readonly states: State[]
  readonly isExact: boolean
  /** Whether the places of groups are kept. */
  readonly captures: boolean
  /** Parts written so far: an empty group repeated makes work without making states. */
  work: number
}

const emit = (emission: Emission, part: Part): void => {
  const { states } = emission
  emission.work++
  if (states.length > STATES_MAX || emission.work > STATES_MAX * 10)
    throw { wrong: 'too many repetitions: the pattern grows too large', at: 0 } satisfies Wrong
  switch (part.kind) {
    case 'unit':
      states.push({ op: 'unit', unit: emission.isExact ? part.unit : lowerUnit(part.unit) })
      return
    case 'test':
      states.push({ op: 'test', test: part.test })
      return
    case 'assert':
      states.push({ op: 'assert', what: part.what })
      return
    case 'group':
      if (emission.captures) states.push({ op: 'save', slot: part.index * 2 })
      emit(emission, part.part)
      if (emission.captures) states.push({ op: 'save', slot: part.index * 2 + 1 })
      return
    case 'all':
      for (const inner of part.parts) emit(emission, inner)
      return
    case 'any': {
      const jumps: { op: 'jump'; to: number }[] = []
      part.parts.forEach((inner, index) => {
        const last = index === part.parts.length - 1
        const split = { op: 'split' as const, left: states.length + 1, right: 0 }
        if (!last) states.push(split)
        emit(emission, inner)
        if (last) return
        const jump = { op: 'jump' as const, to: 0 }
        states.push(jump)
        jumps.push(jump)
        split.right = states.length
      })
      for (const jump of jumps) jump.to = states.length
      return
    }
    case 'repeat': {
      for (let count = 0; count < part.min; count++) emit(emission, part.part)
      if (part.max === null) {
        const start = states.length
        const split = { op: 'split' as const, left: start + 1, right: 0, lazy: part.lazy === true }
        states.push(split)
        emit(emission, part.part)
        states.push({ op: 'jump', to: start })
        split.right = states.length
        return
      }
      const splits: { right: number }[] = []
      for (let count = part.min; count < part.max; count++) {
        const split = { op: 'split' as const, left: states.length + 1, right: 0, lazy: part.lazy === true }
        states.push(split)
        splits.push(split)
        emit(emission, part.part)
      }
      for (const split of splits) split.right = states.length
    }
  }
}

const matcherOf = (states: readonly State[], isExact: boolean): Pattern => {
  const size = states.length
  const seenAt = new Int32Array(size).fill(-1)
  const stack = new Int32Array(size * 2 + 2)
  let current = new Int32Array(size)
  let following = new Int32Array(size)

  const holds = (what: '^' | '$' | 'b' | 'B', text: string, at: number): boolean => {
    if (what === '^') return at === 0
    if (what === '$') return at === text.length
    const before = at > 0 && isWord(text.charCodeAt(at - 1))
    const after = at < text.length && isWord(text.charCodeAt(at))
    return (before !== after) === (what === 'b')
  }

  /** Follows all that is reached without a character; the new length of the list, or -1 where the pattern has matched. */
  const follow = (from: number, list: Int32Array, length: number, text: string, at: number): number => {
    let top = 0
    let count = length
    stack[top++] = from
    while (top > 0) {
      const index = stack[--top] ?? 0
      if (seenAt[index] === at) continue
      seenAt[index] = at
      const state = states[index]
      if (state === undefined) continue
      if (state.op === 'match') return -1
      if (state.op === 'jump') stack[top++] = state.to
      else if (state.op === 'split') {
        stack[top++] = state.right
        stack[top++] = state.left
      } else if (state.op === 'assert') {
        if (holds(state.what, text, at)) stack[top++] = index + 1
      } else list[count++] = index
    }
    return count
  }

  let looks = 0

  const occurs = (input: string): boolean => {
    const text = isExact ? input : input.toLowerCase()
    seenAt.fill(-1)
    let length = 0
    for (let at = 0; at <= text.length; at++) {
      length = follow(0, current, length, text, at)
      if (length < 0) return true
      if (at === text.length) break
      const unit = text.charCodeAt(at)
      looks += length + 1
      let next = 0
      for (let index = 0; index < length; index++) {
        const number = current[index] ?? 0
        const state = states[number]
        if (state === undefined) continue
        const takes = state.op === 'unit' ? state.unit === unit : state.op === 'test' && state.test(unit)
        if (!takes) continue
        next = follow(number + 1, following, next, text, at + 1)
        if (next < 0) return true
      }
      const spare = current
      current = following
      following = spare
      length = next
    }
    return false
  }

  return {
    found: (input, onLooked) => {
      if (input.length > PATTERN_INPUT_MAX) return null
      looks = 0
      const is = occurs(input)
      onLooked?.(looks)
      return is
    },
  }
}

const isWrong = (thrown: unknown): thrown is Wrong => typeof thrown === 'object' && thrown !== null && 'wrong' in thrown

interface PatternStates {
  readonly states: readonly State[]
  /** Letters match in the case they are written. */
  readonly isExact: boolean
}

/** A pattern as a list of states, the last of them `match`; or what is wrong with it and where in its text. */
export const readStates = (text: string, captures: boolean): PatternStates | Wrong => {
  if (text.length > PATTERN_LENGTH_MAX)
    return { wrong: `more than ${PATTERN_LENGTH_MAX} characters`, at: PATTERN_LENGTH_MAX }
  try {
    const states: State[] = []
    const isExact = text.startsWith(EXACT)
    emit({ states, captures, isExact, work: 0 }, parsePattern(text, isExact))
    states.push({ op: 'match' })
    if (states.length > STATES_MAX) return { wrong: 'too many repetitions: the pattern grows too large', at: 0 }
    return { states, isExact }
  } catch (thrown) {
    if (isWrong(thrown)) return thrown
    throw thrown
  }
}

/** Compiles a pattern, or says what is wrong with it and where in its text. */
export const readPattern = (text: string): PatternReading => {
  const read = readStates(text, false)
  return 'states' in read ? { pattern: matcherOf(read.states, read.isExact) } : read
}
