import { Fault, type FieldProblem } from '../base/faults.ts'
import { email } from '../fields/email.ts'
import { phone } from '../fields/phone.ts'
import type { ParseContext } from '../kit/field.ts'

const PHONE = /^[+()\d\s./-]+$/
const DOMAIN = /^[^\s@/:]+\.[^\s@/:]+$/

/** The normal form that a lead's field would be compared by; null where the value is none of the three. */
const normalOf = (value: string, context: ParseContext): string | null => {
  const text = value.trim()
  if (text.includes('@')) {
    const read = email.parse(text, context)
    return read.valid && !read.masked && typeof read.normal === 'string' ? read.normal : null
  }
  if (PHONE.test(text)) {
    const read = phone.parse(text, context)
    return read.valid && !read.masked && typeof read.normal === 'string' ? read.normal : null
  }
  if (!DOMAIN.test(text)) return null
  // As it would stand in an address: so it is written exactly as a lead's domain is.
  const { valid, parts } = email.parse(`x@${text}`, context)
  return valid && typeof parts.domain === 'string' ? parts.domain : null
}

const PROBLEMS_MAX = 50

/** Throws Fault `invalid_request` naming every value that is none, by its place. */
export const readEntries = (
  values: readonly string[],
  read: { readonly country: string; readonly now: number },
): string[] => {
  const context: ParseContext = { ...read, fields: {} }
  const problems: FieldProblem[] = []
  const normals = values.flatMap((value, index) => {
    const normal = normalOf(value, context)
    if (normal !== null) return [normal]
    problems.push({ field: `values.${index}`, message: 'is no email, phone number or domain' })
    return []
  })
  if (problems.length > 0) {
    const some = problems.length === 1 ? '1 value is' : `${problems.length} values are`
    throw new Fault('invalid_request', {
      message: `values: ${some} no email, phone number or domain; nothing was changed`,
      problems: problems.slice(0, PROBLEMS_MAX),
    })
  }
  return normals
}
