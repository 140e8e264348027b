import { describe, expect, it } from 'vitest'
import { stepCompiler } from '../../test/support/step-compiler.ts'
import { type Answers, field, lead, NOW, run } from '../../test/support/step-driver.ts'
import type { LeadView } from '../kit/step.ts'
import { stepTypes } from './index.ts'

/** Steps that ask: given these answers, then these requests and this decision. */

const ran = (type: string, config: unknown, view: LeadView, answers: Answers = {}) => {
  const step = stepTypes[type]
  if (!step) throw new Error(`no step ${type}`)
  return run({ step, config, lead: view, answers, compiler: stepCompiler(step, `${type}-1`) })
}

const DAY_MS = 86_400_000
const SKIPPED = { kind: 'next', outcome: 'skip' }

describe('dedupe', () => {
  const config = { on: [['email'], ['phone', 'last_name']], within: '30d' }
  const fields = {
    email: field('Ann@Example.com', { normal: 'ann@example.com' }),
    phone: field('5125550123', { normal: '+15125550123', parts: { national: '5125550123' } }),
    last_name: field('Lee'),
  }
  const held = { 'identity.claim': { held: true } }
  const seen = (ms: number) => ({
    'identity.claim': { held: false, leadId: 'lead-0', seenAt: NOW - ms, on: ['email'] },
  })

  it('claims every alternative by its normal forms', () => {
    const { requests, result } = ran('dedupe', config, lead({ fields }), held)
    expect(requests).toEqual([
      {
        kind: 'identity.claim',
        name: 'identity.claim',
        input: {
          rule: 'dedupe-1',
          scope: 'flow',
          withinMs: 30 * DAY_MS,
          keys: [
            { on: ['email'], values: ['ann@example.com'] },
            { on: ['phone', 'last_name'], values: ['+15125550123', 'lee'] },
          ],
        },
      },
    ])
    expect(result).toMatchObject({ kind: 'next', outcome: 'success', note: { keys: 2 } })
  })

  it('leaves out an alternative with a blank, partly hidden or invalid field: two that wrote n/a are not one person', () => {
    const partial = {
      email: field('ann@', { valid: false }),
      phone: field('512*******', { masked: true }),
      last_name: field('Lee'),
    }
    expect(ran('dedupe', config, lead({ fields: partial })).result).toMatchObject(SKIPPED)
    expect(ran('dedupe', config, lead({ fields: { last_name: field('Lee') } })).result).toMatchObject(SKIPPED)
  })

  it.each([
    [-5_000, 'moments ago'],
    [59_999, 'moments ago'],
    [60_000, '1 minute ago'],
    [5 * 60_000, '5 minutes ago'],
    [3_600_000, '1 hour ago'],
    [47 * 3_600_000, '1 day ago'],
    [7 * DAY_MS, '7 days ago'],
  ])('rejects a duplicate seen %i ms ago', (ms, age) => {
    expect(ran('dedupe', config, lead({ fields }), seen(ms)).result).toMatchObject({
      kind: 'reject',
      code: 'duplicate',
      reason: `Duplicate lead - seen ${age}`,
      duplicateOf: 'lead-0',
      note: { matched_on: ['email'] },
    })
  })

  it('lets a duplicate go on with a note where it is only to be flagged', () => {
    const { requests, result } = ran('dedupe', { on: [['email']], duplicate: 'flag' }, lead({ fields }), seen(DAY_MS))
    expect(requests[0]?.input).toMatchObject({ withinMs: null })
    expect(result).toMatchObject({ kind: 'next', outcome: 'failure', note: { duplicate: true, seen: '1 day ago' } })
  })

  it.each([
    ['approve', { kind: 'next', outcome: 'failure', note: { duplicate: true, decision: 'approve' } }],
    ['reject', { kind: 'reject', code: 'duplicate', reason: 'Duplicate lead - seen 1 day ago', duplicateOf: 'lead-0' }],
  ])('parks a duplicate until a person decides: %s', (decision, expected) => {
    const { requests, result } = ran('dedupe', { on: [['email']], duplicate: 'park' }, lead({ fields }), {
      ...seen(DAY_MS),
      'review.ask': { decision, reason: null, by: 'ada' },
    })
    expect(requests[1]).toMatchObject({ kind: 'review.ask', input: { queue: 'duplicates' } })
    expect(result).toMatchObject(expected)
  })

  it('says what a lead that comes to nothing leaves behind, where it leaves anything', () => {
    const { requests } = ran('dedupe', { on: [['email']], keep_when: ['rejected'] }, lead({ fields }), held)
    expect(requests[0]?.input).toMatchObject({ keepWhen: ['rejected'] })
  })
})

