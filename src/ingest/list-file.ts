import { Fault } from '../base/faults.ts'
import { nearest, oneOf } from '../flow/nearest.ts'
import { type CsvHead, HEAD_BYTES_MAX, readHead } from './csv-head.ts'
import { type ByteSource, readRows } from './csv-rows.ts'
import { type EntryReading, entryReader } from './list-entries.ts'

/** A file of values for a list: a value a line, or CSV with a header and the values in some of its columns. */

export interface ListFileOptions extends EntryReading {
  /** What it is called in messages. */
  readonly name: string
  /** Headers of the columns that hold the values; empty: the only one there is. */
  readonly columns: readonly string[]
}

export interface ListRow {
  /** Where it begins, from 1. */
  readonly line: number
  /** The first byte after it. */
  readonly end: number
  /** As it stands there, without its line end. */
  readonly bytes: Buffer
  readonly read: { readonly entry: string } | { readonly reason: string }
}

/** Where in a row the values stand. */
const columnsOf = (headers: readonly string[], asked: readonly string[]): number[] => {
  if (asked.length === 0) {
    if (headers.length === 1) return [0]
    throw new Fault('invalid_request', {
      message: `The file has ${headers.length} columns: say which column holds the values (${headers.join(', ')})`,
    })
  }
  return asked.map((name) => {
    const at = headers.findIndex((header) => header.trim().toLowerCase() === name.toLowerCase())
    if (at >= 0) return at
    const near = nearest(name, headers)
    throw new Fault('invalid_request', {
      message: `There is no column "${name}".${near === null ? '' : ` Did you mean "${near}"?`} Expected ${oneOf(headers)}.`,
    })
  })
}

const headOf = async (source: ByteSource, name: string): Promise<CsvHead> => {
  const bytes = Buffer.alloc(HEAD_BYTES_MAX)
  const { bytesRead } = await source.read(bytes, 0, HEAD_BYTES_MAX, 0)
  return readHead(bytes.subarray(0, bytesRead), name)
}

const NO_VALUE = { reason: 'no value that is read' } as const

/** Its rows in order; throws Fault `invalid_request` where it is no such file. The first line may be a value, too. */
export async function* listRows(source: ByteSource, options: ListFileOptions): AsyncGenerator<ListRow> {
  const read = entryReader(options)
  const head = await headOf(source, options.name)
  const columns = columnsOf(head.headers, options.columns)
  const entryOf = (values: readonly string[]): string | null => read(columns.map((at) => values[at] ?? ''))
  // The first line of a file without a header is a value like any other.
  const first = entryOf(head.headers)
  if (first !== null)
    yield { line: head.line - 1, end: head.offset, bytes: Buffer.from(head.text), read: { entry: first } }
  for await (const { line, end, bytes, read: row } of readRows(source, head, head)) {
    const entry = 'reason' in row ? null : entryOf(row.values)
    yield { line, end, bytes, read: 'reason' in row ? row : entry === null ? NO_VALUE : { entry } }
  }
}
