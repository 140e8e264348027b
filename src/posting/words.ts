/** A rule as a sentence: what somebody who sends leads reads of it. */

import { OPERATORS } from '../flow/rule-structured.ts'
import { type StructuredRule, structuredOf } from '../flow/rule-unstructured.ts'
import type { Json } from '../kit/field.ts'
import { titled } from '../kit/values.ts'

export interface Naming {
  /** What a field is called for people. */
  readonly labelOf: (field: string) => string
  /** What an enricher is called. */
  readonly enricherOf?: (id: string) => string
}

const spaced = (name: string): string => name.replaceAll('_', ' ')

/** `phone.area` as `area of Phone number`, `source.id` as it stands. */
const subjectOf = (path: string, { labelOf, enricherOf }: Naming): string => {
  const [, enricher, fact] = /^appended\.(\w+)\.([\w.]+)$/.exec(path) ?? []
  if (enricher !== undefined && fact !== undefined) {
    const told = spaced(fact.replaceAll('.', ' '))
    return `${told} (as ${enricherOf?.(enricher) ?? titled(enricher)} says)`
  }
  const names = path.replace(/^lead\./, '').split('.')
  const [field = '', ...parts] = names
  if (/^(?:source|flow|extra|deliveries|steps|appended|now)\b/.test(path) || /[()[\]]/.test(path)) return `\`${path}\``
  const label = labelOf(field)
  const part = parts.join(' ')
  if (part === '') return label
  return /^is_/.test(part) ? `${label} (${spaced(part.slice(3))})` : `${spaced(part)} of ${label}`
}

const shown = (value: Json, naming: Naming): string => {
  const path = typeof value === 'string' ? /^\{\{\s*(.+?)\s*\}\}$/.exec(value)?.[1] : undefined
  if (path !== undefined) return subjectOf(path, naming)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const listed = (values: readonly string[], last: string): string =>
  values.length < 2 ? (values[0] ?? '') : `${values.slice(0, -1).join(', ')} ${last} ${values.at(-1)}`

type Leaf = Extract<StructuredRule, { readonly field: string }>

const FLAGS: Readonly<Record<string, string>> = {
  is_true: 'is yes',
  is_not_true: 'is not yes',
  is_false: 'is no',
  is_not_false: 'is not no',
}

const leafWords = ({ field, op, value, case: letters }: Leaf, naming: Naming): string => {
  const subject = subjectOf(field, naming)
  const { takes, words } = OPERATORS[op]
  const cased = letters === 'exact' ? ' (capitals count)' : ''
  if (takes === 'none') return `${subject} ${FLAGS[op] ?? words}`
  if (takes === 'two' && Array.isArray(value))
    return `${subject} ${words} ${listed(
      value.map((one) => shown(one, naming)),
      'and',
    )}`
  if (takes === 'several' && Array.isArray(value))
    return `${subject} ${words} ${listed(
      value.map((one) => shown(one, naming)),
      'or',
    )}${cased}`
  return `${subject} ${words} ${shown(value ?? '', naming)}${cased}`
}

const ruleWords = (rule: StructuredRule, naming: Naming, isInner: boolean): string => {
  if ('all' in rule || 'any' in rule) {
    const parts = ('all' in rule ? rule.all : rule.any).map((part) => ruleWords(part, naming, true))
    const text = listed(parts, 'all' in rule ? 'and' : 'or')
    return isInner && parts.length > 1 ? `(${text})` : text
  }
  if ('not' in rule) return `not: ${ruleWords(rule.not, naming, true)}`
  return 'rule' in rule ? `\`${rule.rule}\`` : leafWords(rule, naming)
}

/** The rule in words; what has none stands in CEL. */
export const inWords = (text: string, naming: Naming): string => ruleWords(structuredOf(text), naming, false)

export const labelsOf = (
  fields: readonly { readonly name: string; readonly label: string | null }[],
  enrichers: readonly { readonly id: string; readonly name: string }[] = [],
): Naming => {
  const labels = new Map(fields.map(({ name, label }) => [name, label ?? titled(name)]))
  const names = new Map(enrichers.map(({ id, name }) => [id, name === id ? titled(id) : name]))
  return {
    labelOf: (field) => labels.get(field) ?? titled(field),
    enricherOf: (id) => names.get(id) ?? titled(id),
  }
}