describe('suppress', () => {
  const config = { lists: ['dnc', 'customers'], match: ['phone', 'email'] }
  const fields = {
    phone: field('512 555 0123', { normal: '+15125550123' }),
    email: field('ann@example.com', { parts: { domain: 'example.com' } }),
  }
  const hit = (label: string, name = 'phone') => ({
    'suppression.lookup': { found: true, list: 'dnc', label, field: name, addedAt: NOW - DAY_MS },
  })

  it('looks up normal forms, and an email by its domain too', () => {
    const { requests, result } = ran('suppress', config, lead({ fields }), { 'suppression.lookup': { found: false } })
    expect(requests[0]?.input).toEqual({
      lists: ['dnc', 'customers'],
      values: [
        { field: 'phone', value: '+15125550123' },
        { field: 'email', value: 'ann@example.com' },
        { field: 'email.domain', value: 'example.com' },
      ],
    })
    expect(result).toMatchObject({ kind: 'next', outcome: 'success' })
  })

  it.each([
    ['DNC', 'phone', 'Phone on DNC list'],
    ['DNC list', 'phone', 'Phone on DNC list'],
    ['Customers', 'email.domain', 'Email domain on Customers list'],
  ])('rejects what stands on "%s"', (label, name, reason) => {
    expect(ran('suppress', config, lead({ fields }), hit(label, name)).result).toMatchObject({
      kind: 'reject',
      code: 'suppressed',
      reason,
      rule: 'dnc',
      note: { list: 'dnc', field: name },
    })
  })

  it('gives the reason its author wrote', () => {
    const custom = { ...config, reason: '{{ field }} is on {{ label }} ({{ list }})' }
    expect(ran('suppress', custom, lead({ fields }), hit('Do not call')).result).toMatchObject({
      reason: 'phone is on Do not call (dnc)',
    })
  })

  it('skips a lead without anything to look up', () => {
    expect(ran('suppress', config, lead()).result).toMatchObject(SKIPPED)
  })
})

describe('cap', () => {
  const config = {
    caps: [
      { id: 'daily', max: 500, per: 'day' },
      { id: 'state', max: 10, per: 'total', by: 'lead.state' },
      { id: 'hot', max: 5, per: 'hour', when: 'lead.class == "hot"', reason: 'Enough hot leads' },
    ],
  }
  const view = (over = {}) => lead({ fields: { state: field('TX') }, ...over })

  it('reserves all caps that apply together, each in its window', () => {
    const { requests, result } = ran('cap', config, view(), { 'cap.reserve': { reserved: true, used: [7, 3] } })
    expect(requests[0]?.input).toEqual({
      caps: [
        {
          id: 'daily',
          scope: 'cap-1',
          by: null,
          max: 500,
          amount: 1,
          from: Date.UTC(2026, 10, 5, 6),
          until: Date.UTC(2026, 10, 6, 6),
        },
        { id: 'state', scope: 'cap-1', by: 'TX', max: 10, amount: 1, from: 0, until: null },
      ],
    })
    expect(result).toMatchObject({ kind: 'next', outcome: 'success', note: { used: { daily: 7, state: 3 } } })
  })

  it.each([
    ['minute', 'minute'],
    ['hour', 'hourly'],
    ['day', 'daily'],
    ['week', 'weekly'],
    ['month', 'monthly'],
    ['total', 'total'],
  ])('rejects where the cap per %s is full', (per, word) => {
    const caps = [{ id: 'c', max: 2, per, zone: 'Europe/Zurich' }]
    expect(
      ran('cap', { caps }, view(), { 'cap.reserve': { reserved: false, cap: 'c', used: 2 } }).result,
    ).toMatchObject({
      kind: 'reject',
      code: 'cap_exceeded',
      reason: `Cap exceeded: ${word} limit reached`,
      rule: 'c',
      note: { used: 2, max: 2 },
    })
  })

  it('gives the reason its author wrote', () => {
    const answers = { 'cap.reserve': { reserved: false, cap: 'hot', used: 5 } }
    expect(ran('cap', config, view({ class: 'hot' }), answers).result).toMatchObject({ reason: 'Enough hot leads' })
  })

  it('skips where no cap applies', () => {
    expect(ran('cap', { caps: config.caps.slice(2) }, view()).result).toEqual(SKIPPED)
  })
})

