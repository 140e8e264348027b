/** The weights that come with the program, until `identity train` has learned a tenant's own. */
import { levelsOf } from './compare/group.ts'
import { defaultModel, type Model } from './em.ts'
import type { Schema } from './schema.ts'
import { defaultMarginals, shapeOf } from './weights.ts'

/** A pair of records is one person in so many, before anything is compared: tenants have more persons, and few less. */
const PERSONS = 100_000

const CITY = 0
const POSTCODE = 1
const STATE = 2
const EXACT = 1
/** The last level at which two postal codes have a region in common. */
const NEAR = 4

/**
 * How alike two strangers' postal codes are, by level (missing, exact, close, same district, near, different), where they
 * live in one town, and where they do not.
 */
const IN_ONE_TOWN = [1, 0.08, 0.12, 0.2, 0.15, 0.45]
const IN_TWO_TOWNS = [1, 0.0005, 0.002, 0.006, 0.0255, 0.966]

/**
 * The defaults of each field, but for places: a town and a state follow from their postal code, for strangers as for one
 * person, and counting all three in full would make neighbours one.
 */
export const shippedModel = (schema: Schema): Model => {
  const model = defaultModel(schema, PERSONS)
  const groups = model.groups.map((tables, at) => {
    const group = schema.groups[at]
    if (group?.id !== 'place') return tables
    const shape = shapeOf(group.features)
    const same = defaultMarginals(shape, 'm')
    const strangers = defaultMarginals(shape, 'u')
    const shareOf = (marginals: typeof same, feature: number, level: number): number => marginals[feature]?.[level] ?? 1
    const dependent = Float64Array.from({ length: shape.size }, (_, code) => {
      const levels = levelsOf(group.features, code)
      const [city = 0, postcode = 0, state = 0] = levels
      const ofCity = shareOf(strangers, CITY, city)
      const ofPostcode =
        city === 0
          ? shareOf(strangers, POSTCODE, postcode)
          : ((city === EXACT ? IN_ONE_TOWN : IN_TWO_TOWNS)[postcode] ?? 1)
      const follows = city === EXACT || (postcode > 0 && postcode <= NEAR)
      return Math.log(ofCity * ofPostcode * shareOf(follows ? same : strangers, STATE, state))
    })
    return { ...tables, strangers: dependent }
  })
  return { ...model, groups }
}

/** Shares in hundredths of a percent: surnames of the United States census of 2010, given names of that of 1990. */
const SURNAMES =
  'smith 83 johnson 66 williams 55 brown 49 jones 48 garcia 40 miller 39 davis 38 rodriguez 37 martinez 36 hernandez 35 ' +
  'lopez 30 gonzalez 29 wilson 27 anderson 27 thomas 26 taylor 25 moore 25 jackson 24 martin 24 lee 24 perez 23 ' +
  'thompson 23 white 22 harris 21 sanchez 21 clark 19 ramirez 19 lewis 18 robinson 18 walker 18 young 16 allen 16 ' +
  'king 16 wright 16 scott 15 torres 15 nguyen 15 hill 15 flores 15 green 15 adams 15 nelson 14 baker 14 hall 14 ' +
  'rivera 13 campbell 13 mitchell 13 carter 13 roberts 13'
const GIVEN_NAMES =
  'james 166 john 164 robert 157 michael 131 mary 131 william 123 david 118 richard 85 charles 76 joseph 70 thomas 69 ' +
  'patricia 54 christopher 52 linda 52 barbara 49 daniel 49 elizabeth 47 jennifer 47 paul 47 mark 47 donald 47 george 46 ' +
  'maria 41 kenneth 41 susan 40 steven 39 edward 39 margaret 38 brian 37 dorothy 36 lisa 35 nancy 33 karen 33 betty 33 ' +
  'helen 33 sandra 31'

const sharesOf = (text: string): ReadonlyMap<string, number> => {
  const words = text.split(' ')
  const shares = new Map<string, number>()
  for (let at = 0; at < words.length; at += 2) shares.set(words[at] as string, Number(words[at + 1]) / 10_000)
  return shares
}

interface Known {
  readonly shares: ReadonlyMap<string, number>
  /** The chance that two persons agree, and the share of a name not listed. */
  readonly agreement: number
  readonly otherwise: number
}

const KNOWN: Readonly<Record<string, Known>> = {
  surname: { shares: sharesOf(SURNAMES), agreement: 0.002, otherwise: 0.0003 },
  given_name: { shares: sharesOf(GIVEN_NAMES), agreement: 0.006, otherwise: 0.002 },
}

/** How common a name is, by its field and its key. Null for fields of which nothing is known. */
export const shippedShare = (field: string, term: string): number | null => {
  const known = KNOWN[field]
  return known ? (known.shares.get(term) ?? known.otherwise) : null
}

export const shippedAgreement = (field: string): number => KNOWN[field]?.agreement ?? 0
