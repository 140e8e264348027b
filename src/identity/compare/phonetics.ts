/**
 * A key of how a name sounds, for European names in Latin letters: consonant classes in order, vowels only at the
 * beginning, silent letters gone. In the spirit of Soundex (Russell, 1918) and Metaphone (Philips, 1990), coarser than
 * the second, so that one typing error in a vowel or a doubled letter changes nothing.
 */

/** What letters together sound like, one rule after another. */
const TOGETHER: readonly (readonly [RegExp, string])[] = [
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
]
/** A word without any of these is changed by none of the rules above: most are, and every lead's name is asked. */
const MAY_CHANGE = /[chq]|dg|^(?:[kgp]n|wr|x)/

/** What a letter alone sounds like. */
const ALONE: Readonly<Record<string, string>> = { z: 's', v: 'f', b: 'p', d: 't', j: 'g' }

const VOWELS = 'aeiouy'
/** Not heard but at the beginning. */
const SILENT = `${VOWELS}hw`
const LENGTH_MAX = 5

/** Letters a–z in, at most five out; empty for a text without letters. */
export const soundOf = (word: string): string => {
  let text = /[^a-z]/.test(word) ? word.replace(/[^a-z]/g, '') : word
  if (MAY_CHANGE.test(text)) for (const [what, by] of TOGETHER) text = text.replace(what, by)
  let out = ''
  let last = ''
  for (const letter of text) {
    if (out !== '' && SILENT.includes(letter)) continue
    const sound = out === '' && VOWELS.includes(letter) ? 'a' : (ALONE[letter] ?? letter)
    if (sound === last) continue
    out += sound
    last = sound
    if (out.length === LENGTH_MAX) break
  }
  return out
}
