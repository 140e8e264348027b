import { MACHINE, type Machine, type SteeredClock } from '../base/clock.ts'
import type { Database } from './pool.ts'
import type { Log } from './statement.ts'

/**
 * Follows the database's clock. Several machines serve from one database, and each has a clock of its own: one that is
 * an hour ahead would take up what is not due, count in the caps of tomorrow, and sign a day that others still write to.
 *
 * Only what is wrong for sure is put right: by more than the answer took, and than one machine's clock is good for.
 */
export interface ServerTime {
  /** Measures anew where it is time to, or where the machine's clock was set. */
  look(): Promise<void>
  close(): Promise<void>
}

const LOOK_MS = 5_000
const EVERY_MS = 60_000
const SAMPLES = 3
const CLOSE_ENOUGH_MS = 250
/** Worth telling whoever minds the machine. */
const TOLD_FROM_MS = 2_000

export const followServerTime = async (options: {
  readonly database: Database
  readonly clock: SteeredClock
  readonly log: Log
  readonly machine?: Machine
}): Promise<ServerTime> => {
  const { database, clock, log, machine = MACHINE } = options
  /** What the machine's clock says beyond the time that has passed: it changes only where the clock is set. */
  const setting = (): number => machine.wall() - machine.passed()
  let measuredAt = Number.NEGATIVE_INFINITY
  let measuredUnder = 0
  let running: Promise<void> = Promise.resolve()

  const sample = async (): Promise<{ readonly aheadMs: number; readonly withinMs: number }> => {
    const wall = machine.wall()
    const passed = machine.passed()
    const [row] = await database.definer<{ ms: number }>({
      name: 'server_time',
      text: 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
    })
    const withinMs = (machine.passed() - passed) / 2
    return { aheadMs: Number(row?.ms) - wall - withinMs, withinMs }
  }

  const measure = async (): Promise<void> => {
    const under = setting()
    let best = await sample()
    for (let n = 1; n < SAMPLES; n += 1) {
      const next = await sample()
      if (next.withinMs < best.withinMs) best = next
    }
    // Set in between: what was measured is of neither setting.
    if (Math.abs(setting() - under) > CLOSE_ENOUGH_MS) return
    measuredAt = machine.passed()
    measuredUnder = under
    const { aheadMs, withinMs } = best
    if (Math.abs(aheadMs - clock.aheadMs()) <= withinMs + CLOSE_ENOUGH_MS) return
    if (Math.abs(aheadMs - clock.aheadMs()) > TOLD_FROM_MS)
      log.warn({ ahead_ms: Math.round(aheadMs) }, "this machine's clock is not the database's, which is followed")
    clock.steer(aheadMs)
  }

  const look = async (): Promise<void> => {
    const due = machine.passed() - measuredAt >= EVERY_MS || Math.abs(setting() - measuredUnder) > CLOSE_ENOUGH_MS
    if (due) await measure()
  }

  await measure()
  const timer = setInterval(() => {
    // Away: it goes on as it was steered last.
    running = running.then(look).catch(() => undefined)
  }, LOOK_MS)
  timer.unref()
  return {
    look,
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}
