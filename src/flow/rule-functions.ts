/**
 * Functions of rules. Each may be written `f(x, y)` or `x.f(y)`. A missing argument makes the result false or missing;
 * only `blank`, `has` and `default` are about missing values.
 */
import type { Json } from '../kit/field.ts'
import { civilAt, DAY_NAMES, readInstantMs, writeDate } from './calendar.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import { nearest } from './nearest.ts'
import { PATTERN_INPUT_MAX, readPattern } from './patterns.ts'
import { isZone, zoneNames } from './places.ts'
import { type Building, RuleGivenUp, type Term } from './rule-term.ts'
import type { Issue } from './scope.ts'
import {
  fold,
  isBlankValue,
  isList,
  numberOf,
  orderOf,
  type Read,
  sameValue,
  textOfValue,
  type ValueType,
} from './values.ts'

type Wanted = 'any' | 'string' | 'double' | 'sized' | 'ordered'

interface Call {
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

const argument = (call: Call, index: number): Read => call.args[index]?.read ?? nothing

const textual =
  (compute: (text: string) => Json) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    return (lead) => {
      const value = a(lead)
      return typeof value === 'string' ? compute(value) : value === null ? null : compute(textOfValue(value))
    }
  }

const numeric =
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

const numericTwo =
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

const textTest =
  (test: (text: string, part: string) => boolean) =>
  (call: Call): Read => {
    const a = argument(call, 0)
    const b = argument(call, 1)
    const constant = call.args[1]?.constant
    const folded = typeof constant === 'string' ? fold(constant) : null
    return (lead) => {
      const text = a(lead)
      const part = folded ?? b(lead)
      if (text === null || part === null || typeof text === 'object' || typeof part === 'object') return false
      return test(fold(String(text)), folded ?? fold(String(part)))
    }
  }

const includes: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  const b = argument(call, 1)
  const inText = textTest((text, part) => text.includes(part))(call)
  return (lead) => {
    const whole = a(lead)
    if (!Array.isArray(whole)) return inText(lead)
    const part = b(lead)
    return part !== null && whole.some((item) => sameValue(item, part))
  }
}

const between: RuleFunction['build'] = (call) => {
  const [x, low, high] = [argument(call, 0), argument(call, 1), argument(call, 2)]
  return (lead) => {
    const value = x(lead)
    const from = low(lead)
    const to = high(lead)
    if (value === null || from === null || to === null) return false
    const above = orderOf(value, from)
    const below = orderOf(value, to)
    return above !== null && below !== null && above >= 0 && below <= 0
  }
}

const matches: RuleFunction['build'] = (call) => {
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
  return (lead) => {
    const value = a(lead)
    if (value === null || typeof value === 'object') return false
    const found = pattern.found(String(value))
    if (found === null) throw new RuleGivenUp(`matches() looks at no more than ${PATTERN_INPUT_MAX} characters`)
    return found
  }
}

const size: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  return (lead) => {
    const value = a(lead)
    if (value === null) return null
    if (typeof value === 'object') return Array.isArray(value) ? value.length : Object.keys(value).length
    let count = 0
    for (const _ of String(value)) count++
    return count
  }
}

/** A function of the time of the step and a zone, the flow's where none is given. */
const ofNow =
  (compute: (now: number, zone: string) => Json) =>
  (call: Call): Read => {
    const given = call.args[0]
    if (given === undefined) return (lead) => compute(lead.now, call.building.scope.zone)
    if (typeof given.constant === 'string' && !isZone(given.constant))
      call.report({
        code: 'zone',
        message: `"${given.constant}" is no time zone`,
        start: given.start,
        end: given.end,
        expected: 'an IANA name such as America/Chicago',
        suggestion: nearest(given.constant, zoneNames()),
      })
    return (lead) => {
      const zone = given.read(lead)
      return typeof zone === 'string' && isZone(zone) ? compute(lead.now, zone) : null
    }
  }

const duration: RuleFunction['build'] = (call) => {
  const given = call.args[0]
  const ms = typeof given?.constant === 'string' ? readDurationMs(given.constant) : null
  if (ms === null)
    call.report({
      code: 'duration',
      message: 'duration() cannot read this',
      start: given?.start ?? call.at.start,
      end: given?.end ?? call.at.end,
      expected: `${DURATION_SHAPE}, in quotes`,
    })
  return () => ms
}

const fallback: RuleFunction['build'] = (call) => {
  const a = argument(call, 0)
  const b = argument(call, 1)
  return (lead) => {
    const value = a(lead)
    return isBlankValue(value) ? b(lead) : value
  }
}

const commonType = (args: readonly Term[]): ValueType =>
  args[0] !== undefined && args[0].type === args[1]?.type ? args[0].type : 'dyn'

