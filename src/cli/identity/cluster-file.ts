/** What a deduplication writes: every row of the file, with its person before it and why it is that one. */

import { once } from 'node:events'
import { createWriteStream, renameSync } from 'node:fs'
import { stringify } from 'csv-stringify/sync'
import { type Judgement, reasonsText } from '../../identity/explain.ts'
import { readRows } from '../../ingest/csv-rows.ts'
import type { PeopleFile } from './people-file.ts'

export interface Clustered {
  /** Per row, from 0: the lowest row of its person. */
  readonly clusters: Int32Array
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
const LEAD_COLUMNS = ['person', 'person_rows', 'lead_id', 'likest_lead', 'probability', 'weight', 'because']
const CHUNK_ROWS = 500

/** Numbers persons in the order in which they are met. `names`: what a row is called, its line or its id. */
const describer = ({ clusters, likest, judge }: Clustered, names: readonly (number | string)[]) => {
  const sizes = new Map<number, number>()
  for (const cluster of clusters) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1)
  const numbers = new Map<number, number>()
  return {
    of: (row: number): string[] => {
      const cluster = clusters[row] as number
      const number = numbers.get(cluster) ?? numbers.size + 1
      numbers.set(cluster, number)
      const other = likest[row] as number
      const why = other < 0 ? null : judge(row, other)
      return [
        String(number),
        String(sizes.get(cluster) ?? 1),
        String(names[row] ?? ''),
        why ? String(names[other] ?? '') : '',
        why ? why.probability.toFixed(4) : '',
        why ? why.total.toFixed(1) : '',
        why ? reasonsText(why) : '',
      ]
    },
    counted: (rows: number): Counted => ({
      rows,
      persons: numbers.size,
      repeated: [...sizes.values()].filter((size) => size > 1).length,
    }),
  }
}

/** Written beside first and put in place whole. Readable by its owner only, since it holds what the file holds. */
const writer = (out: string) => {
  const stream = createWriteStream(`${out}.new`, { mode: 0o600 })
  return {
    write: async (records: readonly (readonly string[])[]): Promise<void> => {
      const text = stringify(records as string[][], { escape_formulas: true, record_delimiter: '\r\n' })
      if (!stream.write(text)) await once(stream, 'drain')
    },
    end: async (): Promise<void> => {
      stream.end()
      await once(stream, 'close')
      renameSync(`${out}.new`, out)
    },
  }
}

export const writeClusters = async (
  people: PeopleFile,
  out: string,
  lines: readonly number[],
  clustered: Clustered,
): Promise<Counted> => {
  const described = describer(clustered, lines)
  const file = writer(out)
  await file.write([[...COLUMNS, ...people.head.headers]])
  let chunk: string[][] = []
  let row = 0
  for await (const { read } of readRows(people.handle, people.head, people.head)) {
    if (!('values' in read)) continue
    chunk.push([...described.of(row), ...read.values])
    row += 1
    if (chunk.length < CHUNK_ROWS) continue
    await file.write(chunk)
    chunk = []
  }
  await file.write(chunk)
  await file.end()
  return described.counted(row)
}

/** Ids alone: what the leads hold stays sealed. */
export const writeLeadClusters = async (
  out: string,
  ids: readonly string[],
  clustered: Clustered,
): Promise<Counted> => {
  const described = describer(clustered, ids)
  const file = writer(out)
  await file.write([LEAD_COLUMNS])
  for (let from = 0; from < ids.length; from += CHUNK_ROWS)
    await file.write(ids.slice(from, from + CHUNK_ROWS).map((_, at) => described.of(from + at)))
  await file.end()
  return described.counted(ids.length)
}
