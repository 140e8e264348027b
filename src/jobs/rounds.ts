import { describeError } from '../base/described-error.ts'
import type { Log } from '../database/pool.ts'
import { isPassing } from '../journal/anchors.ts'

/** Something that is looked after every second, one look at a time. */
export interface Rounds {
  start(): void
  stop(): Promise<void>
}

const EVERY_MS = 1_000

export const createRounds = (options: {
  readonly name: string
  readonly look: () => Promise<void>
  /** Ends what the looks have begun. */
  readonly stop: () => Promise<void>
  readonly log: Log
}): Rounds => {
  const { name, look, stop, log } = options
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running: Promise<void> = Promise.resolve()

  const run = (): void => {
    running = look()
      .catch((error) => {
        if (!isPassing(error)) log.error({ errors: describeError(error) }, `${name} failed; it is tried again`)
      })
      .finally(() => {
        if (stopped) return
        timer = setTimeout(run, EVERY_MS)
        timer.unref()
      })
  }

  return {
    start: () => {
      timer = setTimeout(run, EVERY_MS)
      timer.unref()
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      const ended = stop()
      await running
      await ended
    },
  }
}
