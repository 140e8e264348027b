/**
 * Reads a located tree by a TypeBox schema (which is JSON Schema): every mismatch is reported where it stands, and what
 * was written as text becomes a boolean or a number where the schema wants one.
 */
import type { Json } from '../kit/field.ts'
import { nearest, oneOf } from './nearest.ts'
import type { Finding, Report } from './problems.ts'
import { isEmpty, type SourceNode } from './source.ts'

/** The parts of JSON Schema that step configs and destination settings use. */
export interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Shape
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly anyOf?: readonly Shape[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
}

/** Where a value stands in the flow, for people: `steps[2].score.points[0].when`. */
export type Path = string

export const joinPath = (path: Path, key: string): Path => (path === '' ? key : `${path}.${key}`)

const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?$/

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

const kindOf = (node: SourceNode): string => {
  if (node.kind === 'text') return isEmpty(node) ? 'nothing' : shown(node.value)
  return node.kind === 'list' ? 'a list' : 'a map'
}

const literalsOf = (shape: Shape): readonly string[] | null => {
  if (shape.enum !== undefined) return shape.enum.map(String)
  if (shape.const !== undefined) return [String(shape.const)]
  if (shape.anyOf === undefined) return null
  const all: string[] = []
  for (const option of shape.anyOf) {
    const literals = literalsOf(option)
    if (literals === null) return null
    all.push(...literals)
  }
  return all
}

const describe = (shape: Shape): string => {
  const literals = literalsOf(shape)
  if (literals !== null) return oneOf(literals)
  if (shape.anyOf !== undefined) return [...new Set(shape.anyOf.map(describe))].join(' or ')
  switch (shape.type) {
    case 'object':
      return 'a map'
    case 'array':
      return 'a list'
    case 'string':
      return 'a text'
    case 'boolean':
      return 'true or false'
    case 'integer':
      return 'a whole number'
    case 'number':
      return 'a number'
    default:
      return 'a value'
  }
}

/** Descriptions are noun phrases here and sentences in the configs of steps. */
const explained = (shape: Shape): string => {
  const { description } = shape
  if (description === undefined) return describe(shape)
  if (/^an? /.test(description)) return description
  return `${describe(shape)}: ${description.charAt(0).toLowerCase()}${description.slice(1).replace(/\.$/, '')}`
}

/** The tree without its places: maps and lists of texts. */
const plainOf = (node: SourceNode): Json => {
  if (node.kind === 'text') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  const plain: { [key: string]: Json } = {}
  for (const entry of node.entries) if (entry.key !== '__proto__') plain[entry.key] = plainOf(entry.value)
  return plain
}

interface Reading {
  readonly node: SourceNode
  readonly shape: Shape
  readonly path: Path
  readonly report: Report
}

const wrongKind = ({ node, shape, path, report }: Reading): undefined => {
  report({ code: 'shape', message: `found ${kindOf(node)}`, expected: describe(shape), offset: node.start, path })
  return undefined
}

const readText = (reading: Reading): Json | undefined => {
  const { node, shape, path, report } = reading
  if (node.kind !== 'text' || (isEmpty(node) && shape.minLength !== 0)) return wrongKind(reading)
  const { value } = node
  const wrong = (expected: string): undefined => {
    report({ code: 'shape', message: `found ${shown(value)}`, expected, offset: node.start, path })
    return undefined
  }
  if (shape.minLength !== undefined && value.length < shape.minLength)
    return wrong(`a text of at least ${shape.minLength} character${shape.minLength === 1 ? '' : 's'}`)
  if (shape.maxLength !== undefined && value.length > shape.maxLength)
    return wrong(`a text of at most ${shape.maxLength} characters`)
  if (shape.pattern !== undefined && !new RegExp(shape.pattern).test(value))
    return wrong(shape.description === undefined ? `a text like ${shape.pattern}` : explained(shape))
  return value
}

const readNumber = (reading: Reading): Json | undefined => {
  const { node, shape, path, report } = reading
  if (node.kind !== 'text' || !NUMBER.test(node.value)) return wrongKind(reading)
  const value = Number(node.value)
  if (shape.type === 'integer' && !Number.isSafeInteger(value)) return wrongKind(reading)
  const wrong = (expected: string): undefined => {
    report({ code: 'shape', message: `found ${node.value}`, expected, offset: node.start, path })
    return undefined
  }
  if (shape.minimum !== undefined && value < shape.minimum) return wrong(`at least ${shape.minimum}`)
  if (shape.maximum !== undefined && value > shape.maximum) return wrong(`at most ${shape.maximum}`)
  if (shape.exclusiveMinimum !== undefined && value <= shape.exclusiveMinimum)
    return wrong(`more than ${shape.exclusiveMinimum}`)
  if (shape.exclusiveMaximum !== undefined && value >= shape.exclusiveMaximum)
    return wrong(`less than ${shape.exclusiveMaximum}`)
  return value
}

const readLiteral = (reading: Reading, literals: readonly unknown[]): Json | undefined => {
  const { node, path, report } = reading
  const names = literals.map(String)
  if (node.kind === 'text') {
    const found = names.indexOf(node.value)
    const literal = literals[found]
    if (found >= 0 && (typeof literal === 'string' || typeof literal === 'number' || typeof literal === 'boolean'))
      return literal
    report({
      code: 'shape',
      message: `found ${kindOf(node)}`,
      expected: oneOf(names),
      suggestion: nearest(node.value, names),
      offset: node.start,
      path,
    })
    return undefined
  }
  report({ code: 'shape', message: `found ${kindOf(node)}`, expected: oneOf(names), offset: node.start, path })
  return undefined
}

