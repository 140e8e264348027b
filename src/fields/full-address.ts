import { defineField } from '../kit/field.ts'
import { cityCase } from './city.ts'
import { findCountry, leadCountry } from './countries.ts'
import { findPostalCode } from './postal-code.ts'
import { type Reading, settled } from './settled.ts'
import { findState, type State } from './states.ts'
import { isNumberFirst, isStreetKind, readStreetLine, streetCase } from './street-lines.ts'
import { clean, isMasked, lineOf } from './text.ts'

const ADDRESS_CHARS_MAX = 400

interface Address {
  readonly street: string | null
  readonly city: string | null
  readonly state: State | undefined
  readonly postalCode: string | null
  /** ISO 3166-1 alpha-2, where written. */
  readonly writtenCountry: string | null
  /** ISO 3166-1 alpha-2: as written, or that of the postal code or state, or the lead's. */
  readonly country: string
}

/** Where addresses are written with a state. Elsewhere its name is a city's: Berlin, Hamburg. */
const WITH_STATES: ReadonlySet<string> = new Set(['US', 'CA', 'AU', 'GB', 'IN', 'MX', 'BR'])

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')

/** What a piece ends (or begins) with: the longest run of at most `most` words that `find` knows. */
const takeWords = <T>(asked: {
  readonly piece: string
  readonly most: number
  readonly fromEnd: boolean
  readonly find: (text: string) => T | undefined
}): { readonly found: T; readonly rest: string } | undefined => {
  const all = words(asked.piece)
  for (let count = Math.min(asked.most, all.length); count > 0; count -= 1) {
    const at = asked.fromEnd ? all.length - count : count
    const [taken, rest] = asked.fromEnd ? [all.slice(at), all.slice(0, at)] : [all.slice(0, at), all.slice(at)]
    const found = asked.find(taken.join(' '))
    if (found !== undefined) return { found, rest: rest.join(' ') }
  }
  return undefined
}

const endsInState = (piece: string, country: string): boolean =>
  takeWords({ piece, most: 3, fromEnd: true, find: (text) => findState(text, country) }) !== undefined

const postalIn = (piece: string, country: string) => {
  const find = (text: string) => findPostalCode(text.toUpperCase(), country)
  const atEnd = takeWords({ piece, most: 2, fromEnd: true, find })
  return atEnd ?? (isNumberFirst(country) ? undefined : takeWords({ piece, most: 2, fromEnd: false, find }))
}

/** The country at the end. `CA` behind a state or a Canadian code is Canada, and California otherwise. */
const countryAt = (pieces: readonly string[], country: string): string | undefined => {
  const [before, last] = pieces.slice(-2)
  const found = before === undefined || last === undefined ? undefined : findCountry(last)?.alpha2
  if (found === undefined || before === undefined || last === undefined) return undefined
  const isEnd = endsInState(before, country) || postalIn(before, found)?.found.parts.country === found
  return findState(last, country) === undefined || isEnd ? found : undefined
}

/** `123 Main St Apt 4 Austin`: without a comma the street ends with the word that says what kind it is. */
const streetAndCity = (piece: string): { readonly street: string | null; readonly city: string | null } => {
  const all = words(piece)
  const kindAt = all.findLastIndex((word, at) => at > 1 && at < all.length - 1 && isStreetKind(word))
  // Nothing that could be a house: a city stands alone before its state.
  if (!/\d/.test(piece)) return { street: null, city: piece || null }
  if (kindAt < 0 || !/^\d/.test(piece)) return { street: piece, city: null }
  const behind = all.slice(kindAt + 1).join(' ')
  const unit =
    /^(?:(?:[NSEW]|[NS][EW])\b ?)?(?:(?:apt|apartment|unit|suite|ste|room|rm|floor|fl|lot)\b\.? ?#? ?\S+|#\s?\S+)?/i.exec(
      behind,
    )?.[0]
  const street = `${all.slice(0, kindAt + 1).join(' ')} ${unit ?? ''}`.trim()
  return { street, city: behind.slice(unit?.length ?? 0).trim() || null }
}

