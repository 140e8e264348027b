import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { Fault } from '../base/faults.ts'
import { unreadable } from './limits.ts'

/**
 * Bytes to text. UTF-8 unless the sender says otherwise, by a byte order mark or a charset. Bytes that aren't what
 * they are said to be are refused: a guess would damage a name for ever, and the sender can mend it in a minute.
 */

const startsWith = (bytes: Uint8Array, ...mark: number[]): boolean => mark.every((byte, index) => bytes[index] === byte)

/** Where the first byte stands that is not UTF-8, from 1. */
const firstBadByte = (bytes: Buffer): number => {
  const text = bytes.toString('utf8')
  let from = 0
  let offset = 0
  for (;;) {
    const at = text.indexOf('\ufffd', from)
    if (at < 0) return bytes.length
    offset += Buffer.byteLength(text.slice(from, at))
    // One that was sent as such is none that stands for a bad byte.
    if (!startsWith(bytes.subarray(offset, offset + 3), 0xef, 0xbf, 0xbd)) return offset + 1
    offset += 3
    from = at + 1
  }
}

export interface EncodedText {
  readonly bytes: Buffer
  /** The charset its sender names, or null for UTF-8. */
  readonly charset: string | null
  /** What is read, for messages. */
  readonly what: string
}

const decodedAs = ({ bytes, charset, what }: EncodedText & { readonly charset: string }): string => {
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(charset, { fatal: true })
  } catch (cause) {
    throw new Fault('unsupported_media_type', {
      message: 'Content-Type: the charset is not known here; send UTF-8',
      cause,
    })
  }
  try {
    return decoder.decode(bytes)
  } catch {
    throw unreadable(`${what}: not text in the charset its sender names; send UTF-8`)
  }
}

/** Text without looking for a byte order mark. */
export const decodeBytes = ({ bytes, charset, what }: EncodedText): string => {
  if (charset !== null) return decodedAs({ bytes, charset, what })
  if (!isUtf8(bytes)) {
    // Of an address nothing can be said in Content-Type.
    const instead = what.startsWith('query') ? 'send UTF-8' : 'send UTF-8 or name the charset in Content-Type'
    throw unreadable(`${what}: not UTF-8 at byte ${firstBadByte(bytes)}; ${instead}`)
  }
  return bytes.toString('utf8')
}

/** Text of a whole body: a byte order mark says the encoding, and is left out. */
export const decodeText = ({ bytes, charset, what }: EncodedText): string => {
  if (startsWith(bytes, 0xff, 0xfe)) return decodedAs({ bytes, charset: 'utf-16le', what })
  if (startsWith(bytes, 0xfe, 0xff)) return decodedAs({ bytes, charset: 'utf-16be', what })
  if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return decodeBytes({ bytes: bytes.subarray(3), charset: null, what })
  return decodeBytes({ bytes, charset, what })
}
