/** Calendar dates out of the ways people and programs write them. No zone is applied: a day is read as written. */

export interface CalendarDate {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
}

const YEAR_MIN = 1000
const YEAR_MAX = 9999

// Where the month comes first. Everywhere else the day does.
const MONTH_FIRST: ReadonlySet<string> = new Set(['US', 'PH', 'PR', 'GU', 'AS', 'VI', 'MP', 'FM', 'MH', 'PW'])

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

export interface DateContext {
  /** ISO 3166-1 alpha-2: decides between day and month first. */
  readonly country: string
  /** Milliseconds since 1970: what two-digit years count from. */
  readonly now: number
  /** Two digits mean the year that is at most so many ahead. Ten unless told: appointments lie ahead. */
  readonly yearsAhead?: number
}

const daysIn = (year: number, month: number): number => {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

const dateOf = (year: number, month: number, day: number): CalendarDate | undefined => {
  const isReal = year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1
  return isReal && day <= daysIn(year, month) ? { year, month, day } : undefined
}

/** The UTC day of a moment in milliseconds since 1970. */
export const dayOf = (ms: number): CalendarDate | undefined => {
  const date = new Date(ms)
  return Number.isNaN(ms) ? undefined : dateOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())
}

const fullYear = (text: string, { now, yearsAhead = 10 }: DateContext): number => {
  const year = Number(text)
  if (text.length > 2) return year
  const latest = new Date(now).getUTCFullYear() + yearsAhead
  const inCentury = latest - (latest % 100) + year
  return inCentury > latest ? inCentury - 100 : inCentury
}

const monthOf = (word: string): number => MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1

const TIME = '(?:[T ,]+\\d{1,2}:\\d{2}.{0,40})?'
const YEAR_FIRST = new RegExp(`^(\\d{4})([-/.])(\\d{1,2})\\2(\\d{1,2})${TIME}$`)
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/
const YEAR_LAST = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4}|\\d{2})${TIME}$`)
const NAMES = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\\.?'
const MONTH_NAMED = new RegExp(`^(?:[a-z]{3,9},? )?${NAMES} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})${TIME}$`, 'i')
const DAY_NAMED = new RegExp(`^(?:[a-z]{3,9},? )?(\\d{1,2})(?:st|nd|rd|th)?\\.?[ -]${NAMES}[ ,-]+(\\d{4})${TIME}$`, 'i')
const COMPACT_YEAR_LAST = /^(\d{2})(\d{2})(\d{4})$/
const EPOCH_MS = /^-?\d{12,13}$/
const EPOCH_S = /^\d{10}$/

interface YearLast {
  /** Day and month as written, in the order of the country. */
  readonly first: number
  readonly second: number
  readonly year: number
  readonly monthFirst: boolean
}

const readYearLast = ({ first, second, year, monthFirst }: YearLast): CalendarDate | undefined => {
  const usual = monthFirst ? dateOf(year, first, second) : dateOf(year, second, first)
  // The thirteenth month can only be a day.
  return usual ?? (monthFirst ? dateOf(year, second, first) : dateOf(year, first, second))
}

/** Eight digits: year first where that makes a date, else year last. */
const readCompact = (text: string, monthFirst: boolean): CalendarDate | undefined => {
  const [year, month, day] = (COMPACT.exec(text) ?? []).slice(1).map(Number)
  const ordered = dateOf(year ?? 0, month ?? 0, day ?? 0)
  if (ordered) return ordered
  const [first, second, end] = (COMPACT_YEAR_LAST.exec(text) ?? []).slice(1).map(Number)
  return readYearLast({ first: first ?? 0, second: second ?? 0, year: end ?? 0, monthFirst })
}

/** Reads a date, or gives undefined. A time of day behind it is passed over. */
export const readDate = (text: string, context: DateContext): CalendarDate | undefined => {
  if (text.length > 80) return undefined
  const monthFirst = MONTH_FIRST.has(context.country)
  const ordered = YEAR_FIRST.exec(text)
  if (ordered) return dateOf(Number(ordered[1]), Number(ordered[3]), Number(ordered[4]))
  const [, a = '', mark, b = '', end = ''] = YEAR_LAST.exec(text) ?? []
  if (mark !== undefined) {
    const year = fullYear(end, context)
    // With dots the day comes first all over the world.
    return readYearLast({ first: Number(a), second: Number(b), year, monthFirst: monthFirst && mark !== '.' })
  }
  if (COMPACT.test(text)) return readCompact(text, monthFirst)
  if (EPOCH_MS.test(text)) return dayOf(Number(text))
  if (EPOCH_S.test(text)) return dayOf(Number(text) * 1000)
  const monthNamed = MONTH_NAMED.exec(text)
  if (monthNamed) return dateOf(Number(monthNamed[3]), monthOf(monthNamed[1] ?? ''), Number(monthNamed[2]))
  const dayNamed = DAY_NAMED.exec(text)
  return dayNamed ? dateOf(Number(dayNamed[3]), monthOf(dayNamed[2] ?? ''), Number(dayNamed[1])) : undefined
}

/** `YYYY-MM-DD`. */
export const writeDate = ({ year, month, day }: CalendarDate): string =>
  `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`

/** Whole years from a day to the UTC day of a moment, or null for a day still ahead. */
export const yearsSince = (date: CalendarDate, now: number): number | null => {
  const today = dayOf(now)
  if (!today) return null
  const hadDay = today.month > date.month || (today.month === date.month && today.day >= date.day)
  const years = today.year - date.year - (hadDay ? 0 : 1)
  return years >= 0 ? years : null
}
