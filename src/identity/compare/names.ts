/** A person's name: given name, surname, and the words that a full name holds besides. */
import { wordKey } from '../../fields/text.ts'
import type { Feature, Group } from './group.ts'
import { MISSING } from './group.ts'
import { ALIKE, type Token, type Tokens } from './tokens.ts'

export interface NameValue {
  readonly key: string
  readonly given: readonly Token[]
  readonly surname: readonly Token[]
  /** Words of full names that are neither. */
  readonly extra: readonly Token[]
}

export interface NameTexts {
  readonly given: string
  readonly middle: string
  readonly surname: string
  readonly full: readonly string[]
}

const HONORIFICS: ReadonlySet<string> = new Set(
  'mr mrs ms miss dr prof rev revd sir dame lady lord captain capt'.split(' '),
)
/** Joining words say nothing of who it is. */
const JOINING: ReadonlySet<string> = new Set('of the and de la von van der du di da le'.split(' '))

const NO_WORDS: readonly string[] = []
const NO_TOKENS: readonly Token[] = []

const wordsOf = (text: string): readonly string[] => {
  const key = text === '' ? '' : wordKey(text)
  if (key === '') return NO_WORDS
  return key.includes(' ') ? key.split(' ') : [key]
}

/** Given name and surname of a full name: `Last, First` or `First … Last`; what follows a later comma is besides. */
const splitFull = (full: string): { given: readonly string[]; surname: readonly string[] } => {
  const parts = full.split(',').map((part) => wordsOf(part).filter((word) => !HONORIFICS.has(word)))
  const [head = [], second = []] = parts
  const isReversed = head.length <= 2 && second.length > 0 && second.length <= 2 && !/\d/.test(second.join(''))
  if (isReversed) return { given: second.slice(0, 1), surname: head }
  if (head.length < 2) return { given: head, surname: [] }
  return { given: head.slice(0, 1), surname: head.slice(-1) }
}

/** Null where no name is given. */
export const readName = (tokens: Tokens, texts: NameTexts): NameValue | null => {
  let given = wordsOf(texts.given)
  if (given.length > 1) given = given.filter((word) => !HONORIFICS.has(word))
  let surname = wordsOf(texts.surname)
  const toToken = (word: string): Token => tokens.of(word)
  // Of most leads nothing else is known.
  if (texts.middle === '' && texts.full.every((text) => text === '')) {
    if (given.length === 0 && surname.length === 0) return null
    const key = `${given.join(' ')}|${surname.join(' ')}|`
    return { key, given: given.map(toToken), surname: surname.map(toToken), extra: NO_TOKENS }
  }
  const longest = texts.full.reduce((best, text) => (text.length > best.length ? text : best), '')
  if (longest !== '' && given.length === 0 && surname.length === 0) ({ given, surname } = splitFull(longest))
  else if (longest !== '' && (given.length === 0 || surname.length === 0)) {
    // One of the two is missing and the full name holds it: before, or behind, what is known.
    const known = new Set([...given, ...surname])
    const rest = wordsOf(longest).filter((word) => !known.has(word) && !JOINING.has(word) && !HONORIFICS.has(word))
    if (given.length === 0) given = rest.slice(0, 1)
    else surname = rest.slice(-1)
  }
  const used = new Set([...given, ...surname])
  const extra = new Set<string>()
  for (const text of [texts.middle, ...texts.full])
    for (const word of wordsOf(text))
      if (!used.has(word) && !JOINING.has(word) && !HONORIFICS.has(word)) extra.add(word)
  if (used.size === 0 && extra.size === 0) return null
  const others = [...extra].sort()
  const key = `${given.join(' ')}|${surname.join(' ')}|${others.join(' ')}`
  return { key, given: given.map(toToken), surname: surname.map(toToken), extra: others.map(toToken) }
}

const GIVEN = { exact: 1, nickname: 2, close: 3, fair: 4, initial: 5, crossed: 6, different: 7 } as const
const SURNAME = { exact: 1, close: 2, part: 3, fair: 4, crossed: 5, different: 6 } as const
const EXTRA = { all: 1, most: 2, some: 3, none: 4 } as const

