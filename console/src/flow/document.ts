import { type Document, isMap, isSeq, parseDocument, Document as YamlDocument } from 'yaml'

/** A flow's text as a document that can be changed in place: what is not touched, comments too, stays as it was. */
export const readDocument = (text: string): Document => parseDocument(text, { keepSourceTokens: false })

/** Where a step stands: `steps[3]`, in an arm of a branch `steps[3].branch.rules[0].steps[1]`; as problems say it too. */
export type StepPath = string

export interface FlowArm {
  readonly name: string
  /** Null: of a lead that no rule takes. */
  readonly when: string | null
  /** The list that its steps stand in. */
  readonly list: string
  readonly steps: readonly FlowStep[]
}

export interface FlowStep {
  readonly path: StepPath
  readonly type: string
  readonly id: string | null
  readonly config: Readonly<Record<string, unknown>>
  /** Of a branch. */
  readonly arms: readonly FlowArm[]
}

export interface FlowOutline {
  readonly id: string
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly type: string; readonly required: boolean }[]
  readonly sources: readonly { readonly id: string; readonly name: string }[]
  readonly destinations: readonly { readonly id: string; readonly name: string; readonly type: string }[]
  readonly steps: readonly FlowStep[]
  readonly blocks: readonly string[]
  /** The flow's own settings and blocks. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly sourceConfigs: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  readonly destinationConfigs: ReadonlyMap<string, Readonly<Record<string, unknown>>>
}

/** Told of by themselves. */
const PARTS = new Set(['fields', 'sources', 'destinations', 'steps', 'flow'])

type Plain = Readonly<Record<string, unknown>>
const objectOf = (value: unknown): Plain =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Plain) : {}
const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const stepsIn = (value: unknown, list: string): FlowStep[] =>
  itemsOf(value).flatMap((step, at): FlowStep[] => {
    const [type, config] = typeof step === 'string' ? [step, {}] : (Object.entries(objectOf(step))[0] ?? [])
    if (type === undefined) return []
    const inner = objectOf(config)
    const path = `${list}[${at}]`
    const id = typeof inner.id === 'string' ? inner.id : null
    return [{ path, type, id, config: inner, arms: type === 'branch' ? armsIn(inner, path) : [] }]
  })

const armsIn = (config: Plain, path: string): FlowArm[] => {
  const rules = itemsOf(config.rules).map((rule, at): FlowArm => {
    const { id, when, steps } = objectOf(rule)
    const list = `${path}.branch.rules[${at}].steps`
    return { name: String(id ?? at + 1), when: String(when ?? ''), list, steps: stepsIn(steps, list) }
  })
  const list = `${path}.branch.else`
  return config.else === undefined
    ? rules
    : [...rules, { name: 'else', when: null, list, steps: stepsIn(config.else, list) }]
}

/** All steps, those in arms behind their branch: the order they are judged in. */
export const allSteps = (steps: readonly FlowStep[]): readonly FlowStep[] =>
  steps.flatMap((step) => [step, ...step.arms.flatMap((arm) => allSteps(arm.steps))])

export const stepAt = (outline: FlowOutline, path: StepPath | null): FlowStep | undefined =>
  path === null ? undefined : allSteps(outline.steps).find((step) => step.path === path)

/** The steps of a list: of the flow, or of an arm. */
export const listOf = (outline: FlowOutline, list: string): readonly FlowStep[] =>
  list === 'steps'
    ? outline.steps
    : (allSteps(outline.steps)
        .flatMap(({ arms }) => arms)
        .find((arm) => arm.list === list)?.steps ?? [])

/** Of what a problem's path says, the step it is of. */
export const stepPathOf = (path: string): StepPath | null =>
  /^steps\[\d+\](?:\.branch\.(?:rules\[\d+\]\.steps|else)\[\d+\])*/.exec(path)?.[0] ?? null

/** What a flow is made of, as far as its text can be read; null where it cannot. */
export const outlineOf = (text: string): FlowOutline | null => {
  const document = readDocument(text)
  if (document.errors.length > 0 || !isMap(document.contents)) return null
  const flow = objectOf(document.toJS())
  const steps = stepsIn(flow.steps, 'steps')
  return {
    id: String(flow.flow ?? ''),
    name: String(flow.name ?? flow.flow ?? ''),
    fields: Object.entries(objectOf(flow.fields)).map(([name, field]) => ({
      name,
      type: typeof field === 'string' ? field : String(objectOf(field).type ?? 'string'),
      required: objectOf(field).required === true,
    })),
    sources: itemsOf(flow.sources).map((source) => {
      const { id = '', name } = objectOf(source)
      return { id: String(id), name: String(name ?? id) }
    }),
    destinations: Object.entries(objectOf(flow.destinations)).map(([id, destination]) => ({
      id,
      name: String(objectOf(destination).name ?? id),
      type: String(objectOf(destination).type ?? ''),
    })),
    steps,
    settings: Object.fromEntries(Object.entries(flow).filter(([name]) => !PARTS.has(name))),
    sourceConfigs: new Map(
      itemsOf(flow.sources).map((source) => [String(objectOf(source).id ?? ''), objectOf(source)]),
    ),
    destinationConfigs: new Map(
      Object.entries(objectOf(flow.destinations)).map(([id, destination]) => [id, objectOf(destination)]),
    ),
    blocks: ['accept', 'suppress', 'price', 'caps'].filter((name) => flow[name] !== undefined),
  }
}

