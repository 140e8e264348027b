import { anchorAudit } from '../audit/verify.ts'
import type { Clock } from '../base/clock.ts'
import type { Database, Log } from '../database/pool.ts'
import { anchorTenant, isPassing } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import { putSchedule } from './schedules.ts'

/** What must be done now and then, by whichever process comes first: partitions ahead of time, anchors behind it. */
export interface Upkeep {
  start(): void
  /** One round, now. */
  round(): Promise<void>
  stop(): Promise<void>
}

/** Calls are counted by the minute; what is older than a month is let go at night. */
const TIDY = { name: 'delivery.tidy', task: 'delivery.tidy', payload: {}, cron: '17 3 * * *', zone: 'UTC' } as const

const EVERY_MS = 10 * 60_000
/** Months of journal partitions that stand ready. */
const PARTITION_MONTHS = 3
/** Sessions and links that are over, and tries of logins, are looked at for a week at most. */
const LOGINS_KEPT_MS = 7 * 86_400_000

export const createUpkeep = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
}): Upkeep => {
  const { database, keyring, clock, log } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const round = async (): Promise<void> => {
    const now = clock.now()
    await database.definer({
      name: 'ensure_partitions',
      text: 'select millrace.ensure_partitions($1::date, $2::integer)',
      values: [new Date(now).toISOString().slice(0, 10), PARTITION_MONTHS],
    })
    await database.definer({
      name: 'clear_logins',
      text: 'select millrace.clear_logins($1::timestamptz)',
      values: [new Date(now - LOGINS_KEPT_MS)],
    })
    await database.definer({
      name: 'clear_quota',
      text: 'select millrace.clear_quota($1::timestamptz)',
      values: [new Date(now)],
    })
    const tenants = await database.definer<{ id: string }>({
      name: 'find_tenants',
      text: 'select id from millrace.find_tenants()',
    })
    for (const { id } of tenants) {
      await anchorTenant({ database, keyring, tenantId: id, now })
      await anchorAudit({ database, keyring, tenantId: id, now })
      await database.batch([id], [putSchedule({ tenantId: id, ...TIDY }, now)])
    }
  }

  const run = (): void => {
    running = round().catch((error) => {
      if (!isPassing(error))
        log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'upkeep failed; it is tried again')
    })
    running.finally(() => {
      timer = setTimeout(run, EVERY_MS)
      timer.unref()
    })
  }

  return {
    start: () => {
      timer = setTimeout(run, 1_000)
      timer.unref()
    },
    round,
    stop: async () => {
      clearTimeout(timer)
      await running
      clearTimeout(timer)
    },
  }
}
