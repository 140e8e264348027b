import { own } from '../../base/own.ts'
import type { BatchRow } from '../../kit/destination.ts'
import { textOf } from '../../kit/values.ts'
import type { FilesSettings } from './settings.ts'

/** The text of a file: pure, so that it is the same when it is written again. */

const columnsOf = (rows: readonly BatchRow[]): readonly string[] => {
  const names = new Set<string>()
  for (const { payload } of rows) for (const name of Object.keys(payload)) names.add(name)
  return [...names]
}

/** RFC 4180. A value that a spreadsheet would run as a formula is kept from that by a quote before it. */
const cell = (text: string, delimiter: string): string => {
  const safe = /^[=+@\t\r-]/.test(text) && !/^\+?[\d\s().-]+$/.test(text) ? `'${text}` : text
  return safe.includes(delimiter) || /["\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const contentOf = (rows: readonly BatchRow[], settings: FilesSettings): string => {
  if (settings.format === 'jsonl') {
    const picked = ({ payload }: BatchRow) =>
      settings.columns === undefined
        ? payload
        : Object.fromEntries(settings.columns.map((name) => [name, own(payload, name) ?? null]))
    return rows.map((row) => `${JSON.stringify(picked(row))}\n`).join('')
  }
  const delimiter = settings.delimiter ?? ','
  const columns = settings.columns ?? columnsOf(rows)
  const line = (cells: readonly string[]) => `${cells.map((text) => cell(text, delimiter)).join(delimiter)}\r\n`
  const header = settings.header === false ? '' : line(columns)
  return header + rows.map(({ payload }) => line(columns.map((name) => textOf(own(payload, name))))).join('')
}
