/** Reads one step, or one block that becomes a step, by the schema of its type. */
import type { Json } from '../kit/field.ts'
import type { StepType } from '../kit/step.ts'
import type { StepDocument } from './document.ts'
import { STEP_SHAPE } from './document-shape.ts'
import type { Reading } from './reading.ts'
import { reportUnknown } from './reading.ts'
import { checkReferences, checkRule, enrichersIn, type Settable } from './references.ts'
import { withRulesAsText } from './rule-structured.ts'
import { readShape, type Shape } from './shape.ts'
import { entryOf, isEmpty, type MapEntry, type SourceNode } from './source.ts'

/** TypeBox schemas are JSON Schema. */
export const shapeOf = (schema: StepType['config']): Shape => schema as Shape

const ownKeys = (step: StepType): readonly string[] => Object.keys(shapeOf(step.config).properties ?? {})

/** The key of the guard: `when`, or `if` where the type's config has a `when` of its own. */
const guardKey = (step: StepType): 'when' | 'if' => (ownKeys(step).includes('when') ? 'if' : 'when')

const mapOf = (node: SourceNode, entries: readonly MapEntry[]): SourceNode => ({
  kind: 'map',
  entries,
  start: node.start,
  end: node.end,
})

export const entriesOf = (node: SourceNode): readonly MapEntry[] => (node.kind === 'map' ? node.entries : [])

/**
 * A scorecard written once and used by name: `score: { model: homes }` takes the model's base and points, and adds its own.
 * Only for a type that has `points` and no `model` of its own. Null where the model does not exist.
 */
const withModel = (asked: StepAsked, step: StepType, config: SourceNode): SourceNode | null => {
  const keys = ownKeys(step)
  const named = entryOf(config, 'model')
  if (named === undefined || !keys.includes('points') || keys.includes('model')) return config
  const rest = entriesOf(config).filter(({ key }) => key !== 'model')
  const { models, reading, path } = asked
  const model = named.kind === 'text' ? entryOf(models, named.value) : undefined
  if (model === undefined) {
    const names = models === undefined ? [] : entriesOf(models).map(({ key }) => key)
    reportUnknown(reading.report, {
      code: 'unknown_model',
      what: 'model',
      name: named.kind === 'text' ? named.value : '',
      names,
      offset: named.start,
      path: `${path}.model`,
    })
    return null
  }
  const items = [entryOf(model, 'points'), entryOf(config, 'points')].flatMap((node) =>
    node?.kind === 'list' ? node.items : [],
  )
  const points: SourceNode = { kind: 'list', items, start: named.start, end: named.end }
  const inherited = entriesOf(model).filter(({ key }) => key !== 'points' && !rest.some((entry) => entry.key === key))
  return mapOf(config, [
    ...inherited,
    ...rest.filter(({ key }) => key !== 'points'),
    { key: 'points', keyStart: named.start, value: points },
  ])
}

export interface StepAsked {
  readonly reading: Reading
  readonly type: string
  /** Where the type's name stands. */
  readonly typeOffset: number
  readonly node: SourceNode
  readonly path: string
  /** A block takes no id, guard or on_error. */
  readonly block: boolean
  readonly models: SourceNode | undefined
  readonly set: ReadonlySet<Settable>
}

export interface StepRead {
  readonly document: Omit<StepDocument, 'id' | 'arm'>
  readonly id: string | null
  readonly idOffset: number
  readonly type: StepType
  /** Whether its guard, or the condition it passes leads by, holds for no lead. */
  readonly guardNever: boolean
  readonly passesNever: boolean
  readonly config: SourceNode
  /** What it appends, for rules that come after it. */
  readonly enrichers: readonly Settable[]
}

const COMMON_KEYS = ['id', 'on_error'] as const

const readCommon = (asked: StepAsked, step: StepType, entries: readonly MapEntry[]) => {
  const own = ownKeys(step)
  const guard = guardKey(step)
  const common = asked.block
    ? []
    : entries.filter(({ key }) => key === guard || COMMON_KEYS.some((name) => name === key))
  const configured = entries.filter((entry) => !common.includes(entry) || own.includes(entry.key))
  const { report } = asked.reading
  const read = readShape({ node: mapOf(asked.node, common), shape: STEP_SHAPE, path: asked.path, report })
  return { common: (read ?? {}) as Record<string, Json>, configured, guard }
}

/** With the keys every step takes, so that a mistyped one is told what there is. */
const configShape = (asked: StepAsked, step: StepType): Shape => {
  const shape = shapeOf(step.config)
  if (asked.block) return shape
  const known: Record<string, Shape> = { id: {}, on_error: {}, [guardKey(step)]: {} }
  return { ...shape, properties: { ...known, ...shape.properties } }
}

/** Null where the type does not exist. Whatever is wrong was reported. */
export const readStep = (asked: StepAsked): StepRead | null => {
  const { reading, type, path } = asked
  const step = Object.hasOwn(reading.registries.steps, type) ? reading.registries.steps[type] : undefined
  if (step === undefined) {
    reportUnknown(reading.report, {
      code: 'unknown_step',
      what: 'step type',
      name: type,
      names: Object.keys(reading.registries.steps),
      offset: asked.typeOffset,
      path,
    })
    return null
  }
  if (asked.node.kind !== 'map' && !isEmpty(asked.node)) {
    readShape({ node: asked.node, shape: { type: 'object' }, path, report: reading.report })
    return null
  }
  const { report } = reading
  const asText = (from: SourceNode, rules: readonly string[]): SourceNode =>
    withRulesAsText({ scope: reading.scope, report }, { node: from, rules, path })
  const node = asked.block ? asked.node : asText(asked.node, [guardKey(step)])
  const { common, configured, guard } = readCommon({ ...asked, node }, step, entriesOf(node))
  const modelled = withModel(asked, step, mapOf(node, configured))
  const inherited = modelled && asText(modelled, step.references.rules ?? [])
  const config = inherited ?? mapOf(node, [])
  const value = inherited && readShape({ node: config, shape: configShape(asked, step), path, report })
  // What a step asks for itself is known to its own rules.
  const enrichers = enrichersIn(step, config, path).map(({ node: { value: id } }): Settable => `appended.${id}`)
  checkReferences({ reading, step, config, path, set: new Set([...asked.set, ...enrichers]) })

  const constantOf = (key: string): boolean | null => {
    const text = entryOf(key === guard ? node : config, key)
    return text?.kind === 'text' ? checkRule(asked, { node: text, path: `${path}.${key}` }) : null
  }
  const guardNever = !asked.block && constantOf(guard) === false
  const passesNever = guard === 'if' && step.references.rules?.includes('when') === true && constantOf('when') === false
  const id = entryOf(node, 'id')
  return {
    document: {
      type,
      guard: typeof common[guard] === 'string' ? common[guard] : null,
      onError: common.on_error === 'continue' || common.on_error === 'stop' ? common.on_error : 'park',
      config: (value ?? {}) as StepDocument['config'],
    },
    id: typeof common.id === 'string' ? common.id : null,
    idOffset: id?.start ?? asked.typeOffset,
    type: step,
    guardNever,
    passesNever,
    config,
    enrichers,
  }
}
