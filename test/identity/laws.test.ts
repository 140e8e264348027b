/** What holds of linkage whatever the rows are. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { historicalRows } from '../../bench/identity/historical.ts'
import { blockingKeys } from '../../src/identity/blocking.ts'
import { createCandidates } from '../../src/identity/candidates.ts'
import { edits, jaroWinkler } from '../../src/identity/compare/strings.ts'
import { defaultModel } from '../../src/identity/em.ts'
import { createJudge } from '../../src/identity/explain.ts'
import { learnModel } from '../../src/identity/learning.ts'
import { createLinkage, edgesFrom, judgeBetween } from '../../src/identity/link.ts'
import { modelFromJson, modelToJson } from '../../src/identity/model-json.ts'
import type { Role } from '../../src/identity/roles.ts'
import { createSchema } from '../../src/identity/schema.ts'
import { createTableBuilder } from '../../src/identity/table.ts'
import { context, linkRows } from '../support/identity-link.ts'

const ROLES: readonly Role[] = [
  'given_name',
  'surname',
  'birth_date',
  'city',
  'postal_code',
  'state',
  'street',
  'email',
  'phone',
  'gender',
]
const schema = createSchema(ROLES, context)
const model = defaultModel(schema, 10_000)
const judge = createJudge({ schema, model })

const word = fc.oneof(
  fc.constantFrom('', 'Ann', 'anne', 'William', 'Bill', 'O’Brien', 'de la Cruz', 'Smith-Jones', 'J', 'Łukasz'),
  fc.string({ maxLength: 12 }),
)
const row = fc.tuple(
  word,
  word,
  fc.constantFrom('', '1980-02-01', '1980-01-02', '1980', '19800201', '1980-01-01', 'never'),
  word,
  fc.constantFrom('', '02134', '02143', 'SW1A 1AA', 'SW1A 2AA', 'x'),
  fc.constantFrom('', 'TX', 'Texas', 'nsw'),
  fc.constantFrom('', '12 High Street', '12 High St', '21 High St', 'Mill Lane'),
  fc.constantFrom('', 'ann@x.org', 'ann@y.org', 'an@x.org', 'nonsense'),
  fc.constantFrom('', '+1 512 555 0100', '5125550100', '555-0100'),
  fc.constantFrom('', 'm', 'Female', 'female'),
)

const people = historicalRows({ persons: 40, seed: 5, noise: 1.5 })
const headers = Object.keys(people[0] ?? {}).filter((header) => header !== 'cluster' && header !== 'unique_id')
const table = people.map((person) => headers.map((header) => person[header as keyof typeof person]))

/** Which rows are together, by what they hold: two that hold the same may stand for each other. */
const partition = (rows: readonly (readonly string[])[], clusters: Int32Array): string[] => {
  const members = new Map<number, string[]>()
  for (const [at, values] of rows.entries()) {
    const cluster = clusters[at] ?? -1
    members.set(cluster, [...(members.get(cluster) ?? []), values.join('|')])
  }
  return [...members.values()].map((each) => each.sort().join('\n')).sort()
}

describe('a match', () => {
  it('is the same whichever of the two comes first', () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const [one, other] = [schema.read(a), schema.read(b)]
        expect(judge.judge(one, other)).toEqual(judge.judge(other, one))
      }),
    )
  })

  it('is likelier the more fields agree', () => {
    const known = fc.tuple(row, row, fc.nat(ROLES.length - 1)).filter(([a, b, at]) => {
      const readable = schema.read(a.map((value, field) => (field === at ? value : '')))
      return b[at] !== '' && readable.values.some((value) => value !== null)
    })
    fc.assert(
      fc.property(known, ([a, b, at]) => {
        // All else missing on one side: what is left to compare is the field itself.
        const alone = (values: readonly string[], own: string) => values.map((_, field) => (field === at ? own : ''))
        const left = schema.read(alone(a, a[at] ?? ''))
        const agreeing = judge.judge(left, schema.read(alone(a, a[at] ?? '')))
        const other = judge.judge(left, schema.read(alone(b, b[at] ?? '')))
        expect(agreeing.probability).toBeGreaterThanOrEqual(other.probability - 1e-12)
      }),
    )
  })

  it('is told in weights that add up to it', () => {
    fc.assert(
      fc.property(row, row, (a, b) => {
        const { reasons, prior, kinship, total, probability } = judge.judge(schema.read(a), schema.read(b))
        const sum = reasons.reduce((bits, { weight }) => bits + weight, prior + kinship)
        expect(total).toBeCloseTo(sum, 6)
        expect(probability).toBeCloseTo(1 / (1 + 2 ** -total), 6)
        expect(kinship).toBeLessThanOrEqual(0)
      }),
    )
  })

  it('is scored as it is explained', () => {
    const builder = createTableBuilder(
      createSchema(['full_name', 'none', 'given_name', 'surname', 'birth_date', 'birth_place'], context),
    )
    for (const values of table.slice(0, 120)) builder.add(values)
    const linkage = createLinkage(builder.build())
    const judged = judgeBetween(linkage, defaultModel(linkage.table.schema, 120))
    let compared = 0
    for (const { edges } of edgesFrom(linkage, defaultModel(linkage.table.schema, 120), 0))
      for (const [at, odds] of edges.odds.entries()) {
        compared += 1
        expect(judged(edges.a[at] ?? 0, edges.b[at] ?? 0).total * Math.LN2).toBeCloseTo(odds, 3)
      }
    expect(compared).toBeGreaterThan(100)
  })
})

