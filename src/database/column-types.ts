/** How a column's text becomes a value of ours. */

import pg from 'pg'

export type ParseColumn = (text: string) => unknown

const asIs: ParseColumn = (text) => text

/** Counts and sequence numbers stay below 2⁵³; a larger one would be rounded silently, so it is refused. */
const integer64: ParseColumn = (text) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new RangeError('an int8 beyond 2⁵³ cannot be read as a number: cast it to text')
  return value
}

/** Sessions run in UTC with ISO dates: `2026-11-02 08:30:00.123456+00`. Kept to the millisecond. */
const timestamptz: ParseColumn = (text) => {
  if (text === 'infinity') return Number.POSITIVE_INFINITY
  if (text === '-infinity') return Number.NEGATIVE_INFINITY
  const ms = Date.parse(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
  if (Number.isNaN(ms)) throw new RangeError('a time outside the years 1 to 9999 cannot be read: cast it to text')
  return ms
}

const bytea: ParseColumn = (text) => Buffer.from(text.slice(2), 'hex')

/** The driver's declarations call this a function; it is an object with `create`. */
const arrays = pg.types.arrayParser as unknown as {
  create(text: string, parse: ParseColumn): { parse(): unknown }
}

const arrayOf =
  (parse: ParseColumn): ParseColumn =>
  (text) =>
    arrays.create(text, parse).parse()

const PARSERS: ReadonlyMap<number, ParseColumn> = new Map<number, ParseColumn>([
  [16, (text) => text === 't'],
  [17, bytea],
  [20, integer64],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [114, (text) => JSON.parse(text)],
  [3802, (text) => JSON.parse(text)],
  [1184, timestamptz],
  [1000, arrayOf((text) => text === 't')],
  [1001, arrayOf(bytea)],
  [1005, arrayOf(Number)],
  [1007, arrayOf(Number)],
  [1009, arrayOf(asIs)],
  [1015, arrayOf(asIs)],
  [1016, arrayOf(integer64)],
  [1022, arrayOf(Number)],
  [1185, arrayOf(timestamptz)],
  [1231, arrayOf(asIs)],
  [2951, arrayOf(asIs)],
  [199, arrayOf((text) => JSON.parse(text))],
  [3807, arrayOf((text) => JSON.parse(text))],
])

/** By the type's oid. What is not listed stays text: numeric (exact), date (a day has no zone), uuid, interval. */
export const columnParser = (oid: number): ParseColumn => PARSERS.get(oid) ?? asIs
