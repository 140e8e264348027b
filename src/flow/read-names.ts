/** Fields and destinations: the names everything else in a flow refers to. */
import type { DestinationType } from '../kit/destination.ts'
import type { FieldType, Json } from '../kit/field.ts'
import type { DestinationDocument, FieldDocument } from './document.ts'
import { DESTINATION_SHAPE, FIELD_NAME_DESCRIPTION, FIELD_NAME_PATTERN, FIELD_SHAPE } from './document-shape.ts'
import { type Called, CHECK_TOOLS, callOf, find, offsetOf, readCalled, readSettings } from './read-calls.ts'
import { entriesOf, shapeOf } from './read-step.ts'
import { atMost, type NamesAsked, reportUnknown } from './reading.ts'
import { LEAD_NAMES } from './scope.ts'
import { readShape } from './shape.ts'
import type { MapEntry, SourceNode } from './source.ts'

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
      message: `no field can be called "${name}": ${LEAD_NAMES.includes(name) ? `every lead has its own lead.${name}` : 'everything has something of that name'}`,
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

const reportFlaws = ({ report }: NamesAsked, { node, path }: Called, type: DestinationType, settings: Json): void => {
  for (const flaw of type.flaws?.(settings as never, CHECK_TOOLS) ?? [])
    report({ code: 'shape', message: flaw.message, offset: offsetOf(node, flaw.path), path: `${path}.${flaw.path}` })
}

const readDestination = (asked: NamesAsked, called: Called): DestinationDocument => {
  const { registries, report } = asked
  const { node, path, common } = called
  const type = typeof common.type === 'string' ? common.type : ''
  const known = Object.hasOwn(registries.destinations, type) ? registries.destinations[type] : undefined
  let settings: Json | undefined
  if (known !== undefined) {
    // What is missing or of another kind is told by now; a type is asked only of settings that are what it knows.
    let isWhole = true
    const noting: NamesAsked['report'] = (finding) => {
      isWhole = false
      report(finding)
    }
    const shapes = { shape: DESTINATION_SHAPE, settings: shapeOf(known.settings) }
    settings = readSettings({ ...asked, report: noting }, called, shapes)
    if (settings !== undefined && isWhole) reportFlaws(asked, called, known, settings)
  } else if (type !== '')
    reportUnknown(report, {
      code: 'unknown_destination_type',
      what: 'destination type',
      name: type,
      names: Object.keys(registries.destinations),
      offset: find(called, 'type')?.value.start ?? node.start,
      path: `${path}.type`,
    })
  return {
    ...callOf(asked, called),
    type,
    settings: (settings ?? {}) as DestinationDocument['settings'],
    terms: {},
    channels: Array.isArray(common.channels) ? (common.channels as string[]) : [],
  }
}

export const readDestinations = (asked: NamesAsked): readonly DestinationDocument[] => {
  const names = new Map<string, string>()
  return readCalled(asked, { what: 'destinations', shape: DESTINATION_SHAPE }, (called, keyStart) => {
    const read = readDestination(asked, called)
    const other = names.get(read.name)
    if (other === undefined) names.set(read.name, read.id)
    else
      asked.report({
        code: 'duplicate_name',
        message: `the name "${read.name}" is that of the destination "${other}"`,
        expected: 'a name of its own: by it sources are told what became of each delivery',
        offset: find(called, 'name')?.value.start ?? keyStart,
        path: called.path,
      })
    return read
  })
}
