/** Checks what a step's config refers to: rules, templates, fields, destinations, durations, money and zones. */
import { parseMoney } from '../base/money.ts'
import type { StepType } from '../kit/step.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import { nearest } from './nearest.ts'
import { isCurrency, isZone, zoneNames } from './places.ts'
import type { Finding } from './problems.ts'
import { type Reading, reportIssue, reportUnknown } from './reading.ts'
import { readExpression, readRule } from './rules.ts'
import { joinPath } from './shape.ts'
import { entryOf, type SourceNode, type TextNode } from './source.ts'
import { readTemplate } from './templates.ts'

/** What a step may have set: until then it is missing in every lead. */
export type Settable = 'score' | 'class' | 'route' | 'price' | `appended.${string}`

const SETTABLE: readonly Exclude<Settable, `appended.${string}`>[] = ['score', 'class', 'route', 'price']

interface Text {
  readonly node: TextNode
  readonly path: string
}

/** The texts a path of a config leads to; `*` stands for every entry of a list or map. */
export const textsAt = (node: SourceNode, keys: readonly string[], path: string): Text[] => {
  const [key, ...rest] = keys
  if (key === undefined) return node.kind === 'text' ? [{ node, path }] : []
  if (node.kind === 'list')
    return key === '*' ? node.items.flatMap((item, index) => textsAt(item, rest, `${path}[${index}]`)) : []
  if (node.kind !== 'map') return []
  return node.entries
    .filter((entry) => key === '*' || entry.key === key)
    .flatMap((entry) => textsAt(entry.value, rest, joinPath(path, entry.key)))
}

/** The destination a route step chose. */
export const ROUTE = '$route'

export interface ReferencesAsked {
  readonly reading: Reading
  readonly step: Pick<StepType, 'references'>
  readonly config: SourceNode
  readonly path: string
  readonly set: ReadonlySet<Settable>
}

/** Reports values that no step before sets: a rule about them would never hold. */
export const reportNeverSet = (
  asked: Pick<ReferencesAsked, 'reading' | 'set'>,
  text: Text & { readonly paths: readonly string[] },
): void => {
  for (const name of SETTABLE) {
    const mentioned = `lead.${name}`
    if (asked.set.has(name) || !text.paths.includes(mentioned)) continue
    const setters = Object.values(asked.reading.registries.steps).filter((step) => step.sets?.includes(name))
    asked.reading.report({
      code: 'never_set',
      message: `${mentioned} is never set before this step`,
      expected: setters.length === 0 ? null : `an earlier ${setters.map(({ type }) => type).join(' or ')} step`,
      offset: asked.reading.source.offsetIn(text.node, Math.max(0, text.node.value.indexOf(mentioned))),
      path: text.path,
    })
  }
  const mentioned = new Map(
    text.paths.flatMap((path) => {
      const [start, plain, quoted] = /^appended(?:\.(\w+)|\["([^"]+)"\])/.exec(path) ?? []
      return start === undefined ? [] : [[plain ?? quoted ?? '', start] as const]
    }),
  )
  for (const [enricher, start] of mentioned) {
    if (asked.set.has(`appended.${enricher}`)) continue
    asked.reading.report({
      code: 'never_set',
      message: `${start} is never set before this step`,
      expected: `an earlier enrich or verify step that asks "${enricher}"`,
      offset: asked.reading.source.offsetIn(text.node, Math.max(0, text.node.value.indexOf(start))),
      path: text.path,
    })
  }
}

/** Enrichers that a step names: those it asks. */
export const enrichersIn = (
  { references }: Pick<StepType, 'references'>,
  config: SourceNode,
  path: string,
): readonly Text[] => (references.enrichers ?? []).flatMap((reference) => textsAt(config, reference.split('.'), path))

/** Checks one rule; whether it is constant. */
export const checkRule = (asked: Pick<ReferencesAsked, 'reading' | 'set'>, { node, path }: Text): boolean | null => {
  const { issues, constant, paths } = readRule(node.value, asked.reading.scope)
  for (const issue of issues) reportIssue(asked.reading, { issue, node, path, what: 'rule' })
  reportNeverSet(asked, { node, path, paths })
  return constant
}

const wrongText = (text: Text, code: Finding['code'], expected: string, suggestion: string | null = null): Finding => ({
  code,
  message: `found ${JSON.stringify(text.node.value.slice(0, 60))}`,
  expected,
  suggestion,
  offset: text.node.start,
  path: text.path,
})

