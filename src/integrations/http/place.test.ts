import { describe, expect, it } from 'vitest'
import type { CallAnswer, DestinationTools } from '../../kit/destination.ts'
import { placeFlaw, readerOf } from './place.ts'

/** Patterns are the flow room's, with tests of their own. */
const tools: DestinationTools = {
  template: () => ({ render: () => '' }),
  pattern: (text) => ({ find: (where) => new RegExp(text).exec(where) }),
}
const answer = (body: string, type = ''): CallAnswer => ({ status: 200, headers: { 'content-type': type }, body })
const at = (place: string, body: string, type = '') => readerOf(answer(body, type), undefined, tools).at(place)

describe('a place in an answer', () => {
  const json = '{"a":{"b":[{"c":1},{"c":"x"}]},"d.e":true,"n":null,"items":[{"id":7},{"id":8}],"__proto__":{"p":1}}'
  it.each([
    ['a.b.0.c', '1'],
    ['$.a.b[1].c', 'x'],
    ["$['d.e']", 'true'],
    ['a.b[-1].c', 'x'],
    ['$.items[*].id', '7'],
    ['items.*.id', '7'],
    ['$..c', '1'],
    ['a.b', '[{"c":1},{"c":"x"}]'],
    ['n', null],
    ['a.toString', null],
    ['a.b.9.c', null],
  ])('%s in JSON', (place, text) => {
    expect(at(place, json)).toBe(text)
  })

  const xml = '<r xmlns="urn:a" xmlns:x="urn:b"><s code="3">ok</s><x:t> y </x:t><i>1</i><i>2</i></r>'
  it.each([
    ['//s', 'ok'],
    ['/r/s/@code', '3'],
    ['xpath:string(//i[2])', '2'],
    ['//x:t', 'y'],
    ['r.s', 'ok'],
    ['r.s.@code', '3'],
    ['//none', null],
    ['count(//i)', null],
  ])('%s in XML', (place, text) => {
    expect(at(place, xml, 'text/xml')).toBe(text)
  })

  it.each([
    ['css:p.why', 'No  more'.replace('  ', ' ')],
    ['css:a.next@href', '/x'],
    ['css:p.none', null],
  ])('%s in HTML', (place, text) => {
    expect(at(place, '<p class=why>No\n  more<p><a class="next" href="/x">n</a>', 'text/html')).toBe(text)
  })

  it('that cannot be there is nothing, whatever the answer is', () => {
    for (const body of ['', '<', '<a', '{', '[', 'null', '<a>'.repeat(1000), '\u0000'])
      for (const place of ['a.b', '//a', 'css:a', 'header:x', 'cookie:y', '$..a']) expect(at(place, body)).toBeNull()
  })
})

describe('an answer or a path made to take long', () => {
  it('is refused before it is read', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>`
    expect(at('//a', bomb, 'text/xml')).toBeNull()
    expect(at('//a', `${'<a>'.repeat(200)}x${'</a>'.repeat(200)}`, 'text/xml')).toBeNull()
    expect(at('//b', `<a>${'<b/>'.repeat(20_000)}</a>`, 'text/xml')).toBeNull()
  })

  it('is searched only as far as searches may go: nothing is found beyond, and nothing thrown', () => {
    const page = (body: string) => at('css:p div div', body, 'text/html')
    expect(page('<div>'.repeat(9_000))).toBeNull()
    expect(page(`<section class=p>${'<div>'.repeat(90)}${'<i>x</i>'.repeat(4_000)}`)).toBeNull()
    expect(at('css:.p div i', `<section class=p>${'<div>'.repeat(90)}${'<i>x</i>'.repeat(4_000)}`, 'text/html')).toBe(
      'x',
    )
    // By the library alone: half a minute.
    const started = performance.now()
    expect(at('css:p~i~i', '<i></i>'.repeat(4_900), 'text/html')).toBeNull()
    expect(at('css:i', '<div>'.repeat(9_000), 'text/html')).toBeNull()
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  it('takes what it takes: five thousand elements in a row are found in order, in no time', () => {
    const rows = Array.from({ length: 4_900 }, (_, n) => `<b>${n}</b>`).join('')
    const started = performance.now()
    expect(at('//b', `<r>${rows}</r>`, 'text/xml')).toBe('0')
    expect(at('xpath:(//b)[last()]', `<r>${rows}</r>`, 'text/xml')).toBe('4899')
    expect(at('//@n | /r/c', '<r><c>first</c><c n="1"/></r>', 'text/xml')).toBe('first')
    // Each sorted by the library alone: six seconds.
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('with more members than a call may have arguments is read as any other', () => {
    const body = `[{"x":"here"},${'1,'.repeat(300_000)}1]`
    expect(at('$..x', body)).toBe('here')
    expect(at('$..none', body)).toBeNull()
  })

  it('whose path was published before it was refused finds nothing', () => {
    expect(at('//b/../c', '<r><b>1</b><c>2</c></r>', 'text/xml')).toBeNull()
  })

  it.each([
    '//a/../b',
    '//a/parent::b',
    '//a/ancestor :: b',
    '/descendant-or-self :: * // b',
    '//a[/b/c]',
    '//a[b[/c]]',
    '(//a)[../b]',
    '/a[b = c]',
    '/a/b != (c | d)',
    "//a[id('x')]",
    '//a//b',
    '//a[.//b]',
    '//a/preceding::b',
    '//a[ancestor::b]',
    'css:a b c d',
    'css:a:has(b)',
    'css:a ~ b ~ c ~ d',
    'css:[',
    '//[',
    'a..[',
    'header:',
  ])('%s is told when the flow is checked', (place) => {
    expect(placeFlaw(place, tools)).toBeTypeOf('string')
  })

  it.each([
    '//Status',
    '/a/b[1]/@c',
    "//a[.='http://x//y']",
    "//a[@b = @c and b = 'ok'][1]/c",
    'count(//a) > 2',
    'css:div.x > p@title',
    'css:ul li:nth-child(2)',
    '$..id',
    'a.b[0]["c d"]',
  ])('%s is let through', (place) => {
    expect(placeFlaw(place, tools)).toBeNull()
  })
})
