/** Readings that take a text apart and write it anew: what they write has to read as itself. */
import type { Parsed } from '../kit/field.ts'

export type Reading = Omit<Parsed, 'raw'>

export interface Settling {
  /** Already one line or otherwise cleaned, so that cleaning it again changes nothing. */
  readonly text: string
  readonly read: (text: string) => Reading
  /** The reading of a text that cannot be rewritten: its normal form must be the text itself, or null. */
  readonly otherwise: (text: string) => Reading
}

/**
 * What `read` makes of the text, if its normal form reads as itself; what `otherwise` makes of it, if not. Either way
 * parsing the normal form again changes nothing: words moved about (`Doe, Jane`) may by chance mean another thing in
 * their new places.
 */
export const settled = ({ text, read, otherwise }: Settling): Reading => {
  const once = read(text)
  if (once.normal === null || once.normal === text) return once
  const again = read(String(once.normal))
  return again.normal === once.normal && again.valid === once.valid ? once : otherwise(text)
}
