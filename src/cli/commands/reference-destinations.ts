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

const table = ({ settings }: Pick<DestinationType, 'settings'>): readonly string[] => [
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

/** Markdown of every type that can be asked for facts. */
export const enrichersReference = (types: Readonly<Record<string, DestinationType>>): string =>
  [
    '# Enrichers',
    '',
    '<!-- Generated from src/integrations by `npm run reference`. A test compares the two. -->',
    '',
    'Who a flow may ask for facts. Beside the settings of its type every enricher takes:',
    '',
    '| setting | kind | |',
    '|---|---|---|',
    '| `type` | text | Default: `http`. |',
    '| `name` | text | What people call it. Default: its id. |',
    '| `facts` | map, required | Facts by name (dots may stand in it: `company.employees`), each with where it stands in the answer (a JSON path, an XPath, `css:…`, `regex:…`, `header:…` or `cookie:…`), or `{ at, type }`: the type of a field, `string` where it is left out. |',
    '| `fresh_for` | duration | How long an answer serves other leads that ask the same; not at all where it is left out. One that knew nothing serves for a day at most. |',
    '| `sample` | map | What test leads are told, by fact: nobody is asked for them. |',
    '| `timeout` | duration | Of a whole call. Default: the operator’s `ENRICHMENT_TIMEOUT`. |',
    '| `attempts`, `retry_delays`, `retry_delay`, `retry_for` | as of [destinations](../guides/delivery.md#retries) | Default: `MAX_RETRIES` attempts, after 1 s, then 5 s. |',
    '| `concurrency`, `rate`, `breaker`, `connect_timeout`, `headers_timeout`, `body_timeout` | as of destinations | |',
    '',
    '[The guide](../guides/enrichment.md) tells how to use them.',
    '',
    ...Object.values(types).flatMap((type) => {
      const { enriches } = type
      if (enriches === undefined) return []
      const example = {
        ...enriches.example,
        facts: { 'company.employees': { at: 'metrics.employees', type: 'number' } },
      }
      return [
        `## ${type.type}`,
        '',
        '```yaml',
        stringify({ enrichers: { clearbit: example } }, { lineWidth: 100, flowCollectionPadding: false }).trimEnd(),
        '```',
        '',
        ...table(enriches),
      ]
    }),
  ].join('\n')
