/** Functions of rules that ask what a text is: its parts, its pattern, its words, the list it stands in. */
import type { Json } from '../kit/field.ts'
import { OBSCENE_CHARS_MAX } from './obscene-words.ts'
import { PATTERN_INPUT_MAX, readPattern } from './patterns.ts'
import { argument, type Call, type RuleFunction, textTest } from './rule-calls.ts'
import { RuleGivenUp, spend } from './rule-term.ts'
import { type Read, sameValue, textOfValue } from './values.ts'

const isExactly = (left: Json, right: Json): boolean =>
  left !== null && right !== null && typeof left !== 'object' && textOfValue(left) === textOfValue(right)

export const includes: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  const b = argument(call, 1)
  const inText = textTest((text, part) => text.includes(part))(call)
  const same = call.args[2]?.constant === 'exact' ? isExactly : sameValue
  return (lead) => {
    const whole = a(lead)
    if (!Array.isArray(whole)) return inText(lead)
    const part = b(lead)
    return part !== null && whole.some((item) => same(item, part))
  }
}

/** What a pattern looks at in the time of one step of a loop. */
const LOOKS_A_STEP = 500
/** Parting a text, or reading it letter by letter, takes longer than going over it. */
const CHARS_A_STEP = 200

export const matches: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  const given = call.args[1]
  if (typeof given?.constant !== 'string') {
    call.report({
      code: 'rule_type',
      message: 'the pattern of matches() is computed',
      start: given?.start ?? call.at.start,
      end: given?.end ?? call.at.end,
      expected: 'a text in quotes',
    })
    return () => false
  }
  const reading = readPattern(given.constant)
  if ('wrong' in reading) {
    call.report({
      code: 'rule_syntax',
      message: `the pattern has ${reading.wrong}`,
      start: Math.min(given.start + 1 + reading.at, given.end),
      end: given.end,
    })
    return () => false
  }
  const { pattern } = reading
  const { budget } = call.building
  return (lead) => {
    const value = a(lead)
    if (value === null || typeof value === 'object') return false
    const found = pattern.found(String(value), (looks) => spend(budget, looks / LOOKS_A_STEP))
    if (found === null) throw new RuleGivenUp(`matches() looks at no more than ${PATTERN_INPUT_MAX} characters`)
    return found
  }
}

/** The entries of a list, or of a text parted by commas, semicolons or lines. */
const entriesOf = (list: Json): readonly Json[] => {
  if (Array.isArray(list)) return list
  if (list === null || typeof list === 'object') return []
  return textOfValue(list)
    .split(/[,;\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

const isAnyOf =
  (same: (left: Json, right: Json) => boolean) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    const b = argument(call, 1)
    const constant = call.args[1]?.constant
    const known = constant === undefined ? null : entriesOf(constant)
    const { budget } = call.building
    const given: Read = (lead) => {
      const list = b(lead)
      if (typeof list === 'string') spend(budget, list.length / CHARS_A_STEP)
      return list
    }
    return (lead) => {
      const value = a(lead)
      return value !== null && (known ?? entriesOf(given(lead))).some((entry) => same(value, entry))
    }
  }

/** Whether the value is one of a list, or of a text parted by commas. */
export const inList = isAnyOf(sameValue)

/** Whether two values are the same, capitals too; a list: whether one of its entries is. */
export const exact: RuleFunction['build'] = (call) => {
  const one = argument(call, 1)
  const any = isAnyOf(isExactly)(call)
  const a = argument(call, 0)
  return (lead) => {
    const other = one(lead)
    return Array.isArray(other) ? any(lead) : isExactly(a(lead), other)
  }
}

const YES = /^(?:true|yes|y|1|on|t|checked)$/i
const NO = /^(?:false|no|n|0|off|f|unchecked)$/i

/** What people and forms write for yes and no. Anything else is neither. */
const saidOf =
  (yes: boolean) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    return (lead) => {
      const value = a(lead)
      if (typeof value === 'boolean') return value === yes
      return value !== null && typeof value !== 'object' && (yes ? YES : NO).test(String(value).trim())
    }
  }

export const isYes = saidOf(true)
export const isNo = saidOf(false)

export const obscene: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  const { budget, scope } = call.building
  const { isObscene } = scope
  return (lead) => {
    const value = a(lead)
    if (value === null || isObscene === undefined) return false
    return (Array.isArray(value) ? value : [value]).some((item) => {
      const text = textOfValue(item)
      spend(budget, Math.min(text.length, OBSCENE_CHARS_MAX) / CHARS_A_STEP)
      return isObscene(text)
    })
  }
}
