import { unreadable, wrongShape } from './limits.ts'

/**
 * Takes a body of many leads apart without reading them: each is then read by itself, within its own bounds, so that one
 * that is wrong spoils no other. Braces and strings are all that is looked at.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a

const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isOpen = (code: number): boolean => code === 0x7b || code === 0x5b
const isClose = (code: number): boolean => code === 0x7d || code === 0x5d

const skipBlank = (text: string, from: number): number => {
  let at = from
  while (isBlank(text.charCodeAt(at))) at += 1
  return at
}

const skipString = (text: string, from: number): number => {
  let at = from + 1
  for (;;) {
    const code = text.charCodeAt(at)
    if (Number.isNaN(code)) throw unreadable('body: expected a string that is closed by a double quote')
    if (code === QUOTE) return at + 1
    at += code === BACKSLASH ? 2 : 1
  }
}

/** Where the value that begins here ends. */
const skipValue = (text: string, from: number): number => {
  let at = from
  let depth = 0
  for (;;) {
    const code = text.charCodeAt(at)
    if (Number.isNaN(code)) {
      if (depth > 0) throw unreadable('body: expected as many closing brackets as opening ones')
      return at
    }
    if (code === QUOTE) {
      at = skipString(text, at)
      continue
    }
    if (depth === 0 && (code === COMMA || isClose(code))) return at
    if (isOpen(code)) depth += 1
    else if (isClose(code)) depth -= 1
    at += 1
  }
}

/** The texts of a list's elements. Throws Fault `unreadable_body` or `invalid_request`. */
const elementsOf = (text: string, max: number): string[] => {
  const elements: string[] = []
  let at = skipBlank(text, 1)
  const finish = (end: number): string[] => {
    if (skipBlank(text, end + 1) < text.length) throw unreadable('body: expected nothing behind the list')
    return elements
  }
  if (text.charAt(at) === ']') return finish(at)
  for (;;) {
    const end = skipValue(text, at)
    if (elements.length === max) throw wrongShape(`expected at most ${max} leads`)
    elements.push(text.slice(at, end).trim())
    if (text.charAt(end) === ']') return finish(end)
    if (text.charCodeAt(end) !== COMMA) throw unreadable('body: expected a comma or the end of the list')
    at = skipBlank(text, end + 1)
  }
}

export interface Rows {
  readonly rows: readonly string[]
  /** What stands beside the list, as JSON text of an object. */
  readonly rest: string
}

/** `[…]`, or `{"leads": […], …}`. Throws Fault `unreadable_body` or `invalid_request`. */
export const splitRows = (text: string, max: number): Rows => {
  const start = skipBlank(text, 0)
  const whole = text.slice(start)
  if (whole.startsWith('[')) return { rows: elementsOf(whole, max), rest: '{}' }
  if (!whole.startsWith('{')) throw wrongShape('expected a list of leads, or an object with the list in "leads"')
  const rest: string[] = []
  let rows: string[] | null = null
  let at = skipBlank(whole, 1)
  while (whole.charAt(at) !== '}') {
    if (whole.charCodeAt(at) !== QUOTE) throw unreadable('body: expected a name in double quotes')
    const nameEnd = skipString(whole, at)
    const name = whole.slice(at, nameEnd)
    const colon = skipBlank(whole, nameEnd)
    if (whole.charCodeAt(colon) !== COLON) throw unreadable('body: expected a colon behind a name')
    const from = skipBlank(whole, colon + 1)
    const end = skipValue(whole, from)
    const value = whole.slice(from, end).trim()
    if (name === '"leads"') {
      if (!value.startsWith('[')) throw wrongShape('leads: expected a list')
      rows = elementsOf(value, max)
    } else rest.push(`${name}:${value}`)
    at = skipBlank(whole, end)
    if (whole.charCodeAt(at) === COMMA) at = skipBlank(whole, at + 1)
    else if (whole.charAt(at) !== '}') throw unreadable('body: expected a comma or the end of the object')
  }
  if (rows === null) throw wrongShape('expected a list of leads in "leads"')
  return { rows, rest: `{${rest.join(',')}}` }
}
