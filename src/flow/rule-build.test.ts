import { describe, expect, test } from 'vitest'
import { smallLead } from '../../test/support/flow-lead.ts'
import { list } from '../fields/list.ts'
import { phone } from '../fields/phone.ts'
import type { Json } from '../kit/field.ts'
import { compileRule } from './rules.ts'
import { leadScope } from './scope.ts'

const scope = leadScope({
  fields: new Map([
    ['phone', phone],
    ['tags', list],
  ]),
  destinations: [],
  country: 'US',
  zone: 'UTC',
})
const known = phone.parse('512 555 0142', { country: 'US', now: 0, fields: {} })

describe('loops', () => {
  test.each([
    'lead.phone.time_zones.exists(z, z == "America/Chicago")',
    '!lead.phone.time_zones.exists(z, z == "America/Denver")',
    'lead.phone.time_zones.all(z, z == "America/Chicago")',
    'lead.tags.exists_one(t, t == "hot")',
    'lead.phone.time_zones.filter(z, z == "America/Chicago").size() > 0',
    'lead.phone.time_zones.filter(z, z == "America/Chicago").size() == 0',
    'size(lead.tags.map(t, t + "!")) == 3',
    'lead.tags.size() == 7',
    '["hot", "cold"].exists_one(z, lead.tags.exists(t, t == z))',
    '!["hot", "cold"].exists_one(z, lead.tags.exists(t, t == z))',
    '!(lead.tags.map(t, t).filter(t, t == "hot").size() >= 1)',
  ])('over what was not sent decide nothing about a lead known in part: %s', (text) => {
    const rule = compileRule(text, scope)
    expect(rule.holds(smallLead({ fields: {}, extra: {}, partial: true }))).toBe(true)
  })

  test('decide about what was sent', () => {
    const lead = smallLead({ fields: { phone: known }, extra: {}, partial: true })
    const holds = (text: string) => compileRule(text, scope).holds(lead)
    expect(holds('lead.phone.time_zones.exists(z, z == "America/Chicago")')).toBe(true)
    expect(holds('lead.phone.time_zones.exists(z, z == "America/Denver")')).toBe(false)
    expect(holds('lead.phone.time_zones.filter(z, z == "America/Denver").size() > 0')).toBe(false)
    expect(holds('lead.phone.time_zones.map(z, z).size() == 1')).toBe(true)
    expect(holds('["a", "b"].exists_one(z, lead.phone.time_zones.exists(t, z == "a" && t != z))')).toBe(true)
    expect(holds('["a", "b"].exists_one(z, lead.phone.time_zones.exists(t, t != z))')).toBe(false)
    expect(holds('["a", "b", "c"].exists_one(z, z != "c" || lead.tags.exists(t, t == z))')).toBe(false)
    // What some entries leave open leaves the count open.
    expect(holds('lead.phone.time_zones.filter(z, lead.tags.exists(t, t == z)).size() > 0')).toBe(true)
    expect(holds('lead.phone.time_zones.filter(z, lead.tags.exists(t, t == z)).size() == 0')).toBe(true)
  })
})

test('what a sender sent as an object is in no list of texts, and no rule about it fails', () => {
  const holds = (text: string, state: Json): boolean => compileRule(text, scope).holds(smallLead({ extra: { state } }))
  const bare = Object.create(null) as Json
  expect(holds('extra.state in ["TX", "OK"]', bare)).toBe(false)
  expect(holds('!(extra.state in ["TX", "OK"])', bare)).toBe(true)
  expect(holds('extra.state in ["[object Object]"]', {})).toBe(false)
})
