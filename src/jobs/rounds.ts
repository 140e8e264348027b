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
  /** Resolves when what the looks have begun has ended. */
  readonly idle: () => Promise<void>
  readonly log: Log
}): Rounds => {
  const { name, look, idle, log } = options
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running: Promise<void> = Promise.resolve()

  const run = (): void => {
    running = look()
      .catch((error) => {
        if (!isPassing(error))
          log.error({ error: error instanceof Error ? error.name : 'unknown' }, `${name} failed; it is tried again`)
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
      await running
      await idle().catch(() => undefined)
    },
  }
}
