/** A CSV file of persons, read into a table to link: what each column means is found, or said by `--map` and `--drop`. */
import { basename } from 'node:path'
import { Fault } from '../../base/faults.ts'
import { nearest } from '../../flow/nearest.ts'
import { ROLES, type Role, roleOf, rolesOf } from '../../identity/roles.ts'
import { createSchema } from '../../identity/schema.ts'
import { createTableBuilder, type Table } from '../../identity/table.ts'
import type { CsvHead } from '../../ingest/csv-head.ts'
import { readRows } from '../../ingest/csv-rows.ts'
import { type CsvFile, openCsv } from '../import/csv-file.ts'
import { headOf } from '../import/csv-sample.ts'

export interface PeopleOptions {
  readonly file: string
  /** What the file is written in; undefined: it is found out. */
  readonly encoding?: string | undefined
  /** `header=field`, each; the field may be a role or a field of a flow, `none` leaves the column out. */
  readonly maps: readonly string[]
  /** Headers left out. */
  readonly drop: readonly string[]
  /** ISO 3166-1 alpha-2: decides between day and month first, and between states. */
  readonly country: string
  /** Milliseconds since 1970: what two-digit years count from. */
  readonly now: number
}

export interface PeopleFile {
  readonly handle: CsvFile
  readonly head: CsvHead
  readonly bytes: number
  /** By column. */
  readonly roles: readonly Role[]
}

const SAMPLE_ROWS = 2_000
/** Row numbers and value numbers are packed into one number with another: so many rows fit. */
export const ROWS_MAX = 4_000_000

const wrong = (message: string): Fault => new Fault('invalid_request', { message })

const headerIn = (headers: readonly string[], asked: string, flag: string, file: string): string => {
  if (headers.includes(asked)) return asked
  const near = nearest(asked, headers)
  const meant = near === null ? '' : ` Did you mean "${near}"?`
  throw wrong(`${flag} ${asked}: ${basename(file)} has no such column.${meant} It has: ${headers.join(', ')}`)
}

const mapsOf = (options: PeopleOptions, headers: readonly string[]): Map<string, Role> => {
  const maps = new Map<string, Role>()
  for (const map of options.maps) {
    const at = map.lastIndexOf('=')
    const header = map.slice(0, at).trim()
    const field = map.slice(at + 1).trim()
    if (at < 1 || field === '') throw wrong(`--map ${map}: expected header=field`)
    const role = roleOf(field)
    if (role === undefined) throw wrong(`--map ${map}: no field "${field}" to match by. There are: ${ROLES.join(', ')}`)
    maps.set(headerIn(headers, header, '--map', options.file), role)
  }
  for (const header of options.drop) maps.set(headerIn(headers, header, '--drop', options.file), 'none')
  return maps
}

/** Opens a file and says what its columns mean. The caller closes the handle. Throws Fault `invalid_request`. */
export const openPeople = async (options: PeopleOptions): Promise<PeopleFile> => {
  const handle = await openCsv(options.file, options.encoding)
  try {
    const stat = await handle.stat()
    const head = await headOf(handle, options.file)
    const maps = mapsOf(options, head.headers)
    const samples: string[][] = head.headers.map(() => [])
    let rows = 0
    for await (const { read } of readRows(handle, head, head)) {
      if (!('values' in read)) continue
      for (const [column, values] of samples.entries()) values.push(read.values[column] ?? '')
      rows += 1
      if (rows >= SAMPLE_ROWS) break
    }
    const roles = rolesOf(
      head.headers.map((header, column) => ({ header, values: samples[column] ?? [] })),
      maps,
    )
    if (roles.every((role) => role === 'none'))
      throw wrong(`${basename(options.file)}: no column to match by. Name some: --map header=field`)
    return { handle, head, bytes: stat.size, roles }
  } catch (error) {
    await handle.close()
    throw error
  }
}

export interface ReadPeople {
  readonly table: Table
  /** Line of each row of the table, in the file's order. */
  readonly lines: readonly number[]
  /** Lines that could not be read. */
  readonly unreadable: readonly number[]
}

/** Reads all rows. `onRow` gets each row's values, in the file's order. */
export const readPeople = async (
  people: PeopleFile,
  options: PeopleOptions & {
    readonly onRow?: (values: readonly string[], line: number) => void
    readonly onProgress?: (now: { readonly bytes: number; readonly rows: number }) => void
    readonly isStopped?: () => boolean
  },
): Promise<ReadPeople> => {
  const builder = createTableBuilder(createSchema(people.roles, options))
  const lines: number[] = []
  const unreadable: number[] = []
  for await (const { line, end, read } of readRows(people.handle, people.head, people.head)) {
    if (options.isStopped?.()) break
    if ('reason' in read) {
      unreadable.push(line)
      continue
    }
    if (lines.length >= ROWS_MAX)
      throw wrong(
        `${basename(options.file)} has more than ${ROWS_MAX} rows: split it, for instance by country or state`,
      )
    builder.add(read.values)
    lines.push(line)
    options.onRow?.(read.values, line)
    options.onProgress?.({ bytes: end, rows: lines.length })
  }
  return { table: builder.build(), lines, unreadable }
}
