/** The first line of a postal address taken apart: number, name and unit. */

export interface StreetLine {
  readonly number: string | null
  readonly name: string | null
  /** With its word, as written: `Apt 4B`. */
  readonly unit: string | null
  readonly isPoBox: boolean
}

// Abbreviations of the US Postal Service (publication 28) and their words, with those of Canada, Australia and Britain.
const KINDS: ReadonlySet<string> = new Set(
  `alley aly avenue ave av beach bch bend bnd boulevard blvd bridge brg brook brk bypass byp canyon cyn causeway cswy
  center ctr circle cir close cl corner cor court ct courts cts cove cv creek crk crescent cres crossing xing drive dr
  estate est expressway expy extension ext freeway fwy gardens gdns glen gln green grn grove grv heights hts highway hwy
  hill hl hills hls hollow holw island is junction jct lake lk landing lndg lane ln loop manor mnr meadow mdw meadows
  mdws mews mountain mtn parade pde park parkway pkwy pass path pike place pl plaza plz point pt ramp ranch rnch ridge
  rdg road rd row run shore shr square sq station sta street str st summit smt terrace ter tce trace trce track trail
  trl tunnel turnpike tpke valley vly view vw village vlg vista vis walk way wharf`.split(/\s+/),
)

const UNIT_WORD =
  'apartment|apt|unit|suite|ste|room|rm|floor|fl|flat|building|bldg|dept|department|lot|space|spc|trailer|trlr|penthouse|ph|hangar|slip|pier|level|no|wohnung|appartement'

const UNIT_BEHIND = new RegExp(
  `(?:,\\s*|\\s+)((?:(?:${UNIT_WORD})\\b\\.?\\s*#?\\s*|#\\s*)[\\p{L}\\d*-]{1,10}|(?:penthouse|basement|bsmt|\\d{1,3}(?:st|nd|rd|th) floor))$`,
  'iu',
)
const UNIT_BEFORE = /^((?:flat|unit|apartment|apt|suite|level)\.?\s+[\p{L}\d*-]{1,6})[,/]?\s+(?=\S)/iu
const SLASHED_UNIT = /^(\d{1,5}[a-z]?)\/(?=\d)/i

const PO_BOX = /^(?:p\.? ?o\.?|post(?:al)? ?office|gpo|locked)\s*(?:box|bag|drawer)\b\.?\s*#?\s*([\p{L}\d*-]{1,12})?/iu

const NUMBER_FIRST =
  /^(\d[\d*]*[a-z]?(?:\s?[-–/]\s?\d+[a-z]?)?(?:\s1\/2)?|[\d*]{2,8}|[NSEW]\d+\s?[NSEW]\d+),?\s+(?=\S*[\p{L}\d])/iu
const NUMBER_LAST = /[ ,]+(\d[\d*]*\s?[a-z]?(?:\s?[-–/]\s?\d+\s?[a-z]?)?)$/i

// Where the number stands before the street. Elsewhere it mostly stands behind.
const NUMBER_FIRST_IN: ReadonlySet<string> = new Set(
  'US CA AU NZ GB IE FR LU ZA IN PK PH SG MY HK IL EG NG KE GH JM PR'.split(' '),
)

export const isNumberFirst = (country: string): boolean => NUMBER_FIRST_IN.has(country) || country.length !== 2

/** Whether a word says what kind of street it is: `St`, `Avenue`. */
export const isStreetKind = (word: string): boolean => KINDS.has(word.replace(/[.,]/g, '').toLowerCase())

const withoutUnit = (line: string, country: string): { rest: string; unit: string | null } => {
  const behind = UNIT_BEHIND.exec(line)
  if (behind?.[1] !== undefined && behind.index > 0) return { rest: line.slice(0, behind.index), unit: behind[1] }
  const before = UNIT_BEFORE.exec(line)
  if (before?.[1] !== undefined) return { rest: line.slice(before[0].length), unit: before[1] }
  const slashed = country === 'AU' || country === 'NZ' ? SLASHED_UNIT.exec(line) : null
  if (slashed?.[1] !== undefined) return { rest: line.slice(slashed[0].length), unit: slashed[1] }
  return { rest: line, unit: null }
}

const nameOf = (text: string): string | null => {
  const name = text.replace(/^[\s,]+|[\s,]+$/g, '')
  return /\p{L}|\d/u.test(name) ? name : null
}

/** Takes one line apart. `country` is ISO 3166-1 alpha-2: it says on which side the number stands. */
export const readStreetLine = (line: string, country: string): StreetLine => {
  const box = PO_BOX.exec(line)
  if (box) return { number: box[1] ?? null, name: 'PO Box', unit: null, isPoBox: true }
  const { rest, unit } = withoutUnit(line, country)
  const first = NUMBER_FIRST.exec(rest)
  const last = isNumberFirst(country) ? null : NUMBER_LAST.exec(rest)
  const shared = { unit, isPoBox: false }
  if (last?.[1] !== undefined && last.index > 0) {
    return { ...shared, number: last[1], name: nameOf(rest.slice(0, last.index)) }
  }
  if (first?.[1] !== undefined) return { ...shared, number: first[1], name: nameOf(rest.slice(first[0].length)) }
  return { ...shared, number: null, name: nameOf(rest) }
}

const STAYS_UPPER = /^(?:n|s|e|w|ne|nw|se|sw|po|p\.o\.|us|fm|cr|sr|rr|ii|iii|iv)[.,]?$/

const wordCase = (word: string): string => {
  const lower = word.toLowerCase()
  if (/^\d+(?:st|nd|rd|th)[,.]?$/.test(lower)) return lower
  if (STAYS_UPPER.test(lower) || /\d/.test(lower)) return word.toUpperCase()
  return lower.replace(/^[^\p{L}]*\p{L}|(?<=[-/])\p{L}/gu, (letter) => letter.toUpperCase())
}

/** A line all in capitals or all in small letters in the usual case: `123 N Main St Apt 4B`. */
export const streetCase = (line: string): string => {
  if (line !== line.toUpperCase() && line !== line.toLowerCase()) return line
  const written = line.split(' ').map(wordCase).join(' ').normalize('NFC')
  // Some letters change more than their case (ß, İ): leave such a line as it is.
  return written.toLowerCase() === line.toLowerCase() ? written : line
}
