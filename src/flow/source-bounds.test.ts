import { expect, test } from 'vitest'
import { registries } from '../../test/support/house.ts'
import { checkFlow } from './parse.ts'

const of = (piece: string): string => piece.repeat(Math.floor(900_000 / piece.length))

test.each([
  ['lists in lists', of('['), 'nested more than 50 deep'],
  ['maps in maps', of('{'), 'nested more than 50 deep'],
  ['entries on one line', of('- '), 'nested more than 50 deep'],
  ['keys on one line', of('a: '), 'nested more than 50 deep'],
  ['anchors', of('&a '), 'more than 2000 anchors'],
  ['tags', of('!a '), 'more than 2000 anchors'],
  ['aliases', `a: &a [x]\nb: [${of('*a,')}]`, 'more than 2000 anchors'],
  ['directives', of('%a\n'), 'more than 2000 anchors'],
  ['escapes', `a: "${of('\\x')}"`, 'more than 100 escapes'],
])('a text that is nothing but %s is told so before it is read', (_, text, message) => {
  const started = performance.now()
  expect(checkFlow(text, registries)).toMatchObject([{ code: 'too_large', message: expect.stringContaining(message) }])
  // Read whole, each took one to four seconds; the look ends in some ms.
  expect(performance.now() - started).toBeLessThan(700)
})

test('no flow that somebody may have written is among them', () => {
  const steps = Array.from(
    { length: 60 },
    (_, n) => `  - filter: { id: f${n}, when: 'lead.email != "{{[[&*!%"', reason: "a: b: \\x41 \\u0041 - - -" }`,
  )
  const text = `# &&&& **** !!!!\nflow: a\nfields: { email: email }\nsources: [ { id: web } ]\nsteps:\n${steps.join('\n')}\n`
  expect(checkFlow(text, registries)).toEqual([])
  expect(
    checkFlow(JSON.stringify({ flow: 'a', fields: { email: 'email' }, sources: [{ id: 'web' }] }), registries),
  ).toEqual([])
})
