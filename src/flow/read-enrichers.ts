/** Enrichers: who is asked for facts, what of the answer is taken, and how long it serves others. */
import type { DestinationType } from '../kit/destination.ts'
import type { Json } from '../kit/field.ts'
import type { EnricherDocument } from './document.ts'
import { ENRICHER_SHAPE, FACT_NAME_PATTERN } from './document-shape.ts'
import { type Called, CHECK_TOOLS, callOf, durationOf, find, offsetOf, readCalled, readSettings } from './read-calls.ts'
import { entriesOf, shapeOf } from './read-step.ts'
import { atMost, type NamesAsked, reportUnknown } from './reading.ts'
import { OF_ASKING } from './scope.ts'
import type { MapEntry, SourceNode } from './source.ts'

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

const reportFlaws = ({ report }: NamesAsked, called: Called, type: DestinationType, settings: Json): void => {
  const { node, path } = called
  const facts = find(called, 'facts')?.value
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

const readEnricher = (asked: NamesAsked, called: Called): EnricherDocument => {
  const { registries, report } = asked
  const { node, path, common } = called
  const facts = readFacts(asked, find(called, 'facts')?.value, `${path}.facts`)
  const type = typeof common.type === 'string' ? common.type : ''
  const able = Object.keys(registries.destinations).filter((name) => registries.destinations[name]?.enriches)
  const known = able.includes(type) ? registries.destinations[type] : undefined
  let settings: Json = {}
  if (known?.enriches) {
    const read = readSettings(asked, called, { shape: ENRICHER_SHAPE, settings: shapeOf(known.enriches.settings) })
    if (read !== undefined) {
      const places = Object.fromEntries(facts.map(({ name, at }) => [name, at]))
      settings = known.enriches.asDestination(read as { [name: string]: Json }, places)
      reportFlaws(asked, called, known, settings)
    }
  } else
    reportUnknown(report, {
      code: 'unknown_destination_type',
      what: 'type of enricher',
      name: type,
      names: able,
      offset: find(called, 'type')?.value.start ?? node.start,
      path: `${path}.type`,
    })
  return {
    ...callOf(asked, called),
    type,
    settings: settings as EnricherDocument['settings'],
    terms: {},
    channels: [],
    facts: facts.map(({ name, type: of }) => ({ name, type: of })),
    freshForMs: durationOf(report, find(called, 'fresh_for'), path),
    sample: sampleOf(asked, find(called, 'sample'), facts, path),
  }
}

/** `taken`: ids of destinations, which an enricher's may not be. */
export const readEnrichers = (asked: NamesAsked, taken: readonly string[]): readonly EnricherDocument[] =>
  readCalled(asked, { what: 'enrichers', shape: ENRICHER_SHAPE }, (called, keyStart) => {
    if (taken.includes(called.id))
      asked.report({
        code: 'duplicate_id',
        message: `the id "${called.id}" is that of a destination`,
        expected: 'an id of its own: pauses and breakers go by it',
        offset: keyStart,
        path: called.path,
      })
    return readEnricher(asked, called)
  })
