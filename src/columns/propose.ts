/**
 * Which field each column of a file is, how sure that is, and why. Names and values both speak: a known name whose values
 * agree is nearly certain, one whose values contradict it is asked about, and so is a column that only looks like something.
 */
import {
  type Column,
  type Guess,
  givenOf,
  guessesOf,
  isCallingCode,
  isDayAndMonth,
  isJobTitle,
  isNoHeader,
  isOneWord,
  isSalutation,
  isWholeAddress,
  isYesNo,
  isZip,
  type Places,
  shareOf,
  supportOf,
} from './evidence.ts'
import { type Known, knownAs } from './names.ts'
import {
  areQualifiers,
  fieldNameOf,
  type HeaderWords,
  isApart,
  isQuestion,
  isYesNoName,
  meaningOf,
  rankOf,
  readHeader,
  withoutBrackets,
} from './words.ts'

export interface Candidate {
  readonly field: string
  readonly type: string
  /** 0 to 1 */
  readonly confidence: number
}

export interface Proposal {
  readonly header: string
  /** Null: below the threshold, and asked about. */
  readonly field: string | null
  readonly type: string | null
  readonly confidence: number
  readonly why: string
  /** What it may be, the likeliest first. */
  readonly candidates: readonly Candidate[]
}

export interface Asked extends Places {
  /** Below this confidence a column is asked about. */
  readonly threshold: number
}

export const THRESHOLD = 0.7

interface Named {
  readonly known: Known
  readonly header: HeaderWords
  /** Words of the name that were left aside. */
  readonly left: number
}

/** Of a name known as a whole, the words that set it apart: those without which it would mean the same. */
const apartIn = (header: HeaderWords, known: Known): HeaderWords => {
  const bare = header.core.length > 0 ? knownAs(header.core) : undefined
  return bare?.field === known.field ? header : { ...header, qualifiers: [], others: [] }
}

const lookUp = (header: HeaderWords): Named | undefined => {
  const { words, core } = header
  const said = knownAs(words) ?? knownAs(meaningOf(header))
  if (said) return { known: said, header: apartIn(header, said), left: 0 }
  // "Default Address Zip": a part of an address is what it is a part of.
  const parts = meaningOf(header).filter((word, index) => index > 0 || !header.qualifiers.includes(word))
  const part = parts[0] === 'address' && parts.length > 1 ? knownAs(parts.slice(1)) : undefined
  if (part) return { known: part, header: { ...header, others: [] }, left: 0 }
  const known = core.length > 0 ? knownAs(core) : undefined
  if (known) return { known, header, left: 0 }
  // "work mobile": a word that tells apart may be the name as well.
  if (core.length === 0)
    for (const word of header.qualifiers.toReversed()) {
      const named = knownAs([word])
      const qualifiers = header.qualifiers.filter((other) => other !== word)
      if (named) return { known: named, header: { ...header, qualifiers }, left: 0 }
    }
  // What a name ends with is what it is: "insured phone number" is a phone number.
  for (let from = 1; from < core.length; from++) {
    const end = knownAs(core.slice(from))
    if (end && end.sure > 0.8) {
      const own = fieldNameOf(words)
      if (end.type !== 'string' && end.type !== 'list')
        return { known: end, header: { ...header, others: [...core.slice(0, from), ...header.others] }, left: from }
      return own === null
        ? undefined
        : {
            known: { field: own, type: end.type, sure: 0.74 },
            header: { ...header, qualifiers: [], others: [] },
            left: 0,
          }
    }
  }
  return undefined
}

const namedBy = (header: string): Named | undefined => {
  const bare = withoutBrackets(header)
  const whole = readHeader(header)
  const found = lookUp(whole)
  if (found && found.left === 0) return found
  if (bare !== '' && bare !== header) {
    const short = lookUp(readHeader(bare))
    if (short && (!found || short.left < found.left)) return short
  }
  return found
}

const percent = (share: number): string => `${Math.round(share * 100)}%`

interface Reading {
  readonly column: Column
  readonly header: HeaderWords
  readonly given: readonly string[]
  readonly guesses: readonly Guess[]
  readonly known: Known | null
  /** By its name, not by its values alone. */
  readonly isNamed: boolean
  /** The words that set it apart are somebody else's. */
  readonly others: readonly string[]
  readonly qualifiers: readonly string[]
  readonly confidence: number
  readonly why: string
}

