import { Fault } from '../../base/faults.ts'
import type { CallAnswer, DestinationTools } from '../../kit/destination.ts'
import type { Json } from '../../kit/field.ts'
import { textOf } from '../../kit/values.ts'
import { jsonAt, readJsonPath } from './json-path.ts'
import { readHtml, readXml, selectorFlaw, selectorText, splitSelector, xpathFlaw, xpathText } from './markup.ts'

/** A place in an answer: a JSON path, an XPath, `css:…`, `regex:…`, `header:…` or `cookie:…`. */

export type ContentKind = 'json' | 'xml' | 'html' | 'text'

const VALUE_LENGTH_MAX = 2_000
/** Of all patterns that one answer is searched by: sixty of them may stand in a flow, and each may be made to take long. */
const SEARCH_STEPS_MAX = 3_000_000

export const isXpath = (place: string): boolean => place.startsWith('/') || place.startsWith('xpath:')

/** What is wrong with a place, or null. */
export const placeFlaw = (place: string, tools: DestinationTools): string | null => {
  if (isXpath(place)) return xpathFlaw(place.replace(/^xpath:/, ''))
  if (place.startsWith('css:')) return selectorFlaw(splitSelector(place.slice(4)).selector)
  if (place.startsWith('regex:')) return patternFlaw(place.slice(6), tools)
  if (place.startsWith('header:') || place.startsWith('cookie:'))
    return place.length > 7 ? null : 'a name must follow the colon'
  return readJsonPath(place) === null ? 'the JSON path cannot be read: write result.0.status' : null
}

export const patternFlaw = (text: string, tools: DestinationTools): string | null => {
  try {
    tools.pattern(text)
    return null
  } catch (error) {
    return error instanceof Fault ? error.message : 'the pattern cannot be read'
  }
}

const kindOf = (answer: CallAnswer, override: ContentKind | undefined): ContentKind => {
  if (override !== undefined) return override
  const type = answer.headers['content-type'] ?? ''
  if (/\bjson\b/i.test(type)) return 'json'
  if (/\bhtml\b/i.test(type)) return 'html'
  if (/\bxml\b/i.test(type)) return 'xml'
  const body = answer.body.trimStart()
  return body.startsWith('{') || body.startsWith('[') ? 'json' : body.startsWith('<') ? 'xml' : 'json'
}

const jsonOf = (body: string): Json | undefined => {
  try {
    return JSON.parse(body) as Json
  } catch {
    // Many receivers answer with a page or a word: the status then says all.
    return undefined
  }
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const cookieOf = (answer: CallAnswer, name: string): string | null => {
  // Several Set-Cookie headers come joined with a comma; an Expires date holds one as well, but never a name and `=`.
  const pattern = new RegExp(`(?:^|,\\s*)${name.replaceAll(/\W/g, '\\$&')}=([^;,]*)`)
  return pattern.exec(answer.headers['set-cookie'] ?? '')?.[1]?.trim() || null
}

/** `a.b` as a way through the elements of XML. */
const elementPath = (place: string): string | null => {
  const segments = readJsonPath(place)
  const names = segments?.flatMap((segment) => (segment.kind === 'name' ? [segment.name] : []))
  if (!names || names.length !== segments?.length || !names.every((name) => /^@?[A-Za-z_][\w.-]*$/.test(name)))
    return null
  return `/${names.join('/')}`
}

export interface AnswerReader {
  readonly kind: ContentKind
  /** The whole body, where it is JSON. */
  json(): Json | undefined
  /** The text at a place, trimmed; null where there is none. */
  at(place: string | undefined): string | null
  /** Whether a search term, or `regex:…`, occurs in a text. */
  has(text: string, search: string): boolean
}

/** Reads one answer; whatever it holds, nothing is thrown. */
export const readerOf = (
  answer: CallAnswer,
  override: ContentKind | undefined,
  tools: DestinationTools,
): AnswerReader => {
  const kind = kindOf(answer, override)
  const left = { steps: SEARCH_STEPS_MAX }
  const json = once(() => (kind === 'json' ? jsonOf(answer.body) : undefined))
  const xml = once(() => readXml(answer.body))
  const html = once(() => readHtml(answer.body))

  const textAt = (place: string): string | null => {
    if (place.startsWith('header:')) return answer.headers[place.slice(7).trim().toLowerCase()] ?? null
    if (place.startsWith('cookie:')) return cookieOf(answer, place.slice(7).trim())
    if (place.startsWith('regex:')) {
      const groups = tools.pattern(place.slice(6)).find(answer.body, left)
      return groups === null ? null : (groups.slice(1).find((group) => group !== null) ?? groups[0] ?? null)
    }
    if (place.startsWith('css:')) {
      const document = html()
      return document && selectorText(document, place.slice(4))
    }
    if (isXpath(place) || kind === 'xml') {
      const path = isXpath(place) ? place.replace(/^xpath:/, '') : elementPath(place)
      const document = path === null ? null : xml()
      return document && path !== null ? xpathText(document, path) : null
    }
    const segments = readJsonPath(place)
    const value = json()
    return segments === null || value === undefined ? null : textOf(jsonAt(value, segments))
  }

  return {
    kind,
    json,
    at: (place) => {
      const text = place === undefined ? '' : (textAt(place)?.trim() ?? '')
      return text === '' ? null : text.slice(0, VALUE_LENGTH_MAX)
    },
    has: (text, search) =>
      search.startsWith('regex:')
        ? tools.pattern(search.slice(6)).find(text, left) !== null
        : text.toLowerCase().includes(search.toLowerCase()),
  }
}
