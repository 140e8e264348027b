/** Time zones, currencies and countries, as the runtime's own tables know them. */

const zones = new Map<string, boolean>()
const ZONE = /^(?:UTC|GMT|[A-Za-z_]+\/[A-Za-z0-9_+\-/]+)$/

/** Whether the text is an IANA time zone: `America/Chicago`, `UTC`. */
export const isZone = (text: string): boolean => {
  if (text.length > 64 || !ZONE.test(text)) return false
  const known = zones.get(text)
  if (known !== undefined) return known
  let valid = true
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
  } catch {
    valid = false
  }
  if (zones.size < 2000) zones.set(text, valid)
  return valid
}

export const zoneNames = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Whether the text is an ISO 4217 code: `USD`. */
export const isCurrency = (text: string): boolean => currencies.has(text)

export const currencyNames = (): Iterable<string> => currencies

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
/** Codes with a name that are no country: groupings, test regions, `unknown`. */
const NO_COUNTRY = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'])
/** Codes withdrawn or reserved that still resolve to a name, and what is written instead. */
const WRITTEN_INSTEAD: Readonly<Record<string, string>> = { UK: 'GB' }

/** Whether the text is an ISO 3166-1 alpha-2 code: `US`. */
export const isCountry = (text: string): boolean =>
  /^[A-Z]{2}$/.test(text) &&
  !NO_COUNTRY.has(text) &&
  WRITTEN_INSTEAD[text] === undefined &&
  regions.of(text) !== undefined

export const countryMeant = (text: string): string | null => {
  const upper = text.toUpperCase()
  return WRITTEN_INSTEAD[upper] ?? (isCountry(upper) ? upper : null)
}
