import { DOMParser } from '@xmldom/xmldom'
import { selectOne } from 'css-select'
import { DomUtils, parseDocument } from 'htmlparser2'
import xpathLibrary from 'xpath'

/**
 * Values out of XML and HTML. Both the path and the document come from outside: paths that search again and again for each
 * thing they found are refused, and documents are bounded, so that no pair of them takes long.
 */

/** The part of the library that its types leave out. */
const xpath = xpathLibrary as unknown as {
  parse(path: string): { evaluate(options: object): { toString(): string } }
}

const ELEMENTS_MAX = 5_000
const DEPTH_MAX = 100
const LENGTH_MAX = 300_000

const small = (text: string): boolean => {
  if (text.length > LENGTH_MAX) return false
  let elements = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) elements += 1
  return elements <= ELEMENTS_MAX * 2
}

/** Null where it is none, is too large, or declares entities of its own: they are how a small document becomes a huge one. */
export const readXml = (text: string): ReturnType<DOMParser['parseFromString']> | null => {
  if (!small(text) || /<!(?:ENTITY|DOCTYPE)/i.test(text)) return null
  let depth = 0
  for (const [, close, self] of text.matchAll(/<(\/)?[A-Za-z_][^<>]*?(\/)?>/g)) {
    depth += close === '/' ? -1 : self === '/' ? 0 : 1
    if (depth > DEPTH_MAX) return null
  }
  try {
    return new DOMParser({ onError: () => undefined }).parseFromString(text.trim(), 'text/xml')
  } catch {
    return null
  }
}

/** What is wrong with an XPath, or null. */
export const xpathFlaw = (path: string): string | null => {
  if ((path.match(/\/\//g) ?? []).length > 1 || /\[[^\]]*\/\//.test(path))
    return 'an XPath may search with // once, and not inside [ ]'
  if (
    /\b(?:ancestor|ancestor-or-self|descendant|descendant-or-self|following|following-sibling|preceding|preceding-sibling)::/.test(
      path,
    )
  )
    return 'an XPath may go down, and to attributes, alone'
  try {
    xpath.parse(path)
    return null
  } catch {
    return 'the XPath cannot be read'
  }
}

type XmlDocument = NonNullable<ReturnType<typeof readXml>>

/** Names without a prefix are found in any namespace; those with one in the one the document gives it. */
export const xpathText = (document: XmlDocument, path: string): string | null => {
  try {
    const value = xpath.parse(path).evaluate({
      node: document,
      allowAnyNamespaceForNoPrefix: true,
      namespaces: (prefix: string) => document.documentElement?.lookupNamespaceURI(prefix) ?? prefix,
    })
    const text = value.toString().trim()
    return text === '' ? null : text
  } catch {
    return null
  }
}

const COMBINATIONS_MAX = 2

/** What is wrong with a CSS selector, or null. */
export const selectorFlaw = (selector: string): string | null => {
  const bare = selector
    .replaceAll(/"[^"]*"|'[^']*'|\[[^\]]*\]/g, '')
    .replaceAll(/\s*([>+~,])\s*/g, '$1')
    .trim()
  if ((bare.match(/[\s~]/g) ?? []).length > COMBINATIONS_MAX)
    return `a selector may search below or beside another at most ${COMBINATIONS_MAX} times`
  if (/:(?!first-child|last-child|only-child|nth-child\(\d+\)|first-of-type|last-of-type)/.test(bare))
    return 'of the pseudo-classes, :first-child, :last-child, :only-child and :nth-child(n) are known'
  try {
    selectOne(selector, parseDocument('<a></a>'))
    return null
  } catch {
    return 'the selector cannot be read'
  }
}

export const readHtml = (text: string): ReturnType<typeof parseDocument> | null =>
  small(text) ? parseDocument(text) : null

type HtmlDocument = NonNullable<ReturnType<typeof readHtml>>

/** `.ref`, or `a.next@href` for an attribute. */
export const selectorText = (document: HtmlDocument, path: string): string | null => {
  const { selector, attribute } = splitSelector(path)
  const found = selectOne(selector, document)
  if (found === null) return null
  const text =
    attribute === null ? DomUtils.textContent(found) : (DomUtils.getAttributeValue(found as never, attribute) ?? '')
  const tidy = text.replaceAll(/\s+/g, ' ').trim()
  return tidy === '' ? null : tidy
}

export const splitSelector = (path: string): { readonly selector: string; readonly attribute: string | null } => {
  const match = /^(.*)@([a-z][a-z0-9-]*)$/s.exec(path)
  return match === null
    ? { selector: path, attribute: null }
    : { selector: match[1] ?? '', attribute: match[2] ?? null }
}