const checkMoney = (reading: Reading, text: Text): void => {
  const money = parseMoney(text.node.value, reading.currency)
  if (money === null || !isCurrency(money.currency))
    reading.report(wrongText(text, 'money', `an amount such as 15.00 ${reading.currency}`))
}

const checkDestination = (reading: Reading, text: Text): void => {
  if (text.node.value === ROUTE) return
  if (reading.destinationIds.includes(text.node.value)) return
  reportUnknown(reading.report, {
    code: 'unknown_destination',
    what: 'destination',
    name: text.node.value,
    names: reading.destinationIds,
    offset: text.node.start,
    path: text.path,
  })
}

const checkField = (reading: Reading, text: Text): void => {
  if (reading.fieldNames.includes(text.node.value)) return
  reportUnknown(reading.report, {
    code: 'unknown_field',
    what: 'field',
    name: text.node.value,
    names: reading.fieldNames,
    offset: text.node.start,
    path: text.path,
  })
}

/** Checks everything the config refers to. */
export const checkReferences = (asked: ReferencesAsked): void => {
  const { reading, step, config, path } = asked
  const { references } = step
  const each = (paths: readonly string[] | undefined, check: (text: Text) => void): void => {
    for (const reference of paths ?? []) for (const text of textsAt(config, reference.split('.'), path)) check(text)
  }
  each(references.rules, (text) => checkRule(asked, text))
  each(references.expressions, ({ node, path: where }) => {
    const { issues, paths } = readExpression(node.value, reading.scope)
    for (const issue of issues) reportIssue(reading, { issue, node, path: where, what: 'expression' })
    reportNeverSet(asked, { node, path: where, paths })
  })
  each(references.templates, ({ node, path: where }) => {
    const { issues, paths } = readTemplate(node.value, reading.scope, references.templateNames)
    for (const issue of issues) reportIssue(reading, { issue, node, path: where, what: 'template' })
    reportNeverSet(asked, { node, path: where, paths })
  })
  each(references.fields, (text) => checkField(reading, text))
  each(references.parts, (text) => {
    const [field = '', ...part] = text.node.value.split('.')
    if (part.length === 0 || !reading.fieldNames.includes(field)) return checkField(reading, text)
    const { issues } = readExpression(`lead.${text.node.value}`, reading.scope)
    const [issue] = issues
    if (issue)
      reading.report(wrongText(text, issue.code, issue.expected ?? 'a part of the field', issue.suggestion ?? null))
  })
  const eachKey = (keys: readonly string[] | undefined, check: (text: Text) => void): void => {
    for (const key of keys ?? []) {
      const named = entryOf(config, key)
      for (const { key: name, keyStart: start } of named?.kind === 'map' ? named.entries : [])
        check({
          node: { kind: 'text', value: name, style: 'plain', start, end: start + name.length },
          path: joinPath(joinPath(path, key), name),
        })
    }
  }
  eachKey(references.fieldKeys, (text) => checkField(reading, text))
  eachKey(references.destinationKeys, (text) => checkDestination(reading, text))
  each(references.destinations, (text) => checkDestination(reading, text))
  each(references.enrichers, (text) => {
    if (reading.enricherIds.includes(text.node.value)) return
    reportUnknown(reading.report, {
      code: 'unknown_enricher',
      what: 'enricher',
      name: text.node.value,
      names: reading.enricherIds,
      offset: text.node.start,
      path: text.path,
    })
  })
  const taken = new Set<string>()
  each(references.ids, (text) => {
    if (taken.has(text.node.value))
      reading.report({
        code: 'duplicate_id',
        message: `the id "${text.node.value}" stands twice in this step`,
        expected: 'an id of its own: what is counted is kept under it',
        offset: text.node.start,
        path: text.path,
      })
    taken.add(text.node.value)
  })
  each(references.durations, (text) => {
    if (readDurationMs(text.node.value) === null) reading.report(wrongText(text, 'duration', DURATION_SHAPE))
  })
  each(references.money, (text) => checkMoney(reading, text))
  each(references.zones, (text) => {
    if (!isZone(text.node.value))
      reading.report(
        wrongText(text, 'zone', 'an IANA time zone such as America/Chicago', nearest(text.node.value, zoneNames())),
      )
  })
}
