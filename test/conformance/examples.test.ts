import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fieldTypes } from '../../src/fields/index.ts'
import { compileFlow } from '../../src/flow/compile.ts'
import { parseFlow } from '../../src/flow/parse.ts'
import { formatProblem } from '../../src/flow/problems.ts'
import { destinationTypes } from '../../src/integrations/index.ts'
import type { Json } from '../../src/kit/field.ts'
import { REJECTIONS } from '../../src/lead/codes.ts'
import { stepTypes } from '../../src/steps/index.ts'

/** Every example is a flow without problems, and tells of each of its leads what is to become of it. */

const registries = { fields: fieldTypes, steps: stepTypes, destinations: destinationTypes }
const root = new URL('../../examples/', import.meta.url)
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/flow.yaml`, root)))
  .map(({ name }) => name)

const text = (folder: string, name: string) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8')
const read = <T>(folder: string, name: string): T => JSON.parse(text(folder, name)) as T

interface Given {
  readonly name: string
  readonly source: string
  readonly now: string
}

interface Expected {
  readonly name: string
  readonly status: number
  readonly code: keyof typeof REJECTIONS | null
  readonly duplicate_of?: string
  readonly steps: readonly (readonly [string, string])[]
  readonly events: readonly string[]
}

const compiled = (folder: string) => {
  const { document, problems } = parseFlow(text(folder, 'flow.yaml'), registries)
  expect(problems.map((problem) => formatProblem(problem, `${folder}/flow.yaml`))).toEqual([])
  return compileFlow({ document, version: 1, registries })
}

it('finds the examples', () => {
  expect(folders).toEqual(expect.arrayContaining(['b2b-review', 'home-services', 'insurance', 'newsletter']))
})

describe.each(folders)('%s', (folder) => {
  it('checks clean and compiles', () => {
    expect(compiled(folder).id).toBe(folder)
  })
})

describe.each(folders.filter((folder) => existsSync(new URL(`${folder}/leads.json`, root))))('%s', (folder) => {
  const leads = read<readonly Given[]>(folder, 'leads.json')
  const expected = read<readonly Expected[]>(folder, 'expected.json')

  it('expects something of every lead, each by a name of its own', () => {
    expect(expected.map(({ name }) => name)).toEqual(leads.map(({ name }) => name))
    expect(new Set(leads.map(({ name }) => name)).size).toBe(leads.length)
  })

  it('expects steps of the program its source runs, in their order, up to the one that rejects', () => {
    const flow = compiled(folder)
    expected.forEach(({ steps, status, code, events, duplicate_of }, index) => {
      const source = flow.sources.get(leads[index]?.source ?? '')
      const program = (source?.program ?? []).map(({ id }) => id)
      // A test may come to what no step of the flow comes to.
      const own = steps.filter(([id]) => id !== 'test')
      expect(own.map(([id]) => id)).toEqual(program.slice(0, own.length))
      const stepEvents = new Set((source?.program ?? []).map(({ event }) => event as string))
      expect(events.filter((event) => stepEvents.has(event))).toEqual(
        (source?.program ?? []).slice(0, steps.length).map(({ event }) => event),
      )
      const rejected = code !== null && code !== 'delivery_failed'
      const stopped = events[events.length - 2] === 'journey.stopped'
      expect(steps.length === program.length || rejected || stopped).toBe(true)
      expect(status).toBe(code === null ? source?.successStatus : REJECTIONS[code])
      expect(duplicate_of === undefined || leads.some(({ name }) => name === duplicate_of)).toBe(true)
      expect(Number.isNaN(Date.parse(leads[index]?.now ?? ''))).toBe(false)
    })
  })

  it('has its destinations at addresses that are nobody’s, and an answer of each', () => {
    const sink = read<Readonly<Record<string, unknown>>>(folder, 'sink.json')
    const { destinations, enrichers } = compiled(folder)
    const urlOf = ({ settings }: { readonly settings: Json }): string => (settings as { url: string }).url
    const addresses = [...destinations.values()].map(urlOf)
    // What an enricher is asked may stand in its address: whatever begins so is an answer of it.
    const asked = [...enrichers.values()].map(({ destination }) => urlOf(destination).replace(/\{\{.*$/, ''))
    for (const address of [...addresses, ...asked]) expect(new URL(address).hostname).toMatch(/\.example\.com$/)
    const answers = Object.keys(sink)
    expect(answers.filter((each) => !asked.some((start) => each.startsWith(start))).sort()).toEqual(addresses.sort())
    for (const start of asked) expect(answers.some((each) => each.startsWith(start))).toBe(true)
  })
})
