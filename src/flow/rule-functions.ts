/**
 * Functions of rules. Each may be written `f(x, y)` or `x.f(y)`. A missing argument makes the result false or missing;
 * only `blank`, `has` and `default` are about missing values.
 */
import type { Json } from '../kit/field.ts'
import { civilAt, DAY_NAMES, readInstantMs, writeDate } from './calendar.ts'
import { distanceKm, milesOf } from './distance.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import { nearest } from './nearest.ts'
import { isZone, zoneNames } from './places.ts'
import { argument, type Call, numeric, numericTwo, type RuleFunction, textTest, textual } from './rule-calls.ts'
import type { Term } from './rule-term.ts'
import { exact, includes, inList, isNo, isYes, matches, obscene } from './rule-texts.ts'
import { isBlankValue, orderOf, type Read, textOfValue, type ValueType } from './values.ts'

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

/** Between two postal codes, in miles unless "km" is asked for; missing where either is in no table. */
const distance: RuleFunction['build'] = (call) => {
  const [from, to] = [argument(call, 0), argument(call, 1)]
  const unit = call.args[2]
  if (unit !== undefined && unit.constant !== 'km' && unit.constant !== 'mi')
    call.report({
      code: 'rule_type',
      message: 'the unit of distance() is not understood',
      start: unit.start,
      end: unit.end,
      expected: '"mi" or "km"',
    })
  const { places, country } = call.building.scope
  return (lead) => {
    const [a, b] = [from(lead), to(lead)]
    if (a === null || b === null || places === undefined) return null
    const here = places.find(country, textOfValue(a))
    const there = places.find(country, textOfValue(b))
    if (here === null || there === null) return null
    const km = distanceKm(here, there)
    return Math.round((unit?.constant === 'km' ? km : milesOf(km)) * 10) / 10
  }
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
    parameters: ['sized', 'any', 'string'],
    optional: 1,
    returns: 'bool',
    summary: 'Whether a list has the value as an entry, or a text has it as a part. A third "exact": capitals count.',
    build: includes,
  },
  contains: {
    parameters: ['sized', 'any', 'string'],
    optional: 1,
    returns: 'bool',
    summary: 'The same as includes.',
    build: includes,
  },
  startsWith: {
    parameters: ['string', 'string', 'string'],
    optional: 1,
    returns: 'bool',
    summary: 'Whether the text begins with the other, in either case.',
    build: textTest((text, part) => text.startsWith(part)),
  },
  endsWith: {
    parameters: ['string', 'string', 'string'],
    optional: 1,
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
    summary: 'Whether the pattern occurs in the text, in either case. RE2 syntax; after (?-i) capitals count.',
    build: matches,
  },
  exact: {
    parameters: ['any', 'any'],
    returns: 'bool',
    summary: 'Whether the two are the same, capitals too; of a list, whether one entry is.',
    build: exact,
  },
  in_list: {
    parameters: ['any', 'any'],
    returns: 'bool',
    summary: 'Whether the value is one of a list, or of a text parted by commas.',
    build: inList,
  },
  is_true: {
    parameters: ['any'],
    returns: 'bool',
    summary: 'Whether the value says yes: true, yes, y, 1, on.',
    build: isYes,
  },
  is_false: {
    parameters: ['any'],
    returns: 'bool',
    summary: 'Whether the value says no: false, no, n, 0, off.',
    build: isNo,
  },
  obscene: {
    parameters: ['any'],
    returns: 'bool',
    summary: 'Whether a word of the list of obscene words stands in the text.',
    build: obscene,
  },
  distance: {
    parameters: ['string', 'string', 'string'],
    optional: 1,
    returns: 'double',
    summary: 'Miles between two postal codes, or "km"; missing where no table tells where they lie.',
    build: distance,
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
  time_in: {
    parameters: ['string'],
    optional: 1,
    returns: 'string',
    summary: 'The time now as 09:30, in the zone or the flow’s.',
    build: ofNow((now, zone) => writeDate(now, '%H:%M', zone)),
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
