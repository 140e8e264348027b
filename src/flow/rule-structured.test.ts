import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsed, smallLead, smallScope } from '../../test/support/flow-lead.ts'
import { registries } from '../../test/support/house.ts'
import type { Json } from '../kit/field.ts'
import { parseFlow } from './parse.ts'
import type { Finding } from './problems.ts'
import { celOf, OPERATORS, type OperatorName } from './rule-structured.ts'
import { type StructuredRule, structuredOf } from './rule-unstructured.ts'
import { compileRule } from './rules.ts'
import { readSource } from './source.ts'

const scope = smallScope()
const lead = smallLead()

const convert = (rule: unknown): { readonly cel: string | null; readonly findings: Finding[] } => {
  const findings: Finding[] = []
  const report = (finding: Finding) => void findings.push(finding)
  const { root } = readSource(JSON.stringify(rule), report)
  const cel = root && celOf({ scope, report }, root, 'when')
  return { cel: cel?.value ?? null, findings }
}

const cel = (rule: unknown): string => {
  const { cel: text, findings } = convert(rule)
  expect(findings).toEqual([])
  return text ?? ''
}

const holds = (rule: unknown, of = lead): boolean => compileRule(cel(rule), scope).holds(of)

/** Each operator: a rule in CEL, one that holds for the lead, one that does not, and whether it holds of a missing value. */
const CASES: Readonly<Record<OperatorName, readonly [text: string, yes: object, no: object, ofMissing: boolean]>> = {
  is_equal_to: ['lead.state == "tx"', { field: 'state', value: 'tx' }, { field: 'state', value: 'OK' }, false],
  is_not_equal_to: ['lead.state != "OK"', { field: 'state', value: 'OK' }, { field: 'state', value: 'TX' }, true],
  is_greater_than: ['lead.age > 39', { field: 'age', value: 39 }, { field: 'age', value: '40' }, false],
  is_less_than: ['lead.age < 41', { field: 'age', value: '41' }, { field: 'age', value: 40 }, false],
  is_greater_than_or_equal_to: ['lead.age >= 40', { field: 'age', value: 40 }, { field: 'age', value: 41 }, false],
  is_less_than_or_equal_to: ['lead.age <= 40', { field: 'age', value: 40 }, { field: 'age', value: 39 }, false],
  is_between: [
    'between(lead.age, 18, 40)',
    { field: 'age', value: [18, 40] },
    { field: 'age', value: '50 and 60' },
    false,
  ],
  is_not_between: [
    '!between(lead.age, 50, 60)',
    { field: 'age', value: { min: 50, max: 60 } },
    { field: 'age', value: '18-65' },
    true,
  ],
  format_is_valid: ['lead.email.valid', { field: 'email' }, { field: 'missing' }, false],
  format_is_invalid: ['!lead.missing.valid', { field: 'missing' }, { field: 'email' }, true],
  is_blank: ['blank(lead.missing)', { field: 'missing' }, { field: 'email' }, true],
  is_not_blank: ['!blank(lead.email)', { field: 'email' }, { field: 'missing' }, false],
  is_true: ['is_true(lead.agreed)', { field: 'agreed' }, { field: 'state' }, false],
  is_not_true: ['!is_true(lead.state)', { field: 'state' }, { field: 'agreed' }, true],
  is_false: ['is_false(extra.off)', { field: 'extra.off' }, { field: 'agreed' }, false],
  is_not_false: ['!is_false(lead.agreed)', { field: 'agreed' }, { field: 'extra.off' }, true],
  includes: [
    'includes(lead.email, "EXAMPLE")',
    { field: 'email', value: 'EXAMPLE' },
    { field: 'tags', value: 'old' },
    false,
  ],
  does_not_include: [
    '!includes(lead.tags, "old")',
    { field: 'tags', value: 'old' },
    { field: 'tags', value: 'HOT' },
    true,
  ],
  is_included_in: [
    'lead.state in ["OK", "tx"]',
    { field: 'state', value: ['OK', 'tx'] },
    { field: 'state', value: 'OK, NY' },
    false,
  ],
  is_not_included_in: [
    '!(lead.state in ["OK", "NY"])',
    { field: 'state', value: 'OK, NY' },
    { field: 'state', value: 'OK;TX' },
    true,
  ],
  matches_pattern: [
    'matches(lead.email, "^jo@")',
    { field: 'email', value: '^jo@' },
    { field: 'email', value: '\\d' },
    false,
  ],
  does_not_match_pattern: [
    '!matches(lead.email, "\\\\d")',
    { field: 'email', value: '\\d' },
    { field: 'email', value: '^jo' },
    true,
  ],
  is_obscene: ['obscene(extra.rude)', { field: 'extra.rude' }, { field: 'email' }, false],
  is_not_obscene: ['!obscene(lead.email)', { field: 'email' }, { field: 'extra.rude' }, true],
  starts_with: ['startsWith(lead.email, "JO")', { field: 'email', value: 'JO' }, { field: 'email', value: 'x' }, false],
  does_not_start_with: [
    '!startsWith(lead.email, "x")',
    { field: 'email', value: 'x' },
    { field: 'email', value: 'jo' },
    true,
  ],
  ends_with: [
    'endsWith(lead.email, ".com")',
    { field: 'email', value: '.com' },
    { field: 'email', value: '.org' },
    false,
  ],
  does_not_end_with: [
    '!endsWith(lead.email, ".org")',
    { field: 'email', value: '.org' },
    { field: 'email', value: '.com' },
    true,
  ],
}

