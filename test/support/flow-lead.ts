import { type LeadNames, leadScope, type Scope } from '../../src/flow/scope.ts'
import { defineField, type Json, type Parsed, type Part, type RuleType } from '../../src/kit/field.ts'
import type { LeadView } from '../../src/kit/step.ts'

/** Field types that take every value as it is: what rules and templates are tried on. */
const plain = (type: string, value: RuleType, parts: Readonly<Record<string, RuleType>> = {}) =>
  defineField({
    type,
    summary: type,
    personal: false,
    value,
    parts,
    examples: ['x'],
    parse: (raw) => parsed(raw === undefined ? null : (raw as Json)),
  })

export const plainFields = {
  text: plain('text', 'string', { domain: 'string', words: 'double' }),
  number: plain('number', 'double', { whole: 'bool' }),
  flag: plain('flag', 'bool'),
  list: plain('list', 'list<string>'),
}

export const parsed = (value: Json, parts: Readonly<Record<string, Part>> = {}): Parsed => ({
  raw: value,
  normal: typeof value === 'object' && !Array.isArray(value) ? null : (value as Parsed['normal']),
  valid: value !== null,
  masked: false,
  parts,
})

/** The names of a small flow: email, state, missing (texts), age (number), agreed (flag), tags (list). */
export const smallScope = (over: Partial<Pick<LeadNames, 'obscene' | 'places'>> = {}): Scope =>
  leadScope({
    fields: new Map(
      Object.entries({
        email: plainFields.text,
        state: plainFields.text,
        missing: plainFields.text,
        age: plainFields.number,
        unknown_age: plainFields.number,
        agreed: plainFields.flag,
        tags: plainFields.list,
      }),
    ),
    destinations: ['crm'],
    country: 'US',
    zone: 'America/Chicago',
    ...over,
  })

/** Monday 30 November 2026, 09:30 in Chicago. */
export const MONDAY_MS = Date.UTC(2026, 10, 30, 15, 30)

export const smallLead = (changes: Partial<LeadView> = {}): LeadView => ({
  id: 'lead-1',
  test: false,
  receivedAt: MONDAY_MS - 1000,
  now: MONDAY_MS,
  flow: { id: 'homes', name: 'Homes', version: 3, country: 'US', currency: 'USD' },
  source: { id: 'facebook', name: 'Facebook' },
  fields: {
    email: parsed('Jo@Example.com', { domain: 'example.com', words: 1 }),
    state: parsed('TX'),
    missing: parsed(null),
    age: parsed(40, { whole: true }),
    unknown_age: parsed(null),
    agreed: parsed(true),
    tags: parsed(['Hot', 'new']),
  },
  extra: { utm: 'Spring', count: '5', 'what-service': 'roof', answers: [{ text: 'yes' }] },
  score: 62.5,
  class: 'warm',
  route: null,
  price: { amount: '15.50', currency: 'USD' },
  deliveries: { crm: { outcome: 'success', reference: 'R1' } },
  ...changes,
})
