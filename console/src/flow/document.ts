import { type Document, isMap, isSeq, parseDocument, Document as YamlDocument } from 'yaml'

/** A flow's text as a document that can be changed in place: what is not touched, comments too, stays as it was. */
export const readDocument = (text: string): Document => parseDocument(text, { keepSourceTokens: false })

export interface FlowStep {
  readonly type: string
  readonly id: string | null
  readonly config: Readonly<Record<string, unknown>>
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
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** What a flow is made of, as far as its text can be read; null where it cannot. */
export const outlineOf = (text: string): FlowOutline | null => {
  const document = readDocument(text)
  if (document.errors.length > 0 || !isMap(document.contents)) return null
  const flow = objectOf(document.toJS())
  const steps = listOf(flow.steps).flatMap((step): FlowStep[] => {
    const [type, config] = Object.entries(objectOf(step))[0] ?? []
    if (type === undefined) return []
    const inner = objectOf(config)
    return [{ type, id: typeof inner.id === 'string' ? inner.id : null, config: inner }]
  })
  return {
    id: String(flow.flow ?? ''),
    name: String(flow.name ?? flow.flow ?? ''),
    fields: Object.entries(objectOf(flow.fields)).map(([name, field]) => ({
      name,
      type: typeof field === 'string' ? field : String(objectOf(field).type ?? 'string'),
      required: objectOf(field).required === true,
    })),
    sources: listOf(flow.sources).map((source) => {
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
    sourceConfigs: new Map(listOf(flow.sources).map((source) => [String(objectOf(source).id ?? ''), objectOf(source)])),
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

const stepsOf = (document: Document) => {
  const steps = document.get('steps')
  return isSeq(steps) ? steps : null
}

export const withStepMoved = (text: string, from: number, to: number): string => {
  const document = readDocument(text)
  const steps = stepsOf(document)
  if (steps === null) return text
  const [moved] = steps.items.splice(from, 1)
  if (moved !== undefined) steps.items.splice(to, 0, moved)
  return written(document)
}

export const withoutStep = (text: string, at: number): string => {
  const document = readDocument(text)
  stepsOf(document)?.items.splice(at, 1)
  return written(document)
}

export const withStep = (text: string, at: number, step: unknown): string => {
  const document = readDocument(text)
  const node = document.createNode(step)
  const steps = stepsOf(document)
  if (steps === null) document.set('steps', document.createNode([step]))
  else steps.items.splice(at, 0, node)
  return written(document)
}

/** The text with another config for a step. */
export const withStepConfig = (text: string, at: number, type: string, config: unknown): string => {
  const document = readDocument(text)
  const steps = stepsOf(document)
  if (steps === null) return text
  steps.items[at] = document.createNode({ [type]: config })
  return written(document)
}

/** Where a step stands in the text, from and to; null where it cannot be told. */
export const placeOfStep = (text: string, at: number): readonly [number, number] | null => {
  const node = stepsOf(readDocument(text))?.items[at]
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
