import type { Clock } from '../base/clock.ts'
import { describeError } from '../base/described-error.ts'
import { isFault } from '../base/faults.ts'
import type { Database, Log } from '../database/pool.ts'
import { toldStatement } from '../journal/append-told.ts'
import { pathOfAlert } from '../lead/alert-place.ts'

/**
 * What somebody should look at. It is found in the tables, written down on the first of its kind, told once, and cleared
 * by itself when it is over: a destination that is down for a night makes one mail, not ten thousand.
 */
export interface Alerts {
  /** Writes down what is new and what is over, and tells of it. */
  round(): Promise<void>
  /** Something has come up that may be one: look soon. */
  hint(): void
  start(): void
  stop(): Promise<void>
}

export interface AlertRow {
  readonly tenantId: string
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly severity: 'warning' | 'error'
  readonly code: string | null
  readonly count: number
  readonly cleared: boolean
}

/** Sends one mail; rejects where it could not. */
export type SendMail = (mail: { readonly to: string; readonly subject: string; readonly text: string }) => Promise<void>

const WORDS: Readonly<Record<string, string>> = {
  dead_letters: 'Deliveries were given up',
  unknown_outcomes: 'Deliveries were sent and not answered: a person must say what became of them',
  destination_paused: 'A destination does not accept our credentials and is paused',
  breaker_open: 'A destination does not answer and is left alone for a while',
  webhook_disabled: 'A webhook asked to be left alone and is switched off',
  webhook_undelivered: 'Events for a webhook were given up',
  job_failed: 'A job failed for good',
}

const EVERY_MS = 5_000
const SOON_MS = 200
/** A mail server that is away, or does not take an address, is not asked more often. */
const MAIL_AGAIN_MS = 60_000

/** The server is there, and said no: as nodemailer tells it. */
const isRefusal = (error: unknown): boolean =>
  typeof (error as { readonly responseCode?: unknown } | null)?.responseCode === 'number'

export const createAlerts = (options: {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  /** Null: no mails are sent here. */
  readonly mail: SendMail | null
  /** To whom a tenant's alerts are mailed. */
  readonly recipients: (tenantId: string) => Promise<readonly string[]>
  /** Where the console is; null: not known. */
  readonly publicUrl: string | null
  /** Webhooks are owed something. */
  readonly onOwed: () => void
}): Alerts => {
  const { database, clock, log, mail, recipients, publicUrl, onOwed } = options
  let timer: NodeJS.Timeout | undefined
  let running = false
  let looking: Promise<void> | null = null
  /** Until when nothing is mailed of a tenant whose addresses are not taken; of all ('') where the server is away. */
  const quiet = new Map<string, number>()

  const mailed = async (row: AlertRow): Promise<boolean> => {
    // What is over is seen in the console: a mail of it would be one more.
    if (mail === null || row.cleared) return true
    if (clock.now() < Math.max(quiet.get('') ?? 0, quiet.get(row.tenantId) ?? 0)) return false
    const what = WORDS[row.kind] ?? row.kind
    const lines = [
      `${what}.`,
      '',
      ...(row.subject === '' ? [] : [`Where: ${row.subject}`]),
      ...(row.code === null ? [] : [`Code: ${row.code}`]),
      ...(publicUrl === null ? [] : [`See: ${publicUrl}${pathOfAlert(row.kind, row.subject)}`]),
      '',
      'You are told once. It is told again when it comes back after it was seen to.',
    ]
    const text = `${lines.join('\n')}\n`
    const subject = `Millrace: ${what}${row.subject === '' ? '' : ` (${row.subject})`}`
    const failed: unknown[] = []
    const to = await recipients(row.tenantId)
    // One whose address is not taken keeps none of the others from being told, nor has them told again and again.
    for (const address of to) await mail({ to: address, subject, text }).catch((error) => failed.push(error))
    const [error] = failed
    if (error === undefined) return true
    const again = failed.length >= to.length
    log.warn(
      { tenant: row.tenantId, errors: describeError(error), failed: failed.length },
      again ? 'an alert could not be mailed; tried again' : 'an alert could not be mailed to everybody',
    )
    if (again) quiet.set(isRefusal(error) ? row.tenantId : '', clock.now() + MAIL_AGAIN_MS)
    return !again
  }

  const isUntold = async (tenantId: string, id: string): Promise<boolean> => {
    const [rows = []] = await database.batch(
      [tenantId],
      [
        {
          name: 'is_alert_untold',
          text: `select 1 as one from millrace.alert where tenant_id = $1::uuid and id = $2::uuid and told_at is null`,
          values: [tenantId, id],
        },
      ],
    )
    return rows.length === 1
  }

  const tell = async (row: AlertRow): Promise<void> => {
    const { tenantId, id, kind, subject, code, cleared } = row
    const now = clock.now()
    const event = { tenantId, subject: id, position: 0, at: now, flow: null, test: false }
    const raised = { ...event, seq: 1, type: 'alert.raised' }
    const over = { ...event, seq: 2, type: 'alert.cleared' }
    // Whoever was to tell that it was raised may have died at it: who hears that it is over has heard that too.
    const told = !cleared ? [raised] : (await isUntold(tenantId, id)) ? [raised, over] : [over]
    await database.batch([tenantId], [toldStatement(told)])
    onOwed()
    if (!(await mailed(row))) return
    if (cleared) log.info({ tenant: tenantId, kind, subject }, 'an alert is over')
    else log.error({ tenant: tenantId, kind, subject, code }, 'an alert was raised: see GET /api/v1/alerts')
    await database.batch(
      [tenantId],
      [
        {
          name: 'note_alert_told',
          text: `update millrace.alert set told_at = coalesce(told_at, $3::timestamptz),
                   cleared_told_at = case when $4::boolean then $3::timestamptz else cleared_told_at end
                 where tenant_id = $1::uuid and id = $2::uuid`,
          values: [tenantId, id, new Date(now), cleared],
        },
      ],
    )
  }

  const round = async (): Promise<void> => {
    const rows = await database.definer<Omit<AlertRow, 'tenantId'> & { readonly tenant_id: string }>({
      name: 'settle_alerts',
      text: `select tenant_id, id, kind, subject, severity, code, count, cleared
             from millrace.settle_alerts($1::timestamptz)`,
      values: [new Date(clock.now())],
    })
    for (const { tenant_id: tenantId, ...row } of rows) await tell({ tenantId, ...row })
  }

  const schedule = (ms: number): void => {
    if (!running || looking) return
    clearTimeout(timer)
    timer = setTimeout(turn, ms)
    timer.unref()
  }

  const turn = (): void => {
    looking = round()
      .catch((error) => {
        if (!isFault(error) || error.code !== 'database_unavailable')
          log.error({ errors: describeError(error) }, 'alerts are behind; tried again')
      })
      .finally(() => {
        looking = null
        schedule(EVERY_MS)
      })
  }

  return {
    round,
    hint: () => schedule(SOON_MS),
    start: () => {
      running = true
      schedule(SOON_MS)
    },
    stop: async () => {
      running = false
      clearTimeout(timer)
      await looking
    },
  }
}
