import { describe, expect, it } from 'vitest'
import { stepCompiler } from '../../test/support/step-compiler.ts'
import { field, lead, run } from '../../test/support/step-driver.ts'
import type { LeadView } from '../kit/step.ts'
import { stepTypes } from './index.ts'

/** Steps that decide by what they see and ask nothing. */

const decide = (type: string, config: unknown, view: LeadView) => {
  const step = stepTypes[type]
  if (!step) throw new Error(`no step ${type}`)
  const { requests, result } = run({ step, config, lead: view, compiler: stepCompiler(step, `${type}-1`) })
  expect(requests).toEqual([])
  return result
}

const invalid = { valid: false }

describe('normalize', () => {
  it('names the fields that were sent in another form, and those that are not valid', () => {
    const fields = {
      email: field('Ann@Example.COM', { normal: 'ann@example.com' }),
      phone: field('512*******', { normal: '512*******', masked: true, valid: false }),
      state: field('TX'),
      city: field(''),
    }
    expect(decide('normalize', {}, lead({ fields }))).toMatchObject({
      outcome: 'success',
      note: { fields: 3, changed: ['email'], invalid: ['phone'], masked: ['phone'] },
    })
    expect(decide('normalize', { fields: ['state'] }, lead({ fields }))).toMatchObject({
      note: { fields: 1, changed: [], invalid: [] },
    })
  })

  it('skips a lead without any field, and records no value', () => {
    expect(decide('normalize', {}, lead())).toEqual({ kind: 'next', outcome: 'skip' })
    const result = decide('normalize', {}, lead({ fields: { email: field('Ann@x.org', { normal: 'ann@x.org' }) } }))
    expect(JSON.stringify(result).toLowerCase()).not.toContain('ann@')
  })
})

describe('accept', () => {
  const config = {
    required: ['email', 'phone', 'first_name'],
    criteria: [
      { when: 'lead.state == "TX"', else: 'Not in {{ lead.state }}', field: 'state' },
      { when: 'lead.urgency != "never"', code: 'filtered' },
    ],
  }
  const whole = {
    email: field('ann@example.com'),
    phone: field('+15125550123'),
    first_name: field('Ann'),
    state: field('TX'),
    urgency: field('now'),
  }

  it('lets a whole lead pass', () => {
    expect(decide('accept', config, lead({ fields: whole }))).toEqual({ kind: 'next', outcome: 'success' })
    expect(decide('accept', {}, lead())).toEqual({ kind: 'next', outcome: 'success' })
  })

  it('reports one missing field', () => {
    expect(decide('accept', config, lead({ fields: { ...whole, email: field('  ') } }))).toMatchObject({
      kind: 'reject',
      code: 'missing_field',
      reason: 'Missing required field: email',
      fieldErrors: { email: 'Missing required field' },
    })
  })

  it('reports every failing field at once, missing before invalid before criteria', () => {
    const fields = { phone: field('12', invalid), state: field('OK'), urgency: field('now') }
    expect(decide('accept', config, lead({ fields }))).toMatchObject({
      code: 'missing_field',
      reason: 'Missing required fields: email, first_name',
      fieldErrors: {
        email: 'Missing required field',
        first_name: 'Missing required field',
        phone: 'Invalid format',
        state: 'Not in OK',
      },
    })
    expect(decide('accept', config, lead({ fields: { ...whole, ...fields } }))).toMatchObject({
      code: 'invalid_field',
      reason: 'Invalid format: phone',
      fieldErrors: { phone: 'Invalid format', state: 'Not in OK' },
    })
  })

  it('gives the reason of the first criterion that fails, and what it saw', () => {
    expect(decide('accept', config, lead({ fields: { ...whole, state: field('OK') } }))).toMatchObject({
      code: 'not_accepted',
      reason: 'Not in OK',
      rule: 'lead.state == "TX"',
      saw: { 'lead.state': 'OK' },
      fieldErrors: { state: 'Not in OK' },
    })
    const result = decide('accept', config, lead({ fields: { ...whole, urgency: field('never') } }))
    expect(result).toMatchObject({ code: 'filtered', reason: 'Not accepted: lead.urgency != "never"' })
    expect(result).not.toHaveProperty('fieldErrors')
  })

  it('keeps what it said first about a field', () => {
    const twice = { required: ['state'], criteria: [{ when: 'lead.state == "TX"', else: 'No', field: 'state' }] }
    expect(decide('accept', twice, lead({ fields: { state: field(null) } }))).toMatchObject({
      fieldErrors: { state: 'Missing required field' },
    })
  })
})

