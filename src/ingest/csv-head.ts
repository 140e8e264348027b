import { Fault } from '../base/faults.ts'
import { countQuotes, DELIMITERS, type Delimiter, readRecord } from './csv-grammar.ts'
import { KEYS_MAX } from './limits.ts'

/** What the first bytes of a file say about the rest. */
export interface CsvHead {
  readonly headers: readonly string[]
  /** The header as it stands in the file, without its line end. */
  readonly text: string
  readonly delimiter: Delimiter
  /** The last byte of a line end: a carriage return only where the file has no line feed. */
  readonly newline: '\n' | '\r'
  /** Where the first row begins: its byte, and its line from 1. */
  readonly offset: number
  readonly line: number
}

/** The header stands in so many bytes. */
export const HEAD_BYTES_MAX = 256 * 1024

const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const startsWith = (bytes: Buffer, ...start: number[]): boolean => start.every((byte, index) => bytes[index] === byte)

/** The delimiter that occurs most outside quotes; a comma where none does. */
const sniff = (text: string): Delimiter => {
  const bare = text.replace(/"[^"]*"/g, '')
  let best: Delimiter = ','
  let most = 0
  for (const delimiter of DELIMITERS) {
    const count = bare.split(delimiter).length - 1
    if (count > most) {
      best = delimiter
      most = count
    }
  }
  return best
}

const named = (values: readonly string[], file: string): readonly string[] => {
  const headers = values.map((value, index) => (value === '' ? `column_${index + 1}` : value))
  const seen = new Map<string, number>()
  for (const [index, header] of headers.entries()) {
    const before = seen.get(header)
    if (before !== undefined)
      throw wrong(
        `${file}: the header "${header}" stands twice, in columns ${before + 1} and ${index + 1}. Rename one of them.`,
      )
    seen.set(header, index)
  }
  return headers
}

/** Reads the header out of a file's first bytes. Throws Fault `invalid_request`, one line, where it is no CSV. */
export const readHead = (bytes: Buffer, file: string): CsvHead => {
  if (bytes.length === 0) throw wrong(`${file} is empty: expected a header line and rows.`)
  if (startsWith(bytes, 0x50, 0x4b, 0x03, 0x04))
    throw wrong(`${file} is a ZIP archive or a workbook: save the sheet as CSV in UTF-8.`)
  const newline = bytes.includes(0x0a) || !bytes.includes(0x0d) ? '\n' : '\r'
  const end = newline.charCodeAt(0)
  let offset = startsWith(bytes, 0xef, 0xbb, 0xbf) ? 3 : 0
  let line = 1
  let start = offset
  for (;;) {
    const found = bytes.indexOf(end, offset)
    if (found < 0 && bytes.length >= HEAD_BYTES_MAX)
      throw wrong(`${file}: no header in its first ${HEAD_BYTES_MAX / 1024} KiB.`)
    offset = found < 0 ? bytes.length : found + 1
    line += 1
    const record = bytes.subarray(start, found < 0 ? bytes.length : found)
    const text = record.toString('utf8').replace(/\r$/, '')
    if (text.trim() === '' && found >= 0) {
      start = offset
      continue
    }
    if (text.trim() === '') throw wrong(`${file} is empty: expected a header line and rows.`)
    if (countQuotes(record) % 2 === 1 && found >= 0) continue
    const delimiter = sniff(text)
    const read = readRecord(record, delimiter, newline)
    if ('reason' in read) throw wrong(`${file}: the header cannot be read. ${read.reason}.`)
    if (read.values.length > KEYS_MAX)
      throw wrong(`${file} has ${read.values.length} columns: at most ${KEYS_MAX} are read.`)
    return { headers: named(read.values, file), text, delimiter, newline, offset, line }
  }
}
