/** What a deduplication writes: every row of the file, with its person before it and why it is that one. */

import { once } from 'node:events'
import { createWriteStream, renameSync } from 'node:fs'
import { stringify } from 'csv-stringify/sync'
import { type Judgement, reasonsText } from '../../identity/explain.ts'
import { readRows } from '../import/csv-rows.ts'
import type { PeopleFile } from './people-file.ts'

export interface Clustered {
  /** Per row, from 0: the lowest row of its person. */
  readonly clusters: Int32Array
  /** Per row: the line it begins on. */
  readonly lines: readonly number[]
  /** Per row: the row of the same person that it is likest to; -1 where there is none. */
  readonly likest: Int32Array
  /** Of two rows, by their places in the file. */
  readonly judge: (a: number, b: number) => Judgement
}

export interface Counted {
  readonly rows: number
  readonly persons: number
  /** Persons with more than one row. */
  readonly repeated: number
}

const COLUMNS = ['person', 'person_rows', 'line', 'likest_line', 'probability', 'weight', 'because']
const CHUNK_ROWS = 500

/** Written beside first and put in place whole. Readable by its owner only, since it holds what the file holds. */
export const writeClusters = async (people: PeopleFile, out: string, clustered: Clustered): Promise<Counted> => {
  const { clusters, lines, likest } = clustered
  const sizes = new Map<number, number>()
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1)
  const numbers = new Map<number, number>()
  const stream = createWriteStream(`${out}.new`, { mode: 0o600 })
  const write = async (records: readonly (readonly string[])[]): Promise<void> => {
    const text = stringify(records as string[][], { escape_formulas: true, record_delimiter: '\r\n' })
    if (!stream.write(text)) await once(stream, 'drain')
  }
  await write([[...COLUMNS, ...people.head.headers]])
  let chunk: string[][] = []
  let row = 0
  for await (const { read } of readRows(people.handle, people.head, people.head)) {
    if (!('values' in read)) continue
    const cluster = clusters[row] as number
    const number = numbers.get(cluster) ?? numbers.size + 1
    numbers.set(cluster, number)
    const other = likest[row] as number
    const why = other < 0 ? null : clustered.judge(row, other)
    chunk.push([
      String(number),
      String(sizes.get(cluster) ?? 1),
      String(lines[row] ?? ''),
      why ? String(lines[other] ?? '') : '',
      why ? why.probability.toFixed(4) : '',
      why ? why.total.toFixed(1) : '',
      why ? reasonsText(why) : '',
      ...read.values,
    ])
    row += 1
    if (chunk.length < CHUNK_ROWS) continue
    await write(chunk)
    chunk = []
  }
  await write(chunk)
  stream.end()
  await once(stream, 'close')
  renameSync(`${out}.new`, out)
  return { rows: row, persons: numbers.size, repeated: [...sizes.values()].filter((size) => size > 1).length }
}
