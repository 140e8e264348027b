import { defineField } from '../kit/field.ts'
import { isInitials } from './first-name.ts'
import { isParticle, nameCase } from './name-case.ts'
import { type Reading, settled } from './settled.ts'
import { clean, hashKind, isMasked, lineOf } from './text.ts'

const NAME_CHARS_MAX = 300

const table = (entries: string): ReadonlyMap<string, string> =>
  new Map(
    entries.split(';').map((entry) => {
      const [words = '', written = ''] = entry.trim().split(':')
      return [words, written] as const
    }),
  )

// By the word in small letters without dots. Titles that are names too (Duke, Major, King) are left out.
const PREFIXES = table(
  `mr:Mr.;mister:Mr.;mrs:Mrs.;ms:Ms.;miss:Miss;mx:Mx.;dr:Dr.;doctor:Dr.;prof:Prof.;professor:Prof.;rev:Rev.;
  reverend:Rev.;hon:Hon.;capt:Capt.;lt:Lt.;sgt:Sgt.;sir:Sir;dame:Dame;herr:Herr;frau:Frau;monsieur:M.;mme:Mme;
  madame:Mme;mlle:Mlle;sr:Sr.;sra:Sra.;srta:Srta.`.replace(/\s+/g, ''),
)
const SUFFIXES = table(
  `jr:Jr.;junior:Jr.;sr:Sr.;senior:Sr.;ii:II;iii:III;iv:IV;md:MD;phd:PhD;esq:Esq.;esquire:Esq.;dds:DDS;dvm:DVM;do:DO;
  rn:RN;cpa:CPA;jd:JD;mba:MBA;pe:PE`.replace(/\s+/g, ''),
)

// These are first of all names or words; only written in capitals, or behind a comma, are they degrees.
const DEGREES_ALSO_NAMES: ReadonlySet<string> = new Set(['do', 'pe', 'rn', 'senior', 'junior'])

const JOINS: ReadonlySet<string> = new Set(['&', 'and', 'y', 'und', 'et'])

interface Pieces {
  readonly prefix: string | null
  readonly first: string | null
  readonly middle: string | null
  readonly last: string | null
  readonly suffix: string | null
}

const nothing: Pieces = { prefix: null, first: null, middle: null, last: null, suffix: null }

const keyOf = (word: string): string => word.replaceAll('.', '').toLowerCase()

const isSuffix = (word: string, isBehindComma: boolean): boolean => {
  const key = keyOf(word)
  return SUFFIXES.has(key) && (isBehindComma || !DEGREES_ALSO_NAMES.has(key))
}

/** Where the last name starts: at the last word, or at the small words that lead to it (`van der Berg`). */
const lastNameAt = (words: readonly string[]): number => {
  const lower = words.map((word) => word.toLowerCase())
  let at = words.length - 1
  while (at > 1 && isParticle(lower[at - 1] ?? '', at - 1, lower)) {
    if ((lower[at - 1] ?? '').length > 1) at -= 1
    // `Garcia y Lopez` is one name, so there is a word more before the joining one; `Jane E Smith` has an initial.
    else return at > 2 && words[at - 1] === lower[at - 1] ? at - 2 : at
  }
  return at
}

/** Prefix and suffix off, the rest in order: first, middle, last. */
const inOrder = (words: readonly string[], suffixes: readonly string[]): Pieces => {
  const prefixes: string[] = []
  let rest = words
  while (rest.length > 1 && PREFIXES.has(keyOf(rest[0] ?? ''))) {
    prefixes.push(PREFIXES.get(keyOf(rest[0] ?? '')) ?? '')
    rest = rest.slice(1)
  }
  const ends: string[] = [...suffixes]
  while (rest.length > 2 && isSuffix(rest.at(-1) ?? '', false)) {
    ends.unshift(rest.at(-1) ?? '')
    rest = rest.slice(0, -1)
  }
  const isPair = rest.length > 3 && JOINS.has(rest[1]?.toLowerCase() ?? '')
  const head = isPair ? 3 : 1
  const tail = rest.length > head ? Math.max(head, lastNameAt(rest)) : rest.length
  return {
    prefix: prefixes.join(' ') || null,
    first: rest.slice(0, head).join(' ') || null,
    middle: rest.slice(head, tail).join(' ') || null,
    last: rest.slice(tail).join(' ') || null,
    suffix: ends.map((word) => SUFFIXES.get(keyOf(word)) ?? word).join(' ') || null,
  }
}

