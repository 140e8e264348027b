/** The blocks of flow and source become steps of the types `accept`, `suppress`, `price` and `cap`. */
import type { BlockDocuments, BlockName, StepDocument } from './document.ts'
import { entriesOf, readStep } from './read-step.ts'
import type { Reading } from './reading.ts'
import type { Settable } from './references.ts'
import { entryOf, type MapEntry, type SourceNode } from './source.ts'

const map = (at: SourceNode, entries: readonly MapEntry[]): SourceNode => ({
  kind: 'map',
  entries,
  start: at.start,
  end: at.end,
})

const entry = (key: string, value: SourceNode): MapEntry => ({ key, keyStart: value.start, value })

/** `price: 15.00 USD`, `{ id: base, amount: … }` and `{ rules: … }` are written alike: an amount with an id is a rule. */
export const priceConfig = (node: SourceNode): SourceNode => {
  if (node.kind === 'text') return map(node, [entry('amount', node)])
  const entries = entriesOf(node)
  const id = entries.find(({ key }) => key === 'id')
  const amount = entries.find(({ key }) => key === 'amount')
  const rules = entries.find(({ key }) => key === 'rules')
  if (node.kind !== 'map' || id === undefined || amount === undefined) return node
  if (rules !== undefined && rules.value.kind !== 'list') return node
  const items = rules?.value.kind === 'list' ? rules.value.items : []
  const flat = map(node, [id, amount])
  const rest = entries.filter((other) => other !== id && other !== amount && other !== rules)
  const list: SourceNode = { kind: 'list', items: [...items, flat], start: node.start, end: node.end }
  return map(node, [...rest, entry('rules', list)])
}

export interface BlocksAsked {
  readonly reading: Reading
  /** The flow's or the source's map. */
  readonly node: SourceNode
  /** `flow` or `source`: the ids begin with it. */
  readonly owner: 'flow' | 'source'
  readonly path: string
  /** Names of the fields that must be sent, where they are declared. */
  readonly required: readonly SourceNode[]
  /** What blocks and steps before these set; grows. */
  readonly set: Set<Settable>
}

const configOf = (asked: BlocksAsked, name: BlockName): SourceNode | null => {
  const { node, required } = asked
  switch (name) {
    case 'accept': {
      const criteria = entryOf(node, 'accept')
      if (criteria === undefined && required.length === 0) return null
      const at = criteria ?? node
      const list: SourceNode = { kind: 'list', items: required, start: at.start, end: at.end }
      return map(at, [
        ...(required.length > 0 ? [entry('required', list)] : []),
        ...(criteria === undefined ? [] : [entry('criteria', criteria)]),
      ])
    }
    case 'suppress':
      return entryOf(node, 'suppress') ?? null
    case 'price': {
      const price = entryOf(node, 'price')
      return price === undefined ? null : priceConfig(price)
    }
    case 'cap': {
      const caps = entryOf(node, 'caps')
      return caps === undefined ? null : map(caps, [entry('caps', caps)])
    }
  }
}

const KEYS: Readonly<Record<BlockName, string>> = {
  accept: 'accept',
  suppress: 'suppress',
  price: 'price',
  cap: 'caps',
}

/** The path as the author wrote it: the config of a step has its list under a key more. */
const asWritten = (path: string): string =>
  path.replace(/(^|\.)(accept\.criteria|caps\.caps)\b/, (_, dot, keys) => `${dot}${keys.split('.')[0]}`)

const readBlock = (asked: BlocksAsked, name: BlockName): StepDocument | null => {
  const config = configOf(asked, name)
  if (config === null) return null
  const read = readStep({
    reading: {
      ...asked.reading,
      report: (finding) => asked.reading.report({ ...finding, path: asWritten(finding.path) }),
    },
    type: name,
    typeOffset: config.start,
    node: config,
    path: asked.path === '' ? KEYS[name] : `${asked.path}.${KEYS[name]}`,
    block: true,
    models: undefined,
    set: asked.set,
  })
  for (const value of read?.type.sets ?? []) asked.set.add(value)
  const id = `${asked.owner}.${name}`
  if (read !== null && !asked.reading.stepIds.includes(id)) asked.reading.stepIds.push(id)
  return read === null ? null : { ...read.document, arm: null, id }
}

/** Reads the blocks in the order they run. */
export const readBlocks = (asked: BlocksAsked): BlockDocuments => {
  const accept = readBlock(asked, 'accept')
  const suppress = readBlock(asked, 'suppress')
  const price = readBlock(asked, 'price')
  const cap = readBlock(asked, 'cap')
  return { accept, suppress, price, cap }
}
