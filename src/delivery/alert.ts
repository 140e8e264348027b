import type { Clock } from '../base/clock.ts'
import type { FaultCode } from '../base/faults.ts'
import type { Database, Log } from '../database/pool.ts'
import type { Lane } from './lane.ts'
import { noteFirstDeadLetter } from './store.ts'

/**
 * Tells of a destination's first dead letter, and of no other until all of them were seen to: a destination that is
 * down for a night makes one line, not ten thousand.
 */
export const createDeadLetterAlert = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly onFirst: () => void
}): ((lane: Lane, code: FaultCode) => void) => {
  const { database, clock, log, onFirst } = options
  return (lane, code) => {
    noteFirstDeadLetter(database, lane, clock.now()).then(
      (first) => {
        if (!first) return
        onFirst()
        log.error(
          { tenant: lane.tenantId, flow: lane.flowId, destination: lane.destination, code },
          'first dead letter of a destination: see GET /api/v1/dead-letters',
        )
      },
      () => undefined,
    )
  }
}
