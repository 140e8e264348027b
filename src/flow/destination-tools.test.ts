import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Escape } from '../kit/destination.ts'
import { createDestinationTools } from './destination-tools.ts'

const tools = createDestinationTools({ country: 'US', zone: 'America/Chicago' })
const render = (text: string, into: Escape, payload: Record<string, string | number | null>) =>
  tools.template(text, into).render({ payload, now: 0 })

/** Where the value of a template ends must be up to the template alone. */
describe('a value cannot leave its place', () => {
  const hostile = fc.string({ unit: 'grapheme', maxLength: 40 })

  it('in JSON', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const written = render('{"a":"{{ payload.name }}","b":1}', 'json', { name })
        expect(JSON.parse(written)).toEqual({ a: name, b: 1 })
      }),
    )
  })

  it('in XML and HTML', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        expect(render('<a b="{{ payload.name }}">', 'xml', { name })).toMatch(/^<a b="[^"<>]*">$/s)
        expect(render('{{ payload.name }}', 'html', { name })).not.toMatch(/[<>"']/)
      }),
    )
  })

  it('in an address', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const url = new URL(render('https://a.example/x/{{ payload.name }}/y?z=1', 'url', { name: `s${name}` }))
        expect([url.host, url.search, url.pathname.split('/').length]).toEqual(['a.example', '?z=1', 4])
      }),
    )
  })

  it('in a header', () => {
    expect(render('{{ payload.name }}', 'header', { name: 'a\r\nx-admin: 1\u2028é' })).toBe('a x-admin: 1 ')
  })
})

describe('a template of a destination', () => {
  it('reads names that hold dots, and values within values', () => {
    const payload = { 'contact.zip': '02134', contact: { city: 'Boston' } as never }
    expect(render('{{ payload.contact.zip }} {{ payload.contact.city }}', 'none', payload)).toBe('02134 Boston')
  })

  it('leaves out what is missing, and escapes once where it filters', () => {
    expect(render('[{{ payload.x }}]', 'json', {})).toBe('[]')
    expect(render('{{ payload.x | upcase }}', 'xml', { x: 'a&b' })).toBe('A&amp;B')
    expect(render('{{ payload.x | raw }}', 'xml', { x: '<b/>' })).toBe('<b/>')
  })

  it('names what there is where it is given another name', () => {
    expect(() => tools.template('{{ lead.email }}', 'none')).toThrow(
      'unknown name "lead.email": expected one of payload, delivery, now; did you mean payload.email?',
    )
  })
})
