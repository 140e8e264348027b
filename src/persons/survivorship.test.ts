import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Contribution, RULES, survive } from './survivorship.ts'

const said = (over: Partial<Contribution> & { readonly value: string; readonly valid?: boolean }): Contribution => ({
  leadId: 'a',
  flow: 'f',
  flowVersion: 1,
  source: 'web',
  receivedAt: 0,
  ...over,
  fields: { email: { raw: over.value, normal: over.value, valid: over.valid ?? true, masked: false, parts: {} } },
})

const rules = (...otherwise: (typeof RULES)[number][]) => ({ otherwise, fields: {}, trusted: ['f/crm', 'f/web'] })

describe('the value that survives', () => {
  const old = said({ leadId: 'a', value: 'ada.lovelace@example.com', receivedAt: 1, source: 'crm' })
  const fresh = said({ leadId: 'b', value: 'ada@example.com', receivedAt: 2 })
  const wrong = said({ leadId: 'c', value: 'ada@', receivedAt: 3, valid: false, source: 'other' })

  it.each([
    [['newest'], 'ada@'],
    [['verified', 'newest'], 'ada@example.com'],
    [['trusted'], 'ada.lovelace@example.com'],
    [['longest'], 'ada.lovelace@example.com'],
    [['verified', 'trusted', 'newest'], 'ada.lovelace@example.com'],
  ] as const)('by %o is %s', (otherwise, value) => {
    const survivor = survive([old, fresh, wrong], rules(...otherwise)).get('email')
    expect(survivor).toMatchObject({ field: { normal: value }, others: 2 })
  })

  it('goes by the rules of its own field where there are any', () => {
    const own = { ...rules('newest'), fields: { email: ['longest'] as const } }
    expect(survive([old, fresh], own).get('email')).toMatchObject({ from: { leadId: 'a' }, rule: 'longest' })
  })

  it('is found of a field whatever its name is', () => {
    const named = ({ fields: { email }, ...rest }: Contribution) =>
      ({ ...rest, fields: { constructor: email } }) as never
    expect([...survive([named(old), named(fresh)], rules('newest')).keys()]).toEqual(['constructor'])
  })

  it('is the same in whatever order leads are read', () => {
    const lead = fc.record({
      leadId: fc.uuid(),
      value: fc.constantFrom('a', 'bb', 'ccc'),
      valid: fc.boolean(),
      receivedAt: fc.nat(3),
      source: fc.constantFrom('web', 'crm', 'other'),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(lead, { minLength: 1, maxLength: 6, selector: ({ leadId }) => leadId }),
        fc.shuffledSubarray([...RULES], { minLength: 1 }),
        (leads, otherwise) => {
          const forth = survive(leads.map(said), rules(...otherwise)).get('email')
          const back = survive(leads.map(said).reverse(), rules(...otherwise)).get('email')
          expect(back?.from.leadId).toBe(forth?.from.leadId)
        },
      ),
    )
  })
})
