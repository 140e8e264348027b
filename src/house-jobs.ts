import type { Clock } from './base/clock.ts'
import type { Database } from './database/pool.ts'
import { tidyMinutes } from './delivery/tidy.ts'
import { tidyTold } from './feed/telling.ts'
import type { Handlers } from './jobs/jobs.ts'
import { REPLAY_TASK, type Replays } from './runner/replays.ts'

/** What jobs do, by the name of their task. */
export const jobHandlers = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly replays: () => Replays
}): Handlers => {
  const { database, clock, replays } = options
  return {
    [REPLAY_TASK]: ({ tenantId, payload }) => replays().goOn({ tenantId, run: String(payload.run) }),
    'delivery.tidy': async ({ tenantId }) => {
      await tidyMinutes(database, tenantId, clock.now())
      await tidyTold(database, tenantId, clock.now())
    },
  }
}
