/** Enrichers: who is asked for facts, what of the answer is taken, and how long it serves others. */
import type { DestinationType } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { EnricherDocument } from './document.ts'
import { ENRICHER_SHAPE, FACT_NAME_PATTERN, ID_SHAPE } from './document-shape.ts'
import { readDeliveryPolicy } from './read-delivery.ts'
import { CHECK_TOOLS, durationOf, type NamesAsked, offsetOf } from './read-names.ts'
import { entriesOf, shapeOf } from './read-step.ts'
import { atMost, reportUnknown } from './reading.ts'
import { OF_ASKING } from './scope.ts'
import { readShape } from './shape.ts'
import type { MapEntry, SourceNode } from './source.ts'

const OWN_KEYS = Object.keys(ENRICHER_SHAPE.properties ?? {})

interface Fact {
  readonly name: string
  readonly type: string
  readonly at: string
}

const readFacts = ({ registries, report }: NamesAsked, node: SourceNode | undefined, path: string): Fact[] => {
  const entries = atMost(report, {
    what: 'facts',
    entries: node === undefined ? [] : entriesOf(node),
    offset: node?.start ?? 0,
  })
  return entries.flatMap(({ key: name, keyStart, value }): Fact[] => {
    if (!FACT_NAME_PATTERN.test(name) || OF_ASKING.includes(name)) {
      report({
        code: 'shape',
        message: `found the fact name "${name}"`,
        expected: OF_ASKING.includes(name)
          ? 'another name: every enricher appends that by itself'
          : 'a name of small letters, digits and _, with dots between its parts',
        offset: keyStart,
        path: `${path}.${name}`,
      })
      return []
    }
    const find = (key: string): SourceNode | undefined => entriesOf(value).find((entry) => entry.key === key)?.value
    const at = value.kind === 'text' ? value : find('at')
    const type = find('type')
    const named = type?.kind === 'text' ? type.value : 'string'
    if (!Object.hasOwn(registries.fields, named))
      reportUnknown(report, {
        code: 'unknown_type',
        what: 'field type',
        name: named,
        names: Object.keys(registries.fields),
        offset: type?.start ?? value.start,
        path: `${path}.${name}.type`,
      })
    return [{ name, type: named, at: at?.kind === 'text' ? at.value : '' }]
  })
}

const reportFlaws = (
  { report }: NamesAsked,
  asked: {
    readonly type: DestinationType
    readonly settings: Json
    readonly node: SourceNode
    readonly path: string
  },
): void => {
  const { type, settings, node, path } = asked
  const facts = entriesOf(node).find(({ key }) => key === 'facts')?.value
  for (const flaw of type.flaws?.(settings as never, CHECK_TOOLS) ?? []) {
    const fact = /^response\.capture\.(.+)$/.exec(flaw.path)?.[1]
    const at = fact === undefined ? undefined : facts && entriesOf(facts).find(({ key }) => key === fact)?.value
    report({
      code: 'shape',
      message: flaw.message,
      offset: at?.start ?? offsetOf(node, flaw.path),
      path: `${path}.${fact === undefined ? flaw.path : `facts.${fact}`}`,
    })
  }
}

const sampleOf = (
  { report }: NamesAsked,
  entry: MapEntry | undefined,
  facts: readonly Fact[],
  path: string,
): { [fact: string]: Json } => {
  const sample: { [fact: string]: Json } = {}
  for (const { key, keyStart, value } of entry ? entriesOf(entry.value) : []) {
    if (facts.some(({ name }) => name === key) && value.kind === 'text') sample[key] = value.value
    else
      reportUnknown(report, {
        code: 'unknown_variable',
        what: 'fact',
        name: key,
        names: facts.map(({ name }) => name),
        offset: keyStart,
        path: `${path}.sample.${key}`,
      })
  }
  return sample
}

const readEnricher = (asked: NamesAsked, entry: MapEntry, taken: readonly string[]): EnricherDocument => {
  const { registries, report } = asked
  const { key: id, value: node, keyStart } = entry
  const path = `enrichers.${id}`
  readShape({
    node: { kind: 'text', value: id, style: 'double', start: keyStart, end: keyStart },
    shape: ID_SHAPE,
    path,
    report,
  })
  if (taken.includes(id))
    report({
      code: 'duplicate_id',
      message: `the id "${id}" is that of a destination`,
      expected: 'an id of its own: pauses and breakers go by it',
      offset: keyStart,
      path,
    })
  const common = (readShape({ node, shape: ENRICHER_SHAPE, path, report }) ?? {}) as Record<string, Json>
  const entries = entriesOf(node)
  const find = (key: string): MapEntry | undefined => entries.find((one) => one.key === key)
  const facts = readFacts(asked, find('facts')?.value, `${path}.facts`)
  const type = typeof common.type === 'string' ? common.type : ''
  const able = Object.keys(registries.destinations).filter((name) => registries.destinations[name]?.enriches)
  const known = able.includes(type) ? registries.destinations[type] : undefined
  let settings: Json = {}
  if (known?.enriches) {
    const shape = shapeOf(known.enriches.settings)
    const own = Object.keys(shape.properties ?? {})
    const rest = entries.filter(({ key }) => !OWN_KEYS.includes(key) || own.includes(key))
    // With the keys every enricher takes, so that a mistyped one is told what there is.
    const every = Object.fromEntries(OWN_KEYS.map((key) => [key, {}]))
    const read = readShape({
      node: { kind: 'map', entries: rest, start: node.start, end: node.end },
      shape: { ...shape, properties: { ...every, ...shape.properties } },
      path,
      report,
    })
    if (read !== undefined) {
      const places = Object.fromEntries(facts.map(({ name, at }) => [name, at]))
      settings = known.enriches.asDestination(read as { [name: string]: Json }, places)
      reportFlaws(asked, { type: known, settings, node, path })
    }
  } else
    reportUnknown(report, {
      code: 'unknown_destination_type',
      what: 'type of enricher',
      name: type,
      names: able,
      offset: find('type')?.value.start ?? node.start,
      path: `${path}.type`,
    })
  return {
    id,
    name: typeof common.name === 'string' ? common.name : id,
    type,
    settings: settings as EnricherDocument['settings'],
    terms: {},
    attemptsMax: typeof common.attempts === 'number' ? common.attempts : null,
    retryDelayMs: durationOf(report, find('retry_delay'), path),
    timeoutMs: durationOf(report, find('timeout'), path),
    policy: readDeliveryPolicy({ entries, report, path }),
    channels: [],
    facts: facts.map(({ name, type: of }) => ({ name, type: of })),
    freshForMs: durationOf(report, find('fresh_for'), path),
    sample: sampleOf(asked, find('sample'), facts, path),
  }
}

/** `taken`: ids of destinations, which an enricher's may not be. */
export const readEnrichers = (asked: NamesAsked, taken: readonly string[]): readonly EnricherDocument[] => {
  const { node, report } = asked
  if (node === undefined) return []
  if (node.kind !== 'map') {
    report({
      code: 'shape',
      message: 'found no map',
      expected: 'a map of enricher ids to their settings',
      offset: node.start,
      path: 'enrichers',
    })
    return []
  }
  const entries = atMost(report, { what: 'enrichers', entries: node.entries, offset: node.start })
  return entries.map((entry) => readEnricher(asked, entry, taken))
}
