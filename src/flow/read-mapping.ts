/** A source's mapping: for each field where its value comes from, in order. */

import type { Taking } from './document.ts'
import { TAKING_SHAPE } from './document-shape.ts'
import { incomingScope, isTemplate, PATH_SHAPE, readPath } from './mapping.ts'
import { entriesOf } from './read-step.ts'
import { type Reading, reportIssue, reportUnknown } from './reading.ts'
import { withRulesAsText } from './rule-structured.ts'
import { readRule } from './rules.ts'
import type { Scope } from './scope.ts'
import { readShape } from './shape.ts'
import { entryOf, type SourceNode, type TextNode } from './source.ts'
import { readTemplate } from './templates.ts'

interface MappingAsked {
  readonly reading: Reading
  readonly scope: Scope
  readonly path: string
}

const checkPath = ({ reading, path }: MappingAsked, node: TextNode): void => {
  if (readPath(node.value) === null)
    reading.report({
      code: 'mapping',
      message: `found ${JSON.stringify(node.value.slice(0, 60))}`,
      expected: PATH_SHAPE,
      offset: node.start,
      path,
    })
}

const checkTemplate = ({ reading, scope, path }: MappingAsked, node: TextNode): void => {
  for (const issue of readTemplate(node.value, scope).issues)
    reportIssue(reading, { issue, node, path, what: 'mapping' })
}

const WAYS = ['path', 'template', 'value'] as const

/** `{ path | template | value, when }` */
const readWritten = (asked: MappingAsked, given: SourceNode): Taking | null => {
  const { reading, scope, path } = asked
  const node = withRulesAsText({ scope, report: reading.report }, { node: given, rules: ['when'], path })
  if (readShape({ node, shape: TAKING_SHAPE, path, report: reading.report }) === undefined) return null
  const ways = WAYS.flatMap((from) => {
    const text = entryOf(node, from)
    return text?.kind === 'text' ? [{ from, text }] : []
  })
  const [way, ...more] = ways
  if (way === undefined && !entriesOf(node).every(({ key }) => key === 'when')) return null
  if (way === undefined || more.length > 0) {
    reading.report({
      code: 'mapping',
      message: way === undefined ? 'found nothing to take' : `found both ${ways.map(({ from }) => from).join(' and ')}`,
      expected: 'one of path, template and value',
      offset: node.start,
      path,
    })
    return null
  }
  const inner = { ...asked, path: `${path}.${way.from}` }
  if (way.from === 'path') checkPath(inner, way.text)
  if (way.from === 'template') checkTemplate(inner, way.text)
  const when = entryOf(node, 'when')
  if (when?.kind !== 'text') return { from: way.from, text: way.text.value, when: null }
  for (const issue of readRule(when.value, scope).issues)
    reportIssue(reading, { issue, node: when, path: `${path}.when`, what: 'rule' })
  return { from: way.from, text: way.text.value, when: when.value }
}

const readTaking = (asked: MappingAsked, node: SourceNode): Taking | null => {
  const { reading, path } = asked
  if (node.kind === 'map') return readWritten(asked, node)
  const shape = { type: 'string', minLength: 1, maxLength: 2000, description: 'a path or a template' }
  if (node.kind !== 'text' || readShape({ node, shape, path, report: reading.report }) === undefined) {
    if (node.kind === 'list') readShape({ node, shape, path, report: reading.report })
    return null
  }
  if (isTemplate(node.value)) checkTemplate(asked, node)
  else checkPath(asked, node)
  return { from: isTemplate(node.value) ? 'template' : 'path', text: node.value, when: null }
}

/** Reads the mapping of one source. `computed`: fields that no source can send. */
export const readMapping = (
  reading: Reading,
  node: SourceNode | undefined,
  path: string,
): Readonly<Record<string, readonly Taking[]>> => {
  const mapping: { [field: string]: readonly Taking[] } = {}
  if (node?.kind !== 'map') return mapping
  const scope = incomingScope({ country: reading.scope.country, zone: reading.scope.zone })
  for (const { key, keyStart, value } of node.entries) {
    const where = `${path}.${key}`
    if (!reading.fieldNames.includes(key))
      reportUnknown(reading.report, {
        code: 'unknown_field',
        what: 'field',
        name: key,
        names: reading.fieldNames,
        offset: keyStart,
        path: where,
      })
    if (reading.computed.includes(key))
      reading.report({
        code: 'mapping',
        message: `the field "${key}" is computed, and takes nothing of what is sent`,
        expected: 'no mapping of it, or a field without "compute"',
        offset: keyStart,
        path: where,
      })
    const nodes = value.kind === 'list' ? value.items : [value]
    const takings = nodes.map((item, index) =>
      readTaking({ reading, scope, path: value.kind === 'list' ? `${where}[${index}]` : where }, item),
    )
    if (key !== '__proto__') mapping[key] = takings.filter((taking) => taking !== null)
  }
  return mapping
}
