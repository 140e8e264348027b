/**
 * Values that a flow accepts: what its types give as examples, changed until its criteria and filters hold. A search, not a
 * proof: where none is found, what still fails is told.
 */

import { type StructuredRule, structuredOf } from '../flow/rule-unstructured.ts'
import type { FieldType, Json } from '../kit/field.ts'
import type { LeadView, Rule } from '../kit/step.ts'

export interface SentField {
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
}

export interface Search {
  readonly fields: readonly SentField[]
  /** What must hold. */
  readonly rules: readonly Rule[]
  /** The lead that these values make. */
  readonly lead: (values: Readonly<Record<string, Json>>) => LeadView
  readonly country: string
  /** ms since 1970 */
  readonly now: number
  /** Samples of different numbers are different people. */
  readonly nth: number
}

const ROUNDS_MAX = 40
const STATES = 'TX CA NY FL OK OH IL PA GA NC AZ WA CO VA NJ MI'.split(' ')
const ZIPS = ['78701', '10001', '90012', '33101', '60601', '73102', '43004', '30303']
/** Numbers that no one has: the exchange 555 with the lines 0100 to 0199. */
const phoneOf = (area: string, nth: number): string => `(${area}) 555-01${String(42 + (nth % 50)).padStart(2, '0')}`
const AREAS = ['512', '212', '310', '405', '614', '404', '480', '206', '303']

/** Values by type that make a sample plausible, the first of them the one to begin with. */
const usual = (type: string, { nth, now, country }: Search): readonly string[] => {
  switch (type) {
    case 'email':
      return [`jane.doe${nth === 0 ? '' : nth}@example.com`, `jane.doe${nth}@gmail.com`]
    case 'phone':
      return country === 'US' || country === 'CA'
        ? AREAS.map((area) => phoneOf(area, nth))
        : [`+1${phoneOf('512', nth).replace(/\D/g, '')}`]
    case 'state':
      return STATES
    case 'postal_code':
      return country === 'US' ? ZIPS : []
    case 'city':
      return ['Austin', 'New York', 'Los Angeles']
    case 'dob':
      return [40, 19, 70].map((age) => dateBack(now, age))
    case 'number':
      return ['40', '1', '100', '10', '700']
    case 'boolean':
      return ['yes', 'no']
    case 'string':
      return ['text', 'yes', 'no']
    default:
      return []
  }
}

const dateBack = (now: number, years: number): string => {
  const date = new Date(now)
  return `${date.getUTCFullYear() - Math.floor(years)}-01-01`
}

type Leaf = Extract<StructuredRule, { readonly field: string }>

const leavesOf = (rule: StructuredRule, turned = false): (Leaf & { readonly turned: boolean })[] => {
  if ('all' in rule) return rule.all.flatMap((part) => leavesOf(part, turned))
  if ('any' in rule) return rule.any.flatMap((part) => leavesOf(part, turned))
  if ('not' in rule) return leavesOf(rule.not, !turned)
  return 'field' in rule ? [{ ...rule, turned }] : []
}

const texts = (value: Json | undefined): string[] =>
  value === undefined || value === null ? [] : (Array.isArray(value) ? value : [value]).map(String)

/** Numbers on either side of those a rule names, and the numbers themselves. */
const around = (values: readonly string[]): string[] =>
  values.flatMap((value) => {
    const number = Number(value)
    return Number.isFinite(number)
      ? [String(number), String(number + 1), String(number - 1), String(Math.floor(number) + 10)]
      : []
  })

/** Values of a field worth a try, for a rule about it or one of its parts. */
const candidatesFor = (leaf: Leaf, field: SentField, search: Search): readonly string[] => {
  const [, part = null] = leaf.field.replace(/^lead\./, '').split('.')
  const named = texts(leaf.value)
  const { type } = field.type
  const general = [...usual(type, search), ...field.type.examples, '']
  if (part === null) return [...named, ...around(named), ...named.map((value) => `${value} x`), ...general]
  const { nth, now } = search
  if (type === 'phone')
    return [...named.filter((value) => /^\d{3}$/.test(value)).map((area) => phoneOf(area, nth)), ...general]
  if (type === 'email')
    return [...named.filter((value) => value.includes('.')).map((domain) => `jane.doe${nth}@${domain}`), ...general]
  if (type === 'dob' || type === 'date')
    return [
      ...around(named).map((age) => dateBack(now, Number(age) + 1)),
      ...around(named).map((age) => dateBack(now, Number(age))),
      ...general,
    ]
  return [...named, ...around(named), ...general]
}

const first = (field: SentField, search: Search): string => {
  const context = { country: search.country, now: search.now, fields: {} }
  const given = [...usual(field.type.type, search), ...field.type.examples]
  return given.find((value) => field.type.parse(value, context).valid) ?? given[0] ?? ''
}

export interface Found {
  readonly values: Readonly<Record<string, string>>
  /** Texts of rules that no value was found for. */
  readonly failing: readonly string[]
}

/** Finds values for every field that is sent. */
export const findValues = (search: Search): Found => {
  const { fields, rules, lead } = search
  const byName = new Map(fields.map((field) => [field.name, field]))
  let values: Record<string, string> = {}
  for (const field of fields) values[field.name] = first(field, search)

  const badness = (
    tried: Readonly<Record<string, string>>,
  ): { readonly failing: readonly Rule[]; readonly count: number } => {
    const view = lead(tried)
    const failing = rules.filter((rule) => !rule.holds(view))
    const invalid = fields.filter(({ name, required }) => required && view.fields[name]?.valid !== true)
    return {
      failing,
      count: failing.reduce((sum, rule) => sum + Math.max(1, rule.unmet(view).length), 0) + invalid.length * 10,
    }
  }

  let now = badness(values)
  for (let round = 0; round < ROUNDS_MAX && now.count > 0; round++) {
    const better = now.failing
      .flatMap((rule) => leavesOf(structuredOf(rule.text)))
      .flatMap((leaf) => {
        const name = /^(?:lead\.)?(\w+)/.exec(leaf.field)?.[1] ?? ''
        const field = byName.get(name)
        return field === undefined ? [] : candidatesFor(leaf, field, search).map((value) => ({ name, value }))
      })
      .map(({ name, value }) => {
        const tried = { ...values, [name]: value }
        return { tried, after: badness(tried) }
      })
      .reduce<{ tried: Record<string, string>; after: ReturnType<typeof badness> } | null>(
        (best, one) => (one.after.count < (best?.after.count ?? now.count) ? one : best),
        null,
      )
    if (better === null) break
    values = better.tried
    now = better.after
  }
  return { values, failing: now.failing.map((rule) => rule.text) }
}
