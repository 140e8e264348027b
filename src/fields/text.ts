/**
 * What every field type does first: turn anything a sender may write into a bounded raw value and a text to read.
 *
 * Nothing here throws, and nothing here takes longer than its bound allows, whatever comes in.
 */
import type { Json } from '../kit/field.ts'

/** How much of a value is read and kept, in UTF-16 units: longer than any honest name, address or number. */
export const TEXT_CHARS_MAX = 1000

export interface Cleaned {
  /** What is kept as `raw`. */
  readonly raw: Json
  /** What is to be read; empty where the value is blank or not a scalar. */
  readonly text: string
  /** Characters were taken away or replaced: NUL, which Postgres refuses, or half a surrogate pair. */
  readonly damaged: boolean
}

// Beyond 300 digits writing a bigint as text takes time that grows with its square, and no field means such a number.
const BIGINT_MAX = 10n ** 300n

// A composite is kept for the record only: enough of it to recognise, so that one value cannot fill a journal.
const NODES_MAX = 100
const DEPTH_MAX = 6

const cut = (text: string, charsMax: number): string => (text.length > charsMax ? text.slice(0, charsMax) : text)

const cleanString = (text: string, charsMax: number): Cleaned => {
  const short = cut(text, charsMax)
  // The common value needs no copy: it holds no NUL and no lone surrogate.
  if (short.isWellFormed() && !short.includes('\0')) return { raw: short, text: short, damaged: false }
  const whole = short.toWellFormed().replaceAll('\0', '')
  return { raw: whole, text: whole, damaged: true }
}

const scalarText = (value: unknown): string | undefined => {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'boolean':
      return String(value)
    case 'bigint':
      return value < BIGINT_MAX && value > -BIGINT_MAX ? String(value) : '[integer too large]'
    case 'symbol':
      return value.description ?? ''
    default:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
  }
}

/** A copy of a composite that survives JSON: cut in size and depth, cycles and functions left out. */
const copyOf = (value: unknown, charsMax: number): Json => {
  let nodes = 0
  let chars = 0
  const open = new Set<object>()
  const visit = (item: unknown, depth: number): Json => {
    nodes += 1
    if (typeof item === 'boolean' || item === null || item === undefined) return item ?? null
    if (typeof item === 'number' && Number.isFinite(item)) return item + 0
    const scalar = scalarText(item)
    if (scalar !== undefined) {
      const text = cleanString(scalar, Math.max(0, charsMax - chars)).text
      chars += text.length
      return text
    }
    if (typeof item !== 'object' || open.has(item) || depth >= DEPTH_MAX) return null
    open.add(item)
    const result = Array.isArray(item) ? visitArray(item, depth) : visitObject(item, depth)
    open.delete(item)
    return result
  }
  const isFull = () => nodes >= NODES_MAX || chars >= charsMax
  const visitArray = (items: readonly unknown[], depth: number): Json => {
    const out: Json[] = []
    for (const item of items) {
      if (isFull()) break
      out.push(visit(item, depth + 1))
    }
    return out
  }
  const visitObject = (item: object, depth: number): Json => {
    const out: [string, Json][] = []
    for (const [key, inner] of Object.entries(item)) {
      if (isFull()) break
      const name = cleanString(key, 100).text
      chars += name.length
      out.push([name, visit(inner, depth + 1)])
    }
    return Object.fromEntries(out)
  }
  return visit(value, 0)
}

const cleanComposite = (value: unknown, charsMax: number): Cleaned => {
  try {
    const own = scalarText(value)
    if (own !== undefined) return cleanString(own, charsMax)
    // A form that repeats a key, and XML, wrap a single value in a list.
    if (Array.isArray(value) && value.length === 1 && scalarText(value[0]) !== undefined) {
      return { ...clean(value[0], charsMax), raw: copyOf(value, charsMax) }
    }
    return { raw: copyOf(value, charsMax), text: '', damaged: false }
  } catch {
    // Getters and proxies may throw; JSON has neither, so there is nothing worth keeping.
    return { raw: null, text: '', damaged: true }
  }
}

/** Reads anything. `charsMax` in UTF-16 units. */
export const clean = (value: unknown, charsMax = TEXT_CHARS_MAX): Cleaned => {
  if (typeof value === 'string') return cleanString(value, charsMax)
  if (value === null || value === undefined) return { raw: null, text: '', damaged: false }
  if (typeof value === 'boolean') return { raw: value, text: String(value), damaged: false }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return { raw: value + 0, text: String(value), damaged: false }
  }
  const text = typeof value === 'object' ? undefined : scalarText(value)
  return text === undefined ? cleanComposite(value, charsMax) : cleanString(text, charsMax)
}

// Controls, and the marks that turn the direction of text or take no width: they hide what a value says.
// The joiners U+200C and U+200D stay, which Persian and Indic names need.
const INVISIBLE = /[[\p{Cc}\p{Cf}]--[\s\u0085\u200c\u200d]]/gv
const PLAIN_LINE = /^[!-~]+(?: [!-~]+)*$/

/** One line of text: invisible characters gone, runs of space collapsed, trimmed, in composed form (NFC). */
export const lineOf = (text: string): string =>
  PLAIN_LINE.test(text) ? text : text.replace(INVISIBLE, '').replace(/\s+/g, ' ').trim().normalize('NFC')

/** A key to look words up by: lower-case, without accents, dots and apostrophes, other punctuation as spaces. */
export const wordKey = (text: string): string => (ASCII.test(text) ? asciiKey(text) : anyKey(text))

const ASCII = /^[ -~]*$/

// The same answer without Unicode's tables, several times faster.
const asciiKey = (text: string): string =>
  text
    .replace(/[.']/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

const anyKey = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[\p{M}.'’]/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

/** Whether a sender hid part of the value behind stars or dots. */
export const isMasked = (text: string): boolean => /[*•●]/.test(text)

const HASHES: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' }

/** The kind of hash a text has the shape of, or null: `md5`, `sha1`, `sha256`. */
export const hashKind = (text: string): string | null => {
  const kind = HASHES[text.length]
  return kind !== undefined && /^[0-9a-fA-F]+$/.test(text) ? kind : null
}

/** The lines of a data file that mean something: not empty, not a comment. */
export const dataLines = (content: string): string[] =>
  content.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