const wordsOf = (text: string): string[] => text.split(' ').filter((word) => word !== '')

/** `Doe, Jane Q.` and `Jane Doe, Jr.`: what stands behind a comma is a suffix, or else the first name. */
const takenApart = (line: string): Pieces => {
  const [head = '', ...rest] = line
    .split(',')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
  const behind = rest.map(wordsOf)
  const suffixes = behind.filter((words) => words.every((word) => isSuffix(word, true))).flat()
  const others = behind.filter((words) => !words.every((word) => isSuffix(word, true)))
  const [given] = others
  if (given === undefined || others.length > 1) return inOrder([...wordsOf(head), ...others.flat()], suffixes)
  const surname = wordsOf(head)
  const ends = [surname, given].flatMap((words) =>
    words.length > 1 && isSuffix(words.at(-1) ?? '', false) ? words.splice(-1) : [],
  )
  // The last name is known already: one of one word holds its place.
  const pieces = inOrder([...given, 'Last'], [...ends, ...suffixes])
  return { ...pieces, last: surname.join(' ') || null }
}

const isOneCase = (text: string): boolean => text === text.toUpperCase() || text === text.toLowerCase()

const cased = (pieces: Pieces): Pieces => {
  const given = (name: string | null) => name && nameCase(name, { hasParticles: false, isInitials })
  return {
    ...pieces,
    first: given(pieces.first),
    middle: given(pieces.middle),
    last: pieces.last && nameCase(pieces.last, { hasParticles: true, isInitials: () => false }),
  }
}

const isName = (text: string): boolean => /\p{L}/u.test(text) && !text.includes('@')

const asWritten = (text: string, pieces: Pieces = nothing): Reading => ({
  normal: text,
  valid: isName(text),
  masked: false,
  parts: { ...pieces, hashed: null },
})

const readName = (text: string): Reading => {
  const taken = takenApart(text)
  const pieces = isOneCase(text) ? cased(taken) : taken
  const written = [pieces.prefix, pieces.first, pieces.middle, pieces.last, pieces.suffix]
  return asWritten(written.filter((word) => word !== null).join(' ') || text, pieces)
}

const read = (line: string): Reading => {
  const hashed = hashKind(line)
  if (hashed) return { ...asWritten(line.toLowerCase()), valid: false, parts: { ...nothing, hashed } }
  const isWhole = isName(line) && line.length <= NAME_CHARS_MAX
  if (isWhole && !isMasked(line)) return settled({ text: line, read: readName, otherwise: (text) => asWritten(text) })
  const normal = line === '' || line.length > NAME_CHARS_MAX ? null : line
  return { normal, valid: false, masked: isMasked(line), parts: { ...nothing, hashed: null } }
}

export const fullName = defineField({
  type: 'full_name',
  summary:
    'A person’s whole name in the order first, middle, last, also from `Last, First`; prefix and suffix are written one way (`Dr.`, `Jr.`, `III`), ALL CAPITALS and all small letters put right. Small joining words belong to the last name. Valid if it has a letter.',
  // Names a person.
  personal: true,
  value: 'string',
  parts: {
    prefix: 'string',
    first: 'string',
    middle: 'string',
    last: 'string',
    suffix: 'string',
    hashed: 'string',
  },
  examples: [
    'Jane Doe',
    'DR JANE Q DOE JR',
    'Doe, Jane',
    'ludwig van der berg',
    'María García y López',
    'Jane',
    'J*** D***',
    '5d41402abc4b2a76b9719d911017c592',
    '-',
  ],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    return { raw: kept, ...read(lineOf(text)) }
  },
})
