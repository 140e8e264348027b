import { countQuotes, type Delimiter, type ReadRecord, readRecord } from './csv-grammar.ts'
import type { CsvHead } from './csv-head.ts'
import { BODY_BYTES_MAX } from './limits.ts'

/** Bytes in UTF-8, read part by part from the beginning on, or from where one likes. */
export interface ByteSource {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>
}

/** One row of a file: its values, or why it has none. */
export interface CsvRow {
  /** Where it begins, from 1. */
  readonly line: number
  /** The first byte, and the first line, after it. */
  readonly end: number
  readonly nextLine: number
  /** As it stands in the file, without its line end; cut where the row is too long. */
  readonly bytes: Buffer
  readonly read: ReadRecord
}

interface Line {
  readonly number: number
  readonly bytes: Buffer
  readonly end: number
  /** Longer than a row may be: `bytes` is its beginning. */
  readonly cut: boolean
}

/** A row is as large as a submission may be, whichever way it comes. */
const ROW_BYTES_MAX = BODY_BYTES_MAX
/** A quoted value that spans more lines than this is a quote that was never closed. */
const ROW_LINES_MAX = 10_000
const CHUNK_BYTES = 256 * 1024

/** The lines of a file from a byte on, line ends included. Of a line that is too long only the beginning is kept. */
async function* readLines(
  handle: ByteSource,
  from: { readonly offset: number; readonly line: number },
  newline: number,
): AsyncGenerator<Line> {
  let position = from.offset
  let number = from.line
  let held: Buffer[] = []
  let heldBytes = 0
  let lineBytes = 0
  const keep = (part: Buffer): void => {
    lineBytes += part.length
    const room = ROW_BYTES_MAX - heldBytes
    if (room <= 0) return
    held.push(part.subarray(0, room))
    heldBytes += Math.min(part.length, room)
  }
  const take = (end: number): Line => {
    const [only] = held
    const bytes = held.length === 1 && only ? only : Buffer.concat(held)
    const line: Line = { number, bytes, end, cut: lineBytes > heldBytes }
    held = []
    heldBytes = 0
    lineBytes = 0
    number += 1
    return line
  }
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position)
    if (bytesRead === 0) break
    const part = chunk.subarray(0, bytesRead)
    let start = 0
    for (let at = part.indexOf(newline); at >= 0; at = part.indexOf(newline, start)) {
      keep(part.subarray(start, at + 1))
      start = at + 1
      yield take(position + start)
    }
    keep(part.subarray(start))
    position += bytesRead
  }
  if (lineBytes > 0) yield take(position)
}

const LINE_END = new Set([0x0a, 0x0d])

const withoutEnd = (bytes: Buffer): Buffer => {
  let end = bytes.length
  while (end > 0 && LINE_END.has(bytes[end - 1] as number)) end -= 1
  return bytes.subarray(0, end)
}

/** Delimiters alone are a row of blanks, not a blank line. */
const isBlank = (bytes: Buffer, delimiter: Delimiter): boolean =>
  bytes.every((byte) => byte === 0x20 || (byte === 0x09 && delimiter !== '\t'))

/**
 * The rows of a file from one of them on, in memory bounded by the largest row. Blank lines are no rows.
 *
 * A record ends with the first line after which its quotes are even in number. Where that makes no row, because a quote
 * was never closed or stands where it may not, the record's first line alone is given up as unreadable and its other
 * lines are read anew: one bad quote costs its own row, not the rest of the file.
 */
export async function* readRows(
  handle: ByteSource,
  head: CsvHead,
  from: { readonly offset: number; readonly line: number },
): AsyncGenerator<CsvRow> {
  const lines = readLines(handle, from, head.newline.charCodeAt(0))
  /** Lines to be read anew, the next one last. */
  const again: Line[] = []
  const next = async (): Promise<Line | null> => {
    const known = again.pop()
    if (known) return known
    const { value, done } = await lines.next()
    return done ? null : value
  }
  const judge = (bytes: Buffer): ReadRecord => {
    const read = readRecord(bytes, head.delimiter, head.newline)
    if ('reason' in read || read.values.length === head.headers.length) return read
    return { reason: `${read.values.length} columns where the header has ${head.headers.length}` }
  }

  for (;;) {
    const first = await next()
    if (!first) return
    const record: Line[] = [first]
    let isOdd = countQuotes(first.bytes) % 2 === 1
    let size = first.bytes.length
    let isCut = first.cut
    while (isOdd && !isCut && size <= ROW_BYTES_MAX && record.length < ROW_LINES_MAX) {
      const more = await next()
      if (!more) break
      record.push(more)
      isOdd = (countQuotes(more.bytes) % 2 === 1) !== isOdd
      size += more.bytes.length
      isCut = more.cut
    }
    const bytes = withoutEnd(record.length === 1 ? first.bytes : Buffer.concat(record.map((line) => line.bytes)))
    const last = record.at(-1) ?? first
    if (record.length === 1 && !first.cut) {
      if (isBlank(bytes, head.delimiter)) continue
      yield { line: first.number, end: first.end, nextLine: first.number + 1, bytes, read: judge(bytes) }
      continue
    }
    if (!isOdd && !isCut && size <= ROW_BYTES_MAX) {
      const read = judge(bytes)
      if ('values' in read) {
        yield { line: first.number, end: last.end, nextLine: last.number + 1, bytes, read }
        continue
      }
    }
    for (const line of record.slice(1).reverse()) again.push(line)
    const alone = withoutEnd(first.bytes)
    const why = first.cut ? { reason: `Longer than ${ROW_BYTES_MAX / 1024} KiB` } : judge(alone)
    const read: ReadRecord = 'reason' in why ? why : { reason: 'A quote is opened and never closed' }
    yield { line: first.number, end: first.end, nextLine: first.number + 1, bytes: alone, read }
  }
}