/** Names whose sense the values decide: `Title` before names is a salutation, `Country Code` a prefix to dial. */
const byValues = (known: Known, given: readonly string[], places: Places): Known => {
  if (given.length === 0) return known
  if (known.field === 'job_title' && shareOf(given, isSalutation) >= 0.6)
    return { field: 'name_prefix', type: 'string', sure: 0.94 }
  if (known.field === 'job_title' && known.sure < 0.9)
    return { ...known, sure: shareOf(given, isJobTitle(places)) >= 0.3 ? 0.84 : known.sure - 0.06 }
  if (known.field === 'street' && known.sure < 0.9 && shareOf(given, isWholeAddress) >= 0.6)
    return { field: 'full_address', type: 'full_address', sure: 0.86 }
  if (known.field === 'dob' && shareOf(given, isDayAndMonth) >= 0.6)
    return { field: 'birthday', type: 'string', sure: 0.86 }
  if (known.field === 'zip4' && shareOf(given, isZip) >= 0.6)
    return { field: 'postal_code', type: 'postal_code', sure: 0.86 }
  if (known.field === 'country' && shareOf(given, isCallingCode) >= 0.8)
    return { field: 'calling_code', type: 'string', sure: 0.86 }
  return known
}

const CONTRADICTED = 0.2
const DOUBTED = 0.6

/** Strong signs that a value is of another kind than the name says. */
const contradiction = (known: Known, guesses: readonly Guess[]): Guess | undefined =>
  guesses.find(
    ({ field, type, sure }) =>
      sure >= 0.7 &&
      field !== null &&
      type !== known.type &&
      ['email', 'phone', 'certificate_url', 'ip', 'user_agent'].includes(type),
  )

const judge = (
  known: Known,
  left: number,
  reading: Pick<Reading, 'given' | 'guesses'>,
  places: Places,
): { confidence: number; why: string } => {
  const { given, guesses } = reading
  const named = left > 0 ? `the name ends as that of ${known.field}` : `the name is one of ${known.field}`
  const sure = left > 0 ? Math.min(known.sure, 0.84) : known.sure
  if (given.length === 0) return { confidence: sure * 0.9, why: `${named}; there are no values` }
  const other = contradiction(known, guesses)
  if (other) return { confidence: 0.35, why: `${named}, but ${other.why}` }
  const support = supportOf(known.type, given, places)
  if (known.type === 'string' || known.type === 'list') return { confidence: sure, why: named }
  if (support >= 0.8)
    return {
      confidence: Math.min(0.99, sure + 0.05 * support),
      why: `${named}, and ${percent(support)} of the values fit`,
    }
  const why = `${named}, but only ${percent(support)} of the values fit`
  if (support >= DOUBTED) return { confidence: sure * 0.88, why }
  if (support >= CONTRADICTED) return { confidence: sure * 0.72, why }
  return { confidence: sure * 0.4, why }
}

const VALUE_TYPES = new Set(['boolean', 'number', 'currency', 'date', 'datetime', 'url'])

/** A question of the sender's own form, or a name that says yes or no: a field of its own, under its own name. */
const ownQuestion = (
  header: string,
  words: HeaderWords,
  given: readonly string[],
  guesses: readonly Guess[],
): Pick<Reading, 'known' | 'confidence' | 'why'> | undefined => {
  const field = fieldNameOf(words.words)
  if (field === null || given.length === 0) return undefined
  const says = isYesNoName(words) && shareOf(given, isYesNo) >= 0.9
  if (!says && !isQuestion(header, words)) return undefined
  const type = says
    ? 'boolean'
    : (guesses.find((guess) => guess.field === null && VALUE_TYPES.has(guess.type))?.type ?? 'string')
  const sure = says ? 0.8 : 0.74
  return {
    known: { field, type, sure },
    confidence: sure,
    why: says ? 'a name that says yes or no, and values that do' : 'a question of its own',
  }
}

const read = (column: Column, places: Places): Reading => {
  const given = givenOf(column.values)
  const guesses = guessesOf(given, places)
  const header = readHeader(column.header)
  const named = namedBy(column.header)
  const base = { column, header: named?.header ?? header, given, guesses, isNamed: named !== undefined }
  if (named) {
    const known = byValues(named.known, given, places)
    const judged = judge(known, named.left, base, places)
    return { ...base, known, others: named.header.others, qualifiers: named.header.qualifiers, ...judged }
  }
  const [best] = guesses
  const custom = ownQuestion(column.header, header, given, guesses)
  if (custom && !(best?.field && best.sure >= 0.8)) return { ...base, ...custom, others: [], qualifiers: [] }
  if (best && best.field !== null)
    return {
      ...base,
      known: { field: best.field, type: best.type, sure: best.sure },
      others: [],
      qualifiers: [],
      confidence: best.sure,
      why: `the name says nothing known, but ${best.why}`,
    }
  return {
    ...base,
    known: null,
    others: [],
    qualifiers: [],
    confidence: 0,
    why: best ? `the name says nothing known; ${best.why}` : 'neither name nor values say what it is',
  }
}

/** "Name" beside a surname is the first name, where it is one word. */
const inCompany = (readings: readonly Reading[]): readonly Reading[] => {
  const has = (field: string) => readings.some(({ known, others }) => known?.field === field && others.length === 0)
  return readings.map((reading) => {
    const { known, given } = reading
    if (known?.field !== 'full_name' || known.sure >= 0.9 || !has('last_name') || has('first_name')) return reading
    if (given.length > 0 && shareOf(given, isOneWord) < 0.7) return reading
    return {
      ...reading,
      known: { field: 'first_name', type: 'first_name', sure: 0.86 },
      confidence: 0.86,
      why: 'called a name beside a column of surnames',
    }
  })
}

