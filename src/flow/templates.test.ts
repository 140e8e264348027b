import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsed, smallLead, smallScope } from '../../test/support/flow-lead.ts'
import type { Json } from '../kit/field.ts'
import { compileTemplate, readTemplate, TEMPLATE_OUTPUT_MAX } from './templates.ts'

const scope = smallScope()
const lead = smallLead()

const render = (text: string, of = lead): Json => compileTemplate(text, scope).render(of)

describe('templates', () => {
  test.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['{{ lead.state }}', 'TX'],
    ['{{lead.email.domain}}', 'example.com'],
    ['State {{ lead.state }}, age {{ lead.age }}', 'State TX, age 40'],
    ['Missing: {{ lead.missing }}.', 'Missing: .'],
    // a lone variable keeps its type
    ['{{ lead.age }}', 40],
    ['{{ lead.agreed }}', true],
    ['{{ lead.tags }}', ['Hot', 'new']],
    ['{{ lead.missing }}', null],
    ['{{ lead.score }}', 62.5],
    ['{{ lead.age | plus: 2 }}', 42],
    [' {{ lead.age }}', ' 40'],
    // money keeps its decimals
    ['{{ lead.price }}', '15.50'],
    ['{{ source.id }}/{{ flow.version }}', 'facebook/3'],
    ['{{ extra.utm }} {{ extra["what-service"] }} {{ extra.answers[0].text }}', 'Spring roof yes'],
    ['{{ extra.nothing }}', null],
    ['{{ deliveries.crm.reference }}', 'R1'],
    // filters
    ['{{ lead.state | downcase }}', 'tx'],
    ['{{ lead.missing | default: "none" }}', 'none'],
    ['{{ lead.tags | join: ", " }}', 'Hot, new'],
    ['{{ "(512) 555-0100" | digits }}', '5125550100'],
    ['{{ "+15125550100" | phone_national }}', '(512) 555-0100'],
    ['{{ "512 555 0100" | phone_e164 }}', '+15125550100'],
    ['{{ "no phone" | phone_e164 }}', 'no phone'],
    ['{{ now | date: "%Y-%m-%d %H:%M %z" }}', '2026-11-30 09:30 -0600'],
    ['{{ now | date: "%a %e %b %I%p", "UTC" }}', 'Mon 30 Nov 03PM'],
    ['{{ "2026-01-02" | date: "%B %d" }}', 'January 02'],
    ['{{ "not a date" | date: "%Y" }}', 'not a date'],
    ['{{ extra.count | number }}', 5],
    ['{{ lead.state | append: "-" | append: lead.age }}', 'TX-40'],
    // tags
    ['{% if lead.age > 30 and lead.state == "TX" %}yes{% else %}no{% endif %}', 'yes'],
    ['{% case lead.state %}{% when "OK" %}o{% when "TX" %}t{% endcase %}', 't'],
    ['{% unless lead.agreed %}no{% endunless %}', ''],
    ['{% assign whole = lead.state | append: "!" %}{{ whole }}', 'TX!'],
    ['{% raw %}{{ x }}{% endraw %}', '{{ x }}'],
    ['{% comment %}{{ lead.state }}{% endcomment %}x', 'x'],
  ])('%s', (text, expected) => {
    expect(render(text)).toEqual(expected)
  })

  test.each([
    ['{{ lead.emial }}', 'unknown_field', 8, 'email'],
    ['ok {{ lead.state }} {{ lead.email.domian }}', 'unknown_part', 34, 'domain'],
    ['{{ state }}', 'unknown_variable', 3, 'lead.state'],
    ['{{ lead.state | upcas }}', 'unknown_filter', 16, 'upcase'],
    ['{{ lead.state | append: lead.staet }}', 'unknown_field', 29, 'state'],
    ['{% if lead.agee %}x{% endif %}', 'unknown_field', 11, 'age'],
    ['{% case lead.state %}{% when lead.sttae %}x{% endcase %}', 'unknown_field', 34, 'state'],
    ['{% for t in lead.tags %}{{ t }}{% endfor %}', 'template_syntax', 0, null],
    ['{% include "x" %}', 'template_syntax', 0, null],
    ['{% render "x" %}', 'template_syntax', 0, null],
    ['{% layout "x" %}', 'template_syntax', 0, null],
    ['{% capture x %}{% endcapture %}', 'template_syntax', 0, null],
    ['{{ lead[lead.state] }}', 'template_syntax', 3, null],
    ['{{ lead.state', 'template_syntax', 0, null],
    ['{% if lead.agreed %}', 'template_syntax', 0, null],
  ])('%s is refused', (text, code, start, suggestion) => {
    const [issue] = readTemplate(text, scope).issues
    expect({ code: issue?.code, start: issue?.start, suggestion: issue?.suggestion ?? null }).toEqual({
      code,
      start,
      suggestion,
    })
  })

  test('names that a step hands in are known where they are declared', () => {
    const text = 'On {{ list }}'
    expect(compileTemplate(text, scope, ['list']).render(lead, { list: 'dnc' })).toBe('On dnc')
    expect(compileTemplate('{{ list }}', scope, ['list']).render(lead)).toBe(null)
    expect(readTemplate(text, scope).issues[0]?.code).toBe('unknown_variable')
    const [issue] = readTemplate('{{ lits }}', scope, ['list']).issues
    expect(issue?.suggestion).toBe('list')
  })

  test('reads no prototype and calls nothing', () => {
    expect(render('{{ extra.constructor }}{{ extra.__proto__ }}')).toBe('')
    expect(readTemplate('{{ lead.constructor }}', scope).issues[0]?.code).toBe('unknown_field')
    expect(readTemplate('{{ lead.email.constructor }}', scope).issues[0]?.code).toBe('unknown_part')
  })

  test('output is bounded, whatever doubles', () => {
    const long = smallLead({ fields: { ...lead.fields, email: parsed('x'.repeat(100_000)) } })
    const doubling = `{% assign a = lead.email %}${'{% assign a = a | append: a %}'.repeat(40)}{{ a }}!`
    for (const text of [
      '{{ lead.email }}',
      'a{{ lead.email }}',
      '{{ lead.email | upcase }}',
      doubling,
      '{% assign r = (1..100000000) %}{{ r | size }} x',
    ]) {
      const rendered = render(text, long)
      expect(String(rendered).length).toBeLessThanOrEqual(TEMPLATE_OUTPUT_MAX)
    }
    expect(readTemplate('x'.repeat(10_001), scope).issues[0]?.code).toBe('template_syntax')
  })

  test('a megabyte of a value costs no more than what may be written of it, however often filters go over it', () => {
    const long = smallLead({ extra: { x: "'a".repeat(500_000), y: 'b'.repeat(65_535) } })
    const started = performance.now()
    for (const text of ['{{ extra.x | titlecase }}', '{{ extra.x | mask }}', '{{ extra.x | xml_escape }}'])
      expect(String(render(text.repeat(300), long)).length).toBeLessThanOrEqual(TEMPLATE_OUTPUT_MAX)
    const escaped = { ...scope, escape: (text: string) => [...text].join('') }
    const many = compileTemplate('{{ extra.x }}'.repeat(700), escaped).render(long)
    expect(many).toBe("'a".repeat(TEMPLATE_OUTPUT_MAX / 2))
    // Each by itself took a minute.
    expect(performance.now() - started).toBeLessThan(5_000)
    // What was cut is not what was sent: a hash of it would be nobody's.
    expect(render('{{ extra.x | sha256 }}', long)).toBeNull()
    expect(render('{{ extra.x | hmac: "k" }}', long)).toBeNull()
    expect(render('{{ extra.y | sha256 }}', long)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('no template throws on any lead', () => {
    const piece = fc.constantFrom(
      ...'{{ lead.email }}|{{ lead.tags | join: "," }}|{{ extra.x | plus: 1 }}|{{ extra.x | date: "%Y" }}|{% if extra.x %}|{% endif %}|{{ lead.age | divided_by: 0 }}|{{ extra.x | replace: "a", "b" }}|{{ extra.x | slice: 1, 3 }}|{{ extra.x | phone_national }}|{{ extra.x | sort | first }}|{{ extra.x.y.z }}|{{ extra.x | truncate: extra.x }}| text |{{ extra.x | size }}|{{ extra.x | json }}|{{ extra.x | split: "" | join: "" }}'.split(
        '|',
      ),
    )
    let rendered = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), fc.jsonValue(), (pieces, value) => {
        const { template } = readTemplate(pieces.join(''), scope)
        if (template === null) return
        rendered++
        const json = value as Json
        template.render(smallLead({ extra: { x: json }, fields: { email: parsed(json), tags: parsed(json) } }))
        template.render(smallLead({ fields: {} }))
      }),
      { numRuns: 1000 },
    )
    expect(rendered).toBeGreaterThan(0)
  })

  test('no text makes the reading of a template throw', () => {
    const piece = fc.constantFrom(
      '{{',
      '}}',
      '{%',
      '%}',
      'lead',
      '.',
      '|',
      'if',
      'assign',
      'a',
      '=',
      '"',
      ' ',
      '[',
      ']',
      '(',
      '..',
      '1',
      ',',
      ':',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        readTemplate(pieces.join(''), scope).template?.render(lead)
      }),
      { numRuns: 2000 },
    )
    expect(readTemplate('{% if true %}'.repeat(700), scope).template).toBe(null)
  })
})
