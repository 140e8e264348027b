/** Where somebody lives: town, postal code and state, learned together, for one follows from another. */
import { findState } from '../../fields/states.ts'
import { wordKey } from '../../fields/text.ts'
import type { Feature, Group } from './group.ts'
import { MISSING } from './group.ts'
import { edits, jaroWinkler } from './strings.ts'

export interface PlaceValue {
  readonly key: string
  readonly city: string
  readonly postcode: string
  /** The part of a postal code that names a district. */
  readonly area: string
  readonly state: string
}

export interface PlaceTexts {
  readonly city: string
  readonly postcode: string
  readonly state: string
}

const BRITISH = /^([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})$/
const US_PLUS_FOUR = /^(\d{5})-?\d{4}$/

const areaOf = (postcode: string): string => {
  const british = BRITISH.exec(postcode)
  if (british) return british[1] ?? ''
  return postcode.slice(0, Math.max(2, Math.ceil(postcode.length / 2)))
}

export const readPostcode = (text: string): string => {
  const bare = text.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return US_PLUS_FOUR.exec(bare)?.[1] ?? bare
}

/** Null where nothing is given. */
export const readPlace = (texts: PlaceTexts, country: string): PlaceValue | null => {
  const city = wordKey(texts.city)
  const postcode = readPostcode(texts.postcode)
  const state = texts.state === '' ? '' : (findState(texts.state, country)?.code ?? wordKey(texts.state)).toLowerCase()
  if (city === '' && postcode === '' && state === '') return null
  return { key: `${city}|${postcode}|${state}`, city, postcode, area: areaOf(postcode), state }
}

const CITY = { exact: 1, close: 2, fair: 3, different: 4 } as const
const POSTCODE = { exact: 1, close: 2, area: 3, near: 4, different: 5 } as const
const STATE = { exact: 1, different: 2 } as const

const FEATURES: readonly Feature[] = [
  {
    id: 'city',
    shared: true,
    levels: [
      MISSING,
      { id: 'exact', m: 0.78, u: 0.01, rarity: 1 },
      { id: 'close', m: 0.11, u: 0.003, rarity: 0.5 },
      { id: 'fair', m: 0.03, u: 0.02 },
      { id: 'different', m: 0.08, u: 0.967 },
    ],
  },
  {
    id: 'postal_code',
    shared: true,
    levels: [
      MISSING,
      { id: 'exact', m: 0.76, u: 0.0015, rarity: 1 },
      { id: 'close', m: 0.1, u: 0.004 },
      { id: 'same district', m: 0.04, u: 0.01 },
      { id: 'near', m: 0.02, u: 0.03 },
      { id: 'different', m: 0.08, u: 0.955 },
    ],
  },
  {
    id: 'state',
    shared: true,
    levels: [MISSING, { id: 'exact', m: 0.92, u: 0.2, rarity: 1 }, { id: 'different', m: 0.08, u: 0.8 }],
  },
]
const CLOSE = 0.94
const FAIR = 0.84
const POSTCODE_LEVELS = 6
const STATE_LEVELS = 3

/** How alike two names of places are: 1 exact, 2 close, 3 fair or in part, 4 different. */
export const placeLevel = (a: string, b: string): number => {
  if (a === b) return CITY.exact
  const length = Math.min(a.length, b.length)
  const similarity = jaroWinkler(a, b, FAIR)
  if (length >= 3 && edits(a, b, 2) <= (length >= 7 ? 2 : 1)) return CITY.close
  if (similarity >= CLOSE) return CITY.close
  if (similarity >= FAIR) return CITY.fair
  if (!a.includes(' ') && !b.includes(' ')) return CITY.different
  const words = a.split(' ')
  return b.split(' ').some((word) => word.length >= 4 && words.includes(word)) ? CITY.fair : CITY.different
}

const postcodeLevel = (a: PlaceValue, b: PlaceValue): number => {
  if (a.postcode === b.postcode) return POSTCODE.exact
  if (edits(a.postcode, b.postcode, 1) <= 1) return POSTCODE.close
  if (a.area === b.area) return POSTCODE.area
  return a.area.slice(0, -1) !== '' && a.area.slice(0, -1) === b.area.slice(0, -1) ? POSTCODE.near : POSTCODE.different
}

export const places: Group<PlaceValue> = {
  id: 'place',
  features: FEATURES,
  compare: (a, b) => {
    const city = a.city !== '' && b.city !== '' ? placeLevel(a.city, b.city) : 0
    const postcode = a.postcode !== '' && b.postcode !== '' ? postcodeLevel(a, b) : 0
    const state = a.state === '' || b.state === '' ? 0 : a.state === b.state ? STATE.exact : STATE.different
    return (city * POSTCODE_LEVELS + postcode) * STATE_LEVELS + state
  },
  terms: ({ city, postcode, state }) => [city || null, postcode || null, state || null],
}
