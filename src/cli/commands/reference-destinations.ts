import { stringify } from 'yaml'
import type { DestinationType } from '../../kit/destination.ts'

/** The reference page of the destinations, written from what they say of themselves. */

/** The part of JSON Schema that settings are made of. */
interface Shape {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly anyOf?: readonly Shape[]
}

interface Row {
  readonly path: string
  readonly shape: Shape
  readonly required: boolean
}

const kindOf = (shape: Shape): string => {
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (shape.anyOf) return [...new Set(shape.anyOf.map(kindOf))].join(' or ')
  if (shape.type === 'array') return `list of ${shape.items ? kindOf(shape.items) : 'anything'}`
  const [value] = Object.values(shape.patternProperties ?? {})
  if (value) return `map of ${kindOf(value)}`
  if (shape.type === 'object') return 'block'
  return shape.type === 'integer' ? 'whole number' : shape.type === 'string' ? 'text' : (shape.type ?? 'anything')
}

const rowsOf = (shape: Shape, path: string, optional: boolean): readonly Row[] => {
  const choices = (shape.anyOf ?? []).flatMap((choice) => rowsOf(choice, path, true))
  const own = Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => {
    const here = path === '' ? name : `${path}.${name}`
    const required = !optional && shape.required?.includes(name) === true
    const inside = inner.items ? rowsOf(inner.items, `${here}[]`, false) : rowsOf(inner, here, false)
    return [{ path: here, shape: inner, required }, ...inside]
  })
  return [...own, ...choices]
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const otherwise = ({ default: value }: Shape): string =>
  value === undefined || value === '' ? '' : ` Default: \`${String(value)}\`.`

const table = ({ settings }: DestinationType): readonly string[] => [
  '| setting | kind | |',
  '|---|---|---|',
  ...rowsOf(settings as Shape, '', false).map(({ path, shape, required }) => {
    const what = shape.description ?? shape.items?.description ?? ''
    return `| \`${path}\` | ${cell(`${kindOf(shape)}${required ? ', required' : ''}`)} | ${cell(`${what}${otherwise(shape)}`)} |`
  }),
  '',
]

const REPEAT = {
  safe: 'A delivery whose answer was lost is sent again: a repeat does no harm.',
  keyed: 'A delivery whose answer was lost is sent again: the receiver knows it by its id.',
  unsafe: 'A delivery whose answer was lost waits for a person: a repeat would double it.',
} as const

const section = (destination: DestinationType): readonly string[] => [
  `## ${destination.type}`,
  '',
  destination.summary,
  '',
  '```yaml',
  stringify(
    { destinations: { [`my-${destination.type}`]: { type: destination.type, ...destination.example } } },
    { lineWidth: 100, flowCollectionPadding: false },
  ).trimEnd(),
  '```',
  '',
  `With these settings: ${REPEAT[destination.repeat(destination.example)]}`,
  '',
  ...table(destination),
]

/** Markdown of every type of destination. The same input gives the same page. */
export const destinationsReference = (types: Readonly<Record<string, DestinationType>>): string =>
  [
    '# Destinations',
    '',
    '<!-- Generated from src/integrations by `npm run reference`. A test compares the two. -->',
    '',
    'What a flow may deliver to. Beside its own settings every destination takes a `name`, `attempts`, `retry_delay` and',
    '`timeout`. [The guide](../guides/destinations.md) tells how to set one up and try it.',
    '',
    'The types:',
    Object.values(types)
      .map(({ type }) => `[${type}](#${type})`)
      .join(', '),
    '',
    ...Object.values(types).flatMap(section),
  ].join('\n')
