/**
 * Numbering plans as compiled patterns: the common number read many times faster than the library reads it, with its
 * answer.
 *
 * The library decides by patterns in its metadata; it spends its time on making regular expressions of them anew.
 * Here they are made once for each calling code, when a number of it is first met, and tried in the library's order:
 * the country first, then the kind. Whatever is not plainly a number of its plan is left to the library. A property
 * test holds both answers equal.
 */
import { type CountryCode, getCountryCallingCode, isSupportedCountry, Metadata } from 'libphonenumber-js/max'

export interface PlannedNumber {
  /** Digits, without `+`. */
  readonly callingCode: string
  /** The national significant number. */
  readonly national: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** The library's name in lower case: `fixed_line_or_mobile`. */
  readonly type: string
}

/** What the library's Metadata can do beyond its published types. */
interface LibraryPlan {
  hasCallingCode(callingCode: string): boolean
  isNonGeographicCallingCode(callingCode: string): boolean
  selectNumberingPlan(countryOrCallingCode: string): void
  getCountryCodesForCallingCode(callingCode: string): CountryCode[]
  leadingDigits(): string | undefined
  nationalNumberPattern(): string
  nationalPrefixForParsing(): string | undefined
  nationalPrefixTransformRule(): string | undefined
  IDDPrefix(): string | undefined
  type(name: string): { pattern(): string; possibleLengths(): number[] | undefined } | undefined
}

interface Kind {
  readonly type: string
  readonly patterns: readonly { readonly pattern: RegExp; readonly lengths: readonly number[] | undefined }[]
}

interface Territory {
  readonly country: string
  /** Which numbers are of this territory, where prefixes alone decide. */
  readonly leading: RegExp | undefined
  readonly whole: RegExp
  /** Kinds in the order they are tried. */
  readonly kinds: readonly Kind[]
  /** What is dialled before a number within the country. */
  readonly prefix: RegExp | undefined
  /** Taking the prefix off may rewrite the rest: not plain. */
  readonly rewrites: boolean
  /** What is dialled to leave the country. */
  readonly outward: RegExp | undefined
}

// The library's order after fixed lines.
const OTHER_KINDS = [
  'MOBILE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
]

const CALLING_CODE_DIGITS_MAX = 3

const library = (): LibraryPlan => new Metadata() as unknown as LibraryPlan

const entire = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
const atStart = (pattern: string | undefined): RegExp | undefined =>
  pattern ? new RegExp(`^(?:${pattern})`) : undefined

const kindsOf = (plan: LibraryPlan): readonly Kind[] => {
  const patternOf = (name: string) => {
    const kind = plan.type(name)
    return kind?.pattern() ? { pattern: entire(kind.pattern()), lengths: kind.possibleLengths() } : undefined
  }
  const fixed = patternOf('FIXED_LINE')
  const mobile = patternOf('MOBILE')
  return [
    // A number that is both is of neither kind alone, and a territory without patterns for mobiles mixes them.
    ...(fixed && mobile ? [{ type: 'fixed_line_or_mobile', patterns: [fixed, mobile] }] : []),
    ...(fixed ? [{ type: mobile ? 'fixed_line' : 'fixed_line_or_mobile', patterns: [fixed] }] : []),
    ...OTHER_KINDS.flatMap((name) => {
      const pattern = patternOf(name)
      return pattern ? [{ type: name.toLowerCase(), patterns: [pattern] }] : []
    }),
  ]
}

const territoryOf = (plan: LibraryPlan, country: string): Territory => {
  plan.selectNumberingPlan(country)
  return {
    country,
    leading: atStart(plan.leadingDigits()),
    whole: entire(plan.nationalNumberPattern()),
    kinds: kindsOf(plan),
    prefix: atStart(plan.nationalPrefixForParsing()),
    rewrites: Boolean(plan.nationalPrefixTransformRule()),
    outward: atStart(plan.IDDPrefix()),
  }
}

const made = new Map<string, readonly Territory[]>()

/** The territories of a calling code, its main one first; none of the codes that belong to no country. */
const territoriesOf = (callingCode: string): readonly Territory[] => {
  const known = made.get(callingCode)
  if (known) return known
  const plan = library()
  const isPlaced = plan.hasCallingCode(callingCode) && !plan.isNonGeographicCallingCode(callingCode)
  const countries = isPlaced ? plan.getCountryCodesForCallingCode(callingCode) : []
  const territories = countries.map((country) => territoryOf(plan, country))
  made.set(callingCode, territories)
  return territories
}

const kindIn = (territory: Territory, national: string): string | undefined => {
  if (!territory.whole.test(national)) return undefined
  const fits = ({ pattern, lengths }: Kind['patterns'][number]): boolean =>
    (lengths === undefined || lengths.includes(national.length)) && pattern.test(national)
  return territory.kinds.find((kind) => kind.patterns.every(fits))?.type
}

/** A national significant number as a valid number of the calling code, or undefined where no territory knows it. */
export const readNational = (callingCode: string, national: string): PlannedNumber | undefined => {
  const territories = territoriesOf(callingCode)
  for (const territory of territories) {
    // A calling code with one country asks for no prefix.
    if (territory.leading && territories.length > 1) {
      if (!territory.leading.test(national)) continue
      const type = kindIn(territory, national)
      return type === undefined ? undefined : { callingCode, national, country: territory.country, type }
    }
    const type = kindIn(territory, national)
    if (type !== undefined) return { callingCode, national, country: territory.country, type }
  }
  return undefined
}

/** Digits less the prefix dialled within the country; undefined where it takes more than cutting to say. */
const withoutPrefix = (digits: string, territory: Territory): string | undefined => {
  const prefix = territory.prefix?.exec(digits)
  if (!prefix || prefix[0] === '') return digits
  if (territory.rewrites && prefix.length > 1 && prefix.at(-1) !== undefined) return undefined
  const rest = digits.slice(prefix[0].length)
  return territory.whole.test(rest) ? rest : undefined
}

const callingCodeOf = (digits: string): string | undefined => {
  for (let length = 1; length <= CALLING_CODE_DIGITS_MAX; length += 1) {
    const code = digits.slice(0, length)
    if (territoriesOf(code).length > 0) return code
  }
  return undefined
}

const readInternational = (digits: string): PlannedNumber | undefined => {
  const callingCode = callingCodeOf(digits)
  const [main] = callingCode === undefined ? [] : territoriesOf(callingCode)
  if (callingCode === undefined || !main) return undefined
  const national = withoutPrefix(digits.slice(callingCode.length), main)
  return national === undefined ? undefined : readNational(callingCode, national)
}

const readDomestic = (digits: string, country: string): PlannedNumber | undefined => {
  if (!isSupportedCountry(country)) return undefined
  const callingCode = getCountryCallingCode(country)
  const own = territoriesOf(callingCode).find((territory) => territory.country === country)
  // It may be a number from abroad that lacks its plus sign.
  if (!own || own.outward?.test(digits) || digits.startsWith(callingCode)) return undefined
  const national = withoutPrefix(digits, own)
  return national === undefined ? undefined : readNational(callingCode, national)
}

const SHAPE = /^\+?[\d ()./-]{4,24}$/
const DIGITS_MIN = 4
const DIGITS_MAX = 15

/** A valid number in a usual shape, or undefined: then the library must read it. */
export const readPlanned = (text: string, country: string): PlannedNumber | undefined => {
  if (!SHAPE.test(text)) return undefined
  const digits = text.replace(/\D/g, '')
  if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return undefined
  return text.startsWith('+') ? readInternational(digits) : readDomestic(digits, country)
}
