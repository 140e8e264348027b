/** Bytes of an answer to text, never more of it than was agreed. */

import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'

export interface AnswerBytes {
  readonly chunks: readonly Buffer[]
  readonly contentEncoding: string | undefined
  readonly contentType: string | undefined
  /** Most bytes after decompression. */
  readonly bytesMax: number
}

/** `too_large`: more than `bytesMax` once decompressed. `unreadable`: an encoding unknown or not kept to. */
export type DecodedBody =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'too_large' }
  | { readonly is: 'unreadable' }

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

/** `deflate` should be wrapped in zlib's format; some servers send it bare. */
const inflateEither: Decompress = (bytes, options) =>
  ((bytes[0] ?? 0) & 0x0f) === 8 ? promisify(inflate)(bytes, options) : promisify(inflateRaw)(bytes, options)

const DECOMPRESS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', inflateEither],
  ['br', promisify(brotliDecompress)],
])

/** One buffer of what came in pieces; the usual single piece is not copied. */
const joined = (chunks: readonly Buffer[]): Buffer => {
  const [first] = chunks
  return first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i

const textOf = (bytes: Buffer, contentType: string | undefined): string => {
  const charset = contentType === undefined ? undefined : CHARSET.exec(contentType)?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    try {
      return new TextDecoder(charset).decode(bytes)
    } catch {
      // A charset nobody knows is a mistake of the header far more often than of the text.
    }
  }
  const text = bytes.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Whether the body can be read as it came, and so in this turn. */
export const isPlain = (contentEncoding: string | undefined): boolean =>
  contentEncoding === undefined || contentEncoding === '' || contentEncoding.toLowerCase() === 'identity'

export const plainText = (answer: AnswerBytes): string =>
  answer.chunks.length === 0 ? '' : textOf(joined(answer.chunks), answer.contentType)

export const decompressed = async (answer: AnswerBytes): Promise<DecodedBody> => {
  if (answer.chunks.length === 0) return { is: 'text', text: '' }
  const decompress = DECOMPRESS.get(answer.contentEncoding?.trim().toLowerCase() ?? '')
  if (decompress === undefined) return { is: 'unreadable' }
  try {
    const bytes = await decompress(joined(answer.chunks), { maxOutputLength: answer.bytesMax })
    return { is: 'text', text: textOf(bytes, answer.contentType) }
  } catch (error) {
    return { is: error instanceof RangeError ? 'too_large' : 'unreadable' }
  }
}
