import { expect, test } from 'vitest'
import { smallLead, smallScope } from '../../test/support/flow-lead.ts'
import { compileRule } from './rules.ts'

const scope = smallScope()

test.each([
  ['a pattern in a loop', 'extra.a.exists(v, v.matches("(a?){199}b"))'],
  ['many patterns', Array.from({ length: 100 }, () => 'extra.t.matches("(a?){199}b")').join(' || ')],
  ['a megabyte parted again and again', Array.from({ length: 100 }, () => 'in_list("q", extra.m)').join(' || ')],
  ['a megabyte counted again and again', Array.from({ length: 180 }, () => 'size(extra.m) == 1').join(' || ')],
  ['obscene words looked for in long lists', Array.from({ length: 100 }, () => 'obscene(extra.a)').join(' || ')],
])('one evaluation is given up before it holds everybody up: %s', (_, text) => {
  const rule = compileRule(text, scope)
  const extra = {
    a: Array.from({ length: 500 }, () => 'a'.repeat(2_000)),
    t: 'a'.repeat(2_000),
    m: 'a,'.repeat(500_000),
  }
  const started = performance.now()
  expect(rule.saw(smallLead({ extra })).fault).toBe('it looks through too much text')
  // Unbounded: from a second to a minute and a half.
  expect(performance.now() - started).toBeLessThan(2_000)
  expect(rule.saw(smallLead({ extra: { a: ['a', 'b'], t: 'a', m: 'a,b' } })).fault).toBeUndefined()
})
