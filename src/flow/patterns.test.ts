import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PATTERN_INPUT_MAX, readPattern } from './patterns.ts'

const found = (pattern: string, text: string): boolean | null => {
  const reading = readPattern(pattern)
  if ('wrong' in reading) throw new Error(`${pattern}: ${reading.wrong}`)
  return reading.pattern.found(text)
}

describe('patterns', () => {
  test.each([
    ['^\\d{5}(-\\d{4})?$', '02134', true],
    ['^\\d{5}(-\\d{4})?$', '02134-1234', true],
    ['^\\d{5}(-\\d{4})?$', '2134', false],
    ['texas|ohio', 'West TEXAS', true],
    ['^(a|b)*c$', 'ababc', true],
    ['^(a|b)*c$', 'abxc', false],
    ['\\bjoe\\b', 'hi Joe!', true],
    ['\\bjoe\\b', 'joey', false],
    ['[^a-z]', 'ABC', false],
    ['[^a-z]', 'AB1', true],
    ['[A-Z]+', 'abc', true],
    ['^[\\w.+-]+@[\\w-]+\\.com$', 'jo.e+x@ab-c.com', true],
    ['^(?:ab){2,3}$', 'ababab', true],
    ['^(?:ab){2,3}$', 'abababab', false],
    ['^a{0}$', '', true],
    ['(?i)JOE', 'joe', true],
    ['', 'anything', true],
    ['[]a]', ']', true],
    ['\\u0041', 'a', true],
    ['x*?y', 'xxy', true],
  ])('%s on %j is %s', (pattern, text, expected) => {
    expect(found(pattern, text)).toBe(expected)
  })

  test.each([
    ['(', 'a ( that is never closed', 0],
    ['a)', 'a ) that nothing opened', 1],
    ['[a', 'a [ that is never closed', 0],
    ['*a', 'a * with nothing before it', 0],
    ['a**', 'a repetition of a repetition', 2],
    ['(a)\\1', 'a back reference, which patterns here do not have', 3],
    ['(?=a)', 'a (? group: only (?: is understood', 0],
    ['[z-a]', 'a range that runs backwards', 4],
    ['a\\', 'a backslash at the end', 2],
    ['(a{1000}){1000}', 'too many repetitions: the pattern grows too large', 0],
    ['((){9999}){9999}', 'too many repetitions: the pattern grows too large', 0],
  ])('%s is refused', (pattern, wrong, at) => {
    expect(readPattern(pattern)).toEqual({ wrong, at })
  })

  test.each(['^(a+)+$', '(a|a)*$x', '(a*)*b', '^(a|aa)+$', 'a*a*a*a*a*a*a*b', '(.*.*.*.*)*x', '(a?){50}a{50}'])(
    '%s cannot hang on the longest text',
    (pattern) => {
      const text = `${'a'.repeat(PATTERN_INPUT_MAX - 1)}!`
      const started = performance.now()
      found(pattern, text)
      expect(performance.now() - started).toBeLessThan(1000)
    },
  )

  test('a longer text is not looked at', () => {
    expect(found('a', 'a'.repeat(PATTERN_INPUT_MAX + 1))).toBe(null)
  })

  test('agrees with the engine of JavaScript wherever both understand the pattern', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'C',
      '.',
      '^',
      '$',
      '|',
      '(',
      ')',
      '(?:',
      '*',
      '+',
      '?',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\b',
      '{2}',
      '1',
    )
    const text = fc.string({ unit: fc.constantFrom('a', 'B', 'c', '1', ' ', '\n'), maxLength: 8 })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), text, (pieces, subject) => {
        const pattern = pieces.join('')
        const reading = readPattern(pattern)
        if ('wrong' in reading) return
        let library: RegExp
        try {
          library = new RegExp(pattern, 'i')
        } catch {
          return
        }
        expect({ pattern, subject, found: reading.pattern.found(subject) }).toEqual({
          pattern,
          subject,
          found: library.test(subject),
        })
      }),
      { numRuns: 3000 },
    )
  })
})
