import type { Json } from '../kit/field.ts'
import { DEPTH_MAX, ITEMS_MAX, type JsonObject, newBudget, newObject, storable, wrongShape } from './limits.ts'
import { decodeBytes } from './text.ts'

/**
 * `application/x-www-form-urlencoded` and queries: `a=1&a=2` is a list, `contact.email`, `contact[email]`, `tags[]`
 * and `items[0][name]` are paths. A key that is no such path, or whose path runs into a value, stays as it is written.
 */

/** A leaf is the values of one key, in order; a list is a branch whose every key came as `[]` or `[digits]`. */
interface Branch {
  readonly members: Map<string, Branch | string[]>
  isList: boolean
  next: number
}

interface Segment {
  /** Null: `[]`, the next place of a list. */
  readonly name: string | null
  readonly isIndex: boolean
}

const PATH = /^[^.[\]]+(?:\.[^.[\]]+|\[[^.[\]]*\])*$/
const SEGMENT = /([^.[\]]+)|\[\]/g
const INDEX = /^\d{1,5}$/

const segmentsOf = (key: string): Segment[] | null => {
  if (!PATH.test(key)) return null
  return [...key.matchAll(SEGMENT)].map(({ 0: written, 1: name, index }) => {
    const isBracketed = index > 0 && key[index - 1] === '['
    return { name: name ?? null, isIndex: written === '[]' || (isBracketed && INDEX.test(name ?? '')) }
  })
}

const newBranch = (): Branch => ({ members: new Map(), isList: true, next: 0 })

/** The name a segment has in a branch. */
const nameIn = (branch: Branch, segment: Segment): string => {
  if (segment.name !== null) return segment.name
  while (branch.members.has(String(branch.next))) branch.next += 1
  return String(branch.next)
}

/** Adds a value at the end of its path; false, and nothing is added, where the path runs into a value. */
const added = (branch: Branch, segments: readonly Segment[], value: string): boolean => {
  const [segment, ...rest] = segments
  if (segment === undefined) return false
  const name = nameIn(branch, segment)
  const member = branch.members.get(name)
  if (rest.length === 0) {
    if (member !== undefined && !Array.isArray(member)) return false
    if (member === undefined) branch.members.set(name, [value])
    else member.push(value)
  } else {
    if (Array.isArray(member)) return false
    const inner = member ?? newBranch()
    if (!added(inner, rest, value)) return false
    branch.members.set(name, inner)
  }
  if (!segment.isIndex) branch.isList = false
  return true
}

/** Where a key is a value and has members too, the value goes under `#text`, as text beside elements does in XML. */
const addPlainly = (root: Branch, key: string, value: string): void => {
  const plain: Segment = { name: key, isIndex: false }
  if (!added(root, [plain], value)) added(root, [plain, { name: '#text', isIndex: false }], value)
}

const valueOfMember = (member: Branch | string[], budget: ReturnType<typeof newBudget>): Json => {
  if (Array.isArray(member)) {
    if (member.length === 1) return member[0] ?? ''
    for (const _ of member) budget.item()
    return member
  }
  if (member.isList) {
    const places = [...member.members].sort(([a], [b]) => Number(a) - Number(b))
    return places.map(([, value]) => {
      budget.item()
      return valueOfMember(value, budget)
    })
  }
  return objectOf(member, budget)
}

const objectOf = (branch: Branch, budget: ReturnType<typeof newBudget>): JsonObject => {
  const read = newObject()
  for (const [name, member] of branch.members) {
    budget.key()
    read[name] = valueOfMember(member, budget)
  }
  return read
}

/** Percent escapes as bytes; a `%` that begins none stays what it is, as browsers read it. */
const bytesOf = (written: string): Buffer => {
  const bytes = Buffer.from(written, 'utf8')
  const decoded = Buffer.alloc(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at] ?? 0
    const hex = byte === 0x25 ? bytes.toString('latin1', at + 1, at + 3) : ''
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      byte = Number.parseInt(hex, 16)
      at += 2
    }
    decoded[length] = byte
    length += 1
  }
  return decoded.subarray(0, length)
}

interface Place {
  readonly charset: string | null
  readonly what: string
  /** From 1. */
  readonly pair: number
}

const decoded = (written: string, { charset, what, pair }: Place): string => {
  const spaced = written.includes('+') ? written.replaceAll('+', ' ') : written
  if (!spaced.includes('%')) return storable(spaced)
  if (charset === null) {
    try {
      return storable(decodeURIComponent(spaced))
    } catch {
      // A lone % or bytes that are not UTF-8: told apart below.
    }
  }
  return storable(decodeBytes({ bytes: bytesOf(spaced), charset, what: `${what}: pair ${pair}` }))
}

export interface Pair {
  readonly key: string
  readonly value: string
  /** The pair as it was written. */
  readonly written: string
}

/** The pairs of a form or a query, in order, decoded. */
export const readPairs = (text: string, read: { readonly charset: string | null; readonly what: string }): Pair[] => {
  const pairs: Pair[] = []
  const budget = newBudget()
  let pair = 0
  for (const written of text.split('&', ITEMS_MAX + 1)) {
    pair += 1
    budget.item()
    if (written === '') continue
    const equals = written.indexOf('=')
    const place = { ...read, pair }
    pairs.push({
      key: decoded(equals < 0 ? written : written.slice(0, equals), place),
      value: equals < 0 ? '' : decoded(written.slice(equals + 1), place),
      written,
    })
  }
  return pairs
}

/** What the pairs say, as one object. */
export const valuesOfPairs = (pairs: readonly Pair[]): JsonObject => {
  const root = newBranch()
  for (const { key, value } of pairs) {
    const segments = segmentsOf(key)
    if (segments !== null && segments.length > DEPTH_MAX) throw wrongShape(`expected at most ${DEPTH_MAX} levels`)
    if (segments === null || !added(root, segments, value)) addPlainly(root, key, value)
  }
  return objectOf(root, newBudget())
}
