/** What holds for every field type, whatever comes in. A type added to the registry is tested here unasked. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { context } from '../../test/support/field-cases.ts'
import type { FieldType, ParseContext, Parsed, RuleType } from '../kit/field.ts'
import { fieldTypes } from './index.ts'

const isOf = (rule: RuleType, value: unknown): boolean => {
  switch (rule) {
    case 'string':
      return typeof value === 'string'
    case 'double':
      return typeof value === 'number' && Number.isFinite(value)
    case 'bool':
      return typeof value === 'boolean'
    case 'list<string>':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
  }
}

const isStorable = (value: unknown): boolean => {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (Array.isArray(value)) return value.every(isStorable)
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).every((entry) => entry.every(isStorable))
  return typeof value === 'boolean' || typeof value === 'number' || value === null
}

// The longest any type keeps, with room for the keys and marks of JSON.
const JSON_CHARS_MAX = 50_000

/** Everything that must be true of any result. */
const expectLawful = (type: FieldType, raw: unknown, at: ParseContext): Parsed => {
  const parsed = type.parse(raw, at)
  expect(Object.keys(parsed).sort()).toEqual(['masked', 'normal', 'parts', 'raw', 'valid'])
  expect(Object.keys(parsed.parts).sort()).toEqual(Object.keys(type.parts).sort())
  for (const [name, rule] of Object.entries(type.parts)) {
    const part = parsed.parts[name]
    expect(part === null || isOf(rule, part), `part ${name} is ${JSON.stringify(part)}, declared ${rule}`).toBe(true)
  }
  expect(parsed.normal === null || isOf(type.value, parsed.normal), `normal is no ${type.value}`).toBe(true)
  if (parsed.valid) expect(parsed.normal).not.toBeNull()
  expect(isStorable(parsed.raw) && isStorable(parsed.normal) && isStorable(parsed.parts)).toBe(true)
  expect(JSON.stringify(parsed).length).toBeLessThan(JSON_CHARS_MAX)
  expect(JSON.parse(JSON.stringify(parsed.raw))).toEqual(parsed.raw)
  const again = type.parse(parsed.normal, at)
  expect({ normal: again.normal, valid: again.valid }).toEqual({ normal: parsed.normal, valid: parsed.valid })
  if (parsed.normal !== null) {
    // A normal form that went through a form or a file comes back as text, a list as JSON.
    const text = Array.isArray(parsed.normal) ? JSON.stringify(parsed.normal) : String(parsed.normal)
    expect(type.parse(text, at).normal).toEqual(parsed.normal)
  }
  return parsed
}

const contexts = fc
  .constantFrom('US', 'CA', 'GB', 'DE', 'AU', 'JM', 'BR', 'IN', 'JP', '', 'XX', 'us')
  .map((country): ParseContext => ({ ...context, country }))

const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'0123456789+-().,/ *xX@#'), maxLength: 25 }),
  fc.string({ unit: fc.constantFrom(...'aZzé@.:/<>"\\[]* \t\r\n\u00a0\u202e\0'), maxLength: 30 }),
)

/** A value a sender might write, with something added, taken away or changed. */
const nearly = (type: FieldType) =>
  fc
    .tuple(fc.constantFrom(...type.examples), fc.nat(60), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([example, at, cut, added]) => example.slice(0, at) + added + example.slice(at + cut))

const cyclic = (): unknown => {
  const loop: unknown[] = ['a']
  loop.push({ loop })
  return loop
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const thrower = {
  get name(): string {
    throw new Error('no')
  },
}

const hostile: readonly [string, unknown][] = [
  ['a cyclic object', cyclic()],
  ['an object whose getter throws', thrower],
  ['a deep list', Array.from({ length: 5000 }).reduce<unknown>((inner) => [inner], 'x')],
  ['a wide list', Array.from({ length: 100_000 }, (_, at) => `item ${at}`)],
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a huge integer', 10n ** 100_000n],
  ['a revoked proxy', revoked()],
  ['an invalid date', new Date(Number.NaN)],
  ['a lone surrogate', 'a\ud800b'],
  ['a key with NUL', { 'a\0': '\0' }],
  ['__proto__', JSON.parse('{"__proto__": {"a": 1}}')],
  ...[
    'a',
    '1',
    ' ',
    '@',
    '.',
    '-',
    '*',
    '"',
    '(',
    '%',
    ':',
    "'",
    '\u00e9',
    '\ud83d\ude00',
    '\0',
    'a@',
    '1.',
    '1,',
    '+1',
    'a ',
    'http://',
  ].map((piece): [string, string] => [
    `a megabyte of ${JSON.stringify(piece)}`,
    piece.repeat(1_000_000 / piece.length),
  ]),
]

for (const [name, type] of Object.entries(fieldTypes)) {
  describe(name, () => {
    test('is registered under its own name', () => {
      expect(type.type).toBe(name)
    })

    test('has examples that keep the laws, the first of them valid', () => {
      const results = type.examples.map((example) => expectLawful(type, example, context))
      expect(results[0]?.valid).toBe(true)
      // Each declared part is seen with a value at least once, or else its type is untested.
      for (const part of Object.keys(type.parts)) {
        expect(
          results.some((result) => result.parts[part] !== null),
          `no example gives ${part}`,
        ).toBe(true)
      }
    })

    test('keeps the laws whatever comes in', () => {
      fc.assert(
        fc.property(anything, contexts, (raw, at) => {
          expectLawful(type, raw, at)
        }),
        { numRuns: 400 },
      )
    })

    test('keeps the laws near the values senders write', () => {
      fc.assert(
        fc.property(nearly(type), contexts, (raw, at) => {
          expectLawful(type, raw, at)
        }),
        { numRuns: 600 },
      )
    })

    test.each(hostile)('keeps the laws with %s', (_, raw) => {
      expectLawful(type, raw, context)
    })

    test('reads any of them in bounded time', () => {
      const started = performance.now()
      for (const [, raw] of hostile) type.parse(raw, context)
      // A regular expression that backtracks without bound takes minutes; a busy machine takes some tens of this.
      expect(performance.now() - started).toBeLessThan(5000)
    })

    test('finds nothing in a blank value', () => {
      for (const blank of ['', '   ', '\t\r\n', null, undefined, {}, []]) {
        expect(type.parse(blank, context)).toMatchObject({ normal: null, valid: false, masked: false })
      }
    })
  })
}
