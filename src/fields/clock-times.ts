/** Times of day out of the ways people and programs write them. */

export interface ClockTime {
  /** 0 to 23. */
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

/** A pattern's text that matches a time of day with minutes, or one with am or pm, and nothing shorter. */
export const CLOCK =
  "\\d{1,2}(?:[:.h]\\d{2}(?:[:.]\\d{2}(?:[.,]\\d{1,9})?)?(?: ?[ap]\\.? ?m\\.?)?|h| ?[ap]\\.? ?m\\.?| ?o['’]?clock)"

const PIECES = /^(\d{1,2})(?:[:.h](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?|h)? ?(?:([ap])\.? ?m\.?|o['’]?clock)?$/i
const WHOLE = new RegExp(`^${CLOCK}$`, 'i')
const MILITARY = /^(\d{1,2})(\d{2})$/

const NAMED: ReadonlyMap<string, number> = new Map([
  ['noon', 12],
  ['midday', 12],
  ['midnight', 0],
])

const timeOf = (hour: number, minute: number, second: number, millisecond = 0): ClockTime | undefined => {
  if (minute > 59 || second > 59 || hour > 24) return undefined
  // 24:00 is the end of the day, and read as the start of one.
  if (hour === 24) return minute === 0 && second === 0 ? { hour: 0, minute, second, millisecond: 0 } : undefined
  return { hour, minute, second, millisecond }
}

const hourOf = (hour: number, half: string | undefined): number => {
  if (half === undefined || hour > 12 || hour === 0) return hour
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
}

/** Reads a time of day, or gives undefined. Nothing may stand beside it. */
export const readClock = (text: string): ClockTime | undefined => {
  if (text.length > 40) return undefined
  const named = NAMED.get(text.toLowerCase())
  if (named !== undefined) return timeOf(named, 0, 0)
  if (WHOLE.test(text)) {
    const [, hour = '', minute = '0', second = '0', fraction = '', half] = PIECES.exec(text) ?? []
    const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
    return timeOf(hourOf(Number(hour), half), Number(minute), Number(second), ms)
  }
  const [, hour, minute] = MILITARY.exec(text) ?? []
  return hour === undefined ? undefined : timeOf(Number(hour), Number(minute), 0)
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `HH:MM:SS`, with milliseconds where there are any. */
export const writeClock = ({ hour, minute, second, millisecond }: ClockTime): string =>
  `${two(hour)}:${two(minute)}:${two(second)}${millisecond === 0 ? '' : `.${String(millisecond).padStart(3, '0')}`}`

// Minutes east of UTC. `CT` and the like, which leave summer time open, and `IST`, which means three zones, are left out.
const ZONES: Readonly<Record<string, number>> = {
  Z: 0,
  UTC: 0,
  GMT: 0,
  AST: -240,
  EDT: -240,
  EST: -300,
  CDT: -300,
  CST: -360,
  MDT: -360,
  MST: -420,
  PDT: -420,
  PST: -480,
  AKDT: -480,
  AKST: -540,
  HST: -600,
  BST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  JST: 540,
  AEST: 600,
  AEDT: 660,
}

const NAMES = Object.keys(ZONES).join('|')

/** A pattern's text that matches a zone `readOffset` can read. */
export const ZONE = `(?:UTC|GMT)?[+-]\\d{2}(?::?\\d{2})?|${NAMES}`

/** Minutes east of UTC of `+02:00`, `-0500`, `GMT+1000`, `Z`, `EST`; undefined for anything else. */
export const readOffset = (zone: string): number | undefined => {
  const [, sign, hours, minutes = '0'] = /([+-])(\d{2}):?(\d{2})?$/.exec(zone) ?? []
  if (sign === undefined) return ZONES[zone.toUpperCase()]
  const size = Number(hours) * 60 + Number(minutes)
  return size > 14 * 60 || Number(minutes) > 59 ? undefined : size * (sign === '-' ? -1 : 1)
}