const FEATURES: readonly Feature[] = [
  {
    id: 'given_name',
    differMax: 0.35,
    levels: [
      MISSING,
      { id: 'exact', m: 0.7, u: 0.006, rarity: 1 },
      { id: 'nickname', m: 0.06, u: 0.004, rarity: 0.5 },
      { id: 'close', m: 0.11, u: 0.004, rarity: 0.5 },
      { id: 'fair', m: 0.04, u: 0.012 },
      { id: 'initial', m: 0.015, u: 0.02 },
      { id: 'swapped', m: 0.025, u: 0.004 },
      { id: 'different', m: 0.05, u: 0.95 },
    ],
  },
  {
    id: 'surname',
    differMax: 0.35,
    shared: true,
    levels: [
      MISSING,
      { id: 'exact', m: 0.74, u: 0.002, rarity: 1 },
      { id: 'close', m: 0.12, u: 0.002, rarity: 0.5 },
      { id: 'part', m: 0.02, u: 0.001, rarity: 0.5 },
      { id: 'fair', m: 0.03, u: 0.01 },
      { id: 'swapped', m: 0.03, u: 0.004 },
      { id: 'different', m: 0.06, u: 0.98 },
    ],
  },
  {
    id: 'other_names',
    shared: true,
    levels: [
      MISSING,
      { id: 'all', m: 0.55, u: 0.002, rarity: 1 },
      { id: 'most', m: 0.15, u: 0.002 },
      { id: 'some', m: 0.15, u: 0.02 },
      { id: 'none', m: 0.15, u: 0.976 },
    ],
  },
]
const SURNAME_LEVELS = 7
const EXTRA_LEVELS = 5

const joined = (words: readonly Token[]): string => words.map(({ text }) => text).join(' ')

export const createNames = (tokens: Tokens): Group<NameValue> => {
  const best = (a: readonly Token[], b: readonly Token[]): number => {
    let least: number = ALIKE.not
    for (const one of a)
      for (const other of b) {
        const alike = tokens.alike(one, other)
        if (alike < least) least = alike
      }
    return least
  }
  const isSame = (a: readonly Token[], b: readonly Token[]): boolean =>
    a.length === b.length && a.every((token, at) => token.text === b[at]?.text)

  const givenLevel = (a: readonly Token[], b: readonly Token[]): number => {
    if (isSame(a, b)) return GIVEN.exact
    const alike = best(a, b)
    // One word of several agrees: as good as a nickname, not as good as the whole.
    if (alike <= ALIKE.nickname) return GIVEN.nickname
    if (alike === ALIKE.close) return GIVEN.close
    if (a.length + b.length > 2 && tokens.alike(tokens.of(joined(a)), tokens.of(joined(b))) <= ALIKE.close)
      return GIVEN.close
    if (alike === ALIKE.fair) return GIVEN.fair
    return alike === ALIKE.initial ? GIVEN.initial : GIVEN.different
  }
  const surnameLevel = (a: readonly Token[], b: readonly Token[]): number => {
    if (isSame(a, b)) return SURNAME.exact
    if (a.length + b.length > 2) {
      if (tokens.alike(tokens.of(joined(a)), tokens.of(joined(b))) <= ALIKE.close) return SURNAME.close
      if (best(a, b) <= ALIKE.close) return SURNAME.part
    }
    const alike = best(a, b)
    if (alike <= ALIKE.close) return SURNAME.close
    return alike <= ALIKE.initial ? SURNAME.fair : SURNAME.different
  }
  const extraLevel = (a: readonly Token[], b: readonly Token[]): number => {
    const [few, many] = a.length <= b.length ? [a, b] : [b, a]
    let shared = 0
    for (const token of few) if (best([token], many) <= ALIKE.close) shared += 1
    if (shared === many.length) return EXTRA.all
    if (shared === 0) return EXTRA.none
    return shared === few.length || shared * 2 >= many.length ? EXTRA.most : EXTRA.some
  }
  /** Whether some word of one side stands on the other side in another place. */
  const isCrossed = (from: readonly Token[], a: readonly Token[], b: readonly Token[]): boolean =>
    from.length > 0 && (best(from, a) <= ALIKE.close || best(from, b) <= ALIKE.close)

  return {
    id: 'name',
    features: FEATURES,
    compare: (a, b) => {
      let given = a.given.length > 0 && b.given.length > 0 ? givenLevel(a.given, b.given) : 0
      let surname = a.surname.length > 0 && b.surname.length > 0 ? surnameLevel(a.surname, b.surname) : 0
      const extra = a.extra.length > 0 && b.extra.length > 0 ? extraLevel(a.extra, b.extra) : 0
      if (given === GIVEN.different || given === 0) {
        if (isCrossed(a.given, b.surname, b.extra) || isCrossed(b.given, a.surname, a.extra)) given = GIVEN.crossed
      }
      if (surname === SURNAME.different || surname === 0) {
        if (isCrossed(a.surname, b.given, b.extra) || isCrossed(b.surname, a.given, a.extra)) surname = SURNAME.crossed
      }
      return (given * SURNAME_LEVELS + surname) * EXTRA_LEVELS + extra
    },
    terms: ({ given, surname, extra }) => [
      given.length > 0 ? joined(given) : null,
      surname.length > 0 ? joined(surname) : null,
      extra.length > 0 ? joined(extra) : null,
    ],
  }
}
