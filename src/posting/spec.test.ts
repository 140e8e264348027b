import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { registries } from '../../test/support/house.ts'
import { compileFlow } from '../flow/compile.ts'
import { parseFlow } from '../flow/parse.ts'
import { submissionSpec } from './spec.ts'
import { inWords, labelsOf } from './words.ts'

const NOW = Date.UTC(2026, 10, 26)

const specsOf = (text: string) => {
  const { document, problems } = parseFlow(text, registries)
  expect(problems).toEqual([])
  const flow = compileFlow({ document, version: 1, registries })
  return document.sources.map(({ id }) => {
    const spec = submissionSpec({ document, flow, registries, source: id, now: NOW })
    if (spec === null) throw new Error('no spec')
    return spec
  })
}

const examples = new URL('../../examples/', import.meta.url)
const folders = readdirSync(examples, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

describe('posting instructions', () => {
  test.each(folders)('of the example %s have samples that its rules let through', (folder) => {
    const text = readFileSync(new URL(`${folder}/flow.yaml`, examples), 'utf8').replaceAll(
      '{{sink}}',
      'http://127.0.0.1',
    )
    for (const spec of specsOf(text)) {
      expect({ source: spec.source.id, unmet: spec.unmet }).toEqual({ source: spec.source.id, unmet: [] })
      expect(spec.samples.length).toBeGreaterThanOrEqual(3)
    }
  })

  it('give every sample another person, of every source', () => {
    const specs = specsOf(
      'flow: f\nfields: { email: { type: email, required: true }, phone: phone }\nsources: [{ id: a }, { id: b }, { id: c }]\n',
    )
    const bodies = specs.flatMap(({ samples }) => samples.map(({ body, query }) => `${body ?? ''}${query}`))
    const people = bodies.map((body) => /jane\.doe\d*/.exec(body)?.[0])
    expect(new Set(people).size).toBe(12)
  })

  it('are made in no time that anybody notices, whatever the rules are', () => {
    const rules = Array.from(
      { length: 20 },
      (_, n) => `  - { when: 'lead.f${n % 5} == "v${n}" || lead.f${(n + 1) % 5}.startsWith("x")' }`,
    ).join('\n')
    const fields = Array.from({ length: 30 }, (_, n) => `  f${n}: string`).join('\n')
    const started = performance.now()
    specsOf(`flow: f\nfields:\n${fields}\naccept:\n${rules}\nsources: [{ id: a }]\n`)
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('a rule in words', () => {
  const naming = labelsOf(
    [
      { name: 'state', label: null },
      { name: 'phone', label: 'Mobile number' },
      { name: 'email', label: null },
      { name: 'age', label: null },
    ],
    [
      { id: 'clearbit', name: 'clearbit' },
      { id: 'check', name: 'Mail Check' },
    ],
  )
  it.each([
    ['lead.state in ["TX", "OK"]', 'State is one of TX or OK'],
    ['lead.phone.valid', 'Mobile number is valid'],
    ['lead.phone.area == "512"', 'area of Mobile number is 512'],
    ['!lead.email.is_free', 'Email (free) is not yes'],
    ['lead.age >= 18 && lead.age < 65', 'Age is at least 18 and Age is less than 65'],
    ['between(lead.age, 18, 65)', 'Age is between 18 and 65'],
    [
      'lead.age > 17 && (lead.state == "TX" || !blank(lead.email))',
      'Age is more than 17 and (State is TX or Email is not blank)',
    ],
    ['exact(lead.state, "TX")', 'State is TX (capitals count)'],
    ['lead.state == lead.email', 'State is Email'],
    ['appended.clearbit.company.employees > 50', 'company employees (as Clearbit says) is more than 50'],
    ['appended.check.outcome == "success"', 'outcome (as Mail Check says) is success'],
    ['source.id != "fb"', '`source.id` is not fb'],
    ['hour_in("UTC") > 8', '`hour_in("UTC")` is more than 8'],
    ['lead.age + 1 > 3', '`lead.age + 1 > 3`'],
  ])('%s', (text, words) => {
    expect(inWords(text, naming)).toBe(words)
  })
})