interface Settled {
  readonly reading: Reading
  readonly field: string | null
  readonly confidence: number
  readonly why: string
}

/** Somebody else's phone is no phone of the lead, even where there is no other. */
const ownName = (reading: Reading): string | null =>
  reading.known !== null && reading.others.length > 0
    ? fieldNameOf([...reading.others, ...reading.qualifiers, reading.known.field])
    : null

/** Each field goes to one column: the surest, of two alike the one meant first. Others are named for what sets them apart. */
const settle = (readings: readonly Reading[]): readonly Settled[] => {
  const order = readings
    .map((reading, index) => ({ reading, index }))
    .filter(({ reading }) => reading.known !== null)
    .toSorted((a, b) => {
      const rank = rankOf(a.reading.header) - rankOf(b.reading.header)
      const sure = Math.round((b.reading.confidence - a.reading.confidence) * 10)
      return sure !== 0 ? sure : rank !== 0 ? rank : a.index - b.index
    })
  const owners = new Map<string, string>()
  const settled = new Map<Reading, Settled>()
  const take = (reading: Reading, field: string, confidence: number, why: string): void => {
    owners.set(field, reading.column.header)
    settled.set(reading, { reading, field, confidence, why })
  }
  for (const { reading } of order) {
    const known = reading.known
    if (known === null) continue
    const somebody = ownName(reading)
    const wanted = somebody ?? known.field
    if (!owners.has(wanted)) {
      take(
        reading,
        wanted,
        reading.confidence,
        somebody === null ? reading.why : `${reading.why}, of somebody or something else`,
      )
      continue
    }
    const words = meaningOf(reading.header)
    const numbers = reading.qualifiers.filter((word) => /^\d+$/.test(word))
    const others = reading.qualifiers.filter((word) => !numbers.includes(word))
    const apart = reading.qualifiers.length > 0 ? fieldNameOf([...others, known.field, ...numbers]) : null
    // What only its values tell of has no name of its own.
    const own = reading.isNamed && isApart(reading.header)
    const called = own ? fieldNameOf(areQualifiers(words) ? [...words, known.field] : words) : null
    const names = known.type === 'string' ? [called, apart] : [apart, called]
    const free = names.find((name) => name !== null && !owners.has(name))
    if (typeof free === 'string') {
      take(reading, free, reading.confidence * 0.95, `${reading.why}; "${owners.get(wanted)}" is the ${wanted}`)
      continue
    }
    settled.set(reading, {
      reading,
      field: wanted,
      confidence: Math.min(0.5, reading.confidence),
      why: `${reading.why}, but "${owners.get(wanted)}" is already the ${wanted}`,
    })
  }
  return readings.map(
    (reading) => settled.get(reading) ?? { reading, field: null, confidence: reading.confidence, why: reading.why },
  )
}

const rounded = (confidence: number): number => Math.round(confidence * 100) / 100

const candidatesOf = ({ reading, field, confidence }: Settled): Candidate[] => {
  const candidates: Candidate[] = []
  const add = (name: string | null, type: string, sure: number): void => {
    if (name !== null && !candidates.some((other) => other.field === name))
      candidates.push({ field: name, type, confidence: rounded(sure) })
  }
  if (field !== null && reading.known !== null) add(field, reading.known.type, confidence)
  for (const guess of reading.guesses.slice(0, 4)) if (guess.field !== null) add(guess.field, guess.type, guess.sure)
  const type = reading.guesses.find((guess) => guess.field === null)?.type ?? 'string'
  add(fieldNameOf(reading.header.words), type, 0.4)
  return candidates.toSorted((a, b) => b.confidence - a.confidence)
}

/** Proposes a field for each column, in order. */
export const proposeFields = (columns: readonly Column[], asked: Asked): Proposal[] => {
  if (columns.some(({ header }) => isNoHeader(header)))
    return columns.map(({ header, values }) => ({
      header,
      field: null,
      type: null,
      confidence: 0,
      why: 'the first line looks like values, not like names of columns',
      candidates: guessesOf(givenOf([header, ...values]), asked).flatMap(({ field, type, sure }) =>
        field === null ? [] : [{ field, type, confidence: rounded(sure) }],
      ),
    }))
  const readings = inCompany(columns.map((column) => read(column, asked)))
  return settle(readings).map((settled) => {
    const isSure = settled.field !== null && settled.confidence >= asked.threshold
    return {
      header: settled.reading.column.header,
      field: isSure ? settled.field : null,
      type: isSure ? (settled.reading.known?.type ?? null) : null,
      confidence: rounded(settled.confidence),
      why: settled.why,
      candidates: candidatesOf(settled),
    }
  })
}
