/** The common North American number: ten digits, the quickest of all to tell. */
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { type PlannedNumber, readNational } from './phone-plans.ts'

/** Countries that share the calling code +1. */
export const nanpCountries: ReadonlySet<string> = new Set(
  getCountries().filter((country) => getCountryCallingCode(country) === '1'),
)

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

/** A valid North American number in a usual shape, or undefined: then another must read it. */
export const readNanp = (text: string, country: string): PlannedNumber | undefined => {
  // Only these two: the smaller territories put their own area code before seven digits, and have rules of their own.
  const national = tenDigits(text, country === 'US' || country === 'CA')
  return national === undefined ? undefined : readNational('1', national)
}
