import { texts } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'

/** Alerts as people see them and see to them. */
export interface Alert {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly severity: 'warning' | 'error'
  readonly code: string | null
  readonly count: number
  readonly raisedAt: number
  readonly acknowledgedAt: number | null
  readonly acknowledgedBy: string | null
  readonly clearedAt: number | null
}

export const ALERT_STATES = ['open', 'acknowledged', 'cleared'] as const
export type AlertState = (typeof ALERT_STATES)[number]

export const stateOfAlert = ({ clearedAt, acknowledgedAt }: Alert): AlertState =>
  clearedAt !== null ? 'cleared' : acknowledgedAt !== null ? 'acknowledged' : 'open'

const alertOf = (row: Readonly<Record<string, unknown>>): Alert => ({
  id: row.id as string,
  kind: row.kind as string,
  subject: row.subject as string,
  severity: row.severity as Alert['severity'],
  code: row.code as string | null,
  count: row.count as number,
  raisedAt: row.raised_at as number,
  acknowledgedAt: row.acknowledged_at as number | null,
  acknowledgedBy: row.acknowledged_by as string | null,
  clearedAt: row.cleared_at as number | null,
})

const READ = `select id, kind, subject, severity, code, count, raised_at, acknowledged_at, acknowledged_by, cleared_at
  from millrace.alert`

/** Newest first. No states: all of them. */
export const listAlerts = async (
  database: Database,
  tenantId: string,
  asked: { readonly states: readonly AlertState[]; readonly limit: number },
): Promise<Alert[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_alerts',
        text: `${READ} where tenant_id = $1::uuid and (cardinality($2::text[]) = 0 or
                 case when cleared_at is not null then 'cleared' when acknowledged_at is not null then 'acknowledged'
                   else 'open' end = any ($2::text[]))
               order by raised_at desc, id limit $3::integer`,
        values: [tenantId, texts([...asked.states]), asked.limit],
      },
    ],
  )
  return rows.map(alertOf)
}

export const findAlert = async (database: Database, tenantId: string, id: string): Promise<Alert | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [{ name: 'find_alert', text: `${READ} where tenant_id = $1::uuid and id = $2::uuid`, values: [tenantId, id] }],
  )
  return rows[0] ? alertOf(rows[0]) : null
}

/** Somebody has seen it; who did first stands. */
export const acknowledgeAlert = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly by: string; readonly now: number },
): Promise<Alert | null> => {
  const { tenantId, id, by, now } = asked
  await database.batch(
    [tenantId],
    [
      {
        name: 'acknowledge_alert',
        text: `update millrace.alert set acknowledged_at = $3::timestamptz, acknowledged_by = $4
               where tenant_id = $1::uuid and id = $2::uuid and acknowledged_at is null`,
        values: [tenantId, id, new Date(now), by],
      },
    ],
  )
  return findAlert(database, tenantId, id)
}

/** Sealed under the tenant's key, among its secrets: addresses of persons. */
export const ALERT_EMAILS = 'alert/emails'

/** Whom a tenant's alerts are mailed to where it has not said so: whoever owns or administers it. Sealed addresses. */
export const ownersOf = async (database: Database, tenantId: string): Promise<Buffer[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_owners',
        text: `select sealed from millrace.login
               where tenant_id = $1::uuid and enabled and role in ('owner', 'admin') order by id limit 50`,
        values: [tenantId],
      },
    ],
  )
  return rows.map((row) => row.sealed as Buffer)
}

export const readAlertEmails = async (database: Database, tenantId: string): Promise<Buffer | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_alert_emails',
        text: 'select sealed from millrace.secret where tenant_id = $1::uuid and name = $2',
        values: [tenantId, ALERT_EMAILS],
      },
    ],
  )
  return (rows[0]?.sealed as Buffer | undefined) ?? null
}

/** Null: as if nobody had said anything. */
export const writeAlertEmails = async (
  database: Database,
  asked: { readonly tenantId: string; readonly sealed: Buffer | null; readonly now: number },
): Promise<void> => {
  const { tenantId, sealed, now } = asked
  await database.batch(
    [tenantId],
    [
      sealed === null
        ? {
            name: 'remove_alert_emails',
            text: 'delete from millrace.secret where tenant_id = $1::uuid and name = $2',
            values: [tenantId, ALERT_EMAILS],
          }
        : {
            name: 'set_alert_emails',
            text: `insert into millrace.secret (tenant_id, name, sealed, updated_at)
         values ($1::uuid, $2::text, $3::bytea, $4::timestamptz)
         on conflict (tenant_id, name) do update set sealed = excluded.sealed, updated_at = excluded.updated_at`,
            values: [tenantId, ALERT_EMAILS, sealed, new Date(now)],
          },
    ],
  )
}