const takenApart = (line: string, leadsCountry: string): Address => {
  let pieces = line.split(',').flatMap((piece) => (piece.trim() === '' ? [] : [piece.trim()]))
  const writtenCountry = countryAt(pieces, leadsCountry) ?? null
  if (writtenCountry !== null) pieces = pieces.slice(0, -1)
  const near = writtenCountry ?? leadsCountry
  const replaceLast = (rest: string) => {
    pieces = rest === '' ? pieces.slice(0, -1) : [...pieces.slice(0, -1), rest.trim()]
  }
  const postal = postalIn(pieces.at(-1) ?? '', near)
  if (postal) replaceLast(postal.rest)
  const ofPostal = postal?.found.parts.country
  const country = writtenCountry ?? (typeof ofPostal === 'string' ? ofPostal : near)
  const state = takeWords({
    piece: pieces.at(-1) ?? '',
    most: 3,
    fromEnd: true,
    // Only the address's own states: elsewhere a province's code is a word of the city.
    find: (text) => {
      const found = findState(text, country)
      if (!found || !WITH_STATES.has(found.country)) return undefined
      return found.country === country || (writtenCountry === null && !postal) ? found : undefined
    },
  })
  if (state) replaceLast(state.rest)
  const isKnown = postal !== undefined || state !== undefined || writtenCountry !== null
  const [only = ''] = pieces
  const alone = pieces.length === 1 && isKnown ? streetAndCity(only) : { street: only || null, city: null }
  const city = pieces.length > 1 ? (pieces.at(-1) ?? null) : alone.city
  return {
    street: pieces.length > 1 ? pieces.slice(0, -1).join(', ') : alone.street,
    city,
    state: state?.found,
    postalCode: postal ? String(postal.found.normal) : null,
    writtenCountry,
    country: writtenCountry ?? (postal ? country : (state?.found.country ?? country)),
  }
}

const write = ({ street, city, state, postalCode, writtenCountry, country }: Address): string => {
  const isPostalFirst = !isNumberFirst(country) && state === undefined
  const places = isPostalFirst
    ? [[postalCode, city].filter((word) => word !== null).join(' ')]
    : [city, [state?.code, postalCode].filter((word) => word != null).join(' ')]
  // By name: as a code, Germany would be Delaware.
  const named = writtenCountry === null ? null : (findCountry(writtenCountry)?.name ?? null)
  return [street, ...places, named].filter((piece) => piece !== null && piece !== '').join(', ')
}

const nothing = { street: null, number: null, unit: null, city: null, state: null, postal_code: null, country: null }

const reading = (line: string, rewrite: boolean, country: string): Reading => {
  const taken = takenApart(line, country)
  const address = rewrite
    ? { ...taken, street: taken.street && streetCase(taken.street), city: taken.city && cityCase(taken.city) }
    : taken
  const street = address.street === null ? undefined : readStreetLine(address.street, address.country)
  const hasDoor = street !== undefined && street.name !== null && (street.number !== null || street.isPoBox)
  const hasPlace = address.postalCode !== null || (address.city !== null && address.state !== undefined)
  return {
    normal: rewrite ? write(address) || line : line,
    valid: hasDoor && hasPlace,
    masked: false,
    parts: {
      street: address.street,
      number: street?.number ?? null,
      unit: street?.unit ?? null,
      city: address.city,
      state: address.state?.code ?? null,
      postal_code: address.postalCode,
      country: address.country.length === 2 ? address.country : null,
    },
  }
}

const read = (line: string, country: string): Reading => {
  if (line === '' || line.length > ADDRESS_CHARS_MAX) {
    return { normal: null, valid: false, masked: false, parts: nothing }
  }
  if (isMasked(line)) return { normal: line, valid: false, masked: true, parts: nothing }
  return settled({
    text: line,
    read: (text) => reading(text, true, country),
    otherwise: (text) => reading(text, false, country),
  })
}

export const fullAddress = defineField({
  type: 'full_address',
  summary:
    'A whole postal address on one line, taken apart from its end: country, postal code, state, city, street. Best with commas or line breaks between them. Valid with a house number (or PO box) and a postal code, or a city and state. It is read, not looked up.',
  // Leads to a door.
  personal: true,
  value: 'string',
  parts: {
    street: 'string',
    number: 'string',
    unit: 'string',
    city: 'string',
    state: 'string',
    postal_code: 'string',
    country: 'string',
  },
  examples: [
    '123 Main St, Apt 4, Austin, TX 78701',
    '123 MAIN ST AUSTIN TEXAS 78701-1234',
    '10 Example Street, London SW1A 1AA, United Kingdom',
    'Hauptstr. 5, 10115 Berlin, Germany',
    '100 Queen St W, Toronto, ON M5V 3L9',
    'Austin, TX',
    '*** Main St, Austin, TX',
  ],
  parse: (raw, context) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text.replace(/\s*[\r\n]+\s*/g, ', ')).replace(/^[\s,]+|[\s,]+$/g, '')
    return { raw: kept, ...read(line, leadCountry(context)) }
  },
})
