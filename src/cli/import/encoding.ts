import { isAscii, isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { Fault } from '../../base/faults.ts'
import type { ByteSource } from '../../ingest/csv-rows.ts'

/**
 * What a text file is written in, and the file as UTF-8.
 *
 * A byte-order mark says it. Without one, a file whose letters beyond ASCII are UTF-8 is UTF-8; one where they are not is
 * taken for Windows-1252, which is what Excel writes in the Americas and in Western Europe, and of which ISO 8859-1 is a
 * part. A few broken rows in a UTF-8 file do not make it another: those rows are told one by one.
 */

/** As the Encoding Standard names it. */
export type Encoding = string

const CHUNK_BYTES = 256 * 1024
/** Lines with letters beyond ASCII that are looked at, and how far into the file: more would say the same. */
const EVIDENCE_MAX = 10_000
const LOOKED_AT_BYTES_MAX = 256 * 1024 * 1024

const UTF16 = new Set(['utf-16le', 'utf-16be'])

/** Each byte is one letter. */
const isSingleByte = (label: string): boolean => {
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  return [...new TextDecoder(label).decode(every)].length === every.length
}

/** What `--encoding` says. Throws Fault `invalid_request`. */
export const readEncoding = (asked: string): Encoding => {
  const wrong = (why: string): Fault =>
    new Fault('invalid_request', {
      message: `--encoding ${asked}: ${why}. Expected utf-8, utf-16le, utf-16be, windows-1252, iso-8859-2, macintosh or another of one byte a letter.`,
    })
  let label: string
  try {
    label = new TextDecoder(asked).encoding
  } catch {
    throw wrong('there is no such encoding')
  }
  if (label === 'utf-8' || UTF16.has(label) || isSingleByte(label)) return label
  throw wrong('it cannot be read part by part: save the file as UTF-8')
}

type Raw = Pick<FileHandle, 'read'>

const readAt = async (raw: Raw, position: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.allocUnsafe(length)
  const { bytesRead } = await raw.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** UTF-16 without a mark: every other byte of Latin text is 0. */
const looksUtf16 = (start: Buffer): Encoding | null => {
  if (start.length < 4) return null
  const zeros = [0, 0]
  for (const [at, byte] of start.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  const most = start.length * 0.3
  if (odd > most && even === 0) return 'utf-16le'
  return even > most && odd === 0 ? 'utf-16be' : null
}

/** By the lines that hold letters beyond ASCII: whether they are UTF-8. */
const looksUtf8 = async (raw: Raw): Promise<boolean> => {
  let are = 0
  let areNot = 0
  let held: Buffer = Buffer.alloc(0)
  const judge = (line: Buffer): void => {
    if (isAscii(line)) return
    if (isUtf8(line)) are += 1
    else areNot += 1
  }
  for (let position = 0; position < LOOKED_AT_BYTES_MAX && are + areNot < EVIDENCE_MAX; ) {
    const chunk = await readAt(raw, position, CHUNK_BYTES)
    if (chunk.length === 0) break
    position += chunk.length
    if (held.length === 0 && isAscii(chunk)) continue
    const text = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    let start = 0
    for (let end = text.indexOf(0x0a); end >= 0; end = text.indexOf(0x0a, start)) {
      judge(text.subarray(start, end))
      start = end + 1
    }
    // A line that does not end is judged in parts: a letter cut in two is one piece of evidence among many.
    held = text.length - start > CHUNK_BYTES ? Buffer.alloc(0) : Buffer.from(text.subarray(start))
  }
  judge(held)
  return are >= areNot
}

export const detectEncoding = async (raw: Raw): Promise<Encoding> => {
  const start = await readAt(raw, 0, 4096)
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8'
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const wide = looksUtf16(start)
  if (wide !== null) return wide
  // A workbook is told as one, not read as letters.
  if (start[0] === 0x50 && start[1] === 0x4b) return 'utf-8'
  return (await looksUtf8(raw)) ? 'utf-8' : 'windows-1252'
}

interface Block {
  /** Where it begins in the file, and in the text as UTF-8. */
  readonly raw: number
  readonly text: number
}

/** The file as UTF-8, decoded block by block: what is held is one block, and where each begins. */
export const decodedSource = (
  raw: Raw,
  encoding: Encoding,
): ByteSource & { /** Of the whole text. */ readonly size: () => Promise<number> } => {
  const blocks: Block[] = [{ raw: 0, text: 0 }]
  let last: { readonly index: number; readonly bytes: Buffer } | null = null
  let isWhole = false

  const load = async (index: number): Promise<Buffer> => {
    if (last?.index === index) return last.bytes
    const { raw: from, text } = blocks[index] as Block
    let part = await readAt(raw, from, CHUNK_BYTES)
    if (UTF16.has(encoding) && part.length === CHUNK_BYTES) {
      // A letter of two units stays in one block.
      const high = encoding === 'utf-16le' ? part[part.length - 1] : part[part.length - 2]
      if (high !== undefined && high >= 0xd8 && high <= 0xdb) part = part.subarray(0, -2)
    }
    const bytes = Buffer.from(new TextDecoder(encoding, { ignoreBOM: from > 0 }).decode(part), 'utf8')
    if (blocks.length === index + 1) {
      if (part.length === 0) isWhole = true
      else blocks.push({ raw: from + part.length, text: text + bytes.length })
    }
    last = { index, bytes }
    return bytes
  }

  /** The block that holds this byte of the text; the last, empty one beyond the end. */
  const blockAt = async (position: number): Promise<number> => {
    while (!isWhole && (blocks.at(-1)?.text ?? 0) <= position) await load(blocks.length - 1)
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((blocks[middle]?.text ?? 0) <= position) low = middle
      else high = middle - 1
    }
    return low
  }

  return {
    read: async (buffer, offset, length, position) => {
      let bytesRead = 0
      while (bytesRead < length) {
        const index = await blockAt(position + bytesRead)
        const bytes = await load(index)
        const from = position + bytesRead - (blocks[index]?.text ?? 0)
        if (from >= bytes.length) break
        bytesRead += bytes.copy(buffer, offset + bytesRead, from, from + length - bytesRead)
      }
      return { bytesRead }
    },
    size: async () => {
      await blockAt(Number.MAX_SAFE_INTEGER)
      return blocks.at(-1)?.text ?? 0
    },
  }
}
