import { Fault } from './faults.ts'

/** An amount as decimal text with its currency: `{ amount: '15.00', currency: 'USD' }`. Never a float. */
export interface Money {
  readonly amount: string
  readonly currency: string
}

/** One amount has 15 digits at most; what many add up to has more. */
const AMOUNT = /^(-?)(\d{1,40})(?:\.(\d{1,6}))?$/
const MONEY = /^(-?\d{1,15}(?:\.\d{1,6})?)(?:\s+([A-Z]{3}))?$/

/** Reads `15.00 USD`, or `15.00` in the currency given. Null where it is neither. */
export const parseMoney = (text: string, currency: string): Money | null => {
  const match = MONEY.exec(text.trim())
  if (!match?.[1]) return null
  return { amount: match[1], currency: match[2] ?? currency }
}

const scaled = (amount: string): { units: bigint; places: number } => {
  const match = AMOUNT.exec(amount)
  if (!match) throw new Fault('internal', { message: 'Internal error', detail: 'an amount is not decimal text' })
  const fraction = match[3] ?? ''
  const units = BigInt(`${match[2]}${fraction}`)
  return { units: match[1] === '-' ? -units : units, places: fraction.length }
}

const written = (units: bigint, places: number): string => {
  const negative = units < 0n
  const digits = (negative ? -units : units).toString().padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const text = places === 0 ? whole : `${whole}.${digits.slice(-places)}`
  return negative ? `-${text}` : text
}

/** Exact sum of two amounts of one currency, with the larger number of decimals of the two. */
export const addMoney = (a: Money, b: Money): Money => {
  if (a.currency !== b.currency)
    throw new Fault('flow_invalid', { message: `Amounts in ${a.currency} and ${b.currency} cannot be added` })
  const left = scaled(a.amount)
  const right = scaled(b.amount)
  const places = Math.max(left.places, right.places)
  const lift = (value: { units: bigint; places: number }) => value.units * 10n ** BigInt(places - value.places)
  return { amount: written(lift(left) + lift(right), places), currency: a.currency }
}

export const zeroMoney = (currency: string): Money => ({ amount: '0', currency })

export const isZero = (money: Money): boolean => scaled(money.amount).units === 0n

/** The amount in millionths of its currency's unit, which many are added up in: exact up to some nine thousand millions. */
export const microsOf = (money: Money): number => {
  const { units, places } = scaled(money.amount)
  return Number(units * 10n ** BigInt(6 - places))
}

/** Decimal text of so many millionths, without needless zeros but at least two decimals. */
export const microsText = (micros: number): string => {
  const text = written(BigInt(Math.round(micros)), 6)
  return text.replace(/(\.\d\d\d*?)0+$/, '$1')
}

/** Negative, zero or positive, as the first amount is less, the same or more. Only amounts of one currency can be compared. */
export const compareMoney = (a: Money, b: Money): number => {
  if (a.currency !== b.currency)
    throw new Fault('setting_invalid', { message: `Amounts in ${a.currency} and ${b.currency} cannot be compared` })
  return microsOf(a) - microsOf(b)
}

const decimals = new Map<string, number>()

/** How many decimals the currency has: 2 for USD, 0 for JPY. */
const decimalsOf = (currency: string): number => {
  let known = decimals.get(currency)
  if (known === undefined) {
    known = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
    decimals.set(currency, known)
  }
  return known
}

const PERCENT = /^(\d{1,4})(?:\.(\d{1,6}))?\s*%?$/

/** Whether a text is `80`, `12.5` or `12.5%`. */
export const isPercent = (text: string): boolean => PERCENT.test(text.trim())

/** So many percent of an amount, rounded half up to the decimals of its currency. */
export const percentOf = (money: Money, percent: string): Money => {
  const match = PERCENT.exec(percent.trim())
  if (!match) throw new Fault('flow_invalid', { message: `"${percent}" is no percentage: write it as 80 or 12.5%` })
  const fraction = match[2] ?? ''
  const { units, places } = scaled(money.amount)
  const target = decimalsOf(money.currency)
  const product = units * BigInt(`${match[1]}${fraction}`)
  // Of units at `places + fraction + 2` decimals, to those of the currency.
  const drop = places + fraction.length + 2 - target
  if (drop <= 0) return { amount: written(product * 10n ** BigInt(-drop), target), currency: money.currency }
  const divisor = 10n ** BigInt(drop)
  const half = divisor / 2n
  const rounded = product >= 0n ? (product + half) / divisor : -((-product + half) / divisor)
  return { amount: written(rounded, target), currency: money.currency }
}
