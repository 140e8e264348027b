import { hash } from 'node:crypto'

/**
 * An entry of a suppression list as text: a normal form in small letters, or a digest of one as `md5:…`, `sha1:…` or
 * `sha256:…` in small hex. Tables hold its keyed hash alone.
 */

export const DIGESTS = ['md5', 'sha1', 'sha256'] as const
export type Digest = (typeof DIGESTS)[number]

const HEX_LENGTHS: ReadonlyMap<number, Digest> = new Map([
  [32, 'md5'],
  [40, 'sha1'],
  [64, 'sha256'],
])

/** The entry that a value given as a digest stands for, in either case; null where it is none. */
export const digestEntry = (text: string): string | null => {
  const digest = HEX_LENGTHS.get(text.length)
  return digest !== undefined && /^[0-9a-f]+$/i.test(text) ? `${digest}:${text.toLowerCase()}` : null
}

/** The digest an entry was given as; null: it is plain. */
export const digestOf = (entry: string): Digest | null =>
  DIGESTS.find((digest) => entry.startsWith(`${digest}:`)) ?? null

/** Several values as one, each in its normal form: a name and a postal code. */
export const joinedEntry = (values: readonly string[]): string => values.join('|')

/** The entries a value may stand in a list as: itself, and each way of writing it under the digests asked for. */
export const entriesOf = (value: string, also: readonly string[], digests: readonly Digest[]): string[] => {
  if (digests.length === 0 || digestOf(value) !== null) return [value]
  const written = new Set([value.toLowerCase(), value, ...also])
  return [value, ...digests.flatMap((digest) => [...written].map((text) => `${digest}:${hash(digest, text)}`))]
}
