import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/support/database.ts'
import * as arrays from './arrays.ts'

const ID = '018f3c5e-7d2a-7b11-9c42-0a1b2c3d4e5f'
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

/** What the server makes of an array, as text: independent of how we read columns. */
const asText = async (type: string, value: Buffer): Promise<unknown[]> => {
  const rows = await db.database.definer<{ v: unknown }>({
    text: `select v::text as v from unnest($1::${type}[]) with ordinality as u(v, n) order by n`,
    values: [value],
  })
  return rows.map(({ v }) => v)
}

describe('an array arrives as the values it was made of', () => {
  const cases: readonly [type: string, value: Buffer, expected: readonly (string | null)[]][] = [
    ['uuid', arrays.uuids([ID, null, ID.toUpperCase()]), [ID, null, ID]],
    ['bytea', arrays.byteas([bytes(), null, bytes(0, 255, 92)]), ['\\x', null, '\\x00ff5c']],
    [
      'text',
      arrays.texts(['', null, 'NULL', '{"a",\\b}', 'Žluťoučký 馬 👩‍👩‍👧']),
      ['', null, 'NULL', '{"a",\\b}', 'Žluťoučký 馬 👩‍👩‍👧'],
    ],
    ['json', arrays.jsons(['{"b": 1,  "a": "ü"}', null]), ['{"b": 1,  "a": "ü"}', null]],
    ['jsonb', arrays.jsonbs(['{"b":1,"a":"ü"}', null, '[]']), ['{"a": "ü", "b": 1}', null, '[]']],
    ['int4', arrays.int4s([0, -1, null, 2147483647, -2147483648]), ['0', '-1', null, '2147483647', '-2147483648']],
    ['float8', arrays.float8s([0.1, -1e300, null]), ['0.1', '-1e+300', null]],
    ['bool', arrays.bools([true, null, false]), ['true', null, 'false']],
    [
      'int8',
      arrays.int8s([0, -1, null, 4294967296, -4294967297, Number.MAX_SAFE_INTEGER, 9223372036854775807n]),
      ['0', '-1', null, '4294967296', '-4294967297', '9007199254740991', '9223372036854775807'],
    ],
    [
      'timestamptz',
      arrays.timestamps([0, null, Date.UTC(2026, 10, 2, 8, 30, 0, 123), -1, 1.5, Date.UTC(9999, 11, 31)]),
      [
        '1970-01-01 00:00:00+00',
        null,
        '2026-11-02 08:30:00.123+00',
        '1969-12-31 23:59:59.999+00',
        '1970-01-01 00:00:00.0015+00',
        '9999-12-31 00:00:00+00',
      ],
    ],
  ]
  test.each(cases)('%s', async (type, value, expected) => {
    expect(await asText(type, value)).toEqual(expected)
  })

  const empty: readonly [type: string, value: Buffer][] = [
    ['uuid', arrays.uuids([])],
    ['bytea', arrays.byteas([])],
    ['text', arrays.texts([])],
    ['jsonb', arrays.jsonbs([])],
    ['int8', arrays.int8s([])],
  ]
  test.each(empty)('an empty %s array has no rows and is no null', async (type, value) => {
    const rows = await db.database.definer({
      text: `select cardinality($1::${type}[]) as size, array_ndims($1::${type}[]) as dimensions`,
      values: [value],
    })
    expect(rows).toEqual([{ size: 0, dimensions: null }])
  })
})

test('several arrays of one statement stay in step', async () => {
  const count = 3000
  const numbers = Array.from({ length: count }, (_, index) => index)
  const rows = await db.database.definer<{ n: number; t: string; b: Buffer }>({
    text: 'select n, t, b from unnest($1::int4[], $2::text[], $3::bytea[]) as u(n, t, b) where n % 1000 = 7 order by n',
    values: [
      arrays.int4s(numbers),
      arrays.texts(numbers.map((n) => `wert ${n} ✓`)),
      arrays.byteas(numbers.map((n) => Buffer.from(String(n)))),
    ],
  })
  expect(rows).toEqual([7, 1007, 2007].map((n) => ({ n, t: `wert ${n} ✓`, b: Buffer.from(String(n)) })))
})

describe('what cannot be the type is refused here, not by the server', () => {
  const cases: readonly [what: string, make: () => Buffer][] = [
    ['a short uuid', () => arrays.uuids(['018f3c5e'])],
    ['a uuid with other digits', () => arrays.uuids(['g18f3c5e-7d2a-7b11-9c42-0a1b2c3d4e5f'])],
    ['a fraction as int4', () => arrays.int4s([1.5])],
    ['too large an int4', () => arrays.int4s([2 ** 31])],
    ['an unsafe int8', () => arrays.int8s([2 ** 53])],
    ['no time', () => arrays.timestamps([Number.NaN])],
  ]
  test.each(cases)('%s', (_, make) => {
    expect(make).toThrow(RangeError)
  })
})
