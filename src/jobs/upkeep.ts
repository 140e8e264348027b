import { anchorAudit } from '../audit/verify.ts'
import { eachByItself } from '../base/by-itself.ts'
import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/described-error.ts'
import { type Database, type Log, sqlState } from '../database/pool.ts'
import { type CalledBy, tidyDeparted } from '../delivery/departed.ts'
import { anchorTenant, isPassing } from '../journal/anchors.ts'
import type { Keyring } from '../journal/keyring.ts'
import { clearExpired } from './clearing.ts'
import { putSchedule } from './schedules.ts'

/** What must be done now and then, by whichever process comes first: partitions ahead of time, anchors behind it. */
export interface Upkeep {
  start(): void
  /** One round, now. */
  round(): Promise<void>
  /** The part of a round that removes deleted tenants and what is over of others, and measures limited ones. */
  tendTenants(): Promise<void>
  stop(): Promise<void>
}

/** Calls are counted by the minute; what is older than a month is let go at night. */
const TIDY = { name: 'delivery.tidy', task: 'delivery.tidy', payload: {}, cron: '17 3 * * *', zone: 'UTC' } as const

const EVERY_MS = 10 * 60_000
/** Months of journal partitions that stand ready. */
const PARTITION_MONTHS = 3
/** Answers to requests with an Idempotency-Key. */
const ANSWERS_KEPT_MS = 86_400_000
/** Sessions and links that are over, and tries of logins, are looked at for a week at most. */
const LOGINS_KEPT_MS = 7 * 86_400_000

const CHECK_VIOLATION = '23514'

/**
 * Month by month: where a clock was months ahead for a while, what it wrote stands among what no partition takes, and that
 * month goes without one of its own.
 */
const ensurePartitions = async (database: Database, now: number): Promise<void> => {
  const today = new Date(now)
  for (let ahead = 0; ahead < PARTITION_MONTHS; ahead += 1) {
    const month = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1))
    try {
      await database.definer({
        name: 'ensure_partitions',
        text: 'select millrace.ensure_partitions($1::date, 1)',
        values: [month.toISOString().slice(0, 10)],
      })
    } catch (error) {
      if (sqlState(error) !== CHECK_VIOLATION) throw error
    }
  }
}

interface TendedTenant {
  readonly id: string
  readonly deleted_at: number | null
  readonly limit_storage_bytes: number | null
  readonly storage_measured_at: number | null
}

/** A measure reads the tenant's whole journal. */
const STORAGE_EVERY_MS = 3_600_000
const PURGED_AT_ONCE = 1_000

const purge = async (database: Database, tenantId: string): Promise<void> => {
  for (;;) {
    const [row] = await database.definer<{ gone: number }>({
      name: 'purge_tenant',
      text: 'select millrace.purge_tenant($1::uuid, $2::integer) as gone',
      values: [tenantId, PURGED_AT_ONCE],
    })
    if (!row?.gone) return
  }
}

const measure = async (database: Database, tenantId: string, now: number): Promise<void> => {
  await database.batch(
    [tenantId],
    [
      {
        name: 'measure_storage',
        text: `update millrace.tenant t set storage_measured_at = $2::timestamptz, storage_bytes = (
                 select coalesce(sum(octet_length(s.events) + coalesce(octet_length(s.sealed), 0)), 0)
                 from millrace.segment s where s.tenant_id = $1::uuid),
                 config_epoch = config_epoch + 1
               where t.id = $1::uuid`,
        values: [tenantId, new Date(now)],
      },
    ],
  )
}

export const createUpkeep = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: Clock
  readonly log: Log
  readonly calledBy: CalledBy
}): Upkeep => {
  const { database, keyring, clock, log, calledBy } = options
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const round = async (): Promise<void> => {
    const now = clock.now()
    await ensurePartitions(database, now)
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
    await database.definer({
      name: 'clear_idempotency',
      text: 'select millrace.clear_idempotency($1::timestamptz)',
      values: [new Date(now - ANSWERS_KEPT_MS)],
    })
    const tenants = await database.definer<{ id: string }>({
      name: 'find_tenants',
      text: 'select id from millrace.find_tenants()',
    })
    await eachByItself(tenants, async ({ id }) => {
      await keyring.ensureAuditKey(id, now)
      await anchorTenant({ database, keyring, tenantId: id, now })
      await anchorAudit({ database, keyring, tenantId: id, now })
      await database.batch([id], [putSchedule({ tenantId: id, ...TIDY }, now)])
    })
  }

  /** What deleted tenants left, and what is over of others, goes bit by bit; what limited ones keep is measured. */
  const tendTenants = async (): Promise<void> => {
    const now = clock.now()
    const tenants = await database.definer<TendedTenant>({
      name: 'list_tenants',
      text: 'select * from millrace.list_tenants()',
    })
    await eachByItself(tenants, async ({ id, deleted_at, limit_storage_bytes: limit, storage_measured_at: at }) => {
      if (deleted_at !== null) return purge(database, id)
      await clearExpired(database, id, now)
      await tidyDeparted(database, id, calledBy)
      if (limit !== null && (at ?? 0) < now - STORAGE_EVERY_MS) await measure(database, id, now)
    })
  }

  const run = (): void => {
    running = eachByItself([round, tendTenants], (part) => part()).catch((error) => {
      if (!isPassing(error)) log.error({ errors: describeError(error) }, 'upkeep failed; it is tried again')
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
    tendTenants,
    stop: async () => {
      clearTimeout(timer)
      await running
      clearTimeout(timer)
    },
  }
}
