import { createHash } from 'node:crypto'
import { Fault } from '../../base/faults.ts'
import { proposeFields, THRESHOLD } from '../../columns/propose.ts'
import type { Config } from '../../config.ts'
import type { House } from '../../house.ts'
import type { CsvHead } from '../../ingest/csv-head.ts'
import { readRows } from '../../ingest/csv-rows.ts'
import type { CompiledFlow, Registries } from '../../kit/flow.ts'
import type { Submission } from '../../runner/types.ts'
import { type Checkpoint, type Checkpoints, checkpointsOf, digestOf, importId } from '../import/checkpoint.ts'
import { type Columns, planColumns, valuesOf } from '../import/columns.ts'
import { type CsvFile, encodingLine, openCsv } from '../import/csv-file.ts'
import { headOf, sampleColumns } from '../import/csv-sample.ts'
import { createProgress, type Progress } from '../import/progress.ts'
import { openRejects, rejectsFileOf } from '../import/rejects.ts'
import { createSender, type Told } from '../import/sender.ts'
import { findTarget } from '../import/target.ts'
import { countAnswer, countUnreadable, jsonOf, newTotals, tableOf } from '../import/totals.ts'
import { createWindow } from '../import/window.ts'
import { tenantOf } from './flow-publish.ts'

export interface ImportOptions {
  readonly file: string
  /** What the file is written in; undefined: it is found out. */
  readonly encoding?: string | undefined
  readonly flow: string
  readonly source: string
  /** `header=field`, each. */
  readonly maps: readonly string[]
  readonly tenant: string | undefined
  readonly json: boolean
  /** Where unreadable rows go; undefined: `<file>.rejects.csv`. */
  readonly rejects: string | undefined
  /** Send all rows again, whatever a checkpoint says. */
  readonly restart: boolean
  readonly config: Config
  readonly registries: Registries
  readonly openHouse: () => Promise<House>
  /** Resolves when somebody wants it to stop. */
  readonly ended: Promise<unknown>
  readonly output: { write(text: string): unknown }
  readonly progress: NodeJS.WriteStream
}

/** Enough that every commit is shared by many rows; more gains nothing. */
const ROWS_IN_FLIGHT = 64
/** Rows that are looked at to say what the columns are. */
const ROWS_SAMPLED = 1_000
/** Finished rows that may wait for a slow one before them. */
const ROWS_AHEAD = 2_048
const CHECKPOINT_EVERY_MS = 1_000
const DRAIN_MS = 10_000
const EXIT_INTERRUPTED = 130
/** Nobody's key: rows are let in by whoever may run commands on the data folder. */
const NO_KEY = '00000000-0000-0000-0000-000000000000'

/** A row that is done: answered, or not to be read. */
interface Done {
  readonly line: number
  readonly end: number
  readonly nextLine: number
  readonly told: Told
  /** Of an unreadable row. */
  readonly bytes: Buffer
}

const NOTHING = Buffer.alloc(0)

/** What an earlier run left; null where this one begins at the first row. */
const checkpointFor = (options: ImportOptions, checkpoints: Checkpoints, columns: Columns): Checkpoint | null => {
  const found = options.restart ? null : checkpoints.read()
  if (!found) return null
  if (JSON.stringify(found.renamed) === JSON.stringify(columns.renamed)) return found
  // With other names the rows are other leads: after a whole import, that is what is asked for.
  if (found.finished) return null
  throw new Fault('invalid_request', {
    message:
      `An import of this file stopped at line ${found.line} with other --map (${found.renamed.join(', ') || 'none'}). ` +
      'Give the same to go on; with --restart all rows are sent as new leads.',
  })
}

const columnsLine = (columns: Columns): string => {
  const taken = columns.taken.map(({ header, fields }) =>
    fields.length === 1 && fields[0] === header ? header : `${header} → ${fields.join(' + ')}`,
  )
  const extra = columns.extra.length > 0 ? `; kept beside: ${columns.extra.join(', ')}` : ''
  const unsure = columns.unsure.map(
    ({ header, fields }) => `"${header}" may be ${fields.join(' or ')}: --map "${header}=${fields[0]}" takes it so.\n`,
  )
  return `Columns: ${taken.join(', ')}${extra}\n${unsure.join('')}`
}