describe('filter', () => {
  const view = (state: string) => lead({ fields: { state: field(state) } })

  it('passes what holds and rejects what does not, with what it saw', () => {
    const config = { when: 'lead.state in ["TX", "OK"]', reason: 'State not serviced: {{ lead.state }}' }
    expect(decide('filter', config, view('TX'))).toMatchObject({ kind: 'next', outcome: 'success' })
    expect(decide('filter', config, view('NY'))).toEqual({
      kind: 'reject',
      code: 'filtered',
      reason: 'State not serviced: NY',
      rule: config.when,
      saw: { 'lead.state': 'NY', wanted: ['lead.state in ["TX", "OK"]'] },
    })
  })

  it('names the rule where no reason was written, or it came out blank', () => {
    const when = 'lead.state == "TX"'
    expect(decide('filter', { when }, view('NY'))).toMatchObject({ reason: 'Filtered: lead.state == "TX"' })
    expect(decide('filter', { when, reason: '{{ lead.city }}' }, view('NY'))).toMatchObject({
      reason: 'Filtered: lead.state == "TX"',
    })
    expect(decide('filter', { when, code: 'not_accepted' }, view('NY'))).toMatchObject({ code: 'not_accepted' })
  })

  it('cuts a reason that has grown beyond reading', () => {
    const result = decide('filter', { when: 'false', reason: 'x'.repeat(9000) }, lead())
    expect(result.kind === 'reject' && result.reason.length).toBe(500)
  })
})

describe('price', () => {
  const config = {
    rules: [
      { id: 'hot', when: 'lead.class == "hot"', amount: '25.00 EUR' },
      { when: 'lead.class == "warm"', amount: '18.50' },
    ],
    amount: '15.00',
  }

  it.each([
    ['hot', { amount: '25.00', currency: 'EUR' }, 'hot'],
    ['warm', { amount: '18.50', currency: 'USD' }, 'lead.class == "warm"'],
    ['cold', { amount: '15.00', currency: 'USD' }, 'price-1'],
  ])('takes the first rule that applies, else the flat amount: %s', (name, price, rule) => {
    expect(decide('price', config, lead({ class: name }))).toMatchObject({ outcome: 'success', set: { price }, rule })
  })

  it('skips where no rule applies and no flat amount is given', () => {
    expect(decide('price', { rules: config.rules }, lead())).toEqual({ kind: 'next', outcome: 'skip' })
  })

  it('takes a rule without a condition as the rest', () => {
    expect(decide('price', { rules: [{ id: 'rest', amount: '1' }] }, lead())).toMatchObject({
      set: { price: { amount: '1', currency: 'USD' } },
      rule: 'rest',
    })
  })
})

describe('score', () => {
  const config = {
    base: 20,
    points: [
      { id: 'urgent', when: 'lead.urgency == "now"', points: 40, reason: 'Wants it now' },
      { when: 'lead.service == "roof"', points: 70 },
      { id: 'junk', when: 'lead.service == "junk"', points: -50 },
    ],
  }
  const view = (urgency: string, service: string) =>
    lead({ fields: { urgency: field(urgency), service: field(service) } })

  it('adds the points that hold and says what each came from', () => {
    expect(decide('score', config, view('now', 'solar'))).toMatchObject({
      set: { score: 60 },
      note: {
        sum: 60,
        points: [
          { rule: 'base', points: 20 },
          { rule: 'urgent', points: 40, reason: 'Wants it now' },
        ],
      },
      saw: { 'lead.urgency': 'now' },
    })
  })

  it('stays between 0 and 100 and shows the sum it came from', () => {
    expect(decide('score', config, view('now', 'roof'))).toMatchObject({ set: { score: 100 }, note: { sum: 130 } })
    expect(decide('score', config, view('later', 'junk'))).toMatchObject({ set: { score: 0 }, note: { sum: -30 } })
  })

  it('counts from nothing where no base is given', () => {
    expect(decide('score', { points: config.points }, view('x', 'x'))).toMatchObject({
      set: { score: 0 },
      note: { points: [] },
    })
  })
})

describe.each([
  ['classify', 'class'],
  ['route', 'to'],
])('%s', (type, key) => {
  const sets = type === 'classify' ? 'class' : 'route'
  const rules = [
    { id: 'first', when: 'lead.score >= 70', [key]: 'a' },
    { when: 'lead.score >= 40', [key]: 'b' },
  ]

  it.each([
    [90, 'a', 'first'],
    [50, 'b', 'lead.score >= 40'],
    [10, 'c', 'else'],
  ])('takes the first rule that holds, else the default: score %i', (score, chosen, rule) => {
    expect(decide(type, { rules, else: 'c' }, lead({ score }))).toMatchObject({
      outcome: 'success',
      set: { [sets]: chosen },
      rule,
    })
  })

  it('skips where nothing applies', () => {
    expect(decide(type, { rules }, lead({ score: 1 }))).toEqual({ kind: 'next', outcome: 'skip' })
  })
})