export const RULE_FUNCTIONS: Readonly<Record<string, RuleFunction>> = {
  blank: {
    parameters: ['any'],
    returns: 'bool',
    summary: 'Whether the value is missing, only spaces, or empty.',
    build: (call) => {
      const a = argument(call, 0)
      return (lead) => isBlankValue(a(lead))
    },
  },
  has: {
    parameters: ['any'],
    returns: 'bool',
    summary: 'Whether the value is there and not blank.',
    build: (call) => {
      const a = argument(call, 0)
      return (lead) => !isBlankValue(a(lead))
    },
  },
  default: {
    parameters: ['any', 'any'],
    returns: commonType,
    summary: 'The first value, or the second where the first is blank.',
    build: fallback,
  },
  includes: {
    parameters: ['sized', 'any'],
    returns: 'bool',
    summary: 'Whether a list has the value as an entry, or a text has it as a part.',
    build: includes,
  },
  contains: {
    parameters: ['sized', 'any'],
    returns: 'bool',
    summary: 'The same as includes.',
    build: includes,
  },
  startsWith: {
    parameters: ['string', 'string'],
    returns: 'bool',
    summary: 'Whether the text begins with the other, in either case.',
    build: textTest((text, part) => text.startsWith(part)),
  },
  endsWith: {
    parameters: ['string', 'string'],
    returns: 'bool',
    summary: 'Whether the text ends with the other, in either case.',
    build: textTest((text, part) => text.endsWith(part)),
  },
  between: {
    parameters: ['ordered', 'ordered', 'ordered'],
    returns: 'bool',
    summary: 'Whether the first value lies between the others, both included.',
    build: between,
  },
  matches: {
    parameters: ['string', 'string'],
    returns: 'bool',
    summary: 'Whether the pattern occurs in the text, in either case. RE2 syntax.',
    build: matches,
  },
  size: {
    parameters: ['sized'],
    returns: 'double',
    summary: 'Characters of a text, entries of a list.',
    build: size,
  },
  lower: {
    parameters: ['string'],
    returns: 'string',
    summary: 'The text in small letters.',
    build: textual((text) => text.toLowerCase()),
  },
  upper: {
    parameters: ['string'],
    returns: 'string',
    summary: 'The text in capitals.',
    build: textual((text) => text.toUpperCase()),
  },
  trim: {
    parameters: ['string'],
    returns: 'string',
    summary: 'The text without spaces around it.',
    build: textual((text) => text.trim()),
  },
  string: {
    parameters: ['any'],
    returns: 'string',
    summary: 'The value as text.',
    build: textual((text) => text),
  },
  number: {
    parameters: ['any'],
    returns: 'double',
    summary: 'The value as a number; missing where it is none.',
    build: numeric((number) => number),
  },
  abs: { parameters: ['double'], returns: 'double', summary: 'Without its sign.', build: numeric(Math.abs) },
  round: {
    parameters: ['double'],
    returns: 'double',
    summary: 'The nearest whole number.',
    build: numeric(Math.round),
  },
  floor: { parameters: ['double'], returns: 'double', summary: 'The whole number below.', build: numeric(Math.floor) },
  ceil: { parameters: ['double'], returns: 'double', summary: 'The whole number above.', build: numeric(Math.ceil) },
  min: { parameters: ['double', 'double'], returns: 'double', summary: 'The smaller.', build: numericTwo(Math.min) },
  max: { parameters: ['double', 'double'], returns: 'double', summary: 'The larger.', build: numericTwo(Math.max) },
  duration: {
    parameters: ['string'],
    returns: 'double',
    summary: 'A duration such as "30d" in ms.',
    build: duration,
  },
  timestamp: {
    parameters: ['string'],
    returns: 'double',
    summary: 'An ISO 8601 date or time with its zone, in ms since 1970.',
    build: textual((text) => readInstantMs(text)),
  },
  hour_in: {
    parameters: ['string'],
    optional: 1,
    returns: 'double',
    summary: 'The hour now, 0 to 23, in the zone or the flow’s.',
    build: ofNow((now, zone) => civilAt(now, zone)?.hour ?? null),
  },
  day_in: {
    parameters: ['string'],
    optional: 1,
    returns: 'string',
    summary: 'The day of the week now, "mon" to "sun", in the zone or the flow’s.',
    build: ofNow((now, zone) => {
      const civil = civilAt(now, zone)
      return civil === null ? null : (DAY_NAMES[civil.weekday] ?? null)
    }),
  },
  date_in: {
    parameters: ['string'],
    optional: 1,
    returns: 'string',
    summary: 'The date today as 2026-11-30, in the zone or the flow’s.',
    build: ofNow((now, zone) => writeDate(now, '%F', zone)),
  },
}
