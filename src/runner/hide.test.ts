import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ssn } from '../fields/ssn.ts'
import type { Json, Parsed } from '../kit/field.ts'
import type { LeadEvent } from '../lead/events.ts'
import { hidingOf, isBereft, NOT_KEPT } from './hide.ts'

const context = { country: 'US', now: 0, fields: {} }

const hiding = (values: Record<string, Json>) => {
  const fields = Object.fromEntries(
    Object.entries(values).map(([name, raw]): [string, Parsed] => [name, ssn.parse(raw, context)]),
  )
  const made = hidingOf(Object.keys(values), values, fields)
  if (made === null) throw new Error('nothing to hide')
  return made
}

const digitsOf = (value: unknown): string => JSON.stringify(value).replace(/\D/g, '')

describe('what is not kept', () => {
  it('is gone from wherever it stands, however it is written there', () => {
    const number = fc.integer({ min: 100_000_000, max: 899_999_999 }).map(String)
    const mark = fc.constantFrom('-', ' ', '', '.', '--', ' - ')
    fc.assert(
      fc.property(number, mark, mark, mark, fc.string({ maxLength: 20 }), (digits, sent, other, third, around) => {
        const write = (between: string) =>
          `${digits.slice(0, 3)}${between}${digits.slice(3, 5)}${between}${digits.slice(5)}`
        const { value } = hiding({ ssn: write(sent) })
        const text = (written: string) => `${around.replace(/\d/g, '')}${written}`
        const hidden = value({
          a: text(write(other)),
          b: [text(write(third)), Number(digits)],
          c: { d: encodeURIComponent(write(other)), e: JSON.stringify({ x: write(third) }) },
          f: new URLSearchParams({ x: write(other) }).toString().replace(/%\w\w/g, (code) => code),
        })
        expect(digitsOf(hidden)).not.toContain(digits)
      }),
    )
  })

  it('leaves everything else as it is', () => {
    const { value } = hiding({ ssn: '123-45-6789' })
    const other = { a: '123-45-6788', b: [12345678, true, null], c: { d: '2026-11-30', e: '512 555 0142' } }
    expect(value(other)).toEqual(other)
  })

  it('keeps of the field that it was there, and whether it was right', () => {
    const { event } = hiding({ ssn: '123-45-6789' })
    const mapped = {
      type: 'lead.mapped',
      at: 0,
      data: {},
      sealed: { fields: { ssn: ssn.parse('123-45-6789', context) }, extra: {} },
    }
    expect(event(mapped as unknown as LeadEvent).sealed).toEqual({
      fields: { ssn: { raw: NOT_KEPT, normal: null, valid: true, masked: true, parts: {} } },
      extra: {},
    })
  })

  it('hides what a rule saw of a part of it', () => {
    expect(hiding({ ssn: '123-45-6789' }).value({ 'lead.ssn.last4': '6789', 'lead.ssn.valid': true })).toEqual({
      'lead.ssn.last4': NOT_KEPT,
      'lead.ssn.valid': true,
    })
  })

  it('hides a text in XML, in JSON and in an address, marks and all', () => {
    const { text } = hiding({ pin: 'p&l "<x>" y' })
    for (const written of [
      'p&l "<x>" y',
      'p&amp;l &quot;&lt;x&gt;&quot; y',
      'p&l \\"<x>\\" y',
      'p%26l+%22%3Cx%3E%22+y',
    ])
      expect(text(`a ${written} b`)).toBe(`a ${NOT_KEPT} b`)
  })

  it('is nothing where nothing was sent, and is recognised where it lacks', () => {
    expect(hidingOf(['ssn'], {}, { ssn: ssn.parse(undefined, context) })).toBe(null)
    const flow = { notKept: ['ssn'] }
    expect(isBereft(flow, { payload: { a: { b: `x ${NOT_KEPT}` } } })).toBe(true)
    expect(isBereft(flow, { payload: { a: 1 } })).toBe(false)
    expect(isBereft({ notKept: [] }, { payload: { a: NOT_KEPT } })).toBe(false)
  })
})
