import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Json } from '../kit/field.ts'
import {
  type Budget,
  ITEMS_MAX,
  type JsonObject,
  newBudget,
  newObject,
  storable,
  unreadable,
  wrongShape,
} from './limits.ts'

/**
 * XML as one object: the root element's content, by the names of its elements. An element that comes again makes a
 * list; attributes are `@name`; text beside attributes or elements is `#text`; values are text. Prefixes of
 * namespaces are left out.
 *
 * There is no document type and so no entity but XML's own five: what could be expanded is not read at all.
 */

/** Stands before each name inside the parser, which refuses names like `constructor` though here they do no harm. */
const MARK = ':'
/** The parser marks an element that closes itself twice. */
const unmarked = (name: string): string => name.replace(/^:+/, '')

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/g

const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
        if (name !== undefined) return NAMED[name] ?? whole
        const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole
      })
    : text

const nothing = (): void => undefined

const newParser = () =>
  new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    removeNSPrefix: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    maxNestedTags: 64,
    transformTagName: (name) => MARK + name,
    transformAttributeName: (name) => MARK + name,
    entityDecoder: {
      decode: unescaped,
      setExternalEntities: nothing,
      addInputEntities: nothing,
      reset: nothing,
      setXmlVersion: nothing,
    },
  })

/** What the parser makes of an element: its name with its content, `:@` with its attributes; of text: `#text`. */
type Node = { readonly [name: string]: unknown }

const isText = (node: Node): boolean => Object.hasOwn(node, '#text')

const put = (into: JsonObject, name: string, value: Json, repeated: Set<string>, budget: Budget): void => {
  const present = into[name]
  if (present === undefined) {
    budget.key()
    into[name] = value
    return
  }
  budget.item()
  if (repeated.has(name) && Array.isArray(present)) {
    present.push(value)
    return
  }
  repeated.add(name)
  into[name] = [present, value]
}

const contentOf = (nodes: readonly Node[], attributes: unknown, depth: number, budget: Budget): Json => {
  const children = nodes.filter((node) => !isText(node))
  const text = storable(
    nodes
      .filter(isText)
      .map((node) => String(node['#text']))
      .join('')
      .trim(),
  )
  const given = Object.entries((attributes ?? {}) as Readonly<Record<string, unknown>>)
  if (children.length === 0 && given.length === 0) return text
  budget.enter(depth)
  const read = newObject()
  const repeated = new Set<string>()
  for (const [name, value] of given) put(read, `@${unmarked(name)}`, storable(String(value)), repeated, budget)
  for (const child of children) {
    const [name, content] = elementOf(child)
    put(read, name, contentOf(content, child[':@'], depth + 1, budget), repeated, budget)
  }
  if (text !== '') put(read, '#text', text, repeated, budget)
  return read
}

const elementOf = (node: Node): [string, readonly Node[]] => {
  const name = Object.keys(node).find((key) => key !== ':@') ?? ''
  return [unmarked(name), node[name] as readonly Node[]]
}

const DOCTYPE = /<!DOCTYPE|<!ENTITY/i

const TAG_CHARS_MAX = 250_000

/** A body's cost to read grows with its tags and attributes: beyond these it is refused before it is parsed. */
const boundMarkup = (text: string): void => {
  let tags = 0
  let close = -1
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at + 1)) {
    tags += 1
    // Text, comments and CDATA may be long: what stands in a tag is gone over letter by letter, several times.
    if (close < at) close = text.indexOf('>', at)
    if (close < 0) close = text.length
    const isTag = text[at + 1] !== '!' && text[at + 1] !== '?'
    if (isTag && close - at > TAG_CHARS_MAX) throw wrongShape(`expected tags of at most ${TAG_CHARS_MAX} characters`)
  }
  if (tags > 2 * ITEMS_MAX) throw wrongShape(`expected at most ${ITEMS_MAX} elements`)
  let attributes = 0
  for (let at = text.indexOf('="'); at >= 0; at = text.indexOf('="', at + 2)) attributes += 1
  for (let at = text.indexOf("='"); at >= 0; at = text.indexOf("='", at + 2)) attributes += 1
  if (attributes > ITEMS_MAX) throw wrongShape(`expected at most ${ITEMS_MAX} attributes`)
}

/** Reads a document. Throws Fault `unreadable_body` or `invalid_request`, without a word of the text. */
export const readXml = (text: string): JsonObject => {
  if (text.trim() === '') throw unreadable('body: empty; expected an XML document')
  if (DOCTYPE.test(text)) throw unreadable('body: a document type (DTD) or entity is not taken; leave it out')
  boundMarkup(text)
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    const { line, col } = valid.err
    throw unreadable(`body: line ${line}, column ${col}: expected well-formed XML`)
  }
  let nodes: readonly Node[]
  try {
    nodes = newParser().parse(text) as readonly Node[]
  } catch {
    // The parser's own words quote the text.
    throw unreadable('body: expected well-formed XML')
  }
  const roots = nodes.filter((node) => !isText(node))
  const root = roots[0]
  if (root === undefined || roots.length > 1) throw unreadable('body: expected one root element')
  const [, content] = elementOf(root)
  const read = contentOf(content, root[':@'], 1, newBudget())
  if (typeof read === 'string' && read !== '') throw wrongShape('expected elements inside the root element')
  return typeof read === 'string' ? newObject() : (read as JsonObject)
}
