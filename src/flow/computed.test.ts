import { describe, expect, test } from 'vitest'
import { registries } from '../../test/support/house.ts'
import type { Json } from '../kit/field.ts'
import { compileFlow } from './compile.ts'
import { parseFlow } from './parse.ts'

const flowOf = (fields: string) =>
  parseFlow(
    `flow: f\nzone: America/Chicago\nfields:\n${fields}\nsources: [{ id: web }]\nsteps: [normalize]\n`,
    registries,
  )

const FIELDS = `
  first_name: first_name
  last_name: last_name
  dob: dob
  full_name: { type: full_name, compute: '{{ lead.first_name }} {{ lead.last_name }}' }
  age_group: { type: string, compute: 'lead.dob.age >= 65 ? "senior" : "adult"' }
  is_senior: { type: boolean, compute: 'lead.age_group == "senior"' }
  came_from: { type: string, compute: 'extra.utm_source == null ? source.id : extra.utm_source' }
`

const NOW = Date.UTC(2026, 10, 30)

const parse = (values: Record<string, Json>) => {
  const { document, problems } = flowOf(FIELDS)
  expect(problems).toEqual([])
  const flow = compileFlow({ document, version: 1, registries })
  const source = flow.sources.get('web')
  const mapped = source?.map(values) ?? { values: {}, extra: {} }
  const fields = flow.parse(mapped.values, NOW, { source: { id: 'web', name: 'web' }, extra: mapped.extra })
  return { fields, extra: mapped.extra }
}

describe('computed fields', () => {
  test('are made of the fields above them, and are of their type', () => {
    const { fields } = parse({ first_name: 'ADA', last_name: 'lovelace', dob: '12/10/1950', utm_source: 'spring' })
    expect(fields.full_name).toMatchObject({
      normal: 'Ada Lovelace',
      valid: true,
      parts: { first: 'Ada', last: 'Lovelace' },
    })
    expect(fields.age_group?.normal).toBe('senior')
    expect(fields.is_senior?.normal).toBe(true)
    expect(fields.came_from?.normal).toBe('spring')
  })

  test('are there without what they are made of, as rules see a missing value', () => {
    const { fields } = parse({})
    expect(fields.full_name).toMatchObject({ normal: null, valid: false })
    expect(fields.age_group?.normal).toBe('adult')
    expect(fields.came_from?.normal).toBe('web')
  })

  test('are never taken from what is sent: that is kept beside', () => {
    const { fields, extra } = parse({ age_group: 'forged', dob: '1990-01-01' })
    expect(fields.age_group?.normal).toBe('adult')
    expect(extra).toEqual({ age_group: 'forged' })
  })

  test('parse again to themselves, whatever is sent', () => {
    const once = parse({ first_name: 'a', last_name: 'b', dob: '1950-01-01' }).fields
    const again = parse({
      first_name: once.first_name?.normal ?? null,
      last_name: once.last_name?.normal ?? null,
      dob: once.dob?.normal ?? null,
    })
    for (const name of ['full_name', 'age_group', 'is_senior'])
      expect(again.fields[name]?.normal).toEqual(once[name]?.normal)
  })

  test.each([
    [
      '  a: { type: string, compute: lead.b }\n  b: string',
      'unknown_field',
      'fields.a.compute',
      'a field that stands above this one',
    ],
    [
      '  a: { type: string, compute: lead.a }',
      'unknown_field',
      'fields.a.compute',
      'a field that stands above this one',
    ],
    ['  a: { type: string, compute: "{{ lead.scoer }}" }', 'unknown_field', 'fields.a.compute', null],
    ['  a: { type: string, compute: "string(lead.score)" }', 'never_set', 'fields.a.compute', null],
    ['  a: { type: string, compute: "lead. +" }', 'rule_syntax', 'fields.a.compute', null],
  ])('%s is refused', (fields, code, path, expected) => {
    const [problem] = flowOf(fields).problems
    expect(problem).toMatchObject({ code, path, ...(expected && { expected }) })
  })

  test('take no mapping', () => {
    const { problems } = parseFlow(
      'flow: f\nfields: { b: string, a: { type: string, compute: lead.b } }\nsources: [{ id: web, mapping: { a: x } }]\n',
      registries,
    )
    expect(problems.map(({ code, path }) => [code, path])).toEqual([['mapping', 'sources[0].mapping.a']])
  })
})
