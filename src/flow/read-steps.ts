/** The declared steps: their types, ids, and whether a lead can reach them. */
import type { StepDocument } from './document.ts'
import { oneOf } from './nearest.ts'
import { readStep, type StepRead } from './read-step.ts'
import { atMost, type Reading, reportUnknown } from './reading.ts'
import { ROUTE, type Settable, textsAt } from './references.ts'
import { joinPath } from './shape.ts'
import { entryOf, isEmpty, type MapEntry, type SourceNode } from './source.ts'

export interface StepsAsked {
  readonly reading: Reading
  readonly node: SourceNode
  readonly models: SourceNode | undefined
  readonly set: Set<Settable>
}

/** `- normalize` or `- dedupe: { … }`. */
const stepEntry = (asked: StepsAsked, item: SourceNode, path: string): MapEntry | null => {
  const { report, registries } = asked.reading
  if (item.kind === 'text' && !isEmpty(item))
    return {
      key: item.value,
      keyStart: item.start,
      value: { kind: 'text', value: '', style: 'plain', start: item.start, end: item.end },
    }
  if (item.kind !== 'map' || item.entries.length === 0) {
    report({
      code: 'shape',
      message: 'found no step',
      expected: `${oneOf(Object.keys(registries.steps))}, with its settings below it`,
      offset: item.start,
      path,
    })
    return null
  }
  const [first, second] = item.entries
  if (first === undefined) return null
  if (second !== undefined)
    report({
      code: 'shape',
      message: `the step has a second key "${second.key}"`,
      expected: `one key, the step's type; what belongs to "${first.key}" is indented below it`,
      offset: second.keyStart,
      path,
    })
  return first
}

interface Placed {
  readonly read: StepRead
  readonly offset: number
  readonly path: string
  /** The branch it stands in, and the name of its arm. */
  readonly within: { readonly branch: Placed; readonly arm: string } | null
}

/** Branches in branches. Deeper, nobody follows what becomes of a lead. */
const DEPTH_MAX = 8

const idOf = ({ read }: Placed): string => read.id ?? read.document.type

const withIds = (reading: Reading, placed: readonly Placed[]): StepDocument[] => {
  const byType = new Map<string, number>()
  for (const { read } of placed)
    if (read.id === null) byType.set(read.document.type, (byType.get(read.document.type) ?? 0) + 1)
  const taken = new Map<string, number>()
  return placed.map((one) => {
    const { read, offset, path, within } = one
    const { type } = read.document
    const id = idOf(one)
    if (read.id === null && (byType.get(type) ?? 0) > 1)
      reading.report({
        code: 'ambiguous_id',
        message: `several "${type}" steps have no id`,
        expected: 'an id in each: counters, journals and simulations refer to it',
        offset,
        path,
      })
    else if (taken.has(id))
      reading.report({
        code: 'duplicate_id',
        message: `the id "${id}" is that of an earlier step`,
        expected: 'an id of its own',
        offset: read.id === null ? offset : read.idOffset,
        path,
      })
    taken.set(id, offset)
    const arm = within && { branch: idOf(within.branch), name: within.arm }
    return { ...read.document, arm, id }
  })
}

const reportUnreachable = (reading: Reading, placed: readonly Placed[]): void => {
  let because: string | null = null
  for (const { read, offset, path } of placed) {
    const { type } = read.document
    const why = because ?? (read.guardNever ? 'its own condition is always false' : null)
    if (why !== null)
      reading.report({ code: 'unreachable', message: `no lead reaches this "${type}" step: ${why}`, offset, path })
    if (because !== null || read.guardNever || read.document.guard !== null) continue
    if (type === 'stop') because = 'the "stop" step before it ends every journey'
    else if (read.passesNever) because = `the "${type}" step before it lets none pass`
  }
}

