import type { Clock } from '../base/clock.ts'
import type { Database } from '../database/pool.ts'
import type { Lane } from './lane.ts'
import { noteFirstDeadLetter } from './store.ts'

/**
 * Notes a destination's first dead letter, and no other until all of them were seen to, and has somebody look for alerts
 * at once: what is raised there is told there.
 */
export const createDeadLetterAlert = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly onFirst: () => void
}): ((lane: Lane) => void) => {
  const { database, clock, onFirst } = options
  return (lane) => {
    noteFirstDeadLetter(database, lane, clock.now()).then(
      (first) => {
        if (first) onFirst()
      },
      () => undefined,
    )
  }
}
