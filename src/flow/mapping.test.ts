import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { registries } from '../../test/support/house.ts'
import type { Json } from '../kit/field.ts'
import { compileFlow } from './compile.ts'
import type { Taking } from './document.ts'
import { compileMapping, incomingScope, isTemplate, readPath } from './mapping.ts'
import { parseFlow } from './parse.ts'

const scope = incomingScope({ country: 'US', zone: 'UTC' })

type Written = string | Partial<Taking> | readonly (string | Partial<Taking>)[]

const takingOf = (written: string | Partial<Taking>): Taking =>
  typeof written === 'string'
    ? { from: isTemplate(written) ? 'template' : 'path', text: written, when: null }
    : { from: 'path', text: '', when: null, ...written }

const map = (written: Readonly<Record<string, Written>>, incoming: Readonly<Record<string, Json>>) => {
  const mapping = Object.fromEntries(
    Object.entries(written).map(([field, ways]) => [field, [ways].flat().map(takingOf)]),
  )
  return compileMapping({ fields: ['first_name', 'phone', 'state', 'city'], mapping, scope })(incoming)
}

describe('mapping', () => {
  test('a key of brackets that are never closed is read in one pass', () => {
    const started = performance.now()
    for (const key of ['a['.repeat(500_000), '['.repeat(1_000_000), '["'.repeat(500_000), "a['x".repeat(250_000)])
      expect(map({}, { [key]: '1', phone: '2' }).values).toEqual({ phone: '2' })
    const long = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${n}${'['.repeat(900)}`, '1']))
    const fields = Array.from({ length: 300 }, (_, n) => `f${n}`)
    expect(compileMapping({ fields, mapping: {}, scope })(long).values).toEqual({})
    // Some ms each. With all that follows looked through for each bracket: hours.
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(map({ phone: 'contact.phone' }, { 'contact["phone"]': '1' }).values).toEqual({ phone: '1' })
  })

  test.each([
    ['a field takes the key of its name', {}, { phone: '1', state: 'TX' }, { phone: '1', state: 'TX' }, {}],
    [
      'capitals, -, _ and spaces make no difference',
      {},
      { 'First-Name': 'Jo', PHONE: '1' },
      { first_name: 'Jo', phone: '1' },
      {},
    ],
    ['camel case too', {}, { firstName: 'Jo' }, { first_name: 'Jo' }, {}],
    ['the first of two that mean the same', {}, { Phone: '1', 'phone ': '2' }, { phone: '1' }, { 'phone ': '2' }],
    ['the exact name goes before a like one', {}, { Phone: '1', phone: '2' }, { phone: '2' }, { Phone: '1' }],
    ['another key', { phone: 'phone_number' }, { phone_number: '1', phone: '2' }, { phone: '1' }, { phone: '2' }],
    [
      'a path, and the rest is kept',
      { phone: 'answers[1].value' },
      { answers: [{}, { value: '1' }] },
      { phone: '1' },
      { answers: [{}, { value: '1' }] },
    ],
    ['a dotted key of a form', { city: 'address.city' }, { 'address.city': 'Waco' }, { city: 'Waco' }, {}],
    ['a bracketed key of a form', { city: 'address.city' }, { 'address[city]': 'Waco' }, { city: 'Waco' }, {}],
    [
      'a quoted name in a path',
      { city: 'where["the city"]' },
      { where: { 'the city': 'Waco' } },
      { city: 'Waco' },
      { where: { 'the city': 'Waco' } },
    ],
    ['a literal key', { city: '["the.city[0]"]' }, { 'the.city[0]': 'Waco' }, { city: 'Waco' }, {}],
    ['a template', { state: '{{ incoming.state | upcase }}' }, { State: 'tx' }, { state: 'TX' }, { State: 'tx' }],
    [
      'a lone variable of a template keeps its type',
      { state: '{{ incoming.a.b }}' },
      { a: { b: 5 } },
      { state: 5 },
      { a: { b: 5 } },
    ],
    [
      'a constant',
      { state: { from: 'value' as const, text: 'TX' } },
      { state: 'OK' },
      { state: 'TX' },
      { state: 'OK' },
    ],
    [
      'the first of several that has a value',
      { phone: ['mobile', 'home', { from: 'value' as const, text: '0' }] },
      { mobile: ' ', home: '2' },
      { phone: '2' },
      { mobile: ' ' },
    ],
    [
      'a constant where nothing was sent',
      { phone: ['mobile', { from: 'value' as const, text: '0' }] },
      { mobile: '' },
      { phone: '0' },
      { mobile: '' },
    ],
    [
      'a way that holds for some only',
      {
        city: [
          { from: 'value' as const, text: 'Waco', when: 'incoming.form == "r"' },
          { text: 'town', when: 'incoming.form != "r"' },
        ],
      },
      { form: 'R', town: 'Paris' },
      { city: 'Waco' },
      { form: 'R', town: 'Paris' },
    ],
    [
      'a list of one element, as XML says it',
      { phone: 'a.b[0].c' },
      { a: { b: { c: '1' } } },
      { phone: '1' },
      { a: { b: { c: '1' } } },
    ],
    ['a text of such a list', { phone: 'a[0]' }, { a: '1' }, { phone: '1' }, { a: '1' }],
    ['none beyond the first of such a list', { phone: 'a[1]' }, { a: '1' }, {}, { a: '1' }],
    ['what is missing is left out', { phone: 'a.b[3].c' }, { other: 1 }, {}, { other: 1 }],
  ])('%s', (_, mapping, incoming, values, extra) => {
    expect(map(mapping, incoming)).toEqual({ values, extra })
  })

  test('is read from a flow in every form, and what is wrong in it is told where it stands', () => {
    const flow = (mapping: string) =>
      parseFlow(
        `flow: f\nfields: { phone: phone, city: string }\nsources:\n  - id: web\n    mapping:\n${mapping}`,
        registries,
      )
    const right = flow(`
      phone: [mobile, { path: 'answers[0].text', when: 'incoming.kind == "x"' }]
      city:
        - { value: Waco, when: { field: incoming.form, op: is_equal_to, value: r } }
        - { template: '{{ incoming.town | upcase }}' }
`)
    expect(right.problems).toEqual([])
    const source = compileFlow({ document: right.document, version: 1, registries }).sources.get('web')
    expect(source?.map({ form: 'R', kind: 'X', answers: [{ text: '1' }] }).values).toEqual({ phone: '1', city: 'Waco' })
    expect(source?.map({ mobile: '2', town: 'paris' }).values).toEqual({ phone: '2', city: 'PARIS' })
    const told = (mapping: string) => flow(mapping).problems.map(({ code, path }) => [code, path])
    expect(told('      phone: { path: a, value: b }\n')).toEqual([['mapping', 'sources[0].mapping.phone']])
    expect(told('      phone: [{ path: "a..b" }]\n')).toEqual([['mapping', 'sources[0].mapping.phone[0].path']])
    expect(told('      phone: { value: a, when: lead.x }\n')).toEqual([
      ['unknown_variable', 'sources[0].mapping.phone.when'],
    ])
    expect(told('      phone: { vlaue: a }\n').map(([code]) => code)).toEqual(['unknown_key'])
    expect(told('      phnoe: a\n')).toEqual([['unknown_field', 'sources[0].mapping.phnoe']])
  })

  test('sets no prototype and reads none', () => {
    const incoming = JSON.parse('{"__proto__": {"phone": "1"}, "constructor": "x", "toString": "y"}') as Record<
      string,
      Json
    >
    const { values, extra } = map({ state: 'constructor.name', city: '__proto__.phone' }, incoming)
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype)
    expect(Object.entries(extra)).toEqual([
      ['__proto__', { phone: '1' }],
      ['constructor', 'x'],
      ['toString', 'y'],
    ])
    expect(values).toEqual({ city: '1' })
    expect(map({ city: 'constructor', state: 'toString.name', phone: '__proto__' }, {}).values).toEqual({})
  })

  test('gives a field its value, whatever it is called', () => {
    const scope = incomingScope({ country: 'US', zone: 'UTC' })
    const both = compileMapping({ fields: ['constructor', 'valueOf'], mapping: {}, scope })
    expect(both({ constructor: 'Bob' } as never).values).toEqual({ constructor: 'Bob' })
    expect(Object.entries(both({ valueof: '1' } as never).values)).toEqual([['valueOf', '1']])
  })

  test.each([
    ['a', ['a']],
    ['a.b', ['a', 'b']],
    ['a[0].b', ['a', 0, 'b']],
    ['a[b][c]', ['a', 'b', 'c']],
    ["a['b c'].d", ['a', 'b c', 'd']],
    ['what do you need', ['what do you need']],
    ['["a.b[0]"]', ['a.b[0]']],
    ['["a.b"].c', ['a.b', 'c']],
  ])('the path %s', (text, names) => {
    expect(readPath(text)).toEqual(names)
  })

  test.each(['', '.a', 'a[', 'a]', 'a..b', 'a[]', '[0]', 'a["b]', 'a.'])('the path %j is refused', (text) => {
    expect(readPath(text)).toBe(null)
  })

  test('never throws, and keeps every key that no field took', () => {
    const key = fc.oneof(
      fc.constantFrom('phone', 'Phone', 'state', 'a', 'a[b]', '__proto__', 'constructor'),
      fc.string(),
    )
    fc.assert(
      fc.property(fc.dictionary(key, fc.jsonValue()), (incoming) => {
        const given = incoming as Record<string, Json>
        const { values, extra } = map({ phone: 'a.b', city: '{{ incoming.a.b.c | upcase }}' }, given)
        const kept = new Set([...Object.values(values), ...Object.values(extra)])
        for (const value of Object.values(given)) expect(kept.has(value)).toBe(true)
      }),
    )
  })
})

describe('mapping_takes', () => {
  const sourceOf = (takes: string) => {
    const text = `flow: m
fields: { state: state, city: city }
sources:
  - id: web
    ${takes}
    mapping: { state: [ a, { path: b, when: 'incoming.b != "no"' }, { value: OK } ], city: [ a, b ] }
`
    const { document, problems } = parseFlow(text, registries)
    expect(problems).toEqual([])
    const source = compileFlow({ document, version: 1, registries }).sources.get('web')
    return (incoming: Record<string, Json>) => source?.map(incoming).values
  }
  test('is the first with a value, unless it says last', () => {
    expect(sourceOf('')({ a: 'TX', b: 'NY' })).toEqual({ state: 'TX', city: 'TX' })
    const last = sourceOf('mapping_takes: last')
    expect(last({ a: 'TX', b: 'NY' })).toEqual({ state: 'OK', city: 'NY' })
    // A blank overwrites nothing.
    expect(last({ a: 'TX', b: ' ' })).toMatchObject({ city: 'TX' })
  })
})
