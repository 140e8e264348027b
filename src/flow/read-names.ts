/** Fields and destinations: the names everything else in a flow refers to. */
import type { DestinationType } from '../kit/destination.ts'
import type { FieldType, Json } from '../kit/field.ts'
import type { Registries } from '../kit/flow.ts'
import { createDestinationTools } from './destination-tools.ts'
import type { DestinationDocument, FieldDocument } from './document.ts'
import {
  DESTINATION_SHAPE,
  FIELD_NAME_DESCRIPTION,
  FIELD_NAME_PATTERN,
  FIELD_SHAPE,
  ID_SHAPE,
} from './document-shape.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import type { Report } from './problems.ts'
import { readDeliveryPolicy } from './read-delivery.ts'
import { entriesOf, shapeOf } from './read-step.ts'
import { atMost, reportUnknown } from './reading.ts'
import { LEAD_NAMES } from './scope.ts'
import { readShape } from './shape.ts'
import type { MapEntry, SourceNode } from './source.ts'

export interface NamesAsked {
  readonly node: SourceNode | undefined
  readonly registries: Registries
  readonly report: Report
}

export interface FieldsRead {
  readonly documents: readonly FieldDocument[]
  /** Null: the type is unknown, and that was reported. */
  readonly types: ReadonlyMap<string, FieldType | null>
  /** The names of required fields, standing where they are declared. */
  readonly required: readonly SourceNode[]
}

const wrongName = (name: string): boolean => !FIELD_NAME_PATTERN.test(name)
/** Besides the lead's own names: what every object has, so that no table is ever asked for it by accident. */
const isReserved = (name: string): boolean => LEAD_NAMES.includes(name) || name in Object.prototype

const readField = ({ registries, report }: NamesAsked, entry: MapEntry): FieldDocument | null => {
  const { key: name, value, keyStart } = entry
  const path = `fields.${name}`
  if (wrongName(name)) {
    report({
      code: 'shape',
      message: `found the field name "${name}"`,
      expected: FIELD_NAME_DESCRIPTION,
      offset: keyStart,
      path,
    })
    return null
  }
  if (isReserved(name)) {
    report({
      code: 'reserved_name',
      message: `no field can be called "${name}": every lead has its own lead.${name}`,
      expected: 'another name, with a mapping from what the source sends',
      offset: keyStart,
      path,
    })
    return null
  }
  const shape = value.kind === 'text' ? { type: 'string', description: 'the name of a field type' } : FIELD_SHAPE
  const read = readShape({ node: value, shape, path, report })
  const settings = typeof read === 'string' ? { type: read } : ((read ?? {}) as Record<string, Json>)
  const { type } = settings
  if (typeof type !== 'string') return null
  if (!Object.hasOwn(registries.fields, type)) {
    const typeNode = value.kind === 'text' ? value : entriesOf(value).find(({ key }) => key === 'type')?.value
    reportUnknown(report, {
      code: 'unknown_type',
      what: 'field type',
      name: type,
      names: Object.keys(registries.fields),
      offset: typeNode?.start ?? value.start,
      path,
    })
  }
  return {
    name,
    type,
    required: settings.required === true,
    label: typeof settings.label === 'string' ? settings.label : null,
    keep: typeof settings.keep === 'boolean' ? settings.keep : registries.fields[type]?.kept !== false,
    compute: typeof settings.compute === 'string' ? settings.compute : null,
  }
}

export const readFields = (asked: NamesAsked): FieldsRead => {
  const { node, registries, report } = asked
  const documents: FieldDocument[] = []
  const types = new Map<string, FieldType | null>()
  const required: SourceNode[] = []
  if (node !== undefined && (node.kind !== 'map' || node.entries.length === 0))
    report({
      code: 'shape',
      message: 'found no fields',
      expected: 'a map of field names to their types, such as { email: email }',
      offset: node.start,
      path: 'fields',
    })
  const entries = node === undefined ? [] : entriesOf(node)
  for (const entry of atMost(report, { what: 'fields', entries, offset: node?.start ?? 0 })) {
    const field = readField(asked, entry)
    if (field === null) {
      if (!wrongName(entry.key) && !isReserved(entry.key)) types.set(entry.key, null)
      continue
    }
    documents.push(field)
    types.set(field.name, Object.hasOwn(registries.fields, field.type) ? (registries.fields[field.type] ?? null) : null)
    if (field.required)
      required.push({
        kind: 'text',
        value: field.name,
        style: 'plain',
        start: entry.keyStart,
        end: entry.keyStart + entry.key.length,
      })
  }
  return { documents, types, required }
}