const written = (document: Document): string => document.toString({ lineWidth: 120, flowCollectionPadding: true })

/** The text with another source. */
export const withSource = (
  text: string,
  source: { readonly id: string; readonly name: string; readonly price: string | null },
): string => {
  const document = readDocument(text)
  const sources = document.get('sources')
  const node = document.createNode({
    id: source.id,
    name: source.name,
    ...(source.price === null ? {} : { price: { id: 'base', amount: source.price } }),
  })
  if (isSeq(sources)) sources.add(node)
  else document.set('sources', document.createNode([node]))
  return written(document)
}

const keysOf = (path: string): (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, at, name]) => (at === undefined ? (name ?? '') : Number(at)))

/** The list a step stands in, and its place there. */
export const placeIn = (path: StepPath): { readonly list: string; readonly at: number } => {
  const [, list = '', at = '0'] = /^(.*)\[(\d+)\]$/.exec(path) ?? []
  return { list, at: Number(at) }
}

const listAt = (document: Document, list: string) => {
  const steps = document.getIn(keysOf(list))
  return isSeq(steps) ? steps : null
}

/** Moved up or down in its list. */
export const withStepMoved = (text: string, path: StepPath, by: number): string => {
  const document = readDocument(text)
  const { list, at } = placeIn(path)
  const steps = listAt(document, list)
  if (steps === null) return text
  const [moved] = steps.items.splice(at, 1)
  if (moved !== undefined) steps.items.splice(at + by, 0, moved)
  return written(document)
}

export const withoutStep = (text: string, path: StepPath): string => {
  const document = readDocument(text)
  const { list, at } = placeIn(path)
  listAt(document, list)?.items.splice(at, 1)
  return written(document)
}

export const withStep = (text: string, list: string, at: number, step: unknown): string => {
  const document = readDocument(text)
  const steps = listAt(document, list)
  if (steps === null) document.setIn(keysOf(list), document.createNode([step]))
  else steps.items.splice(at, 0, document.createNode(step))
  return written(document)
}

/** The text with another config for a step. */
export const withStepConfig = (text: string, path: StepPath, type: string, config: unknown): string => {
  const document = readDocument(text)
  const { list, at } = placeIn(path)
  const steps = listAt(document, list)
  if (steps === null) return text
  steps.items[at] = document.createNode({ [type]: config })
  return written(document)
}

/** Where a step stands in the text, from and to; null where it cannot be told. */
export const placeOfStep = (text: string, path: StepPath): readonly [number, number] | null => {
  const { list, at } = placeIn(path)
  const node = listAt(readDocument(text), list)?.items[at]
  const range = (node as { range?: readonly [number, number, number] } | undefined)?.range
  return range === undefined ? null : [range[0], range[1]]
}

/** A step's config as text of its own, for a small editor. */
export const configText = (config: unknown): string => {
  const document = new YamlDocument(config)
  return document.toString({ lineWidth: 0 }).trimEnd()
}

/** What was typed as a step's config; throws with what is wrong with it. */
export const readConfig = (text: string): unknown => {
  const document = readDocument(text)
  const [error] = document.errors
  if (error) throw new Error(error.message.split('\n')[0])
  return document.toJS() ?? {}
}

/** The text with a destination, new or changed. */
export const withDestination = (text: string, id: string, config: unknown): string => {
  const document = readDocument(text)
  document.setIn(['destinations', id], document.createNode(config))
  return written(document)
}

/** The text with a step at the end that sends to a destination. */
export const withDeliverTo = (text: string, id: string): string =>
  withStep(text, 'steps', listAt(readDocument(text), 'steps')?.items.length ?? 0, {
    deliver: { id: `to-${id}`, to: id },
  })

export interface CapPlace {
  readonly id: string
  readonly source: string | null
  readonly destination: string | null
  readonly buyer: string | null
}

interface CapNode {
  readonly has: (key: string) => boolean
  readonly get: (key: string) => unknown
  readonly set: (key: string, value: unknown) => void
}

/** Maps that say `max` and `per`, wherever they stand below a node. */
const capNodes = (node: unknown): readonly CapNode[] => {
  if (isSeq(node)) return node.items.flatMap(capNodes)
  if (!isMap(node)) return []
  const own = node.has('max') && node.has('per') ? [node as CapNode] : []
  return [...own, ...node.items.flatMap(({ value }) => capNodes(value))]
}

/** The text with another maximum for a cap; null where the text does not say plainly which one it is. */
export const withCapMax = (text: string, place: CapPlace, max: string | number): string | null => {
  const document = readDocument(text)
  const { source, destination, buyer } = place
  const top = document.contents
  const under = (): unknown => {
    if (destination !== null)
      return document.getIn(['destinations', destination, buyer === null ? 'caps' : 'buyer_caps'])
    if (source !== null) {
      const sources = document.get('sources')
      return isSeq(sources) ? sources.items.find((item) => isMap(item) && String(item.get('id')) === source) : null
    }
    return isMap(top)
      ? top.items.filter(({ key }) => !['sources', 'destinations'].includes(String(key))).map(({ value }) => value)
      : null
  }
  const where = under()
  const all = Array.isArray(where) ? where.flatMap(capNodes) : capNodes(where)
  const named = all.filter((node) => node.get('id') === place.id)
  const [node, other] = named.length > 0 ? named : all.filter((each) => !each.has('id'))
  if (node === undefined || other !== undefined) return null
  node.set('max', max)
  return written(document)
}
