import { describe, expect, it } from 'vitest'
import { compileFlow } from '../../src/flow/compile.ts'
import { parseFlow } from '../../src/flow/parse.ts'
import { RULE_FUNCTIONS } from '../../src/flow/rule-functions.ts'
import { OPERATORS } from '../../src/flow/rule-structured.ts'
import { compileExpression, compileRule } from '../../src/flow/rules.ts'
import { leadScope } from '../../src/flow/scope.ts'
import { LIBRARY_FILTERS, ownFilters } from '../../src/flow/template-filters.ts'
import { TEMPLATE_TAGS } from '../../src/flow/template-syntax.ts'
import { compileTemplate } from '../../src/flow/templates.ts'
import type { Json } from '../../src/kit/field.ts'
import type { LeadView } from '../../src/kit/step.ts'
import { MONDAY_MS } from '../support/flow-lead.ts'
import { registries } from '../support/house.ts'
import { read } from './source-files.ts'

const page = read('docs/guides/rules-and-templates.md')

const block = (language: string): string => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''

/** Rows of the table with this head, as the texts of their two cells. */
const table = (head: string): [string, string][] => {
  const after = page.split(`| ${head} |\n`)[1]?.split('\n').slice(1) ?? []
  const rows = after.slice(
    0,
    after.findIndex((line) => !line.startsWith('|')),
  )
  return rows.map((row) => {
    const [, first = '', second = ''] = row.split(/(?<!\\)\|/)
    const plain = (cell: string): string => cell.trim().replaceAll('\\|', '|').replace(/^`|`$/g, '')
    return [plain(first), plain(second)]
  })
}

const flow = compileFlow({ document: parseFlow(block('yaml'), registries).document, version: 1, registries })
const source = flow.sources.get('website')
const mapped = source?.map(JSON.parse(block('json')) as Record<string, Json>) ?? { values: {}, extra: {} }
const scope = leadScope({
  fields: new Map(flow.fields.map(({ name, type }) => [name, type])),
  destinations: [...flow.destinations.keys()],
  country: flow.country,
  zone: flow.zone,
})
const lead: LeadView = {
  id: '01a20767-34dd-7067-84a6-48e4c9f07dca',
  test: false,
  receivedAt: MONDAY_MS,
  now: MONDAY_MS,
  flow: { id: flow.id, name: flow.name, version: 1, country: flow.country, currency: flow.currency },
  source: { id: 'website', name: source?.name ?? '' },
  fields: flow.parse(mapped.values, MONDAY_MS),
  extra: mapped.extra,
  score: 70,
  class: 'warm',
  route: null,
  price: { amount: '15.00', currency: 'USD' },
  deliveries: { crm: { outcome: 'success', reference: 'R1' } },
}

describe('docs/guides/rules-and-templates.md', () => {
  it.each(table('rule | is'))('%s is %s', (text, expected) => {
    expect(compileRule(text, scope).holds(lead)).toBe(expected === 'true')
    expect(['true', 'false']).toContain(expected)
  })

  it.each(table('expression | gives'))('%s gives %s', (text, expected) => {
    expect(compileExpression(text, scope).value(lead)).toEqual(JSON.parse(expected))
  })

  it.each(table('template | writes'))('%s writes %s', (text, expected) => {
    expect(compileTemplate(text, scope).render(lead)).toEqual(JSON.parse(expected))
  })

  it('has a rule as data that a flow takes', () => {
    const rule = /## Rules as data[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    const steps = `${block('yaml')}steps:\n  - score: { points: [{ id: all, when: 'true', points: 70 }] }\n  - filter:\n${rule.replace(/^/gm, '      ')}`
    const { document: read, problems } = parseFlow(steps, registries)
    expect(problems).toEqual([])
    const when = String(read.steps[1]?.config.when)
    expect(compileRule(when, scope).holds(lead)).toBe(true)
    for (const op of table('operator | value | in CEL').flatMap(([names]) => names.match(/\w+/g) ?? []))
      expect(Object.keys(OPERATORS)).toContain(op)
    expect(table('operator | value | in CEL').flatMap(([names]) => names.match(/\w+/g) ?? [])).toHaveLength(
      Object.keys(OPERATORS).length,
    )
  })

  it('has its tables', () => {
    expect(table('rule | is').length).toBeGreaterThan(15)
    expect(table('expression | gives').length).toBeGreaterThan(5)
    expect(table('template | writes').length).toBeGreaterThan(10)
  })

  it('lists every function with what the code says of it', () => {
    const listed = table('function | gives').map(([call, summary]) => [call.replace(/\(.*/, ''), summary])
    expect(Object.fromEntries(listed), 'write the table of functions anew').toEqual(
      Object.fromEntries(Object.entries(RULE_FUNCTIONS).map(([name, { summary }]) => [name, summary])),
    )
  })

  it('lists every tag and filter', () => {
    const names = (line: string): string[] =>
      [...(new RegExp(`^${line}: (.*)$`, 'm').exec(page)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(
        ([, name]) => name ?? '',
      )
    expect(names('Tags')).toEqual(TEMPLATE_TAGS)
    expect(names('Our own filters')).toEqual(Object.keys(ownFilters({ country: 'US', zone: 'UTC' })))
    expect(names('Liquid’s')).toEqual(LIBRARY_FILTERS)
  })
})
