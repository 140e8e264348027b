import type { Database } from '../database/pool.ts'

/** What a webhook is owed and was sent, as people look at it, and how they have it sent again. */

export interface EventRow {
  readonly subject: string
  readonly seq: number
  readonly position: number
  readonly type: string
  readonly state: string
  readonly attempts: number
  readonly code: string | null
  readonly status: number | null
  readonly at: number
  readonly next_at: number
}

export const readEvents = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly state: string | null; readonly limit: number },
): Promise<EventRow[]> => {
  const [rows = []] = await database.batch(
    [asked.tenantId],
    [
      {
        name: 'read_webhook_events',
        text: `select subject, seq, position, type, state, attempts, code, status, at, next_at
               from millrace.webhook_event
               where tenant_id = $1::uuid and webhook_id = $2::uuid and ($3::text is null or state = $3::text)
               order by at desc, subject, seq desc, position desc limit $4::integer`,
        values: [asked.tenantId, asked.id, asked.state, asked.limit],
      },
    ],
  )
  return rows as never
}

/** All that was given up is owed again, with all its attempts; gives how many. */
export const replayDead = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly now: number },
): Promise<number> => {
  const [rows = []] = await database.batch(
    [asked.tenantId],
    [
      {
        name: 'replay_webhook_events',
        text: `with again as (
                 update millrace.webhook_event
                 set state = 'waiting', next_at = $3::timestamptz, attempts = 0, code = null, at = at
                 where tenant_id = $1::uuid and webhook_id = $2::uuid and state = 'dead' returning 1
               ) select count(*)::integer as n from again`,
        values: [asked.tenantId, asked.id, new Date(asked.now)],
      },
    ],
  )
  return (rows[0]?.n as number | undefined) ?? 0
}

/** Whatever kept its calls from going out is lifted: somebody has mended it. */
export const reachAgain = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly flow: string; readonly now: number },
): Promise<void> => {
  await database.batch(
    [asked.tenantId],
    [
      {
        name: 'lift_webhook_hold',
        text: `delete from millrace.hold where tenant_id = $1::uuid and scope = 'destination' and name = $2`,
        values: [asked.tenantId, `${asked.flow}/${asked.id}`],
      },
      {
        name: 'close_webhook_breaker',
        text: `delete from millrace.destination_state
               where tenant_id = $1::uuid and flow_id = $2 and destination = $3`,
        values: [asked.tenantId, asked.flow, asked.id],
      },
      {
        name: 'webhook_due_now',
        text: `update millrace.webhook_event set next_at = $3::timestamptz
               where tenant_id = $1::uuid and webhook_id = $2::uuid and state = 'waiting'
                 and next_at > $3::timestamptz`,
        values: [asked.tenantId, asked.id, new Date(asked.now)],
      },
    ],
  )
}

const SENT_KEPT_MS = 3 * 86_400_000
const DEAD_KEPT_MS = 30 * 86_400_000

/** Lets go of what was sent some days ago, and of what was given up, or never asked for, a month ago. */
export const tidyTold = async (database: Database, tenantId: string, now: number): Promise<void> => {
  await database.batch(
    [tenantId],
    [
      {
        name: 'tidy_webhook_events',
        text: `delete from millrace.webhook_event
               where tenant_id = $1::uuid and ((state = 'sent' and at < $2::timestamptz) or at < $3::timestamptz)`,
        values: [tenantId, new Date(now - SENT_KEPT_MS), new Date(now - DEAD_KEPT_MS)],
      },
      {
        name: 'tidy_alerts',
        text: `delete from millrace.alert where tenant_id = $1::uuid and cleared_at < $2::timestamptz`,
        values: [tenantId, new Date(now - DEAD_KEPT_MS)],
      },
    ],
  )
}
