import type { Json, Parsed } from '../kit/field.ts'

/**
 * Personal data as it is shown to those who may not see it: that something is there, and as much of it as tells no one
 * who it is.
 */

export const MASK = '•••'

/** Types whose values say nothing of one person alone. What is not listed is masked, free text first of all. */
const OPEN_TYPES: ReadonlySet<string> = new Set([
  'boolean',
  'city',
  'company',
  'country',
  'currency',
  'gender',
  'job_title',
  'number',
  'range',
  'state',
  'time',
  'utm',
])

/** What is left of a value by its type: where an email is kept, the end of a number, the region of a postal code. */
const REMAINS: Readonly<Record<string, (normal: string) => string>> = {
  email: (normal) => {
    const at = normal.lastIndexOf('@')
    return at < 1 ? MASK : `${normal.charAt(0)}${MASK}${normal.slice(at)}`
  },
  phone: (normal) => `${MASK}${normal.slice(-2)}`,
  postal_code: (normal) => `${normal.slice(0, 3)}${MASK}`,
  dob: (normal) => `${normal.slice(0, 4)}-${MASK}`,
}

export const maskField = (type: string, field: Parsed): Parsed => {
  if (OPEN_TYPES.has(type)) return field
  if (field.raw === null && field.normal === null) return field
  const remains = typeof field.normal === 'string' ? REMAINS[type]?.(field.normal) : undefined
  return {
    raw: MASK,
    normal: field.normal === null ? null : (remains ?? MASK),
    valid: field.valid,
    masked: true,
    parts: {},
  }
}

/** Digits that could be a phone number, an SSN or an account. */
const LONG_NUMBER = 99_999

/** The shape of a value, with every text in it masked. */
export const maskValue = (value: Json): Json => {
  if (typeof value === 'string') return value === '' ? '' : MASK
  if (typeof value === 'number') return Math.abs(value) > LONG_NUMBER ? MASK : value
  if (Array.isArray(value)) return value.map(maskValue)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskValue(inner)]))
}

/** What of a consent's evidence says nothing of the person: the words that were shown, and whom they named. */
const OPEN_EVIDENCE: ReadonlySet<string> = new Set(['wording', 'seller'])

export const maskEvidence = (evidence: Readonly<Record<string, unknown>> | null): Record<string, unknown> | null =>
  evidence === null
    ? null
    : Object.fromEntries(
        Object.entries(evidence).map(([name, value]) => [
          name,
          OPEN_EVIDENCE.has(name) ? value : maskValue(value as Json),
        ]),
      )

const TEXT_CHARS_MIN = 3

const textsIn = (value: unknown, into: Set<string>): void => {
  if (typeof value === 'string') {
    if (value.trim().length >= TEXT_CHARS_MIN) into.add(value.trim())
  } else if (typeof value === 'number') {
    if (Math.abs(value) > LONG_NUMBER) into.add(String(value))
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) textsIn(inner, into)
  }
}

/** A text without the personal values of a lead that a template may have written into it. */
export const scrubber = (
  fields: Readonly<Record<string, Parsed>>,
  extra: Readonly<Record<string, Json>>,
  types: ReadonlyMap<string, string>,
): ((text: string | null) => string | null) => {
  const texts = new Set<string>()
  for (const [name, { raw, normal, parts }] of Object.entries(fields)) {
    if (!OPEN_TYPES.has(types.get(name) ?? 'string')) textsIn([raw, normal, parts], texts)
  }
  textsIn(extra, texts)
  if (texts.size === 0) return (text) => text
  // The longest first, so that of a name within a name nothing is left.
  const escaped = [...texts]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(escaped.join('|'), 'gi')
  return (text) => text?.replace(pattern, MASK) ?? null
}
