import { delayMs } from '../base/backoff.ts'
import { eachByItself } from '../base/by-itself.ts'
import type { Clock } from '../base/clock.ts'
import { type FaultCode, isFault } from '../base/faults.ts'
import type { Database, Log } from '../database/pool.ts'
import { type Keyring, openUnderTenant } from '../journal/keyring.ts'
import type { AttemptResult, Call, CallAnswer, ForgetInput } from '../kit/destination.ts'
import type { CompiledDestination } from '../kit/flow.ts'
import { dueLanes, type Told, takeNotices } from './notices-due.ts'
import { noticeOf, settleRequest } from './requests.ts'
import type { Notice } from './types.ts'

/**
 * Tells destinations that received a lead what a person asked for, and keeps what they answered. Telling twice does no
 * harm, so a notice whose answer was lost is simply told again, with growing pauses, until it is acknowledged.
 */
export interface Notices {
  /** Tells what is due. Gives how many were told. */
  round(): Promise<number>
  /** A person says that the destination has done it. False: there is no such notice, or it is settled. */
  acknowledge(asked: { readonly tenantId: string; readonly id: string; readonly by: string }): Promise<boolean>
}

const RETRY_BASE_MS = 60_000
const RETRY_MAX_MS = 6 * 3_600_000
const CALLS_MAX = 5
/** Of one whose destination is stopped. */
const HELD_MS = 60_000

/** How a destination of a published version is found and what its calls need. */
export interface NoticeTools {
  readonly destination: (
    tenantId: string,
    named: Pick<Notice, 'flow' | 'flowVersion' | 'destination'>,
  ) => Promise<CompiledDestination | null>
  /** Whether nothing may be told it now, and until when, as far as that is known; null: it may. */
  readonly stopped: (
    tenantId: string,
    named: Pick<Notice, 'flow' | 'destination'>,
  ) => { readonly until: number | null } | null
  /** Sends a call with its credential. Rejects with a Fault. */
  readonly send: (tenantId: string, destination: CompiledDestination, call: Call) => Promise<CallAnswer>
}

