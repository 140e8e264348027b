import { basename } from 'node:path'
import { Fault } from '../../base/faults.ts'
import { readDurationMs } from '../../flow/durations.ts'
import type { House } from '../../house.ts'
import { listRows } from '../../ingest/list-file.ts'
import { type CsvFile, encodingLine, openCsv } from '../import/csv-file.ts'
import { createProgress } from '../import/progress.ts'
import { openRejects, rejectsFileOf } from '../import/rejects.ts'
import { asOperator, changing } from '../operator-change.ts'
import { tenantOf } from './flow-publish.ts'

export interface ListsImportOptions {
  readonly file: string
  /** What the file is written in; undefined: it is found out. */
  readonly encoding?: string | undefined
  readonly list: string
  /** Headers of the columns that hold the values; empty: the only one there is. */
  readonly columns: readonly string[]
  readonly types: readonly string[]
  readonly country: string
  readonly expires: string | undefined
  readonly label: string | undefined
  readonly tenant: string | undefined
  readonly rejects: string | undefined
  readonly json: boolean
  readonly openHouse: () => Promise<House>
  /** Resolves when somebody wants it to stop. */
  readonly ended: Promise<unknown>
  readonly output: { write(text: string): unknown }
  readonly progress: NodeJS.WriteStream
}

/** Rows of one statement: a larger one gains nothing, and all of them are held in memory. */
const BATCH = 10_000
/** While one is written, the next is read. */
const IN_FLIGHT = 2
const LIST_ID = /^[A-Za-z0-9][\w.-]{0,99}$/
const EXIT_INTERRUPTED = 130

const ensureList = async (house: House, options: ListsImportOptions, tenantId: string): Promise<void> => {
  const { list, label } = options
  await asOperator(
    tenantId,
    () => ({ action: 'list.import', resource: 'lists', resourceId: list }),
    () =>
      changing(house).batch(
        [tenantId],
        [
          {
            text: `insert into millrace.suppression_list (tenant_id, id, label, created_at) values ($1::uuid, $2, $3, $4::timestamptz)
               on conflict do nothing`,
            values: [tenantId, list, label ?? list, new Date(house.clock.now())],
          },
          {
            text: 'update millrace.tenant set config_epoch = config_epoch + 1 where id = $1::uuid',
            values: [tenantId],
          },
        ],
      ),
  )
  house.lists.forget(tenantId)
}

interface Counts {
  rows: number
  added: number
  rejected: number
  finished: boolean
}

const importRows = async (
  options: ListsImportOptions,
  asked: {
    readonly house: House
    readonly handle: CsvFile
    readonly tenantId: string
    readonly expiresMs: number | null
  },
): Promise<Counts & { readonly rejectsFile: string | null }> => {
  const { house, handle, tenantId, expiresMs } = asked
  const now = house.clock.now()
  const types = options.types.length === 0 ? null : options.types
  const { size } = await handle.stat()
  const file = rejectsFileOf(options.file, options.rejects)
  const rejects = openRejects({ file, from: 0 })
  const counts: Counts = { rows: 0, added: 0, rejected: 0, finished: false }
  const progress = createProgress({
    output: options.progress,
    silent: options.json,
    total: size,
    from: { done: 0, rows: 0 },
  })
  let stopped = false
  void options.ended.then(() => {
    stopped = true
  })

  const writing = new Set<Promise<void>>()
  const write = async (entries: readonly string[], end: number): Promise<void> => {
    const answer = await house.lists.add({
      tenantId,
      list: options.list,
      entries,
      expiresAt: expiresMs === null ? null : now + expiresMs,
      now,
    })
    if (answer === null) throw new Fault('not_found', { message: `The list "${options.list}" was removed meanwhile` })
    counts.added += answer.added
    progress.update({ done: end, rows: counts.rows })
  }
  const start = async (entries: readonly string[], end: number): Promise<void> => {
    const one: Promise<void> = write(entries, end).finally(() => writing.delete(one))
    writing.add(one)
    if (writing.size >= IN_FLIGHT) await Promise.race(writing)
  }

  try {
    let batch: string[] = []
    let end = 0
    const reading = { name: basename(options.file), columns: options.columns, types, country: options.country, now }
    for await (const row of listRows(handle, reading)) {
      if (stopped) break
      end = row.end
      counts.rows += 1
      if ('reason' in row.read) {
        counts.rejected += 1
        rejects.write({ line: row.line, reason: row.read.reason, bytes: row.bytes })
        continue
      }
      batch.push(row.read.entry)
      if (batch.length < BATCH) continue
      await start(batch, end)
      batch = []
    }
    if (batch.length > 0) await start(batch, end)
    await Promise.all(writing)
    counts.finished = !stopped
    return { ...counts, rejectsFile: counts.rejected > 0 ? file : null }
  } finally {
    await Promise.allSettled(writing)
    progress.end()
    rejects.close()
  }
}

const n = (count: number): string => count.toLocaleString('en-US')

/**
 * Adds the values of a file to a list, in parts: a run that was stopped has added what it had read, and run again it adds
 * the rest. Exit code 0 when the file was read to its end, 130 where it was stopped, 2 where it cannot be done.
 */
export const runListsImport = async (options: ListsImportOptions): Promise<number> => {
  if (!LIST_ID.test(options.list))
    throw new Fault('invalid_request', {
      message: `--list: expected letters, digits, ., - and _, not "${options.list}"`,
    })
  const expiresMs = options.expires === undefined ? null : readDurationMs(options.expires)
  if (options.expires !== undefined && expiresMs === null)
    throw new Fault('invalid_request', {
      message: `--expires: expected a duration such as 90d, not "${options.expires}"`,
    })
  const handle = await openCsv(options.file, options.encoding)
  try {
    const house = await options.openHouse()
    try {
      const tenantId = await tenantOf(house, options.tenant)
      await ensureList(house, options, tenantId)
      if (!options.json) options.progress.write(encodingLine(handle))
      const begun = performance.now()
      const done = await importRows(options, { house, handle, tenantId, expiresMs })
      const seconds = Math.round((performance.now() - begun) / 100) / 10
      const { rows, added, rejected, finished, rejectsFile } = done
      options.output.write(
        options.json
          ? `${JSON.stringify({ list: options.list, rows, added, rejected, encoding: handle.encoding, rejects_file: rejectsFile, finished, seconds })}\n`
          : `${n(rows)} rows read in ${seconds} s: ${n(added)} added, ${n(rows - added - rejected)} stood there already, ${n(rejected)} rejected${rejectsFile === null ? '' : ` (${rejectsFile})`}.\n${finished ? '' : 'Stopped. Run the same command again to add the rest.\n'}`,
      )
      return finished ? 0 : EXIT_INTERRUPTED
    } finally {
      await house.close(0)
    }
  } finally {
    await handle.close()
  }
}