describe('likeness of strings', () => {
  it('is symmetric, and whole only where they are equal', () => {
    const text = fc.string({ maxLength: 20 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(jaroWinkler(a, b)).toBe(jaroWinkler(b, a))
        expect(edits(a, b, 3)).toBe(edits(b, a, 3))
        expect(edits(a, b, 30) === 0).toBe(a === b)
      }),
    )
  })

  it('gives up early only on what stays below', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e'), maxLength: 10 })
    fc.assert(
      fc.property(text, text, fc.double({ min: 0.1, max: 0.99, noNaN: true }), (a, b, min) => {
        const whole = jaroWinkler(a, b)
        const early = jaroWinkler(a, b, min)
        expect(early === whole || (early === 0 && whole < min)).toBe(true)
      }),
    )
  })
})

describe('a list', () => {
  it('falls into the same persons whatever the order of its rows', () => {
    const before = partition(table, linkRows(headers, table).clusters)
    fc.assert(
      fc.property(fc.shuffledSubarray(table, { minLength: table.length }), (shuffled) => {
        expect(partition(shuffled, linkRows(headers, shuffled).clusters)).toEqual(before)
      }),
      { numRuns: 5 },
    )
  })

  it('teaches the same weights each time, and they survive being written down', () => {
    const weights = () => {
      const builder = createTableBuilder(createSchema(['full_name', 'full_name', ...ROLES.slice(0, 4)], context))
      for (const values of table) builder.add(values)
      const linkage = createLinkage(builder.build())
      const learning = learnModel(linkage.table, linkage.comparer, linkage.candidates)
      let step = learning.next()
      while (!step.done) step = learning.next()
      return { schema: linkage.table.schema, model: step.value.model }
    }
    const first = weights()
    const written = modelToJson(first.schema, first.model)
    expect(modelToJson(first.schema, weights().model)).toBe(written)
    expect(modelFromJson(first.schema, written)).toEqual(first.model)
    expect(modelFromJson(schema, written)).toBeNull()
  })

  it.each([0, 1, 2])('of %i rows is read', (count) => {
    expect([...linkRows(headers, table.slice(0, count)).clusters]).toHaveLength(count)
  })

  it('holds three thousand copies of one row as one person', () => {
    const copies = Array.from({ length: 3_000 }, () => table[0] ?? [])
    const { clusters } = linkRows(headers, [...table, ...copies])
    expect(new Set([clusters[0], ...clusters.slice(table.length)]).size).toBe(1)
  })

  it('so crowded that its blocks are made smaller meets each two rows once, within what pairs may cost', () => {
    const builder = createTableBuilder(createSchema(['given_name', 'surname', 'birth_date', 'postal_code'], context))
    const names = ['Abel', 'Brook', 'Cuthbert', 'Dorothea', 'Enid', 'Fabian', 'Gwendolen', 'Horace']
    const size = 9_000
    for (let at = 0; at < size; at += 1) {
      const day = `19${10 + (at % 80)}-0${1 + (at % 9)}-${10 + (at % 18)}`
      builder.add([names[at % 8] ?? '', names[(at * 5 + 3) % 7] ?? '', day, `7870${at % 6}`])
    }
    const table = builder.build()
    const { above } = createCandidates(table)
    let pairs = 0
    for (let row = 0; row < table.size; row += 1) {
      const { rows, count } = above(row)
      const others = [...rows.subarray(0, count)]
      expect(new Set(others).size).toBe(count)
      expect(others.every((other) => other > row && other < table.size)).toBe(true)
      pairs += count
    }
    expect(pairs).toBeGreaterThan(table.distinct.length)
    expect(pairs).toBeLessThanOrEqual(2_000_000)
  })

  it('leaves rows that hold nothing alone', () => {
    const blank = headers.map(() => '')
    const rows = [...table.slice(0, 50), blank, blank, blank]
    const { clusters } = linkRows(headers, rows)
    expect([...clusters.slice(50)]).toEqual([50, 51, 52])
  })
})

it('lets two rows with one error between them meet under some key', () => {
  const base = ['Katherine', 'Featherstone', '1980-02-01', 'Austin', '78701', 'TX', '12 Mill Lane', 'kf@x.org', '', 'f']
  const errors: readonly [number, string][] = [
    [0, 'Kate'],
    [1, 'Fetherston'],
    [2, '1980-01-02'],
    [4, '78702'],
    [7, 'kfeather@y.org'],
  ]
  const own = new Set(blockingKeys(schema.read(base)))
  for (const [at, value] of errors) {
    const wrong = schema.read(base.map((each, field) => (field === at ? value : each)))
    expect(blockingKeys(wrong).filter((key) => own.has(key)).length).toBeGreaterThan(2)
  }
})
