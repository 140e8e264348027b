import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsed, smallLead, smallScope } from '../../test/support/flow-lead.ts'
import { isFault } from '../base/faults.ts'
import type { Json } from '../kit/field.ts'
import { readPostalCodes } from '../postal-codes.ts'
import type { ObsceneChanges } from './obscene-words.ts'
import { compileRule, readExpression, readRule } from './rules.ts'

const scope = smallScope()
const lead = smallLead()

const holds = (text: string, of = lead): boolean => compileRule(text, scope).holds(of)

describe('rules', () => {
  test.each([
    // comparisons, in either case and with whole numbers like others
    ['lead.email == "JO@EXAMPLE.COM"', true],
    ['"tx" == lead.state', true],
    ['lead.state != "ok"', true],
    ['lead.state in ["ok", "tx"]', true],
    ['!(lead.state in ["OK"])', true],
    ['lead.age in [39, 40]', true],
    ['lead.score >= 60', true],
    ['lead.score > 62.5', false],
    ['lead.score < 62.6 && lead.age <= 40', true],
    ['lead.state < "ty"', true],
    ['lead.state == lead.email', false],
    ['"hot" in lead.tags', true],
    ['lead.tags == ["HOT", "new"]', true],
    ['lead.agreed', true],
    ['lead.agreed == false', false],
    ['lead.price == 15.5', true],
    ['lead.class == "Warm"', true],
    ['deliveries.crm.outcome == "success"', true],
    ['deliveries["crm"].reference == "r1"', true],
    ['source.id == "facebook" && flow.version == 3', true],
    ['lead.received_at < now', true],
    // parts
    ['lead.email.domain == "example.com"', true],
    ['lead.email.valid && !lead.email.masked && !lead.email.blank', true],
    ['lead.email.raw == "jo@example.com"', true],
    ['lead.age.whole', true],
    ['lead.tags[0] == "hot"', true],
    ['lead.tags[9] == "hot"', false],
    // missing values
    ['lead.missing == "x"', false],
    ['lead.missing != "x"', true],
    ['lead.missing == lead.missing', false],
    ['lead.missing == null', true],
    ['lead.state != null', true],
    ['lead.missing.blank', true],
    ['lead.missing in ["x"]', false],
    ['!(lead.missing in ["x"])', true],
    ['lead.unknown_age > 1', false],
    ['lead.unknown_age <= 1', false],
    ['lead.unknown_age + 1 > 0', false],
    ['!(lead.unknown_age > 1)', true],
    ['lead.route == "x"', false],
    ['contains(lead.missing, "x")', false],
    ['matches(lead.missing, ".*")', false],
    ['lead.missing < "z"', false],
    ['default(lead.missing, "none") == "none"', true],
    ['lead.unknown_age > 1 ? true : lead.agreed', true],
    // what a source sent besides
    ['extra.utm == "spring"', true],
    ['extra.count > 4 && extra.count == 5', true],
    ['extra["what-service"] == "ROOF"', true],
    ['extra.answers[0].text == "yes"', true],
    ['extra.nothing.at.all == "x"', false],
    ['extra.constructor == null', true],
    ['extra.answers.exists(a, a.text == "YES")', true],
    // functions, both ways of writing
    ['blank(lead.missing) && !blank(lead.state)', true],
    ['has(lead.state)', true],
    ['lead.email.endsWith(".COM") && startsWith(lead.email, "jo")', true],
    ['lead.email.contains("@")', true],
    ['includes(lead.tags, "NEW")', true],
    ['between(lead.age, 40, 50) && lead.age.between(30, 40)', true],
    ['between(lead.state, "ta", "tz")', true],
    ['lead.email.matches("^jo@")', true],
    ['size(lead.tags) == 2 && lead.state.size() == 2', true],
    ['lower(lead.state) == "tx" && upper("a") == "A"', true],
    ['number(extra.count) + 1 == 6', true],
    ['string(lead.age) == "40"', true],
    ['round(lead.score) == 63 && floor(lead.score) == 62 && min(1, 2) == 1', true],
    ['lead.tags.all(t, size(t) == 3)', true],
    ['lead.tags.exists_one(t, t == "hot")', true],
    ['size(lead.tags.filter(t, t == "hot")) == 1', true],
    ['lead.tags.map(t, upper(t)) == ["HOT", "NEW"]', true],
    ['lead.missing.size() > 0', false],
    // time
    ['includes(lead.tags, "Hot", "exact") && !includes(lead.tags, "hot", "exact")', true],
    ['startsWith(lead.email, "Jo", "exact") && !startsWith(lead.email, "jo", "exact")', true],
    ['exact(lead.state, "TX") && !exact(lead.state, "tx")', true],
    ['exact(lead.state, ["OK", "TX"]) && !exact(lead.state, ["ok", "tx"])', true],
    ['matches(lead.email, "(?-i)^Jo@") && !matches(lead.email, "(?-i)^jo@")', true],
    ['in_list(lead.state, "ok, tx") && in_list(lead.age, "39,40")', true],
    ['in_list(lead.missing, "ok, tx")', false],
    ['is_true(extra.count) || is_false(extra.count)', false],
    ['is_true("Yes") && is_false("off") && is_true(lead.agreed)', true],
    ['is_true(lead.missing) || is_false(lead.missing)', false],
    ['obscene("oh sh!t") && obscene("F.U.C.K") && obscene("fuuuuck")', true],
    ['obscene("Scunthorpe Cockburn, classic assessor of Essex")', false],
    ['obscene(lead.missing) || obscene(lead.tags)', false],
    ['time_in() >= "09:30" && time_in("UTC") == "15:30"', true],
    ['distance("78701", "75201") > 0', false],
    ['hour_in("America/Chicago") == 9 && hour_in() == 9 && hour_in("UTC") == 15', true],
    ['day_in() in ["mon", "tue"]', true],
    ['date_in("Asia/Tokyo") == "2026-12-01"', true],
    ['now - lead.received_at < duration("2s")', true],
    ['timestamp("2026-11-30") < now', true],
    // logic and arithmetic
    ['false || true && !false', true],
    ['lead.age / 0 > 1', false],
    ['5 / 2 == 2.5 && 7 % 4 == 3 && -lead.age == -40', true],
    ['lead.state + "-" + string(lead.age) == "tx-40"', true],
    ['true', true],
    ['false', false],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected)
  })

  test.each([
    ['lead.emial == "x"', 'unknown_field', 5, 'email'],
    ['lead.email.domian == "x"', 'unknown_part', 11, 'domain'],
    ['email == "x"', 'unknown_variable', 0, 'lead.email'],
    ['source.nmae == "x"', 'unknown_variable', 7, 'name'],
    ['deliveries.cmr.outcome == "x"', 'unknown_destination', 11, 'crm'],
    ['deliveries.crm.outcom == "x"', 'unknown_part', 15, 'outcome'],
    ['lead == "x"', 'unknown_variable', 0, null],
    ['lead.age > "5"', 'rule_type', 0, '5'],
    ['lead.state == 5', 'rule_type', 0, '"5"'],
    ['lead.agreed == "true"', 'rule_type', 0, 'true'],
    ['lead.agreed > true', 'rule_type', 0, null],
    ['lead.state', 'rule_type', 0, null],
    ['lead.agreed && lead.age', 'rule_type', 15, null],
    ['lead.age in ["a"]', 'rule_type', 0, null],
    ['"a" in lead.state', 'rule_type', 0, null],
    ['lead.age - "x" > 1', 'rule_type', 0, null],
    ['lead.state[0] == "T"', 'unknown_part', 11, null],
    ['lead.age.matches("x")', 'rule_type', 0, null],
    ['matches(lead.state, lead.email)', 'rule_type', 20, null],
    ['matches(lead.state, "a(b")', 'rule_syntax', 22, null],
    ['hour_in("America/Chicgo") > 1', 'zone', 8, 'America/Chicago'],
    ['now > duration("soon")', 'duration', 15, null],
    ['startWith(lead.state, "T")', 'unknown_function', 0, 'startsWith'],
    ['between(lead.age, 1)', 'rule_type', 0, null],
    ['lead.age &&', 'rule_syntax', 11, null],
    ['lead.state = "TX"', 'rule_syntax', 11, '=='],
    ['lead.agreed and lead.agreed', 'rule_syntax', 12, '&&'],
    ['(lead.agreed', 'rule_syntax', 12, null],
    ['lead.state == "TX', 'rule_syntax', 14, null],
    ['lead.tags.exists(1, true)', 'rule_syntax', 17, null],
    ['{"a": 1} == {}', 'rule_syntax', 0, null],
    ['b"x" == lead.state', 'rule_syntax', 0, null],
    ['', 'rule_syntax', 0, null],
  ])('%s is refused', (text, code, start, suggestion) => {
    const [issue] = readRule(text, scope).issues
    expect({ code: issue?.code, start: issue?.start, suggestion: issue?.suggestion ?? null }).toEqual({
      code,
      start,
      suggestion,
    })
  })

  test('every mistake of a rule is told, each once', () => {
    const { issues } = readRule('lead.emial == "x" && lead.age > "5" || foo(lead.staet)', scope)
    expect(issues.map(({ code }) => code)).toEqual(['unknown_field', 'rule_type', 'unknown_field', 'unknown_function'])
  })

  test('compileRule throws a fault that names the mistake', () => {
    try {
      compileRule('lead.emial == "x"', scope)
      expect.unreachable()
    } catch (error) {
      expect(isFault(error) && error.code).toBe('flow_invalid')
      expect(isFault(error) && error.message).toContain('unknown field "emial" at column 6')
    }
  })

  test('saw shows what the rule mentions, and why it gave up', () => {
    const rule = compileRule('lead.state == "TX" && matches(lead.email, "x")', scope)
    const wanted = ['matches(lead.email, "x")']
    expect(rule.saw(smallLead({ fields: { ...lead.fields, email: parsed('xo@example.com') } }))).toEqual({
      'lead.state': 'TX',
      'lead.email': 'xo@example.com',
    })
    const other = smallLead({ fields: { ...lead.fields, email: parsed('jo@y.org') } })
    expect(rule.saw(other)).toEqual({ 'lead.state': 'TX', 'lead.email': 'jo@y.org', wanted })
    const long = smallLead({ fields: { ...lead.fields, email: parsed('x'.repeat(3000)) } })
    expect(rule.holds(long)).toBe(false)
    expect(rule.saw(long).fault).toBe('matches() looks at no more than 2000 characters')
  })

  test.each([
    [
      'lead.state in ["OK"] && lead.age > 50',
      [
        ['lead.state in ["OK"]', { 'lead.state': 'TX' }],
        ['lead.age > 50', { 'lead.age': 40 }],
      ],
    ],
    [
      'lead.state == "OK" || lead.age > 50 && lead.agreed',
      [
        ['lead.state == "OK"', { 'lead.state': 'TX' }],
        ['lead.age > 50', { 'lead.age': 40 }],
      ],
    ],
    ['!(lead.state in ["TX", "NY"])', [['!(lead.state in ["TX", "NY"])', { 'lead.state': 'TX' }]]],
    ['!(lead.agreed && lead.state == "OK") && lead.age < 18', [['lead.age < 18', { 'lead.age': 40 }]]],
    ['!lead.agreed', [['!(lead.agreed)', { 'lead.agreed': true }]]],
    ['lead.missing == "x"', [['lead.missing == "x"', { 'lead.missing': null }]]],
    ['lead.age > 18', []],
  ])('%s says what it saw and what it wanted', (text, expected) => {
    expect(compileRule(text, scope).unmet(lead)).toEqual(expected.map(([wanted, saw]) => ({ wanted, saw })))
  })

  /** A lead of which only the state is known. */
  const part = smallLead({ fields: { state: parsed('TX') }, extra: {}, partial: true })

  test.each([
    ['lead.state == "TX"', true],
    ['lead.state == "OK"', false],
    ['lead.age > 18', true],
    ['lead.age <= 18', true],
    ['!(lead.age > 18)', true],
    ['lead.age > 18 && lead.state == "OK"', false],
    ['lead.age > 18 || lead.state == "OK"', true],
    ['lead.missing != "x"', true],
    ['lead.missing in ["x"]', true],
    ['!(lead.missing in ["x"])', true],
    ['lead.missing == null', true],
    ['lead.missing != null', true],
    ['lead.state == null', false],
    ['blank(lead.email)', true],
    ['!blank(lead.email)', true],
    ['has(lead.email) && lead.email.valid', true],
    ['lead.email.valid', true],
    ['!lead.email.valid', true],
    ['lead.email.domain == "x.com"', true],
    ['lead.email.matches("x")', true],
    ['lead.agreed', true],
    ['extra.answers.exists(a, a == 1)', true],
    ['lead.agreed ? lead.state == "OK" : true', true],
    ['default(lead.missing, "none") == "some"', false],
  ])('of a lead known in part, %s is %s', (text, expected) => {
    expect(holds(text, part)).toBe(expected)
  })

  test('what a part of a lead settles, the whole lead keeps', () => {
    const rules = [
      'lead.state == "TX" && lead.age > 18',
      'lead.age > 18 || lead.agreed',
      '!(lead.state == "TX" && lead.email.valid)',
      'lead.tags.exists(t, t == "hot") && !lead.agreed',
      'lead.email.matches("^a") != lead.agreed',
      'lead.age.between(18, 30) || blank(lead.email)',
    ].map((text) => compileRule(text, scope))
    const value = {
      state: fc.constantFrom('TX', 'OK'),
      age: fc.constantFrom(10, 20, 40),
      email: fc.constantFrom('a@b.c', 'x@y.z'),
      agreed: fc.boolean(),
      tags: fc.constantFrom(['hot'], ['cold'], ['cold', 'hot']),
    }
    fc.assert(
      fc.property(fc.record(value), fc.subarray(Object.keys(value)), (whole, known) => {
        const all = Object.fromEntries(Object.entries(whole).map(([name, one]) => [name, parsed(one as Json)]))
        const some = Object.fromEntries(Object.entries(all).filter(([name]) => known.includes(name)))
        for (const rule of rules) {
          // Only what is refused in part is final: it is refused in whole.
          if (!rule.holds(smallLead({ fields: some, extra: {}, partial: true })))
            expect(rule.holds(smallLead({ fields: all, extra: {} }))).toBe(false)
          expect(rule.holds(smallLead({ fields: all, extra: {}, partial: true }))).toBe(
            rule.holds(smallLead({ fields: all, extra: {} })),
          )
        }
      }),
    )
  })

  test('distances are told where a table knows both places', () => {
    const places = readPostalCodes('zip,lat,lng\n78701,30.2713,-97.7426\n75201,32.7876,-96.7994\n', 'table.csv')
    const near = smallScope({ places })
    const value = (text: string): Json | undefined => readExpression(text, near).expression?.value(lead)
    // Some 182 miles as the crow flies from Austin's centre to that of Dallas.
    expect(value('distance("78701-1234", "75201")')).toBeCloseTo(182.5, 1)
    expect(value('distance("78701", "75201", "km")')).toBeCloseTo(293.7, 1)
    expect(value('distance("78701", "00000")')).toBe(null)
    expect(compileRule('distance("78701", lead.missing) < 50', near).holds(lead)).toBe(false)
    expect(readRule('distance("78701", "75201", "miles") < 1', near).issues[0]?.code).toBe('rule_type')
    expect(() => readPostalCodes('zip,lat,lng\n78701,x,1\n', 'table.csv')).toThrow(
      /table\.csv cannot be read in line 2/,
    )
  })

  test('a flow changes the list of obscene words, or has its own', () => {
    const is = (obscene: ObsceneChanges) => (text: string) =>
      compileRule(`obscene("${text}")`, smallScope({ obscene })).holds(lead)
    const changed = is({ add: ['voldemort'], except: ['crap'] })
    expect([changed('Voldemort'), changed('crap'), changed('shit')]).toEqual([true, false, true])
    const own = is({ words: ['voldemort'] })
    expect([own('Voldemort'), own('shit')]).toEqual([true, false])
  })

  test.each([
    // Patterns that stop engines which try one way after another, as published with the attacks they were used in.
    ['^(a+)+$', 'a'],
    ['^(a|aa)+$', 'a'],
    ['^(a|a?)+$', 'a'],
    ['(.*a){20}', 'a'],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
    ['^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@)[a-z]+$', 'a'],
    ['^(\\w+\\s?)*$', 'a '],
    ['^(\\s*\\w*)*$', ' a'],
    ['(x+x+)+y', 'x'],
    ['^\\s+|\\s+$', ' '],
    ['(\\d+\\D?)*#', '1'],
    ['^(.*?,){11}P', ','],
  ])('the pattern %s cannot hang a rule', (pattern, piece) => {
    const rule = compileRule(`matches(lead.email, ${JSON.stringify(pattern)})`, scope)
    const text = `${piece.repeat(2000).slice(0, 1998)}!`
    const hostile = smallLead({ fields: { ...lead.fields, email: parsed(text) } })
    const started = performance.now()
    for (let time = 0; time < 5; time++) rule.holds(hostile)
    // Linear: some ms each. The same in JavaScript's engine takes longer than the universe has.
    expect(performance.now() - started).toBeLessThan(2500)
  })

  test('loops over what a sender sent do not multiply without end', () => {
    const rule = compileRule(
      'extra.a.exists(x, extra.a.exists(y, extra.a.exists(z, x == y && y == z && z == 1)))',
      scope,
    )
    const many = smallLead({ extra: { a: Array.from({ length: 2000 }, () => 2) } })
    expect(rule.holds(many)).toBe(false)
    expect(rule.saw(many).fault).toBe('its loops take too many steps')
    expect(rule.holds(smallLead({ extra: { a: [1] } }))).toBe(true)
  })

  test('a rule that says the same of every lead is known as such', () => {
    const constants = ['false', 'true && !true', 'lead.agreed && false', 'lead.agreed'].map(
      (text) => readRule(text, scope).constant,
    )
    expect(constants).toEqual([false, false, false, null])
  })

  test('an expression yields the value, or null where something is missing', () => {
    const value = (text: string): Json | undefined => readExpression(text, scope).expression?.value(lead)
    expect(value('lead.state')).toBe('TX')
    expect(value('now + duration("1h")')).toBe(lead.now + 3_600_000)
    expect(value('lead.unknown_age + 1')).toBe(null)
    expect(value('lead.agreed ? "yes" : "no"')).toBe('yes')
  })

  test('no rule throws on any lead, and none takes long to read', () => {
    const word = fc.constantFrom(
      ...'lead.email lead.missing lead.age lead.tags extra.x extra.x.y lead.agreed now && || ! == != < >= in + - * / % ( ) [ ] , ? : "a" \'tx\' 1 2.5 true null size( blank( matches( .exists(t, t .all(x, x .raw .valid default( between( number('.split(
        ' ',
      ),
    )
    const value = fc.jsonValue() as fc.Arbitrary<Json>
    let compiled = 0
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), value, value, (words, one, other) => {
        const { rule } = readRule(words.join(' '), scope)
        if (rule === null) return
        compiled++
        const odd = smallLead({
          fields: { ...lead.fields, email: parsed(one), tags: parsed(other), age: parsed(other) },
          extra: { x: one },
          score: null,
        })
        expect(typeof rule.holds(odd)).toBe('boolean')
        rule.saw(odd)
        rule.holds(smallLead({ fields: {} }))
      }),
      { numRuns: 3000 },
    )
    expect(compiled).toBeGreaterThan(0)
  })

  test('no text makes the reading of a rule throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        readRule(text, scope)
        readExpression(`lead.${text}`, scope)
      }),
      { numRuns: 2000 },
    )
    expect(readRule('!'.repeat(3999), scope).issues[0]?.code).toBe('rule_syntax')
    expect(readRule('('.repeat(3999), scope).issues[0]?.code).toBe('rule_syntax')
    expect(readRule(`true${' && true'.repeat(400)}`, scope).constant).toBe(true)
  })
})