const readList = (reading: Reading): Json | undefined => {
  const { node, shape, path, report } = reading
  if (node.kind !== 'list') return wrongKind(reading)
  const wrong = (expected: string): void =>
    report({ code: 'shape', message: `found a list of ${node.items.length}`, expected, offset: node.start, path })
  if (shape.minItems !== undefined && node.items.length < shape.minItems)
    wrong(`at least ${shape.minItems} ${shape.minItems === 1 ? 'entry' : 'entries'}`)
  if (shape.maxItems !== undefined && node.items.length > shape.maxItems) wrong(`at most ${shape.maxItems} entries`)
  const values: Json[] = []
  node.items.forEach((item, index) => {
    const value = readShape({ node: item, shape: shape.items ?? {}, path: `${path}[${index}]`, report })
    if (value !== undefined) values.push(value)
  })
  return values
}

const openShapeOf = (shape: Shape): Shape | null => {
  if (typeof shape.additionalProperties === 'object') return shape.additionalProperties
  if (shape.patternProperties !== undefined) return Object.values(shape.patternProperties)[0] ?? {}
  return shape.additionalProperties === true || shape.properties === undefined ? {} : null
}

const readMap = (reading: Reading): Json | undefined => {
  const { node, shape, path, report } = reading
  if (node.kind !== 'map' && !isEmpty(node)) return wrongKind(reading)
  const entries = node.kind === 'map' ? node.entries : []
  const properties = shape.properties ?? {}
  const open = openShapeOf(shape)
  const value: { [key: string]: Json } = {}
  for (const entry of entries) {
    const inner = Object.hasOwn(properties, entry.key) ? properties[entry.key] : open
    const innerPath = joinPath(path, entry.key)
    if (inner === null || inner === undefined || entry.key === '__proto__') {
      report(unknownKey({ key: entry.key, offset: entry.keyStart, path: innerPath, known: Object.keys(properties) }))
      continue
    }
    const read = readShape({ node: entry.value, shape: inner, path: innerPath, report })
    if (read !== undefined) value[entry.key] = read
  }
  for (const key of shape.required ?? []) {
    if (entries.some((entry) => entry.key === key)) continue
    const fallback = properties[key]?.default
    if (fallback === undefined)
      report({
        code: 'missing_key',
        message: `the key "${key}" is missing`,
        expected: explained(properties[key] ?? {}),
        offset: node.start,
        path: joinPath(path, key),
      })
  }
  for (const [key, inner] of Object.entries(properties))
    if (inner.default !== undefined && !Object.hasOwn(value, key) && !entries.some((entry) => entry.key === key))
      value[key] = structuredClone(inner.default) as Json
  if (shape.minProperties !== undefined && entries.length < shape.minProperties)
    report({ code: 'shape', message: 'found an empty map', expected: 'at least one entry', offset: node.start, path })
  return value
}

const unknownKey = (key: {
  readonly key: string
  readonly offset: number
  readonly path: Path
  readonly known: readonly string[]
}): Finding => ({
  code: 'unknown_key',
  message: `unknown key "${key.key}"`,
  expected: oneOf(key.known),
  suggestion: nearest(key.key, key.known),
  offset: key.offset,
  path: key.path,
})

const FITS: Readonly<Record<string, SourceNode['kind']>> = { object: 'map', array: 'list' }

const fits = (node: SourceNode, shape: Shape): boolean => {
  if (shape.anyOf !== undefined) return shape.anyOf.some((option) => fits(node, option))
  return shape.type === undefined || (FITS[shape.type] ?? 'text') === node.kind
}

/** One alternative must hold. Where none does, the problems of the one that came closest are told. */
const readAny = (reading: Reading, options: readonly Shape[]): Json | undefined => {
  let closest: Finding[] | null = null
  for (const shape of options.filter((option) => fits(reading.node, option))) {
    const findings: Finding[] = []
    const value = readShape({ ...reading, shape, report: (finding) => findings.push(finding) })
    if (findings.length === 0) return value
    if (closest === null || findings.length < closest.length) closest = findings
  }
  const fitting = options.filter((option) => fits(reading.node, option))
  if (closest === null || (fitting.length > 1 && reading.node.kind === 'text')) return wrongKind(reading)
  for (const finding of closest) reading.report(finding)
  return undefined
}

/** The value, or undefined where it could not be read; then something was reported. */
export const readShape = (reading: Reading): Json | undefined => {
  const { shape } = reading
  const literals = shape.enum ?? (shape.const === undefined ? null : [shape.const])
  if (literals !== null) return readLiteral(reading, literals)
  if (shape.anyOf !== undefined) {
    const all = literalsOf(shape)
    return all === null ? readAny(reading, shape.anyOf) : readLiteral(reading, literalValues(shape))
  }
  switch (shape.type) {
    case 'object':
      return readMap(reading)
    case 'array':
      return readList(reading)
    case 'string':
      return readText(reading)
    case 'integer':
    case 'number':
      return readNumber(reading)
    case 'boolean':
      return reading.node.kind === 'text' && /^(?:true|false)$/.test(reading.node.value)
        ? reading.node.value === 'true'
        : wrongKind(reading)
    default:
      return plainOf(reading.node)
  }
}

const literalValues = (shape: Shape): readonly unknown[] =>
  shape.anyOf?.flatMap(literalValues) ?? shape.enum ?? [shape.const]
