import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCaptures } from './captures.ts'

const find = (pattern: string, text: string) => {
  const read = readCaptures(pattern)
  if ('wrong' in read) throw new Error(`${pattern}: ${read.wrong}`)
  return read.pattern.find(text)
}

describe('a pattern that captures', () => {
  it.each([
    ['id: (\\d+)', 'Lead ID: 42, id: 43', ['ID: 42', '42']],
    ['<b>(.*?)</b>', '<b>one</b><b>two</b>', ['<b>one</b>', 'one']],
    ['<b>(.*)</b>', '<b>one</b><b>two</b>', ['<b>one</b><b>two</b>', 'one</b><b>two']],
    ['(a)|(b)', 'b', ['b', null, 'b']],
    ['(?:x)(y)', 'xy', ['xy', 'y']],
    ['^(\\w+) (\\w+)$', 'Ann Lee', ['Ann Lee', 'Ann', 'Lee']],
    ['(a*)*b', 'aab', ['aab', 'aa']],
    ['nope', 'text', null],
    ['İ(.)', 'İx', ['İx', 'x']],
  ])('%s in %s', (pattern, text, groups) => {
    expect(find(pattern, text)).toEqual(groups)
  })

  it('finds what JavaScript finds, where both know the pattern', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '(a)',
      '(b|c)',
      '[ab]',
      '.',
      '(a+)',
      '(b*?)c',
      'a?',
      '(?:ab)+',
      '(a|ab)(c|bcd)?',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.stringMatching(/^[abcd]{0,12}$/),
        (pieces, text) => {
          const pattern = pieces.join('')
          const theirs = new RegExp(pattern, 'i').exec(text)
          expect(find(pattern, text)).toEqual(theirs === null ? null : [...theirs].map((group) => group ?? null))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('looks at every way once: a pattern that would hang a backtracking engine is done', () => {
    expect(find('(a+)+$', `${'a'.repeat(5_000)}b`)).toBeNull()
    expect(find('(x+x+)+y', 'x'.repeat(5_000))).toBeNull()
    expect(find('(.*)(.*)(.*)(.*)(.*)[^q]z', 'y'.repeat(20_000))).toBeNull()
  })

  it('stops where the steps left are used up, its own or those of searches before it', () => {
    const read = readCaptures(`(a)${'(a)?'.repeat(35)}b`)
    if ('wrong' in read) throw new Error(read.wrong)
    const left = { steps: 100_000 }
    expect(read.pattern.find('a'.repeat(200_000), left)).toBeNull()
    expect(left.steps).toBeLessThanOrEqual(0)
    // One place at most is looked at beyond.
    expect(left.steps).toBeGreaterThan(-2_000)
    expect(read.pattern.find('ab', left)).toBeNull()
    expect(read.pattern.find('ab')?.[0]).toBe('ab')
  })

  it('searches a long text by a plain pattern to its end', () => {
    expect(find('id: (\\d+)', `${'x'.repeat(150_000)}id: 7`)).toEqual(['id: 7', '7'])
  })

  it('says what is wrong with a pattern', () => {
    expect(readCaptures('(a')).toEqual({ wrong: 'a ( that is never closed' })
    expect(readCaptures('(?=a)')).toMatchObject({ wrong: expect.stringContaining('(?') })
  })
})
