import { basename } from 'node:path'
import { type CsvHead, HEAD_BYTES_MAX, readHead } from '../../ingest/csv-head.ts'
import { readRows } from '../../ingest/csv-rows.ts'
import type { CsvFile } from './csv-file.ts'

export const headOf = async (handle: CsvFile, file: string): Promise<CsvHead> => {
  const bytes = Buffer.alloc(HEAD_BYTES_MAX)
  const { bytesRead } = await handle.read(bytes, 0, HEAD_BYTES_MAX, 0)
  return readHead(bytes.subarray(0, bytesRead), basename(file))
}

/** The values of the first rows, by column. Rows that cannot be read say nothing. */
export const sampleColumns = async (
  handle: CsvFile,
  head: CsvHead,
  rowsMax: number,
): Promise<{ readonly columns: { readonly header: string; readonly values: string[] }[]; readonly rows: number }> => {
  const columns = head.headers.map((header) => ({ header, values: [] as string[] }))
  let rows = 0
  for await (const { read } of readRows(handle, head, head)) {
    if ('reason' in read) continue
    for (const [index, column] of columns.entries()) column.values.push(read.values[index] ?? '')
    rows += 1
    if (rows >= rowsMax) break
  }
  return { columns, rows }
}
