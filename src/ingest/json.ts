import type { Json } from '../kit/field.ts'
import { type JsonObject, newBudget, newObject, storable, unreadable, wrongShape } from './limits.ts'

/**
 * JSON as senders write it (RFC 8259), in one pass with its bounds.
 *
 * Beyond the standard it takes raw line ends and other control characters inside strings: form posts glued into JSON
 * have them. A number that a double would not keep (a 20-digit id) stays text as it was written. Of a name that
 * stands twice the last value counts.
 */

const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const COMMA = 0x2c
const COLON = 0x3a

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const HEX4 = /^[0-9a-fA-F]{4}$/
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

const expected = (text: string, at: number, what: string) => {
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  const end = at >= text.length ? ' (the body ends here)' : ''
  return unreadable(`body: line ${line}, column ${column}: expected ${what}${end}`)
}

/** Reads an object. Throws Fault `unreadable_body` or `invalid_request`, without a word of the text. */
export const readJson = (text: string): JsonObject => {
  const budget = newBudget()
  const hasNul = text.includes('\0')
  let at = 0
  let backslash = text.indexOf('\\')

  const blank = (): void => {
    for (;;) {
      const code = text.charCodeAt(at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      at += 1
    }
  }

  const escaped = (): string => {
    const letter = text.charAt(at + 1)
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
    if (plain !== undefined) {
      at += 2
      return plain
    }
    const hex = text.slice(at + 2, at + 6)
    if (letter !== 'u' || !HEX4.test(hex)) {
      throw expected(text, at + 1, 'one of " \\ / b f n r t, or u with four hex digits, after a backslash')
    }
    at += 6
    return String.fromCharCode(Number.parseInt(hex, 16))
  }

  /** `at` is on the opening quote. */
  const string = (): string => {
    const start = at
    at += 1
    let read = ''
    // Looked for anew only behind an escaped one: else each escape would have all that follows looked through again.
    let close = -1
    for (;;) {
      if (close < at) close = text.indexOf('"', at)
      if (close < 0) throw expected(text, start, 'a string that is closed by a double quote')
      if (backslash >= 0 && backslash < at) backslash = text.indexOf('\\', at)
      if (backslash < 0 || backslash > close) {
        const rest = text.slice(at, close)
        at = close + 1
        if (read === '') return hasNul ? storable(rest) : rest
        return storable(read + rest)
      }
      read += text.slice(at, backslash)
      at = backslash
      read += escaped()
    }
  }

  const number = (): Json => {
    NUMBER.lastIndex = at
    const written = NUMBER.exec(text)?.[0]
    if (written === undefined) throw expected(text, at, 'a value')
    at += written.length
    const value = Number(written)
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? written : Number.isFinite(value) ? value : written
  }

  const word = (letters: string, value: Json): Json => {
    if (!text.startsWith(letters, at)) throw expected(text, at, 'a value')
    at += letters.length
    return value
  }

  const list = (depth: number): Json[] => {
    budget.enter(depth)
    const items: Json[] = []
    at += 1
    blank()
    if (text.charCodeAt(at) === CLOSE_LIST) {
      at += 1
      return items
    }
    for (;;) {
      budget.item()
      items.push(value(depth))
      blank()
      const code = text.charCodeAt(at)
      if (code !== COMMA && code !== CLOSE_LIST) throw expected(text, at, '"," or "]"')
      at += 1
      if (code === CLOSE_LIST) return items
    }
  }

  const object = (depth: number): JsonObject => {
    budget.enter(depth)
    const read = newObject()
    at += 1
    blank()
    if (text.charCodeAt(at) === CLOSE_OBJECT) {
      at += 1
      return read
    }
    for (;;) {
      blank()
      if (text.charCodeAt(at) !== QUOTE) throw expected(text, at, 'a name in double quotes')
      const name = string()
      blank()
      if (text.charCodeAt(at) !== COLON) throw expected(text, at, '":"')
      at += 1
      budget.key()
      read[name] = value(depth)
      blank()
      const code = text.charCodeAt(at)
      if (code !== COMMA && code !== CLOSE_OBJECT) throw expected(text, at, '"," or "}"')
      at += 1
      if (code === CLOSE_OBJECT) return read
    }
  }

  const value = (depth: number): Json => {
    blank()
    switch (text.charCodeAt(at)) {
      case QUOTE:
        return string()
      case OPEN_OBJECT:
        return object(depth + 1)
      case OPEN_LIST:
        return list(depth + 1)
      case 0x74:
        return word('true', true)
      case 0x66:
        return word('false', false)
      case 0x6e:
        return word('null', null)
      default:
        return number()
    }
  }

  blank()
  if (at >= text.length) throw unreadable('body: empty; expected an object')
  const top = value(0)
  blank()
  if (at < text.length) throw expected(text, at, 'nothing more after the object')
  if (top === null || typeof top !== 'object' || Array.isArray(top)) throw wrongShape('expected an object')
  return top
}
