/** What is called from outside, by an id of its own: destinations and enrichers are read alike. */
import type { Json } from '../kit/field.ts'
import { createDestinationTools } from './destination-tools.ts'
import type { DestinationDocument } from './document.ts'
import { ID_SHAPE } from './document-shape.ts'
import { DURATION_SHAPE, readDurationMs } from './durations.ts'
import type { Report } from './problems.ts'
import { readDeliveryPolicy } from './read-delivery.ts'
import { entriesOf } from './read-step.ts'
import { atMost, type NamesAsked } from './reading.ts'
import { readShape, type Shape } from './shape.ts'
import type { MapEntry, SourceNode } from './source.ts'

/** For the check alone: what is wrong with a template does not depend on where its flow is. */
export const CHECK_TOOLS = createDestinationTools({ country: 'US', zone: 'UTC' })

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

/** One that is called, with the keys that all of its kind take. */
export interface Called {
  readonly id: string
  readonly node: SourceNode
  readonly path: string
  readonly entries: readonly MapEntry[]
  readonly common: Readonly<Record<string, Json>>
}

export const find = ({ entries }: Called, key: string): MapEntry | undefined => entries.find((one) => one.key === key)

/** The settings of its type; undefined where they are wrong. `shape`: of the keys that all of its kind take. */
export const readSettings = (
  { report }: NamesAsked,
  { entries, node, path }: Called,
  { shape, settings }: { readonly shape: Shape; readonly settings: Shape },
): Json | undefined => {
  const common = Object.keys(shape.properties ?? {})
  const own = settings.properties ?? {}
  const rest = entries.filter(({ key }) => !common.includes(key) || Object.hasOwn(own, key))
  // With the keys all of its kind take, so that a mistyped one is told what there is.
  const every = Object.fromEntries(common.map((key) => [key, {}]))
  return readShape({
    node: { kind: 'map', entries: rest, start: node.start, end: node.end },
    shape: { ...settings, properties: { ...every, ...own } },
    path,
    report,
  })
}

/** How it is called. */
export const callOf = (
  { report }: NamesAsked,
  called: Called,
): Pick<DestinationDocument, 'id' | 'name' | 'attemptsMax' | 'retryDelayMs' | 'timeoutMs' | 'policy'> => {
  const { id, entries, common, path } = called
  return {
    id,
    name: typeof common.name === 'string' ? common.name : id,
    attemptsMax: typeof common.attempts === 'number' ? common.attempts : null,
    retryDelayMs: durationOf(report, find(called, 'retry_delay'), path),
    timeoutMs: durationOf(report, find(called, 'timeout'), path),
    policy: readDeliveryPolicy({ entries, report, path }),
  }
}

/** Reads a map of them. `shape`: of the keys that all of its kind take. */
export const readCalled = <T>(
  { node, report }: NamesAsked,
  { what, shape }: { readonly what: 'destinations' | 'enrichers'; readonly shape: Shape },
  readOne: (called: Called, keyStart: number) => T,
): readonly T[] => {
  if (node === undefined) return []
  if (node.kind !== 'map') {
    report({
      code: 'shape',
      message: 'found no map',
      expected: `a map of ${what.slice(0, -1)} ids to their settings`,
      offset: node.start,
      path: what,
    })
    return []
  }
  return atMost(report, { what, entries: node.entries, offset: node.start }).map(({ key: id, value, keyStart }) => {
    const path = `${what}.${id}`
    readShape({
      node: { kind: 'text', value: id, style: 'double', start: keyStart, end: keyStart },
      shape: ID_SHAPE,
      path,
      report,
    })
    const common = (readShape({ node: value, shape, path, report }) ?? {}) as Record<string, Json>
    return readOne({ id, node: value, path, entries: entriesOf(value), common }, keyStart)
  })
}
