import { Fault, type FieldProblem } from '../base/faults.ts'
import { digestEntry, joinedEntry } from '../base/list-entry.ts'
import { email } from '../fields/email.ts'
import { fieldTypes } from '../fields/index.ts'
import { phone } from '../fields/phone.ts'
import type { FieldType, ParseContext } from '../kit/field.ts'
import { textOf } from '../kit/values.ts'

/** How the values of an import or a call are read: guessed, as one field type, or as several that stand together. */
export interface EntryReading {
  /** Null: emails, phones, domains and digests are told apart by how they look. */
  readonly types: readonly string[] | null
  readonly country: string
  readonly now: number
}

const PHONE = /^[+()\d\s./-]+$/
const DOMAIN = /^[^\s@/:]+\.[^\s@/:]+$/

/** As `kit/listed` writes what it looks for. */
const normalText = (type: FieldType, text: string, context: ParseContext, isAlone = true): string | null => {
  const read = type.parse(text, context)
  if (!read.valid || read.masked || read.normal === null) return null
  if (!isAlone && typeof read.parts.zip === 'string') return read.parts.zip
  const normal = textOf(read.normal)
  return type === phone ? (normal.split(';ext=')[0] ?? normal) : normal
}

/** As it would stand in an address: so it is written exactly as a lead's domain is. */
const domainText = (text: string, context: ParseContext): string | null => {
  const { valid, parts } = email.parse(`x@${text}`, context)
  return DOMAIN.test(text) && valid && typeof parts.domain === 'string' ? parts.domain : null
}

const guessed = (text: string, context: ParseContext): string | null => {
  if (text.includes('@')) return normalText(email, text, context)
  if (PHONE.test(text) || !DOMAIN.test(text)) return normalText(phone, text, context)
  return domainText(text, context)
}

const typed = (name: string, text: string, context: ParseContext, isAlone: boolean): string | null => {
  const type = name === 'domain' ? undefined : fieldTypes[name]
  return type === undefined ? domainText(text, context) : normalText(type, text, context, isAlone)
}

/** Throws Fault `invalid_request` where a type is none. */
const checkTypes = (types: readonly string[] | null): void => {
  for (const type of types ?? [])
    if (!Object.hasOwn(fieldTypes, type))
      throw new Fault('invalid_request', {
        message: `There is no field type "${type}": expected one of ${Object.keys(fieldTypes).join(', ')}`,
      })
}

/**
 * Reads one value after another; null where it is none. Several cells stand for one entry, in the order of the types.
 * What looks like a digest is one, whatever the type.
 */
export const entryReader = (reading: EntryReading): ((cells: readonly string[]) => string | null) => {
  const { types, country, now } = reading
  checkTypes(types)
  const context: ParseContext = { country, now, fields: {} }
  const wanted = types?.length ?? 1
  return (cells) => {
    const [first = ''] = cells
    if (cells.length === 1) {
      const digest = digestEntry(first.trim())
      if (digest !== null) return digest
    }
    if (cells.length !== wanted) return null
    if (types === null) return guessed(first.trim(), context)
    const read = cells.map((cell, index) => typed(types[index] ?? '', cell.trim(), context, cells.length === 1))
    return read.every((text) => text !== null) ? joinedEntry(read) : null
  }
}

const PROBLEMS_MAX = 50

/** Throws Fault `invalid_request` naming every value that is none, by its place. */
export const readEntries = (values: readonly (string | readonly string[])[], reading: EntryReading): string[] => {
  const read = entryReader(reading)
  const what = reading.types === null ? 'email, phone number or domain' : `valid ${reading.types.join(' with ')}`
  const problems: FieldProblem[] = []
  const entries = values.flatMap((value, index) => {
    const entry = read(typeof value === 'string' ? [value] : value)
    if (entry !== null) return [entry]
    problems.push({ field: `values.${index}`, message: `is no ${what}` })
    return []
  })
  if (problems.length > 0) {
    const some = problems.length === 1 ? '1 value is' : `${problems.length} values are`
    throw new Fault('invalid_request', {
      message: `values: ${some} no ${what}; nothing was changed`,
      problems: problems.slice(0, PROBLEMS_MAX),
    })
  }
  return entries
}
