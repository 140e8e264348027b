/** The terms of a destination: when, how many and for what it takes leads. Read once rules have something to speak of. */
import { TERM_KEYS, Terms, termReferences } from '../kit/terms.ts'
import type { DestinationDocument } from './document.ts'
import { priceConfig } from './read-blocks.ts'
import { entriesOf, shapeOf } from './read-step.ts'
import type { Reading } from './reading.ts'
import { checkReferences, type Settable } from './references.ts'
import { readShape } from './shape.ts'
import { entryOf, type SourceNode } from './source.ts'

/** Whatever steps set may be known by the time a lead is delivered. */
const allSet = ({ enricherIds }: Reading): ReadonlySet<Settable> =>
  new Set(['score', 'class', 'route', 'price', ...enricherIds.map((id): Settable => `appended.${id}`)])

const readOne = (reading: Reading, node: SourceNode, path: string): DestinationDocument['terms'] => {
  const entries = entriesOf(node)
    .filter(({ key }) => TERM_KEYS.some((term) => term === key))
    .map((entry) => (entry.key === 'price' ? { ...entry, value: priceConfig(entry.value) } : entry))
  if (entries.length === 0) return {}
  const terms: SourceNode = { kind: 'map', entries, start: node.start, end: node.end }
  const read = readShape({ node: terms, shape: shapeOf(Terms), path, report: reading.report })
  checkReferences({ reading, step: { references: termReferences }, config: terms, path, set: allSet(reading) })
  return (read ?? {}) as DestinationDocument['terms']
}

/** The destinations with their terms. */
export const readTerms = (
  reading: Reading,
  node: SourceNode | undefined,
  destinations: readonly DestinationDocument[],
): DestinationDocument[] =>
  destinations.map((destination) => {
    const at = entryOf(node, destination.id)
    return at === undefined
      ? destination
      : { ...destination, terms: readOne(reading, at, `destinations.${destination.id}`) }
  })
