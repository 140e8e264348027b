/** The lines of an address within its town: number, first and second line, which people write one for the other. */
import { wordKey } from '../../fields/text.ts'
import type { Feature, Group } from './group.ts'
import { MISSING } from './group.ts'
import { edits, jaroWinkler } from './strings.ts'

export interface StreetValue {
  readonly key: string
  readonly number: string
  readonly lines: readonly [string, string]
}

export interface StreetTexts {
  readonly number: string
  readonly lines: readonly string[]
}

/** Words that addresses shorten, to one form. */
const SHORT = new Map(
  Object.entries({
    street: 'st',
    road: 'rd',
    avenue: 'ave',
    av: 'ave',
    drive: 'dr',
    lane: 'ln',
    court: 'ct',
    place: 'pl',
    boulevard: 'blvd',
    crescent: 'cres',
    circuit: 'cct',
    close: 'cl',
    terrace: 'tce',
    parade: 'pde',
    highway: 'hwy',
    square: 'sq',
    mount: 'mt',
    saint: 'st',
    apartment: 'apt',
    flat: 'apt',
    unit: 'apt',
    suite: 'ste',
    north: 'n',
    south: 's',
    east: 'e',
    west: 'w',
    village: 'vlge',
  }),
)

const lineOf = (text: string): string =>
  wordKey(text)
    .split(' ')
    .map((word) => SHORT.get(word) ?? word)
    .join(' ')

const NUMBERED = /^(\d+[a-z]?) (.+)$/

/** Null where nothing is given. A number that begins the first line is taken for the house number. */
export const readStreet = (texts: StreetTexts): StreetValue | null => {
  let number = wordKey(texts.number)
  let [first = '', second = ''] = texts.lines.map(lineOf)
  const numbered = number === '' ? NUMBERED.exec(first) : null
  if (numbered) [, number = '', first = ''] = numbered
  if (texts.lines.length > 2)
    second = [second, ...texts.lines.slice(2).map(lineOf)].filter((line) => line !== '').join(' ')
  if (number === '' && first === '' && second === '') return null
  return { key: `${number}|${first}|${second}`, number, lines: [first, second] }
}

const NUMBER = { exact: 1, close: 2, different: 3 } as const
const LINE = { exact: 1, close: 2, fair: 3, crossed: 4, different: 5 } as const

const line = (id: string, m: number): Feature => ({
  id,
  shared: true,
  levels: [
    MISSING,
    { id: 'exact', m, u: 0.001, rarity: 1 },
    { id: 'close', m: 0.12, u: 0.0008, rarity: 0.5 },
    { id: 'fair', m: 0.04, u: 0.015 },
    { id: 'in the other line', m: 0.03, u: 0.0005 },
    { id: 'different', m: 0.81 - m, u: 0.98 },
  ],
})

const FEATURES: readonly Feature[] = [
  {
    id: 'street_number',
    shared: true,
    levels: [
      MISSING,
      { id: 'exact', m: 0.83, u: 0.012, rarity: 1 },
      { id: 'close', m: 0.09, u: 0.1 },
      { id: 'different', m: 0.08, u: 0.888 },
    ],
  },
  line('street', 0.72),
  line('street_2', 0.7),
]
const LINE_LEVELS = 6

const CLOSE = 0.94
const FAIR = 0.85

/** Words of three letters and more that both have, as a share of the longer one's words. */
const sharedWords = (a: string, b: string): number => {
  if (!a.includes(' ') || !b.includes(' ')) return 0
  const words = a.split(' ')
  const others = b.split(' ')
  let shared = 0
  for (const word of words) if (word.length > 2 && others.includes(word)) shared += 1
  return shared / Math.max(words.length, others.length)
}

const lineLevel = (a: string, b: string): number => {
  if (a === b) return LINE.exact
  const similarity = jaroWinkler(a, b, FAIR)
  if (similarity >= CLOSE) return LINE.close
  const length = Math.min(a.length, b.length)
  if (length >= 3 && edits(a, b, 2) <= (length >= 6 ? 2 : 1)) return LINE.close
  const shared = sharedWords(a, b)
  if (shared >= 0.6) return LINE.close
  return similarity >= FAIR || shared >= 0.5 ? LINE.fair : LINE.different
}

const isCrossed = (a: string, b: string): boolean =>
  a !== '' && b !== '' && (a === b || (jaroWinkler(a, b, CLOSE) >= CLOSE && edits(a, b, 2) <= 2))

export const streets: Group<StreetValue> = {
  id: 'street',
  features: FEATURES,
  compare: (a, b) => {
    const number =
      a.number === '' || b.number === ''
        ? 0
        : a.number === b.number
          ? NUMBER.exact
          : edits(a.number, b.number, 1) <= 1
            ? NUMBER.close
            : NUMBER.different
    const levels = [0, 1].map((at) => {
      const one = a.lines[at as 0 | 1]
      const other = b.lines[at as 0 | 1]
      const level = one !== '' && other !== '' ? lineLevel(one, other) : 0
      if (level !== 0 && level !== LINE.different) return level
      return isCrossed(one, b.lines[(1 - at) as 0 | 1]) || isCrossed(other, a.lines[(1 - at) as 0 | 1])
        ? LINE.crossed
        : level
    }) as [number, number]
    return (number * LINE_LEVELS + levels[0]) * LINE_LEVELS + levels[1]
  },
  terms: ({ number, lines: [first, second] }) => [number || null, first || null, second || null],
}
