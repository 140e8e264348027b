/** Characters as patterns see them: units of UTF-16, in either case, and the classes they belong to. */

export type Test = (unit: number) => boolean

export const lowerUnit = (unit: number): number => {
  if (unit >= 65 && unit <= 90) return unit + 32
  if (unit < 128) return unit
  const lower = String.fromCharCode(unit).toLowerCase()
  return lower.length === 1 ? lower.charCodeAt(0) : unit
}
export const upperUnit = (unit: number): number => {
  if (unit >= 97 && unit <= 122) return unit - 32
  if (unit < 128) return unit
  const upper = String.fromCharCode(unit).toUpperCase()
  return upper.length === 1 ? upper.charCodeAt(0) : unit
}

const isDigit: Test = (unit) => unit >= 48 && unit <= 57
export const isWord: Test = (unit) =>
  isDigit(unit) || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122) || unit === 95
const isSpace: Test = (unit) => unit === 32 || (unit >= 9 && unit <= 13) || unit === 160
export const not =
  (test: Test): Test =>
  (unit) =>
    !test(unit)

export const CLASSES: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
}
