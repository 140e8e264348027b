import { existsSync, readdirSync } from 'node:fs'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import type { StepType } from '../../src/kit/step.ts'
import type { LeadEventData, StepEventType } from '../../src/lead/events.ts'
import { stepTypes } from '../../src/steps/index.ts'
import { stepCompiler } from '../support/step-compiler.ts'

/** What every step must be, so that it can be checked, shown in a form and documented. */

const STEP_EVENTS: Readonly<Record<StepEventType, true>> = {
  'lead.normalized': true,
  'acceptance.checked': true,
  'duplicate.checked': true,
  'match.checked': true,
  'suppression.checked': true,
  'filter.checked': true,
  'cap.checked': true,
  'price.set': true,
  'lead.scored': true,
  'lead.classified': true,
  'route.chosen': true,
  'delivery.dispatched': true,
  'review.concluded': true,
  'wait.ended': true,
  'branch.chosen': true,
  'fields.set': true,
  'journey.stopped': true,
  'list.changed': true,
  'schedule.checked': true,
  'lead.enriched': true,
  'lead.verified': true,
  'test.concluded': true,
  'consent.checked': true,
} satisfies Partial<Record<keyof LeadEventData, true>>

interface Node {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: boolean | Node
  readonly patternProperties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
}

const inside = (node: Node, key: string): readonly Node[] => {
  const found: (Node | undefined)[] =
    key === '*' ? [node.items, ...Object.values(node.patternProperties ?? {})] : [node.properties?.[key]]
  return [...found.filter((each) => each !== undefined), ...(node.anyOf ?? []).flatMap((each) => inside(each, key))]
}

/** Whether the path leads to a text in a config of this schema. */
const leadsToText = (config: Node, path: string): boolean => {
  const ends = path
    .split('.')
    .reduce<readonly Node[]>((nodes, key) => nodes.flatMap((node) => inside(node, key)), [config])
  return ends.some((node) => node.type === 'string' || node.anyOf?.some((each) => each.type === 'string') === true)
}

const nodesOf = (node: Node): readonly Node[] => [
  node,
  ...Object.values(node.properties ?? {}).flatMap(nodesOf),
  ...Object.values(node.patternProperties ?? {}).flatMap(nodesOf),
  ...(node.items ? nodesOf(node.items) : []),
  ...(node.anyOf ?? []).flatMap(nodesOf),
]

/** Where the references lead; names that its templates may use are no paths. */
const referencePaths = ({ references }: StepType): readonly string[] => {
  const { templateNames: _, fieldKeys: __, destinationKeys: _____, steps: ___, ids: ____, ...paths } = references
  return Object.values(paths).flat()
}

const folder = new URL('../../src/steps/', import.meta.url)

it('registers every file of a step, under its own name', () => {
  const files = readdirSync(folder).filter((name) => name !== 'index.ts' && !name.endsWith('.test.ts'))
  expect(files.map((name) => name.replace(/\.ts$/, '')).sort()).toEqual(Object.keys(stepTypes).sort())
})

it('gives each step an event of its own', () => {
  expect(
    Object.values(stepTypes)
      .map(({ event }) => event)
      .sort(),
    // A scripted test is concluded by no step.
  ).toEqual(
    Object.keys(STEP_EVENTS)
      .filter((event) => event !== 'test.concluded')
      .sort(),
  )
})

describe.each(Object.entries(stepTypes))('%s', (name, step: StepType) => {
  const config = step.config as Node

  it('is named as its file and described in sentences', () => {
    expect(step.type).toBe(name)
    expect(existsSync(new URL(`${name}.ts`, folder))).toBe(true)
    expect(step.summary).toMatch(/^[A-Z].+\.$/)
    expect(step.revision).toBeGreaterThanOrEqual(1)
  })

  it('has an example that its schema takes and that compiles', () => {
    const schema = Compile(step.config)
    expect([...schema.Errors(step.example)]).toEqual([])
    expect(schema.Check(step.example)).toBe(true)
    expect(step.create(step.example, stepCompiler(step))).toBeTypeOf('function')
  })

  it('takes no key it does not know, at any depth', () => {
    for (const node of nodesOf(config)) if (node.properties) expect(node.additionalProperties).toBe(false)
  })

  it('says of every setting what it does', () => {
    for (const node of nodesOf(config))
      for (const [key, setting] of Object.entries(node.properties ?? {}))
        expect([key, setting.description ?? setting.items?.description ?? '']).toEqual([
          key,
          expect.stringMatching(/\w/),
        ])
  })

  it('points the check at settings that exist', () => {
    for (const path of referencePaths(step)) expect([path, leadsToText(config, path)]).toEqual([path, true])
  })

  it('has every rule of its config checked', () => {
    const checked = new Set([...(step.references.rules ?? []), ...(step.references.expressions ?? [])])
    const mentions = JSON.stringify(config).match(/"(?:when|until|by|pass)":/g) ?? []
    const computed = (step.references.expressions ?? []).filter((path) => /^compute\.|\.(?:from|of)$/.test(path)).length
    expect(checked.size - computed).toBe(mentions.length)
  })
})
