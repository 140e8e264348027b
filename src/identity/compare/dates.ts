/** A date of birth, whole or in part, with the errors that people and their programs make in one. */
import { readDate } from '../../fields/dates.ts'
import type { Feature, Group } from './group.ts'
import { MISSING } from './group.ts'

export interface DateValue {
  readonly key: string
  readonly year: number
  /** 0: not known. Not always a real month: what was written wrong is kept as it stands. */
  readonly month: number
  readonly day: number
  /** YYYYMMDD. */
  readonly digits: string
  /** The first of January, or of a month not known: programs write it where only the year is known. */
  readonly isDefault: boolean
}

const COMPACT = /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?$/
const YEAR = /^\d{4}$/
const YEAR_MONTH = /^(\d{4})-(\d{2})$/

const dateFrom = (year: number, month: number, day: number): DateValue => {
  const digits = `${String(year).padStart(4, '0')}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`
  return { key: digits, year, month, day, digits, isDefault: month === 0 || (month === 1 && day === 1) }
}

/** Null where it is no date. `now` in ms since 1970, for years of two digits. */
export const readBirth = (
  text: string,
  context: { readonly country: string; readonly now: number },
): DateValue | null => {
  const trimmed = text.trim()
  const compact = COMPACT.exec(trimmed)
  if (compact) return dateFrom(Number(compact[1]), Number(compact[2]), Number(compact[3]))
  if (YEAR.test(trimmed)) return dateFrom(Number(trimmed), 0, 0)
  const month = YEAR_MONTH.exec(trimmed)
  if (month) return dateFrom(Number(month[1]), Number(month[2]), 0)
  const date = readDate(trimmed, context)
  return date ? dateFrom(date.year, date.month, date.day) : null
}

const LEVEL = { exact: 1, typo: 2, partial: 3, twoParts: 4, twoTypos: 5, year: 6, different: 7 } as const

const FEATURES: readonly Feature[] = [
  {
    id: 'date_of_birth',
    differMax: 0.35,
    fixed: { agreesUpTo: LEVEL.twoParts },
    levels: [
      MISSING,
      { id: 'exact', m: 0.72, u: 0.00008, rarity: 1 },
      { id: 'one typo or swapped', m: 0.09, u: 0.0006 },
      { id: 'year, the rest unknown', m: 0.04, u: 0.0004 },
      { id: 'two of year, month, day', m: 0.04, u: 0.004 },
      { id: 'two typos', m: 0.04, u: 0.02 },
      { id: 'year', m: 0.01, u: 0.012 },
      { id: 'different', m: 0.06, u: 0.96 },
    ],
  },
]

/** Digits that differ at their place, where two neighbours exchanged count once. */
const typosIn = (a: string, b: string): number => {
  let count = 0
  for (let at = 0; at < a.length; at += 1) {
    if (a[at] === b[at]) continue
    count += 1
    if (a[at] === b[at + 1] && a[at + 1] === b[at]) at += 1
  }
  return count
}

const levelOf = (a: DateValue, b: DateValue): number => {
  if (a.digits === b.digits) return a.month === 0 ? LEVEL.partial : LEVEL.exact
  const isPartial = a.month === 0 || b.month === 0 || a.day === 0 || b.day === 0
  if (a.year === b.year) {
    if (isPartial) return a.month === b.month || a.month === 0 || b.month === 0 ? LEVEL.partial : LEVEL.year
    if (a.isDefault || b.isDefault) return LEVEL.partial
    if (a.month === b.day && a.day === b.month) return LEVEL.typo
  }
  if (isPartial) return typosIn(a.digits.slice(0, 4), b.digits.slice(0, 4)) <= 1 ? LEVEL.twoTypos : LEVEL.different
  const wrong = typosIn(a.digits, b.digits)
  if (wrong <= 1) return LEVEL.typo
  const same = Number(a.year === b.year) + Number(a.month === b.month) + Number(a.day === b.day)
  if (same === 2) return LEVEL.twoParts
  if (wrong === 2) return LEVEL.twoTypos
  return a.year === b.year ? LEVEL.year : LEVEL.different
}

export const birthDates: Group<DateValue> = {
  id: 'birth',
  features: FEATURES,
  compare: levelOf,
  terms: ({ digits }) => [digits],
}
