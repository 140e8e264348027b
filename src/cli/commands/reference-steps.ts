import { stringify } from 'yaml'
import type { ConfigReferences, StepType } from '../../kit/step.ts'

/** The reference page of the steps, written from what the steps say of themselves. */

/** The part of JSON Schema that configs are made of. */
interface Shape {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
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

/** References that are paths into a config. */
type PathKey = Exclude<keyof ConfigReferences, 'templateNames' | 'fieldKeys' | 'destinationKeys' | 'ids'>

const SINGULAR: Readonly<Record<PathKey, string>> = {
  rules: 'rule',
  templates: 'template',
  expressions: 'expression',
  fields: 'field',
  parts: 'field or part',
  destinations: 'destination',
  enrichers: 'enricher',
  durations: 'duration',
  money: 'amount',
  zones: 'time zone',
  steps: 'list of step',
}

const kinds = (references: ConfigReferences): ReadonlyMap<string, string> =>
  new Map(
    (Object.keys(SINGULAR) as PathKey[]).flatMap((key) =>
      (references[key] ?? []).map((path) => [path, SINGULAR[key]] as const),
    ),
  )

const kindOf = (shape: Shape, path: string, known: ReadonlyMap<string, string>): string => {
  const reference = known.get(path)
  if (shape.anyOf) return [...new Set(shape.anyOf.map((each) => kindOf(each, path, known)))].join(' or ')
  if (shape.type === 'array' && known.get(path) === SINGULAR.steps) return SINGULAR.steps
  if (shape.type === 'array') return `list of ${shape.items ? kindOf(shape.items, `${path}.*`, known) : 'anything'}`
  if (reference) return reference
  if (shape.enum) return shape.enum.map((value) => `\`${String(value)}\``).join(', ')
  const [value] = Object.values(shape.patternProperties ?? {})
  if (value) return `map of ${kindOf(value, `${path}.*`, known)}`
  if (shape.type === 'object') return 'block'
  return shape.type === 'integer' ? 'whole number' : shape.type === 'string' ? 'text' : (shape.type ?? 'anything')
}

const rowsOf = (shape: Shape, path: string): readonly Row[] =>
  Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => {
    const here = path === '' ? name : `${path}.${name}`
    const block = inner.items ? rowsOf(inner.items, `${here}.*`) : rowsOf(inner, here)
    return [{ path: here, shape: inner, required: shape.required?.includes(name) === true }, ...block]
  })

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const shownPath = (path: string) => `\`${path.replaceAll('.*', '[]')}\``

const bounds = ({ minimum, default: otherwise }: Shape): string =>
  [
    ...(minimum === undefined ? [] : [` At least ${minimum}.`]),
    ...(otherwise === undefined ? [] : [` Default: \`${String(otherwise)}\`.`]),
  ].join('')

const table = (step: StepType): readonly string[] => {
  const known = kinds(step.references)
  const rows = rowsOf(step.config as Shape, '')
  if (rows.length === 0) return ['It has no settings.', '']
  return [
    '| setting | kind | |',
    '|---|---|---|',
    ...rows.map(({ path, shape, required }) => {
      const kind = `${kindOf(shape, path, known)}${required ? ', required' : ''}`
      const what = shape.description ?? shape.items?.description ?? ''
      return `| ${shownPath(path)} | ${cell(kind)} | ${cell(`${what}${bounds(shape)}`)} |`
    }),
    '',
  ]
}

const section = (step: StepType): readonly string[] => [
  `## ${step.type}`,
  '',
  step.summary,
  '',
  '```yaml',
  stringify([{ [step.type]: step.example }], { lineWidth: 100, flowCollectionPadding: false }).trimEnd(),
  '```',
  '',
  ...table(step),
  `Event: \`${step.event}\`.${step.sets ? ` Sets: ${step.sets.map((name) => `\`lead.${name}\``).join(', ')}.` : ''}`,
  '',
]

/** Markdown of every step: what it does, an example, its settings, its event. The same input gives the same page. */
export const stepsReference = (stepTypes: Readonly<Record<string, StepType>>): string =>
  [
    '# Steps',
    '',
    '<!-- Generated from src/steps by `millrace reference`. A test compares the two. -->',
    '',
    'A flow runs its steps in the order they are written. Beside its own settings, every step takes an `id` (its name in',
    'events, counters and reports; its type where that is unambiguous), a `when` (a rule: leads it does not hold for pass',
    'by; written `if` on a step that has a `when` of its own) and an `on_error`. Rules and expressions are CEL over `lead`,',
    'templates are Liquid. `x[]` means each of `x`.',
    '',
    'The steps:',
    Object.values(stepTypes)
      .map(({ type }) => `[${type}](#${type})`)
      .join(', '),
    '',
    ...Object.values(stepTypes).flatMap(section),
  ].join('\n')