describe('deliver', () => {
  const fields = {
    email: field('Ann@example.com', { normal: 'ann@example.com' }),
    city: field(' '),
    odd: field('?', { normal: null }),
  }
  const answer = (outcome: string) => ({
    outcome,
    destination: 'x',
    reference: null,
    reason: null,
    code: null,
    price: null,
  })

  it('sends every field in its normal form where nothing else is said', () => {
    const { requests, result } = ran('deliver', { to: 'crm' }, lead({ fields }), { crm: answer('success') })
    expect(requests).toEqual([
      {
        kind: 'delivery.send',
        name: 'crm',
        input: {
          destination: 'crm',
          payload: { lead_id: lead().id, email: 'ann@example.com' },
          waitFor: 'attempt',
        },
      },
    ])
    expect(result).toEqual({ kind: 'next', outcome: 'success', note: { destinations: { crm: 'success' } } })
  })

  it('sends what the map names, dots and all, without blanks', () => {
    const map = { 'contact.email': '{{ lead.email }}', City: '{{ lead.city }}', Kind: 'web' }
    const { requests } = ran(
      'deliver',
      { to: ['crm'], map, wait_for: 'final' },
      lead({ fields: { email: field('a@b.c') } }),
      {
        crm: answer('success'),
      },
    )
    expect(requests[0]?.input).toMatchObject({ payload: { 'contact.email': 'a@b.c', Kind: 'web' }, waitFor: 'final' })
    expect(requests[0]?.input).not.toHaveProperty('payload.City')
  })

  it('sends to several at once, the chosen route among them, each once', () => {
    const { requests, result } = ran('deliver', { to: ['crm', '$route'] }, lead({ route: 'buyer' }), {
      crm: answer('failure'),
      buyer: answer('success'),
    })
    expect(requests.map(({ name }) => name)).toEqual(['crm', 'buyer'])
    expect(result).toMatchObject({ outcome: 'success', note: { destinations: { crm: 'failure', buyer: 'success' } } })
    const again = ran('deliver', { to: ['crm', '$route'] }, lead({ route: 'crm' }), { crm: answer('success') })
    expect(again.requests).toHaveLength(1)
  })

  it.each([
    [['failure', 'error'], 'failure'],
    [['failure', 'pending'], 'success'],
    [['success', 'error'], 'success'],
  ])('of %j makes %s', ([a, b], outcome) => {
    const { result } = ran('deliver', { to: ['a', 'b'] }, lead(), { a: answer(a ?? ''), b: answer(b ?? '') })
    expect(result).toMatchObject({ kind: 'next', outcome })
  })

  it('skips where no route was chosen', () => {
    expect(ran('deliver', { to: '$route' }, lead()).result).toMatchObject(SKIPPED)
  })
})

describe('review', () => {
  const config = { queue: 'b2b', note: 'Score {{ lead.score }}' }

  it('asks a person and goes on where they approve', () => {
    const answers = { 'review.ask': { decision: 'approve', reason: null, by: 'ann' } }
    const { requests, result } = ran('review', config, lead({ score: 80 }), answers)
    expect(requests[0]?.input).toEqual({ queue: 'b2b', note: 'Score 80' })
    expect(result).toMatchObject({ kind: 'next', note: { queue: 'b2b', decision: 'approve' }, saw: { by: 'ann' } })
  })

  it.each([
    ['Not our market', 'Not our market'],
    [null, 'Rejected in review'],
  ])('rejects where they reject: %s', (reason, expected) => {
    const answers = { 'review.ask': { decision: 'reject', reason, by: 'ann' } }
    const { requests, result } = ran('review', {}, lead(), answers)
    expect(requests[0]?.input).toEqual({ queue: 'default', note: null })
    expect(result).toMatchObject({ kind: 'reject', code: 'review_rejected', reason: expected })
  })
})