/** Where a step delivers to the destination that a route step chose, every destination that step may choose must exist. */
const reportRoutes = (reading: Reading, placed: readonly Placed[]): void => {
  const routed = placed.flatMap(({ read, path }) =>
    (read.type.references.destinations ?? [])
      .flatMap((reference) => textsAt(read.config, reference.split('.'), path))
      .filter(({ node }) => node.value === ROUTE),
  )
  if (routed.length === 0) return
  const routers = placed.filter(({ read }) => read.type.sets?.includes('route') === true)
  if (routers.length === 0)
    for (const { node, path } of routed)
      reading.report({
        code: 'never_set',
        message: `no step chooses the destination that "${ROUTE}" stands for`,
        expected: 'an earlier route step',
        offset: node.start,
        path,
      })
  for (const { read, path } of routers)
    for (const reference of ['rules.*.to', 'else'])
      for (const { node, path: where } of textsAt(read.config, reference.split('.'), path))
        if (!reading.destinationIds.includes(node.value))
          reportUnknown(reading.report, {
            code: 'unknown_destination',
            what: 'destination',
            name: node.value,
            names: reading.destinationIds,
            offset: node.start,
            path: where,
          })
}

/** The lists of steps inside a branch, each with the name of its arm. */
const armsOf = ({ read, path }: Placed): { node: SourceNode; path: string; arm: string }[] =>
  (read.type.references.steps ?? []).flatMap((reference) => {
    const [key = '', ...rest] = reference.split('.')
    const at = entryOf(read.config, key)
    if (at === undefined) return []
    if (rest.length === 0) return [{ node: at, path: joinPath(path, key), arm: key }]
    const items = at.kind === 'list' ? at.items : []
    return items.flatMap((item, index) => {
      const steps = entryOf(item, rest.at(-1) ?? '')
      const id = entryOf(item, 'id')
      const where = `${joinPath(path, key)}[${index}].${rest.at(-1)}`
      return steps === undefined ? [] : [{ node: steps, path: where, arm: id?.kind === 'text' ? id.value : '' }]
    })
  })

/** Reads a list of steps, and behind each branch those of its arms. */
const placeSteps = (
  asked: StepsAsked,
  node: SourceNode,
  at: { readonly path: string; readonly within: Placed['within']; readonly depth: number },
): Placed[] => {
  const { reading, models, set } = asked
  if (node.kind !== 'list') {
    if (!isEmpty(node) && at.within === null)
      reading.report({
        code: 'shape',
        message: 'found no list',
        expected: 'a list of steps',
        offset: node.start,
        path: at.path,
      })
    return []
  }
  if (at.depth > DEPTH_MAX) {
    const expected = `at most ${DEPTH_MAX} branches in one another`
    reading.report({ code: 'too_large', message: 'found a deeper branch', expected, offset: node.start, path: at.path })
    return []
  }
  const placed: Placed[] = []
  const own: Placed[] = []
  const items = atMost(reading.report, { what: 'steps', entries: node.items, offset: node.start })
  items.forEach((item, index) => {
    const path = `${at.path}[${index}]`
    const entry = stepEntry(asked, item, path)
    if (entry === null) return
    const where = `${path}.${entry.key}`
    const read = readStep({
      reading,
      type: entry.key,
      typeOffset: entry.keyStart,
      node: entry.value,
      path: where,
      block: false,
      models,
      set,
    })
    if (read === null) return
    const one: Placed = { read, offset: entry.keyStart, path: where, within: at.within }
    placed.push(one)
    own.push(one)
    for (const value of [...(read.type.sets ?? []), ...read.enrichers]) set.add(value)
    reading.stepIds.push(idOf(one))
    for (const { node: steps, path: below, arm } of armsOf(one))
      placed.push(...placeSteps(asked, steps, { path: below, within: { branch: one, arm }, depth: at.depth + 1 }))
  })
  reportUnreachable(reading, own)
  return placed
}

/** Reads the list of steps. */
export const readSteps = (asked: StepsAsked): StepDocument[] => {
  const { reading, node } = asked
  const placed = placeSteps(asked, node, { path: 'steps', within: null, depth: 0 })
  atMost(reading.report, { what: 'steps', entries: placed, offset: node.start })
  reportRoutes(reading, placed)
  return withIds(reading, placed)
}