const shortestRetry = (flow: CompiledFlow, { retryDelayMs }: Config): number =>
  Math.min(
    ...[...flow.destinations.values()].map(
      (destination) => destination.policy.retryDelaysMs?.[0] ?? destination.retryDelayMs ?? retryDelayMs,
    ),
  )

interface Run {
  readonly options: ImportOptions
  readonly house: House
  readonly tenantId: string
  readonly handle: CsvFile
  readonly bytes: number
  readonly head: CsvHead
  readonly columns: Columns
  /** The shortest of the flow's destinations. */
  readonly retryDelayMs: number
  /** Of the rows' idempotency keys. */
  readonly name: string
  readonly rejectsFile: string
  readonly checkpoints: Checkpoints
  readonly begun: Checkpoint | null
  readonly stop: AbortController
}

/** Sends what is left of the file; returns how far it came. What broke it off, if anything did, is told beside. */
const send = async (run: Run): Promise<{ readonly reached: Checkpoint; readonly error: unknown }> => {
  const { options, house, head, columns, begun, stop } = run
  const file = run.rejectsFile
  const totals = begun ? structuredClone(begun.totals) : newTotals()
  const from = begun ?? { offset: head.offset, line: head.line }
  const startedAt = performance.now()
  const secondsBefore = totals.seconds
  const rejects = openRejects({
    file,
    from: begun?.rejects.file === file ? begun.rejects.bytes : 0,
  })
  const progress: Progress = createProgress({
    output: options.progress,
    silent: options.json,
    total: run.bytes,
    from: { done: from.offset, rows: totals.rows },
  })
  let at = { offset: from.offset, line: from.line }
  const reached = (finished: boolean): Checkpoint => {
    totals.seconds = secondsBefore + (performance.now() - startedAt) / 1000
    const written = { file, bytes: rejects.size() }
    return { version: 1, renamed: columns.renamed, ...at, finished, totals, rejects: written }
  }
  let savedAt = startedAt
  const sender = createSender({
    runner: house.runner,
    clock: house.clock,
    random: Math.random,
    stop: stop.signal,
    retryDelayMs: run.retryDelayMs,
    onWaiting: (fault) => progress.note(`Waiting: ${fault.message}`),
  })
  const window = createWindow<Done>({
    concurrency: Math.min(ROWS_IN_FLIGHT, options.config.leadsInFlightMax),
    ahead: ROWS_AHEAD,
    onResult: (done) => {
      if ('answer' in done.told) countAnswer(totals, done.told.answer, done.told.isRepeat)
      else {
        rejects.write({ line: done.line, reason: done.told.reason, bytes: done.bytes })
        countUnreadable(totals, { line: done.line, reason: done.told.reason })
      }
      at = { offset: done.end, line: done.nextLine }
      progress.update({ done: done.end, rows: totals.rows })
      if (performance.now() - savedAt < CHECKPOINT_EVERY_MS) return
      savedAt = performance.now()
      run.checkpoints.write(reached(false))
    },
  })
  const source: Submission['source'] = {
    tenantId: run.tenantId,
    keyId: NO_KEY,
    flowId: options.flow,
    sourceId: options.source,
    method: 'session',
  }
  let error: unknown = null
  try {
    for await (const { line, end, nextLine, bytes, read } of readRows(run.handle, head, from)) {
      if (stop.signal.aborted) break
      await window.push(async () => {
        if ('reason' in read) return { line, end, nextLine, told: { reason: read.reason }, bytes }
        const told = await sender({
          source,
          format: 'csv',
          mode: 'sync',
          // With the header it can be read by itself, years later.
          raw: `${head.text}\n${bytes.toString('utf8')}`,
          values: valuesOf(columns, read.values),
          test: false,
          idempotencyKey: `${run.name}:${line}`,
          ip: null,
          userAgent: 'millrace import',
          receivedAt: 0,
        })
        return told && { line, end, nextLine, told, bytes: 'reason' in told ? bytes : NOTHING }
      })
    }
    await window.drained()
  } catch (thrown) {
    error = thrown
    stop.abort()
    await window.drained().catch(() => undefined)
  }
  progress.end()
  const finished = error === null && !stop.signal.aborted
  const result = reached(finished)
  run.checkpoints.write(result)
  rejects.close()
  return { reached: result, error }
}