export const createNotices = (options: {
  readonly database: Database
  readonly keyring: Keyring
  readonly clock: Clock
  readonly tools: NoticeTools
  readonly random: () => number
  readonly log: Log
}): Notices => {
  const { database, keyring, clock, tools, random, log } = options

  const tell = async (tenantId: string, destination: CompiledDestination, input: ForgetInput) => {
    const program = destination.type.forget?.(input, destination.settings as never) ?? null
    if (program === null) return null
    let step: IteratorResult<Call, AttemptResult> = program.next()
    for (let calls = 0; !step.done && calls < CALLS_MAX; calls += 1) {
      step = program.next(await tools.send(tenantId, destination, step.value))
    }
    return step.done ? step.value : null
  }

  const settle = async (
    tenantId: string,
    notice: Notice,
    end: { readonly status: Notice['status']; readonly code: string | null; readonly nextAt: number },
  ): Promise<void> => {
    const now = clock.now()
    await database.batch(
      [tenantId],
      [
        {
          name: 'notice_settle',
          text: `update millrace.recipient_notice
                 set status = $3, code = $4, next_at = $5::timestamptz,
                     told_at = case when $3 = 'manual' then told_at else $6::timestamptz end,
                     acknowledged_at = case when $3 = 'acknowledged' then $6::timestamptz end,
                     acknowledged_by = case when $3 = 'acknowledged' then 'destination' end,
                     sealed = case when $3 = 'acknowledged' then null else sealed end
                 where tenant_id = $1::uuid and id = $2::uuid and status = 'due'`,
          values: [tenantId, notice.id, end.status, end.code, new Date(end.nextAt), new Date(now)],
        },
        settleRequest(tenantId, notice.requestId, now),
      ],
    )
  }

  /** It was not told after all: its destination was stopped since it was taken. */
  const hold = async (tenantId: string, { id }: Notice, until: number | null): Promise<void> => {
    const now = clock.now()
    await database.batch(
      [tenantId],
      [
        {
          name: 'notice_hold',
          text: `update millrace.recipient_notice set attempts = attempts - 1, next_at = $3::timestamptz
                 where tenant_id = $1::uuid and id = $2::uuid and status = 'due'`,
          values: [tenantId, id, new Date(Math.min(until ?? Number.MAX_SAFE_INTEGER, now + HELD_MS))],
        },
      ],
    )
  }

  const drop = async (tenantId: string, notice: Notice): Promise<void> => {
    await database.batch(
      [tenantId],
      [
        {
          name: 'notice_drop',
          text: `delete from millrace.recipient_notice where tenant_id = $1::uuid and id = $2::uuid and status = 'due'`,
          values: [tenantId, notice.id],
        },
        settleRequest(tenantId, notice.requestId, clock.now()),
      ],
    )
  }

  const perform = async (tenantId: string, notice: Notice, sealed: Buffer | null): Promise<void> => {
    let result: AttemptResult | null
    try {
      const destination = await tools.destination(tenantId, notice)
      const known = sealed ? openUnderTenant(await keyring.tenant(tenantId), sealed).toString('utf8') : '{}'
      const { reference = null, unread = false } = JSON.parse(known) as {
        readonly reference?: string | null
        readonly unread?: boolean
      }
      const input: ForgetInput = {
        act: notice.act,
        requestId: notice.requestId,
        leadId: notice.leadId,
        deliveryId: notice.delivery,
        reference,
        now: clock.now(),
      }
      result = destination === null ? null : await tell(tenantId, destination, input)
      // Noted before it could be seen that it takes no such call: it is no recipient of this.
      if (result === null && unread) return await drop(tenantId, notice)
    } catch (error) {
      const code: FaultCode = isFault(error) ? error.code : 'internal'
      if (!isFault(error)) log.error({ notice: notice.id, code }, 'a destination threw while it was told')
      result = {
        outcome: 'error',
        reason: '',
        code,
        retryAfterMs: isFault(error) ? (error.retryAfterMs ?? null) : null,
      }
    }
    const now = clock.now()
    if (result === null) return settle(tenantId, notice, { status: 'manual', code: null, nextAt: now })
    if (result.outcome === 'success')
      return settle(tenantId, notice, { status: 'acknowledged', code: null, nextAt: now })
    if (result.outcome === 'failure')
      return settle(tenantId, notice, { status: 'refused', code: result.code, nextAt: now })
    const wait = delayMs({
      attempt: Math.max(1, notice.attempts),
      baseMs: RETRY_BASE_MS,
      capMs: RETRY_MAX_MS,
      random: random(),
      ...(result.retryAfterMs === null ? {} : { retryAfterMs: result.retryAfterMs }),
    })
    return settle(tenantId, notice, { status: 'due', code: result.code, nextAt: now + wait })
  }

  /** Whom something is to be told that may be told now; emergency mode, a pause or a breaker holds it like deliveries. */
  const open = async (tenantId: string): Promise<readonly Told[]> => {
    const [rows = []] = await database.batch([tenantId], [dueLanes(tenantId, clock.now())])
    const lanes = rows.map((row) => ({ flow: row.flow_id as string, destination: row.destination as string }))
    return lanes.filter((lane) => tools.stopped(tenantId, lane) === null)
  }

  /** What is held is neither taken nor touched. */
  const take = async (tenantId: string): Promise<{ notice: Notice; sealed: Buffer | null }[]> => {
    const lanes = await open(tenantId)
    if (lanes.length === 0) return []
    const [rows = []] = await database.batch([tenantId], [takeNotices({ tenantId, lanes, now: clock.now() })])
    return rows.map((row) => ({ notice: noticeOf(row), sealed: row.sealed as Buffer | null }))
  }

  return {
    round: async () => {
      const tenants = await database.definer<{ id: string }>({
        name: 'find_tenants',
        text: 'select id from millrace.find_tenants()',
      })
      let told = 0
      await eachByItself(tenants, async ({ id }) => {
        const taken = await take(id)
        const each = await Promise.all(
          taken.map(async ({ notice, sealed }) => {
            const stopped = tools.stopped(id, notice)
            await (stopped ? hold(id, notice, stopped.until) : perform(id, notice, sealed))
            return stopped ? 0 : 1
          }),
        )
        told += each.reduce<number>((sum, one) => sum + one, 0)
      })
      return told
    },
    acknowledge: async ({ tenantId, id, by }) => {
      const now = clock.now()
      const [rows = []] = await database.batch(
        [tenantId],
        [
          {
            name: 'notice_acknowledge',
            text: `update millrace.recipient_notice
                   set status = 'acknowledged', acknowledged_at = $3::timestamptz, acknowledged_by = $4, sealed = null
                   where tenant_id = $1::uuid and id = $2::uuid and status <> 'acknowledged' returning request_id`,
            values: [tenantId, id, new Date(now), by],
          },
        ],
      )
      const row = rows[0]
      if (!row) return false
      await database.batch([tenantId], [settleRequest(tenantId, row.request_id as string, now)])
      return true
    },
  }
}
