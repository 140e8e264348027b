/**
 * The text of a flow as a tree whose every node knows where it stands.
 *
 * YAML and JSON are read alike, and scalars as they are written: `02134` keeps its zero, `1.10` its last digit, `no` and
 * `2026-11-30` are texts. Only where a schema wants a boolean or a number is a text read as one.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { ListFull, type Report } from './problems.ts'
import { excessOf } from './source-bounds.ts'

interface Place {
  /** Offsets into the text. */
  readonly start: number
  readonly end: number
}

export interface TextNode extends Place {
  readonly kind: 'text'
  readonly value: string
  readonly style: 'plain' | 'single' | 'double' | 'block'
  /** Of a text that was made out of others: where its character at an index comes from. */
  readonly offsetOf?: (index: number) => number
}
interface ListNode extends Place {
  readonly kind: 'list'
  readonly items: readonly SourceNode[]
}
export interface MapEntry {
  readonly key: string
  readonly keyStart: number
  readonly value: SourceNode
}
interface MapNode extends Place {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}
export type SourceNode = TextNode | ListNode | MapNode

export interface FlowSource {
  readonly text: string
  readonly root: SourceNode | null
  /** Line and column, from 1. */
  position(offset: number): { readonly line: number; readonly column: number }
  /** Where the character at `index` of a text node's value stands in the text. */
  offsetIn(node: TextNode, index: number): number
}

/** 1 MB. A flow of a hundred steps has some 20 KB. */
export const SOURCE_LENGTH_MAX = 1_000_000
/** Nodes after aliases are unfolded: what stops a few lines that refer to each other from filling the memory. */
const NODES_MAX = 50_000
const DEPTH_MAX = 50

/** A key with no value: `- normalize:`. */
export const isEmpty = (node: SourceNode): boolean =>
  node.kind === 'text' && node.style === 'plain' && node.value === ''

export const entryOf = (node: SourceNode | undefined, key: string): SourceNode | undefined =>
  node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined

const STYLES: Readonly<Record<string, TextNode['style']>> = {
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_LITERAL: 'block',
  BLOCK_FOLDED: 'block',
}

const isBlank = (character: string | undefined): boolean =>
  character === ' ' || character === '\n' || character === '\t' || character === '\r'

const ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 }

/** Walks value and text side by side: quotes, escapes and indentation take room in the text and none in the value. */
const offsetIn = (text: string, node: TextNode, index: number): number => {
  let at = node.start
  if (node.style === 'single' || node.style === 'double') at++
  if (node.style === 'block') {
    const headerEnd = text.indexOf('\n', at)
    at = headerEnd < 0 ? node.end : headerEnd + 1
    while (at < node.end && isBlank(text[at])) at++
  }
  const { value, style } = node
  for (let done = 0; done < index && at < node.end; done++) {
    const character = value[done]
    if (isBlank(character) && isBlank(text[at])) {
      at++
      if (!isBlank(value[done + 1])) while (at < node.end && isBlank(text[at])) at++
    } else if (style === 'double' && text[at] === '\\') at += ESCAPE_LENGTHS[text[at + 1] ?? ''] ?? 2
    else if (style === 'single' && text[at] === "'") at += 2
    else at++
  }
  return Math.min(at, node.end)
}

const problemText = (message: string): string => message.split('\n')[0]?.trim() ?? message

const SECOND_DOCUMENT = {
  code: 'second_document',
  message: 'a second document begins here',
  expected: 'one flow in a file',
} as const

