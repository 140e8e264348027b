import { describeError } from '../base/described-error.ts'
import { isFault } from '../base/faults.ts'
import type { Log } from '../database/pool.ts'

/** Something done now and then, by whichever process comes first; done twice, it does no harm. */
export interface Chore {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<unknown>
}

/** Does what requests of persons leave to be done: tells recipients, carries on erasures, lets go what is old. */
export interface Keeper {
  start(): void
  /** All chores, now, in order. */
  round(): Promise<void>
  stop(): Promise<void>
}

const FIRST_MS = 1_000

export const createKeeper = (options: { readonly chores: readonly Chore[]; readonly log: Log }): Keeper => {
  const { chores, log } = options
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const later = (chore: Chore, ms: number): void => {
    if (stopped) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      const run = chore
        .run()
        .then(
          () => undefined,
          (error: unknown) => {
            const code = isFault(error) ? error.code : error instanceof Error ? error.name : 'unknown'
            if (code !== 'database_unavailable')
              log.error({ chore: chore.name, code, errors: describeError(error) }, 'a chore failed; it is done again')
          },
        )
        .finally(() => {
          running.delete(run)
          later(chore, chore.everyMs)
        })
      running.add(run)
    }, ms)
    timer.unref()
    timers.add(timer)
  }

  return {
    start: () => {
      for (const chore of chores) later(chore, FIRST_MS)
    },
    round: async () => {
      for (const chore of chores) await chore.run()
    },
    stop: async () => {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}
