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

/** E.164, its calling code apart: 1 and 7 are whole codes, some are of two digits, all others of three. */
const E164 = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)$/

/** Other ways of writing a phone number that a digest may have been made of: its digits, with and without the country's. */
const phoneWays = (value: string): readonly string[] => {
  const [whole, code, national = ''] = E164.exec(value) ?? []
  if (whole === undefined) return []
  if (code !== '1') return [whole.slice(1), national, `0${national}`]
  const [area, exchange, line] = [national.slice(0, 3), national.slice(3, 6), national.slice(6)]
  return [whole.slice(1), national, `${area}-${exchange}-${line}`, `(${area}) ${exchange}-${line}`]
}

/** The entries a value may stand in a list as: itself, and each way of writing it under the digests asked for. */
export const entriesOf = (value: string, digests: readonly Digest[]): string[] => {
  if (digests.length === 0 || digestOf(value) !== null) return [value]
  const written = new Set([value.toLowerCase(), value.toUpperCase(), value, ...phoneWays(value)])
  return [value, ...digests.flatMap((digest) => [...written].map((text) => `${digest}:${hash(digest, text)}`))]
}
