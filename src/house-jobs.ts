import type { Audit } from './audit/audit.ts'
import type { Clock } from './base/clock.ts'
import type { Database } from './database/pool.ts'
import { tidyMinutes } from './delivery/tidy.ts'
import type { Feed } from './feed/feed.ts'
import { SEND_AGAIN_TASK } from './feed/send-again.ts'
import { tidyTold } from './feed/telling.ts'
import type { Handlers } from './jobs/jobs.ts'
import type { Keyring, MasterKeys } from './journal/keyring.ts'
import { pruneTenant } from './keys/prune.ts'
import { type DeadLetterRuns, TASK_OF } from './runner/dead-letter-runs.ts'

/** What jobs do, by the name of their task. */
export const jobHandlers = (options: {
  readonly database: Database
  readonly audit: Pick<Audit, 'recordIn'>
  readonly clock: Clock
  readonly deadLetters: () => DeadLetterRuns
  readonly told: Pick<Feed, 'sendAgain'>
  readonly keyring: Keyring
  readonly master: { readonly keys: MasterKeys }
}): Handlers => {
  const { database, audit, clock, deadLetters, told, keyring, master } = options
  const goOn: Handlers[string] = ({ tenantId, payload }) => deadLetters().goOn({ tenantId, run: String(payload.run) })
  return {
    [TASK_OF.replay]: goOn,
    [TASK_OF.discard]: goOn,
    [SEND_AGAIN_TASK]: told.sendAgain.goOn,
    'delivery.tidy': async ({ tenantId }) => {
      await tidyMinutes(database, tenantId, clock.now())
      await tidyTold(database, tenantId, clock.now())
      await pruneTenant({
        database,
        keyring,
        master: master.keys,
        tenantId,
        now: clock.now(),
        record: (tx, entry) => audit.recordIn(tx, [{ ...entry, actor: { kind: 'system', id: 'keys' } }]),
      })
    },
  }
}