describe('wait', () => {
  const answers = { 'time.wait': { at: NOW } }
  const until = (config: unknown, fields = {}) => ran('wait', config, lead({ fields }), answers).requests[0]?.input

  it('waits for a while, until a time, or the first of both', () => {
    expect(until({ for: '15m' })).toEqual({ until: NOW + 15 * 60_000 })
    const fields = { call_at: field('2026-11-05T14:00') }
    expect(until({ until: 'lead.call_at' }, fields)).toEqual({ until: NOW + 2 * 3_600_000 })
    expect(until({ until: 'lead.call_at', for: '1h' }, fields)).toEqual({ until: NOW + 3_600_000 })
    expect(ran('wait', { for: '15m' }, lead(), answers).result).toMatchObject({ outcome: 'success' })
  })

  it('does not wait for a time that has passed, cannot be read, or was not given', () => {
    expect(ran('wait', { until: '1000' }, lead()).result).toMatchObject(SKIPPED)
    expect(ran('wait', { until: 'lead.call_at' }, lead({ fields: { call_at: field('soon') } })).result).toEqual(SKIPPED)
    expect(ran('wait', {}, lead()).result).toEqual(SKIPPED)
  })
})

describe('deliver to some of several', () => {
  const said = (outcome: string) => ({
    outcome,
    destination: '',
    reference: null,
    reason: null,
    code: null,
    price: null,
  })
  const [yes, no] = [said('success'), said('failure')]
  const asked = (config: object, answers: Answers) => {
    const { requests, result } = ran('deliver', { map: { id: '{{ lead.id }}' }, ...config }, lead(), answers)
    return { names: requests.map(({ name }) => name), inputs: requests.map(({ input }) => input), result }
  }

  it('asks a waterfall in order, to the end of each, until one takes it', () => {
    const { names, inputs, result } = asked({ to: ['a', 'b', 'c'], pattern: 'waterfall' }, { a: no, b: yes })
    expect(names).toEqual(['a', 'b'])
    expect(inputs).toMatchObject([
      { waitFor: 'final', tries: 1 },
      { waitFor: 'final', tries: 1 },
    ])
    expect(result).toMatchObject({ outcome: 'success', note: { destinations: { a: 'failure', b: 'success' } } })
  })

  it('fails where none of a waterfall takes it', () => {
    expect(asked({ to: ['a', 'b'], pattern: 'waterfall', tries: 3 }, { a: no, b: no })).toMatchObject({
      names: ['a', 'b'],
      inputs: [{ tries: 3 }, { tries: 3 }],
      result: { outcome: 'failure' },
    })
  })

  it('sells to so many at once, and asks one more for each that refuses', () => {
    const answers = { a: yes, b: no, c: no, d: yes, e: yes }
    expect(asked({ to: ['a', 'b', 'c', 'd', 'e'], sell_limit: 2 }, answers).names).toEqual(['a', 'b', 'c', 'd'])
  })

  it('falls back where none took it, and only then', () => {
    expect(asked({ to: ['a', 'b'], fallback: ['c', 'd'] }, { a: no, b: no, c: no, d: yes }).names).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    expect(asked({ to: ['a', 'b'], fallback: 'c' }, { a: no, b: yes }).names).toEqual(['a', 'b'])
    expect(asked({ to: '$route', fallback: 'c' }, { c: yes }).names).toEqual(['c'])
  })

  it('begins with whose turn it is, and goes round', () => {
    const turn = { 'turn.take': { to: 'b' } }
    const { names, inputs } = asked({ to: ['a', 'b', 'c'], pattern: 'round_robin' }, { ...turn, b: no, c: no, a: yes })
    expect(names).toEqual(['turn.take', 'b', 'c', 'a'])
    expect(inputs[0]).toEqual({
      turns: 'deliver-1',
      among: [
        { to: 'a', weight: 1 },
        { to: 'b', weight: 1 },
        { to: 'c', weight: 1 },
      ],
    })
  })

  it('gives turns by weight; who has none is asked after the others', () => {
    const config = { to: ['a', 'b', 'c'], pattern: 'weighted', weights: { a: 3, c: 0 } }
    const { names, inputs } = asked(config, { 'turn.take': { to: 'a' }, a: no, b: no, c: yes })
    expect(names).toEqual(['turn.take', 'a', 'b', 'c'])
    expect(inputs[0]).toMatchObject({
      among: [
        { to: 'a', weight: 3 },
        { to: 'b', weight: 1 },
      ],
    })
  })

  it('gives it to the first that takes it, whoever else answers', () => {
    const { result } = asked({ to: ['a', 'b', 'c'], pattern: 'first' }, { a: no, b: yes })
    expect(result).toMatchObject({ outcome: 'success', note: { destinations: { a: 'failure', b: 'success' } } })
  })
})