/** Reads the text. What is wrong with it is reported; the tree holds what could be read. */
export const readSource = (text: string, report: Report): FlowSource => {
  const lines = new LineCounter()
  const source = (root: SourceNode | null): FlowSource => ({
    text,
    root,
    position: (offset) => {
      const { line, col } = lines.linePos(Math.min(Math.max(offset, 0), text.length))
      return line === 0 ? { line: 1, column: offset + 1 } : { line, column: col }
    },
    offsetIn: (node, index) => node.offsetOf?.(index) ?? offsetIn(text, node, index),
  })

  if (text.length > SOURCE_LENGTH_MAX) {
    report({
      code: 'too_large',
      message: `the flow has ${text.length} characters`,
      expected: `at most ${SOURCE_LENGTH_MAX}`,
      offset: 0,
      path: '',
    })
    return source(null)
  }

  const excess = excessOf(text)
  if (excess !== null) {
    report({ code: 'too_large', message: excess.message, offset: excess.at, path: '' })
    return source(null)
  }

  let parsed: ReturnType<typeof parseDocument>
  try {
    parsed = parseDocument(text, {
      schema: 'failsafe',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      // Below it the library does not say that there is a second document.
      logLevel: 'error',
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    report({ code: 'too_large', message: 'the flow is nested too deeply', offset: 0, path: '' })
    return source(null)
  }

  let nodes = 0
  let overflowed = false
  const anchors = new Map<string, unknown>()

  const overflow = (message: string, start: number, path: string): null => {
    if (!overflowed) report({ code: 'too_large', message, offset: start, path })
    overflowed = true
    return null
  }

  const convert = (node: unknown, at: number, depth: number, path: string): SourceNode | null => {
    if (overflowed) return null
    if (++nodes > NODES_MAX) return overflow(`more than ${NODES_MAX} values, aliases unfolded`, at, path)
    if (depth > DEPTH_MAX) return overflow(`nested more than ${DEPTH_MAX} deep`, at, path)
    if (isAlias(node)) {
      const start = node.range?.[0] ?? at
      const meant = anchors.get(node.source)
      if (meant !== undefined) return convert(meant, start, depth + 1, path)
      report({ code: 'syntax', message: `no anchor "${node.source}" stands before this alias`, offset: start, path })
      return null
    }
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const [start, end] = node.range ?? [at, at, at]
      const value = typeof node.value === 'string' ? node.value : ''
      return { kind: 'text', value, style: STYLES[node.type ?? ''] ?? 'plain', start, end }
    }
    if (isSeq(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const [start, end] = node.range ?? [at, at, at]
      const items: SourceNode[] = []
      node.items.forEach((item, index) => {
        const converted = convert(item, start, depth + 1, `${path}[${index}]`)
        if (converted !== null) items.push(converted)
      })
      return { kind: 'list', items, start, end }
    }
    if (isMap(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node)
      const [start, end] = node.range ?? [at, at, at]
      const entries: MapEntry[] = []
      const seen = new Set<string>()
      for (const pair of node.items) {
        const keyStart = isScalar(pair.key) ? (pair.key.range?.[0] ?? start) : start
        if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
          report({ code: 'syntax', message: 'a key that is not a text', offset: keyStart, path })
          continue
        }
        const key = pair.key.value
        const inner = path === '' ? key : `${path}.${key}`
        if (seen.has(key)) {
          report({ code: 'duplicate_key', message: `the key "${key}" stands twice`, offset: keyStart, path: inner })
          continue
        }
        seen.add(key)
        const value = convert(pair.value, keyStart, depth + 1, inner)
        if (value !== null) entries.push({ key, keyStart, value })
        else if (pair.value === null)
          entries.push({
            key,
            keyStart,
            value: { kind: 'text', value: '', style: 'plain', start: keyStart, end: keyStart },
          })
      }
      return { kind: 'map', entries, start, end }
    }
    return null
  }

  try {
    for (const { code, message, pos } of parsed.errors) {
      const [offset] = pos
      if (code === 'MULTIPLE_DOCS') report({ ...SECOND_DOCUMENT, offset, path: '' })
      else report({ code: 'syntax', message: problemText(message), offset, path: '' })
    }
    return source(convert(parsed.contents, 0, 0, ''))
  } catch (error) {
    if (error instanceof ListFull) return source(null)
    throw error
  }
}
