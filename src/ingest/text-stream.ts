import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Fault } from '../base/faults.ts'
import { charsetIn } from './body.ts'
import { unreadable } from './limits.ts'

/**
 * A text that comes as a stream, as UTF-8: unpacked where it was packed, and decoded part by part from what it is written
 * in. Nothing but a letter that is cut in two is held back; bytes that are none of that charset are refused.
 */
export interface TextStream {
  readonly stream: AsyncIterable<Buffer>
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
}

const decoderOf = (contentType = ''): TextDecoder | null => {
  const label = charsetIn(contentType)
  if (label === null) return null
  try {
    const decoder = new TextDecoder(label, { fatal: true })
    return decoder.encoding === 'utf-8' ? null : decoder
  } catch {
    throw new Fault('unsupported_media_type', {
      message: `Content-Type: there is no charset "${label}"; expected utf-8, windows-1252, utf-16le or another of the web's`,
    })
  }
}

async function* decoded(stream: AsyncIterable<Buffer>, decoder: TextDecoder): AsyncGenerator<Buffer> {
  const decode = (...part: Parameters<TextDecoder['decode']>): Buffer => {
    try {
      return Buffer.from(decoder.decode(...part))
    } catch {
      throw unreadable('body: not text in the charset its sender names; send UTF-8')
    }
  }
  // Not `for await`: it would break the connection of whoever is to be told what is wrong.
  const parts = stream[Symbol.asyncIterator]()
  for (let part = await parts.next(); !part.done; part = await parts.next()) yield decode(part.value, { stream: true })
  const rest = decode()
  if (rest.length > 0) yield rest
}

async function* unpacked(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  // What goes wrong on either side ends both, and is thrown where it is read.
  pipeline(stream, gunzip, () => undefined)
  try {
    for await (const part of gunzip) yield part as Buffer
  } catch (error) {
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw new Fault('unreadable_body', { message: 'body: is no whole gzip, though Content-Encoding says so' })
    throw error
  } finally {
    gunzip.destroy()
  }
}

/** Throws Fault `unsupported_media_type` before anything is read. */
export const textStream = ({
  stream,
  contentType,
  contentEncoding = 'identity',
}: TextStream): AsyncIterable<Buffer> => {
  const packed = contentEncoding.trim().toLowerCase()
  if (packed !== 'identity' && packed !== 'gzip' && packed !== 'x-gzip')
    throw new Fault('unsupported_media_type', { message: 'Content-Encoding: expected gzip, or none' })
  const decoder = decoderOf(contentType)
  const plain = packed === 'identity' ? stream : unpacked(stream)
  return decoder === null ? plain : decoded(plain, decoder)
}
