/**
 * A key of how a name sounds, for European names in Latin letters: consonant classes in order, vowels only at the
 * beginning, silent letters gone. In the spirit of Soundex (Russell, 1918) and Metaphone (Philips, 1990), coarser than
 * the second, so that one typing error in a vowel or a doubled letter changes nothing.
 */

const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/^(?:kn|gn|pn)/, 'n'],
  [/^wr/, 'r'],
  [/^wh/, 'w'],
  [/^x/, 's'],
  [/^mc/, 'mac'],
  [/sch|sh|tch|ch(?=[eiy])/g, 'x'],
  [/ph/g, 'f'],
  [/ght/g, 't'],
  [/gh/g, 'g'],
  [/dg(?=[eiy])/g, 'j'],
  [/c(?=[eiy])/g, 's'],
  [/ck|q|c/g, 'k'],
  [/th/g, 't'],
  [/z/g, 's'],
  [/v/g, 'f'],
  [/b/g, 'p'],
  [/d/g, 't'],
  [/j/g, 'g'],
]

const VOWELS = /[aeiouyhw]/g
const LENGTH_MAX = 5

/** Letters a–z in, at most five out; empty for a text without letters. */
export const soundOf = (word: string): string => {
  let text = word.replace(/[^a-z]/g, '')
  if (text === '') return ''
  for (const [what, by] of REPLACED) text = text.replace(what, by)
  const first = text.charAt(0)
  const head = 'aeiouy'.includes(first) ? 'a' : first
  const tail = text.slice(1).replace(VOWELS, '')
  let out = head
  for (const char of tail) if (char !== out.at(-1)) out += char
  return out.slice(0, LENGTH_MAX)
}