const report = (options: ImportOptions, reached: Checkpoint, encoding: string): void => {
  const rejectsFile = reached.totals.unreadableCount > 0 ? reached.rejects.file : null
  options.output.write(
    options.json
      ? `${JSON.stringify(jsonOf(reached.totals, { encoding, rejectsFile, finished: reached.finished }))}\n`
      : tableOf(reached.totals, rejectsFile),
  )
}

const importFile = async (options: ImportOptions, handle: CsvFile, stop: AbortController): Promise<number> => {
  const tell = (text: string): void => {
    if (!options.json) options.progress.write(text)
  }
  const rejectsFile = rejectsFileOf(options.file, options.rejects)
  const head = await headOf(handle, options.file)
  const before = await handle.stat()
  const house = await options.openHouse()
  try {
    const tenantId = await tenantOf(house, options.tenant)
    const { flow, source } = await findTarget({ ...options, house, tenantId })
    const { columns: samples } = await sampleColumns(handle, head, ROWS_SAMPLED)
    const now = house.clock.now()
    const proposals = proposeFields(samples, { country: flow.country, now, threshold: THRESHOLD })
    const columns = planColumns({ headers: head.headers, maps: options.maps, proposals, flow, source })
    const digest = await digestOf(handle, () => stop.signal.aborted)
    if (digest === null) return EXIT_INTERRUPTED
    const id = importId({ digest, tenantId, flow: flow.id, source: source.id })
    const checkpoints = checkpointsOf(options.config.dataDir, id)
    const begun = checkpointFor(options, checkpoints, columns)
    if (begun?.finished) {
      tell('This file was imported before: no row is sent. --restart asks again what became of each.\n')
      report(options, begun, handle.encoding)
      return 0
    }
    tell(encodingLine(handle) + columnsLine(columns))
    if (begun) tell(`Going on at line ${begun.line}, after ${begun.totals.rows} rows.\n`)
    const naming = createHash('sha256')
      .update(JSON.stringify([digest, columns.renamed]))
      .digest('hex')
    // Leads that an interrupted run left unfinished are taken up here, where no server runs.
    house.sweeper.start()
    const { reached, error } = await send({
      options,
      house,
      tenantId,
      handle,
      bytes: before.size,
      head,
      columns,
      retryDelayMs: shortestRetry(flow, options.config),
      name: `import:${naming}`,
      rejectsFile,
      checkpoints,
      begun,
      stop,
    })
    report(options, reached, handle.encoding)
    if (error !== null) throw error
    const after = await handle.stat()
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs)
      throw new Fault('invalid_request', {
        message: `${options.file} was changed while it was read: rows may be missing or half. Import the file as it is now.`,
      })
    if (reached.finished) return 0
    tell(`Stopped before line ${reached.line}. Run the same command again to go on.\n`)
    return EXIT_INTERRUPTED
  } finally {
    await house.close(DRAIN_MS)
  }
}

/**
 * Sends the rows of a CSV file through a flow, as its source would. Exit code 0 when all rows are done, 130 where it was
 * stopped, 2 where it cannot be done.
 *
 * Each row has an idempotency key made of the file's content, the `--map` and its line: however often it is sent, it is
 * one lead. The checkpoint only spares the sending.
 */
export const runImport = async (options: ImportOptions): Promise<number> => {
  if (!options.config.batchProcessing)
    throw new Fault('setting_invalid', { message: 'Imports are switched off here: ENABLE_BATCH_PROCESSING=false' })
  const stop = new AbortController()
  void options.ended.then(() => stop.abort())
  const handle = await openCsv(options.file, options.encoding)
  try {
    return await importFile(options, handle, stop)
  } finally {
    await handle.close()
  }
}