const given = smallLead({ extra: { off: 'no', rude: 'holy shit' } })

describe('structured rules', () => {
  test('have the 24 operators of LeadConduit', () => {
    expect(Object.keys(OPERATORS).slice(0, 24)).toHaveLength(24)
    expect(Object.keys(OPERATORS)).toEqual(Object.keys(CASES))
  })

  describe.each(Object.entries(CASES))('%s', (op, [text, yes, no, ofMissing]) => {
    test('says the same in CEL, there and back', () => {
      expect(cel({ op, ...yes })).toBe(text)
      expect(cel(structuredOf(text))).toBe(text)
    })

    test('holds and does not hold', () => {
      expect(holds({ op, ...yes }, given)).toBe(true)
      expect(holds({ op, ...no }, given)).toBe(false)
    })

    test('may be written as people say it', () => {
      expect(cel({ ...yes, op: op.replaceAll('_', ' ') })).toBe(text)
      expect(cel({ ...yes, op: op.toUpperCase() })).toBe(text)
    })

    test('of a missing value is as documented, and never fails', () => {
      const nothing = smallLead({ fields: {}, extra: {} })
      expect(holds({ op, ...yes }, nothing)).toBe(ofMissing)
      expect(holds({ op, ...yes }, { ...nothing, partial: true })).toBe(true)
    })
  })

  test.each([
    [{ field: 'state', op: '==', value: 'TX' }, 'lead.state == "TX"'],
    [{ field: 'lead.email.domain', op: 'is', value: 'x.com' }, 'lead.email.domain == "x.com"'],
    [{ field: 'source.id', op: 'is', value: 'fb' }, 'source.id == "fb"'],
    [{ field: 'hour_in("UTC")', op: '>=', value: 9 }, 'hour_in("UTC") >= 9'],
    [{ field: 'state', op: 'is', value: '{{ extra.state }}' }, 'lead.state == extra.state'],
    [{ field: 'state', op: 'is_equal_to', value: 'TX', case: 'exact' }, 'exact(lead.state, "TX")'],
    [{ field: 'state', op: 'is_not_equal_to', value: 'TX', case: 'exact' }, '!exact(lead.state, "TX")'],
    [{ field: 'state', op: 'is_included_in', value: 'TX,OK', case: 'exact' }, 'exact(lead.state, ["TX", "OK"])'],
    [{ field: 'email', op: 'includes', value: 'Jo', case: 'exact' }, 'includes(lead.email, "Jo", "exact")'],
    [{ field: 'email', op: 'matches_pattern', value: '^Jo', case: 'exact' }, 'matches(lead.email, "(?-i)^Jo")'],
    [
      {
        all: [
          { field: 'agreed', op: 'is_true' },
          { any: [{ field: 'age', op: '>', value: 18 }, { not: { field: 'state', op: 'is_blank' } }] },
        ],
      },
      '(is_true(lead.agreed) && (lead.age > 18 || !(blank(lead.state))))',
    ],
    [{ any: [{ rule: 'lead.age > 18' }, 'lead.agreed'] }, '((lead.age > 18) || (lead.agreed))'],
    [
      [
        { field: 'age', op: '>', value: 1 },
        { field: 'age', op: '<', value: 9 },
      ],
      'lead.age > 1 && lead.age < 9',
    ],
  ])('%j is %s', (rule, text) => {
    expect(cel(rule)).toBe(text)
  })

  test.each([
    [
      'lead.age > 18 && (lead.state == "TX" || !lead.agreed)',
      {
        all: [
          { field: 'age', op: 'is_greater_than', value: 18 },
          {
            any: [
              { field: 'state', op: 'is_equal_to', value: 'TX' },
              { field: 'agreed', op: 'is_not_true' },
            ],
          },
        ],
      },
    ],
    ['18 < lead.age', { field: 'age', op: 'is_greater_than', value: 18 }],
    ['lead.email.domain in ["x.com"]', { field: 'email.domain', op: 'is_included_in', value: ['x.com'] }],
    ['lead.state == lead.missing', { field: 'state', op: 'is_equal_to', value: '{{ lead.missing }}' }],
    ['has(lead.state)', { field: 'state', op: 'is_not_blank' }],
    ['lead.state == null', { rule: 'lead.state == null' }],
    ['lead.age + 1 > 3 && lead.agreed', { all: [{ rule: 'lead.age + 1 > 3' }, { field: 'agreed', op: 'is_true' }] }],
    ['extra.a.exists(x, x == 1)', { rule: 'extra.a.exists(x, x == 1)' }],
    ['exact(lead.state, "TX")', { field: 'state', op: 'is_equal_to', value: 'TX', case: 'exact' }],
  ] as const)('%s as data', (text, rule) => {
    expect(structuredOf(text)).toEqual(rule)
  })

  test('say the same after going there and back, whatever they are', () => {
    const path = fc.constantFrom('state', 'email', 'missing', 'email.domain')
    const text = fc.constantFrom('TX', 'ok', 'Jo@Example.com', 'example', '', 'a"b\\c', "it's", 'x,y')
    const leaf: fc.Arbitrary<StructuredRule> = fc.oneof(
      fc.record({
        field: path,
        op: fc.constantFrom('is_equal_to', 'is_not_equal_to', 'includes', 'does_not_include', 'starts_with'),
        value: text,
        case: fc.constantFrom('exact' as const, undefined),
      }) as fc.Arbitrary<StructuredRule>,
      fc.record({
        field: path,
        op: fc.constantFrom('is_blank', 'is_not_blank', 'is_true', 'is_not_false', 'is_obscene'),
      }) as fc.Arbitrary<StructuredRule>,
      fc.record({
        field: path,
        op: fc.constantFrom('is_included_in', 'is_not_included_in'),
        value: fc.array(text, { minLength: 1, maxLength: 3 }),
      }) as fc.Arbitrary<StructuredRule>,
      fc.record({
        field: fc.constant('age'),
        op: fc.constantFrom('is_greater_than', 'is_less_than_or_equal_to'),
        value: fc.integer({ min: -50, max: 90 }),
      }) as fc.Arbitrary<StructuredRule>,
      fc.record({
        field: fc.constant('age'),
        op: fc.constantFrom('is_between', 'is_not_between'),
        value: fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 90 })),
      }) as unknown as fc.Arbitrary<StructuredRule>,
    )
    const { rule } = fc.letrec<{ rule: StructuredRule }>((tie) => ({
      rule: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
        fc.array(tie('rule'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
        tie('rule').map((not) => ({ not })),
      ),
    }))
    const value = fc.constantFrom('TX', 'ok', 'Jo@Example.com', 'example.com', 'yes', null)
    fc.assert(
      fc.property(rule, value, value, fc.constantFrom(17, 40, null), (one, state, email, age) => {
        const text = cel(JSON.parse(JSON.stringify(one)))
        const back = cel(structuredOf(text))
        const of = smallLead({
          fields: {
            state: parsed(state as Json),
            email: parsed(email as Json, { domain: 'example.com' }),
            age: parsed(age),
          },
        })
        for (const view of [of, { ...of, partial: true }])
          expect(compileRule(back, scope).holds(view)).toBe(compileRule(text, scope).holds(view))
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    [{ field: 'state', op: 'is_equl_to', value: 'TX' }, 'unknown operator "is_equl_to"', 'is_equal_to'],
    [{ field: 'state', op: 'is_between', value: 5 }, 'is_between is given something else', null],
    [{ field: 'state', op: 'is_equal_to' }, 'is_equal_to is given nothing', null],
    [{ field: 'state', op: 'is_blank', value: 1 }, 'is_blank is given something else', null],
    [{ field: 'state', opp: 'is_blank' }, 'unknown key "opp"', 'op'],
    [{ op: 'is_blank' }, 'found no rule', null],
    [{ all: [] }, '"all" is given no rules', null],
    [{ field: 'age', op: '>', value: 1, case: 'exact' }, 'how letters are compared is not understood', null],
  ])('%j is refused', (rule, message, suggestion) => {
    const { findings } = convert(rule)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ message, ...(suggestion && { suggestion }) })
  })

  test('stand wherever a flow has a rule, and what is wrong in them is told where it stands', () => {
    const flow = (when: string, guard: string) => `
flow: homes
fields: { state: state, age: number, email: email }
accept:
  - when: { field: state, op: is_included_in, value: [TX, OK] }
    else: Not here
sources: [{ id: web }]
models:
  m: { points: [{ id: a, when: { field: email.is_free, op: is_true }, points: 5 }] }
steps:
  - score: { model: m }
  - filter:
      when: ${when}
      if: ${guard}
`
    const right = parseFlow(
      flow(
        '{ field: age, op: is greater than, value: 17 }',
        '{ any: [{ field: state, op: is_blank }, lead.score > 1] }',
      ),
      registries,
    )
    expect(right.problems).toEqual([])
    const { document } = right
    expect(document.blocks.accept?.config).toMatchObject({ criteria: [{ when: 'lead.state in ["TX", "OK"]' }] })
    expect(document.steps[0]?.config).toMatchObject({ points: [{ when: 'is_true(lead.email.is_free)' }] })
    expect(document.steps[1]?.config).toMatchObject({ when: 'lead.age > 17' })
    expect(document.steps[1]?.guard).toBe('(blank(lead.state) || (lead.score > 1))')
    const wrong = parseFlow(
      flow('{ field: aeg, op: is greater than, value: 17 }', '{ field: state, op: is_tru }'),
      registries,
    )
    expect(wrong.problems.map(({ code, line, column, suggestion }) => ({ code, line, column, suggestion }))).toEqual([
      { code: 'unknown_field', line: 13, column: 22, suggestion: 'age' },
      { code: 'unknown_function', line: 14, column: 31, suggestion: 'is_true' },
    ])
  })
})
