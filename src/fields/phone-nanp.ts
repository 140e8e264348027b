/**
 * The common North American number, read some thirty times faster than the library reads it and with its answer.
 *
 * The library decides by patterns in its metadata; it spends its time on making regular expressions of them anew.
 * Here they are made once, and tried in the library's order: the country first, then the kind. Whatever is not
 * plainly ten digits, or not valid, is left to the library. A property test holds both answers equal.
 */
import { type CountryCode, getCountries, getCountryCallingCode, Metadata } from 'libphonenumber-js/max'

export interface NanpNumber {
  /** Ten digits. */
  readonly national: string
  readonly country: string
  /** The library's name in lower case: `fixed_line_or_mobile`. */
  readonly type: string
}

/** What the library's Metadata can do beyond its published types. */
interface Plan {
  selectNumberingPlan(country: CountryCode): void
  getCountryCodesForCallingCode(callingCode: string): CountryCode[]
  leadingDigits(): string | undefined
  nationalNumberPattern(): string
  type(name: string): { pattern(): string; possibleLengths(): number[] } | undefined
}

interface Territory {
  readonly country: string
  /** Which numbers are of this territory, where prefixes alone decide. */
  readonly leading: RegExp | undefined
  readonly whole: RegExp
  /** Kinds in the order they are tried. */
  readonly kinds: readonly { readonly type: string; readonly pattern: RegExp }[]
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

const entire = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)

const kindsOf = (plan: Plan): Territory['kinds'] => {
  const patternOf = (name: string): RegExp | undefined => {
    const kind = plan.type(name)
    return kind?.pattern() && kind.possibleLengths().includes(10) ? entire(kind.pattern()) : undefined
  }
  const fixed = patternOf('FIXED_LINE')
  const mobile = patternOf('MOBILE')
  // A number that is both is of neither kind alone, and a territory without patterns for mobiles mixes them.
  const isMixed = !plan.type('MOBILE')?.pattern()
  const both = fixed && mobile ? new RegExp(`(?=${mobile.source})${fixed.source}`) : undefined
  return [
    ...(both ? [{ type: 'fixed_line_or_mobile', pattern: both }] : []),
    ...(fixed ? [{ type: isMixed ? 'fixed_line_or_mobile' : 'fixed_line', pattern: fixed }] : []),
    ...OTHER_KINDS.flatMap((name) => {
      const pattern = patternOf(name)
      return pattern ? [{ type: name.toLowerCase(), pattern }] : []
    }),
  ]
}

const territories: readonly Territory[] = (() => {
  const plan = new Metadata() as unknown as Plan
  return plan.getCountryCodesForCallingCode('1').map((country) => {
    plan.selectNumberingPlan(country)
    const leading = plan.leadingDigits()
    return {
      country,
      leading: leading ? new RegExp(`^(?:${leading})`) : undefined,
      whole: entire(plan.nationalNumberPattern()),
      kinds: kindsOf(plan),
    }
  })
})()

/** Countries that share the calling code +1. */
export const nanpCountries: ReadonlySet<string> = new Set(
  getCountries().filter((country) => getCountryCallingCode(country) === '1'),
)

const kindIn = (territory: Territory, national: string): string | undefined =>
  territory.whole.test(national) ? territory.kinds.find((kind) => kind.pattern.test(national))?.type : undefined

/** Ten digits as a valid number, or undefined where no territory knows them. */
export const readNational = (national: string): NanpNumber | undefined => {
  for (const territory of territories) {
    if (territory.leading) {
      if (!territory.leading.test(national)) continue
      const type = kindIn(territory, national)
      return type === undefined ? undefined : { national, country: territory.country, type }
    }
    const type = kindIn(territory, national)
    if (type !== undefined) return { national, country: territory.country, type }
  }
  return undefined
}

const SEPARATORS = ' -.()/'

/** Ten digits out of the usual ways to write them, or undefined: `(512) 555-1234`, `+1 512.555.1234`, `15125551234`. */
const tenDigits = (text: string, isNanpCountry: boolean): string | undefined => {
  if (text.length < 10 || text.length > 24) return undefined
  const hasPlus = text.charCodeAt(0) === 0x2b
  if (!hasPlus && !isNanpCountry) return undefined
  let digits = ''
  for (let at = hasPlus ? 1 : 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) digits += text[at]
    else if (!SEPARATORS.includes(text.charAt(at))) return undefined
  }
  const hasCode = digits.length === 11 && digits.charCodeAt(0) === 0x31
  if (!hasCode && (hasPlus || digits.length !== 10)) return undefined
  const national = hasCode ? digits.slice(1) : digits
  return national.charCodeAt(0) >= 0x32 ? national : undefined
}

/** A valid North American number in a usual shape, or undefined: then the library must read it. */
export const readNanp = (text: string, country: string): NanpNumber | undefined => {
  // Only these two: the smaller territories put their own area code before seven digits, and have rules of their own.
  const national = tenDigits(text, country === 'US' || country === 'CA')
  return national === undefined ? undefined : readNational(national)
}
