import { t } from '../text.ts'
import { allSteps, type FlowOutline, type FlowStep } from './document.ts'

/** What changed between two versions of a flow, in sentences. */

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === undefined ? '–' : text.length > 90 ? `${text.slice(0, 88)}…` : text
}

export interface Change {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved'
  readonly text: string
}

/** A step's name within its flow: its id, or its type and how often that came before. */
const named = (steps: readonly FlowStep[]): ReadonlyMap<string, { readonly step: FlowStep; readonly at: number }> => {
  const found = new Map<string, { step: FlowStep; at: number }>()
  const counts = new Map<string, number>()
  for (const [at, step] of steps.entries()) {
    const n = (counts.get(step.type) ?? 0) + 1
    counts.set(step.type, n)
    found.set(step.id ?? (n === 1 ? step.type : `${step.type} ${n}`), { step, at })
  }
  return found
}

const parts = (
  what: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !same(before[key], after[key]))
    .map((key): Change => {
      if (before[key] === undefined)
        return { kind: 'changed', text: t('diff.part_added', { what, key, now: short(after[key]) }) }
      if (after[key] === undefined)
        return { kind: 'changed', text: t('diff.part_removed', { what, key, before: short(before[key]) }) }
      return {
        kind: 'changed',
        text: t('diff.part_changed', { what, key, before: short(before[key]), now: short(after[key]) }),
      }
    })

/** Things with names: those that came, went, and changed within. */
const things = (
  of: (name: string) => string,
  before: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  after: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Change[] => [
  ...[...after.keys()].filter((name) => !before.has(name)).map((name): Change => ({ kind: 'added', text: of(name) })),
  ...[...before.keys()].filter((name) => !after.has(name)).map((name): Change => ({ kind: 'removed', text: of(name) })),
  ...[...after].flatMap(([name, now]) => {
    const old = before.get(name)
    return old === undefined ? [] : parts(of(name), old, now)
  }),
]

type Things = ReadonlyMap<string, Readonly<Record<string, unknown>>>

/** A step without what stands in its arms: that is told of by itself. */
const ownOf = ({ config, arms }: FlowStep): Readonly<Record<string, unknown>> => {
  if (arms.length === 0) return config
  const { rules, else: otherwise, ...rest } = config
  const names = arms.map(({ name, when }) => [name, when ?? true] as const)
  return { ...rest, ...Object.fromEntries(names.map(([name, when]) => [t('diff.arm', { name }), when])) }
}

export const changesOf = (before: FlowOutline, after: FlowOutline): readonly Change[] => {
  const fields = (outline: FlowOutline): Things =>
    new Map(outline.fields.map(({ name, type, required }) => [name, { type, required }]))
  const old = named(allSteps(before.steps))
  const now = named(allSteps(after.steps))
  const steps = (from: typeof now): Things => new Map([...from].map(([name, { step }]) => [name, ownOf(step)]))
  const kept = [...now.keys()].filter((name) => old.has(name))
  const order = [...old.keys()].filter((name) => now.has(name))
  const moved = kept.filter((name, at) => order[at] !== name)
  return [
    ...parts(t('diff.flow'), before.settings, after.settings),
    ...things((name) => t('diff.field', { name }), fields(before), fields(after)),
    ...things((name) => t('diff.source', { name }), before.sourceConfigs, after.sourceConfigs),
    ...things((name) => t('diff.destination', { name }), before.destinationConfigs, after.destinationConfigs),
    ...things((name) => t('diff.step', { name }), steps(old), steps(now)),
    ...(moved.length === 0 ? [] : [{ kind: 'moved' as const, text: t('diff.moved', { steps: kept.join(' → ') }) }]),
  ]
}