const OWN_KEYS = Object.keys(DESTINATION_SHAPE.properties ?? {})

export const durationOf = (report: Report, entry: MapEntry | undefined, path: string): number | null => {
  if (entry === undefined || entry.value.kind !== 'text') return null
  const ms = readDurationMs(entry.value.value)
  if (ms === null)
    report({
      code: 'duration',
      message: `found ${JSON.stringify(entry.value.value.slice(0, 60))}`,
      expected: DURATION_SHAPE,
      offset: entry.value.start,
      path: `${path}.${entry.key}`,
    })
  return ms
}

/** Where the setting of this path stands, or the nearest block around it that was written. */
export const offsetOf = (node: SourceNode, path: string): number => {
  let found = node
  for (const name of path.split('.')) {
    const inner =
      found.kind === 'list' ? found.items[Number(name)] : entriesOf(found).find(({ key }) => key === name)?.value
    if (inner === undefined) break
    found = inner
  }
  return found.start
}

/** For the check alone: what is wrong with a template does not depend on where its flow is. */
export const CHECK_TOOLS = createDestinationTools({ country: 'US', zone: 'UTC' })

const reportFlaws = (asked: {
  readonly type: DestinationType
  readonly settings: Json
  readonly value: SourceNode
  readonly path: string
  readonly report: Report
}): void => {
  const { type, settings, value, path, report } = asked
  for (const flaw of type.flaws?.(settings as never, CHECK_TOOLS) ?? [])
    report({
      code: 'shape',
      message: flaw.message,
      offset: offsetOf(value, flaw.path),
      path: `${path}.${flaw.path}`,
    })
}

const readDestination = ({ registries, report }: NamesAsked, entry: MapEntry): DestinationDocument => {
  const { key: id, value, keyStart } = entry
  const path = `destinations.${id}`
  readShape({
    node: { kind: 'text', value: id, style: 'double', start: keyStart, end: keyStart },
    shape: ID_SHAPE,
    path,
    report,
  })
  const common = (readShape({ node: value, shape: DESTINATION_SHAPE, path, report }) ?? {}) as Record<string, Json>
  const entries = entriesOf(value)
  const find = (key: string): MapEntry | undefined => entries.find((one) => one.key === key)
  const type = typeof common.type === 'string' ? common.type : ''
  const known = Object.hasOwn(registries.destinations, type) ? registries.destinations[type] : undefined
  let settings: Json | undefined
  if (known !== undefined) {
    const shape = shapeOf(known.settings)
    const own = Object.keys(shape.properties ?? {})
    const rest = entries.filter(({ key }) => !OWN_KEYS.includes(key) || own.includes(key))
    // With the keys every destination takes, so that a mistyped one is told what there is.
    const common = Object.fromEntries(OWN_KEYS.map((key) => [key, {}]))
    settings = readShape({
      node: { kind: 'map', entries: rest, start: value.start, end: value.end },
      shape: { ...shape, properties: { ...common, ...shape.properties } },
      path,
      report,
    })
    if (settings !== undefined) reportFlaws({ type: known, settings, value, path, report })
  } else if (type !== '')
    reportUnknown(report, {
      code: 'unknown_destination_type',
      what: 'destination type',
      name: type,
      names: Object.keys(registries.destinations),
      offset: find('type')?.value.start ?? value.start,
      path: `${path}.type`,
    })
  return {
    id,
    name: typeof common.name === 'string' ? common.name : id,
    type,
    settings: (settings ?? {}) as DestinationDocument['settings'],
    terms: {},
    attemptsMax: typeof common.attempts === 'number' ? common.attempts : null,
    retryDelayMs: durationOf(report, find('retry_delay'), path),
    timeoutMs: durationOf(report, find('timeout'), path),
    policy: readDeliveryPolicy({ entries, report, path }),
    channels: Array.isArray(common.channels) ? (common.channels as string[]) : [],
  }
}

export const readDestinations = (asked: NamesAsked): readonly DestinationDocument[] => {
  const { node, report } = asked
  if (node === undefined) return []
  if (node.kind !== 'map') {
    report({
      code: 'shape',
      message: 'found no map',
      expected: 'a map of destination ids to their settings',
      offset: node.start,
      path: 'destinations',
    })
    return []
  }
  const entries = atMost(report, { what: 'destinations', entries: node.entries, offset: node.start })
  return entries.map((entry) => readDestination(asked, entry))
}
