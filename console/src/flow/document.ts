import { type Document, isMap, isSeq, parseDocument } from 'yaml'

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
}

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
