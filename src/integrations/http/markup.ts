import { DOMParser, type Element, type Node } from '@xmldom/xmldom'
import { selectOne } from 'css-select'
import { DomUtils, ElementType, parseDocument } from 'htmlparser2'
import xpathLibrary from 'xpath'
import { expressionFlaw } from './xpath-flaw.ts'

/**
 * Values out of XML and HTML. Both the path and the document come from outside: paths that search again and again for each
 * thing they found are refused, and documents are bounded, so that no pair of them takes long.
 */

/** The part of the library that its types leave out. */
const xpath = xpathLibrary as unknown as {
  parse(path: string): { readonly expression: unknown; evaluate(options: object): { toString(): string } }
}

type XmlDocument = ReturnType<DOMParser['parseFromString']>

const ELEMENTS_MAX = 5_000
const ATTRIBUTES_MAX = 10_000
const DEPTH_MAX = 100
const LENGTH_MAX = 300_000

const QUOTES: ReadonlySet<number> = new Set([0x22, 0x27])

const small = (text: string): boolean => {
  if (text.length > LENGTH_MAX) return false
  let elements = 0
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) elements += 1
  if (elements > ELEMENTS_MAX * 2) return false
  // The readers look through all attributes of an element for each that comes.
  let attributes = 0
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', at + 1))
    if (QUOTES.has(text.charCodeAt(at + 1))) attributes += 1
  return attributes <= ATTRIBUTES_MAX
}

/** Whether elements stand in one another deeper than any page or answer does. */
const isDeep = (text: string): boolean => {
  let depth = 0
  for (const [, close, self] of text.matchAll(/<(\/)?[A-Za-z_][^<>]*?(\/)?>/g)) {
    depth += close === '/' ? -1 : self === '/' ? 0 : 1
    if (depth > DEPTH_MAX) return true
  }
  return false
}

/** Null where it is none, is too large, or declares entities of its own: they are how a small document becomes a huge one. */
export const readXml = (text: string): XmlDocument | null => {
  if (!small(text) || /<!(?:ENTITY|DOCTYPE)/i.test(text)) return null
  if (isDeep(text)) return null
  try {
    return numbered(new DOMParser({ onError: () => undefined }).parseFromString(text.trim(), 'text/xml'))
  } catch {
    return null
  }
}

/**
 * Tells each node its place. What is found is sorted by where it stands, and asked which of two stands first the library
 * walks all that stand beside them: five thousand elements in a row took it six seconds.
 */
const numbered = (document: XmlDocument): XmlDocument => {
  const places = new Map<unknown, number>()
  const { DOCUMENT_POSITION_FOLLOWING, DOCUMENT_POSITION_PRECEDING } = document
  const compared = function (this: Node, other: Node): number {
    const [here = 0, there = 0] = [places.get(this), places.get(other)]
    return here === there ? 0 : here < there ? DOCUMENT_POSITION_FOLLOWING : DOCUMENT_POSITION_PRECEDING
  }
  const number = (node: Node): void => {
    places.set(node, places.size)
    node.compareDocumentPosition = compared
  }
  const all = (node: Node): void => {
    number(node)
    for (const attribute of 'attributes' in node ? (node as Element).attributes : []) number(attribute)
    for (let child = node.firstChild; child !== null; child = child.nextSibling) all(child)
  }
  all(document)
  return document
}

/** What is wrong with an XPath, or null. */
export const xpathFlaw = (path: string): string | null => {
  try {
    return expressionFlaw(xpath.parse(path).expression)
  } catch {
    return 'the XPath cannot be read'
  }
}

/** Names without a prefix are found in any namespace; those with one in the one the document gives it. */
export const xpathText = (document: XmlDocument, path: string): string | null => {
  try {
    const parsed = xpath.parse(path)
    // A flow may have been published before its path was refused.
    if (expressionFlaw(parsed.expression) !== null) return null
    const value = parsed.evaluate({
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

export const readHtml = (text: string): ReturnType<typeof parseDocument> | null => {
  if (!small(text)) return null
  const document = parseDocument(text)
  return isDeeper(document.children, 1) ? null : document
}

type HtmlNode = ReturnType<typeof parseDocument>['children'][number]

/** Whether elements stand deeper in one another than searches may climb. Many have no end in HTML: read, they show it. */
const isDeeper = (nodes: readonly HtmlNode[], depth: number): boolean =>
  depth > DEPTH_MAX || nodes.some((node) => 'children' in node && isDeeper(node.children as HtmlNode[], depth + 1))

type HtmlDocument = NonNullable<ReturnType<typeof readHtml>>

/** Questions that one search may ask of a document. */
const QUESTIONS_MAX = 500_000

class SearchGivenUp extends Error {}

type Searching = NonNullable<NonNullable<Parameters<typeof selectOne<HtmlNode, HtmlNode>>[2]>['adapter']>

/** The library's way to look at a document, counted: how often it looks is up to the selector and the document both. */
const counted = (): Searching => {
  let asked = 0
  const count = (): void => {
    asked += 1
    if (asked > QUESTIONS_MAX) throw new SearchGivenUp()
  }
  return {
    ...(DomUtils as unknown as Searching),
    isTag: (node): node is HtmlNode => {
      count()
      return ElementType.isTag(node)
    },
    getParent: (node) => {
      count()
      return node.parent as HtmlNode | null
    },
    equals: (one, other) => {
      count()
      return one === other
    },
  }
}

/** `.ref`, or `a.next@href` for an attribute. */
export const selectorText = (document: HtmlDocument, path: string): string | null => {
  const { selector, attribute } = splitSelector(path)
  let found: ReturnType<typeof selectOne>
  try {
    found = selectOne(selector, document, { adapter: counted() })
  } catch (error) {
    if (error instanceof SearchGivenUp) return null
    throw error
  }
  if (found === null) return null
  const text =
    attribute === null
      ? DomUtils.textContent(found as never)
      : (DomUtils.getAttributeValue(found as never, attribute) ?? '')
  const tidy = text.replaceAll(/\s+/g, ' ').trim()
  return tidy === '' ? null : tidy
}

export const splitSelector = (path: string): { readonly selector: string; readonly attribute: string | null } => {
  const match = /^(.*)@([a-z][a-z0-9-]*)$/s.exec(path)
  return match === null
    ? { selector: path, attribute: null }
    : { selector: match[1] ?? '', attribute: match[2] ?? null }
}
