/**
 * The case of names. A name with capitals and small letters both was written by somebody who knew how, and stays;
 * one all in capitals or all in small letters was not, and is written anew.
 */

/** Words that join family names: they stay small before another word (`van der Berg`, `Garcia y Lopez`). */
const PARTICLES: ReadonlySet<string> = new Set(
  'von vom zu zum zur van der den de het ten ter te del della di da das dos do du des la le lo y e af av bin binti ibn al el'.split(
    ' ',
  ),
)

/** The last word is a name of its own, whatever it looks like: `Van`, `Le`. */
export const isParticle = (word: string, at: number, words: readonly string[]): boolean =>
  PARTICLES.has(word) && at < words.length - 1

const NUMERALS: ReadonlySet<string> = new Set(['ii', 'iii', 'iv'])

// The letter alone, where its capital is one letter too: ß has none, and a ligature would fall apart.
const capital = (letter: string): string => {
  const upper = letter.toUpperCase()
  return upper.length === letter.length && upper.toLowerCase() === letter ? upper : letter
}

const capitalized = (word: string): string => {
  const [first = ''] = word
  return capital(first) + word.slice(first.length)
}

const pieceCase = (piece: string): string => {
  // Mc is nearly always the Gaelic prefix; Mac begins too many other names (Macy, Machado) to be taken for it.
  if (piece.startsWith('mc') && piece.length > 3) return `Mc${capitalized(piece.slice(2))}`
  const apostrophe = /^(o|d|l|m)(['’])(.+)$/.exec(piece)
  if (apostrophe) {
    const [, before = '', mark = '', after = ''] = apostrophe
    return capitalized(before) + mark + capitalized(after)
  }
  return capitalized(piece)
}

const wordCase = (word: string): string => {
  if (NUMERALS.has(word)) return word.toUpperCase()
  return word.split('-').map(pieceCase).join('-')
}

const isOneCase = (text: string): boolean => text === text.toUpperCase() || text === text.toLowerCase()

interface NameRules {
  /** Whether small joining words stay small: in family names they do. */
  readonly hasParticles: boolean
  /** Which words in capitals stay so: `AJ`. */
  readonly isInitials: (word: string) => boolean
}

/** A name in its usual case. */
export const nameCase = (text: string, { hasParticles, isInitials }: NameRules): string => {
  if (!isOneCase(text)) return text
  const words = text.toLowerCase().split(' ')
  const isUpper = text !== text.toLowerCase()
  const written = words
    .map((word, at) => {
      if (isUpper && isInitials(word)) return word.toUpperCase()
      return hasParticles && isParticle(word, at, words) ? word : wordCase(word)
    })
    .join(' ')
    .normalize('NFC')
  // Some letters change more than their case (İ, final sigma in a row of capitals): leave such a name as it is.
  return written.toLowerCase() === text.toLowerCase() ? written : text
}
