import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/described-error.ts'
import { isFault } from '../base/faults.ts'
import type { Database, Log } from '../database/pool.ts'

/**
 * Keeps the figures of leads and their deliveries up to date: `millrace.fold_figures` makes anew the minutes and hours in
 * which a lead was written since its last call. A figure so is always what counting the leads would give, whatever was
 * done to them in whatever order; it is behind by the time between two calls. Any number of processes may call: one does
 * the work.
 *
 * Calls of destinations, which are counted by the minute, become part of their hour once it is long over.
 */
export interface FigureFolder {
  start(): void
  /** Folds until nothing is left to do. */
  now(): Promise<void>
  stop(): Promise<void>
}

/** Hours for which minutes are kept, besides the one that runs. */
const RECENT_HOURS = 3
/** Hours of long ago that one call makes anew: bounds its transaction. */
const HOURS_MAX = 200
const EVERY_MS = 1_000
/** Rows of minutes that one call makes part of their hours, and how often it is looked for them. */
const CALLS_MAX = 20_000
const CALLS_EVERY_MS = 600_000
const HOUR_MS = 3_600_000
/** Hours of calls kept by the minute, besides the one that runs: whoever reads an hour's calls takes one for granted. */
const CALL_HOURS = 2
/** At most this part of the time is spent on it, however many leads come in. */
const SHARE = 0.1

export const createFigureFolder = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}): FigureFolder => {
  const { database, clock, log } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isStopped = false

  /** How many minutes and hours were made anew; null where another process is at it. */
  const fold = async (): Promise<number | null> => {
    const [row] = await database.definer<{ made: number | null }>({
      name: 'fold_figures',
      text: 'select millrace.fold_figures($1::timestamptz, $2::integer, $3::integer)::float8 as made',
      values: [new Date(clock.now()), RECENT_HOURS, HOURS_MAX],
    })
    return row?.made ?? null
  }

  /** How many minutes became part of their hour. */
  const foldCalls = async (): Promise<number> => {
    const before = (Math.floor(clock.now() / HOUR_MS) - CALL_HOURS) * HOUR_MS
    const [row] = await database.definer<{ folded: number }>({
      name: 'fold_calls',
      text: 'select millrace.fold_calls($1::timestamptz, $2::integer)::float8 as folded',
      values: [new Date(before), CALLS_MAX],
    })
    return row?.folded ?? 0
  }

  let callsDue = 0
  const turn = async (): Promise<void> => {
    await fold()
    if (performance.now() < callsDue) return
    if ((await foldCalls()) < CALLS_MAX) callsDue = performance.now() + CALLS_EVERY_MS
  }

  const run = (): void => {
    const begun = performance.now()
    running = turn()
      .then(
        () => undefined,
        (error) => {
          if (!isFault(error) || error.code !== 'database_unavailable')
            log.error({ errors: describeError(error) }, 'figures are behind; tried again')
        },
      )
      .then(() => {
        if (isStopped) return
        const tookMs = performance.now() - begun
        timer = setTimeout(run, Math.max(EVERY_MS, tookMs / SHARE - tookMs))
        timer.unref()
      })
  }

  return {
    start: () => {
      timer = setTimeout(run, EVERY_MS)
      timer.unref()
    },
    now: async () => {
      while (((await fold()) ?? 0) > 0);
      while ((await foldCalls()) > 0);
    },
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
      clearTimeout(timer)
    },
  }
}
