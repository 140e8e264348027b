/** The sources of a flow: who submits leads, how their names map to its fields, and their blocks. */
import type { Json } from '../kit/field.ts'
import { NO_BLOCKS, type SourceDocument } from './document.ts'
import { SOURCE_SHAPE } from './document-shape.ts'
import { readBlocks } from './read-blocks.ts'
import { readMapping } from './read-mapping.ts'
import { entriesOf } from './read-step.ts'
import { atMost, type Reading } from './reading.ts'
import type { Settable } from './references.ts'
import { readShape } from './shape.ts'
import { entryOf, type SourceNode } from './source.ts'

export interface SourcesAsked {
  readonly reading: Reading
  readonly node: SourceNode
  /** What the flow's blocks set. */
  readonly setByFlow: ReadonlySet<Settable>
  /** Grows by what any source's blocks set. */
  readonly set: Set<Settable>
}

const readSource = (asked: SourcesAsked, node: SourceNode, path: string): SourceDocument | null => {
  const { reading } = asked
  const read = readShape({ node, shape: SOURCE_SHAPE, path, report: reading.report })
  if (read === undefined) return null
  const settings = read as Record<string, Json>
  const written = readMapping(reading, entryOf(node, 'mapping'), `${path}.mapping`)
  // Where the last counts, they are looked at from the last on.
  const mapping =
    settings.mapping_takes === 'last'
      ? Object.fromEntries(Object.entries(written).map(([field, takings]) => [field, takings.toReversed()]))
      : written
  const set = new Set(asked.setByFlow)
  const blocks = readBlocks({ reading, node, owner: 'source', path, required: [], set })
  for (const name of set) asked.set.add(name)
  const text = (key: string): string | null => {
    const value = settings[key]
    return typeof value === 'string' ? value : null
  }
  const id = text('id') ?? ''
  return {
    id,
    name: text('name') ?? id,
    enabled: settings.enabled !== false,
    adapter: text('adapter') ?? 'default',
    mapping,
    idField: text('id_field'),
    successStatus: settings.success_status === 200 ? 200 : 201,
    partial: settings.partial === true,
    blocks: blocks ?? NO_BLOCKS,
  }
}

/** Reads the list of sources. */
export const readSources = (asked: SourcesAsked): SourceDocument[] => {
  const { reading, node } = asked
  if (node.kind !== 'list' || node.items.length === 0) {
    reading.report({
      code: 'shape',
      message: 'found no sources',
      expected: 'a list of sources, each with an id',
      offset: node.start,
      path: 'sources',
    })
    return []
  }
  const seen = new Set<string>()
  const items = atMost(reading.report, { what: 'sources', entries: node.items, offset: node.start })
  return items.flatMap((item, index) => {
    const source = readSource(asked, item, `sources[${index}]`)
    if (source === null) return []
    if (source.id !== '' && seen.has(source.id))
      reading.report({
        code: 'duplicate_id',
        message: `the id "${source.id}" is that of an earlier source`,
        expected: 'an id of its own',
        offset: entriesOf(item).find(({ key }) => key === 'id')?.value.start ?? item.start,
        path: `sources[${index}].id`,
      })
    seen.add(source.id)
    return [source]
  })
}
