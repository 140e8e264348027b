import type { Json, Parsed } from './field.ts'

/** Nothing was sent, or only blanks. */
export const isBlank = (field: Parsed | undefined): boolean => {
  const raw = field?.raw
  if (raw === undefined || raw === null) return true
  if (typeof raw === 'string') return raw.trim() === ''
  return Array.isArray(raw) && raw.length === 0
}

/** A value as text for people and keys; null and absent values as the empty text. */
export const textOf = (value: Json | undefined): string => {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * What a field is compared by: its normal form as text. Null where it has none, and where its sender hid a part:
 * two leads with `512*******` are not one person.
 */
export const comparable = (field: Parsed | undefined): string | null => {
  if (!field || field.masked || field.normal === null) return null
  const text = textOf(field.normal).trim()
  return text === '' || text === '[]' ? null : text
}

/** A wire name as the beginning of a sentence: `postal_code` as `Postal code`. */
export const titled = (name: string): string => {
  const words = name.replaceAll(/[._]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
