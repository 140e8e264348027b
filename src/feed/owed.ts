import type { Clock } from '../base/clock.ts'
import { gather } from '../base/coalesce.ts'
import { isFault } from '../base/faults.ts'
import { int4s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Database } from '../database/pool.ts'

/** What webhooks are owed: taken for a while, sent, ended. */

export interface Webhook {
  readonly tenantId: string
  readonly id: string
}

export interface OwedEvent {
  readonly subject: string
  readonly seq: number
  readonly position: number
  readonly type: string
  readonly at: number
  /** From 1; this one included. */
  readonly attempts: number
}

export interface EventEnd extends Webhook {
  readonly event: OwedEvent
  readonly state: 'waiting' | 'sent' | 'dead'
  readonly nextAt: number
  readonly code: string | null
  readonly status: number | null
  /** It was not tried after all. */
  readonly uncounted: boolean
}

export interface Owed {
  due(now: number): Promise<readonly Webhook[]>
  nextAt(now: number): Promise<number | null>
  /** Of each lead the first that is owed. They are this caller's until then. */
  take(
    webhook: Webhook,
    asked: { readonly now: number; readonly until: number; readonly most: number },
  ): Promise<OwedEvent[]>
  /** Lets what is owed next of the same lead go on. */
  end(end: EventEnd): Promise<void>
}

const GATHERED_MAX = 500

export const createOwed = (options: { readonly database: Database; readonly clock: Pick<Clock, 'now'> }): Owed => {
  const { database, clock } = options

  const run = async (ends: readonly EventEnd[]): Promise<readonly undefined[]> => {
    await database.batch(
      [...new Set(ends.map(({ tenantId }) => tenantId))],
      [
        {
          name: 'end_webhook_events',
          text: `
with w as (
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::text[], $7::timestamptz[],
    $8::text[], $9::integer[], $10::integer[])
    as w(tenant_id, webhook_id, subject, seq, position, state, next_at, code, status, uncounted)
), ended as (
  update millrace.webhook_event e
  set state = w.state, next_at = w.next_at, code = w.code, status = w.status, attempts = e.attempts - w.uncounted
  from w where e.tenant_id = w.tenant_id and e.webhook_id = w.webhook_id and e.subject = w.subject and e.seq = w.seq
    and e.position = w.position
)
update millrace.webhook_event e set next_at = $11::timestamptz
from w cross join lateral (
  select n.seq, n.position from millrace.webhook_event n
  where n.tenant_id = w.tenant_id and n.webhook_id = w.webhook_id and n.subject = w.subject and n.state = 'waiting'
    and (n.seq, n.position) > (w.seq, w.position)
  order by n.seq, n.position limit 1) n
where w.state <> 'waiting' and e.tenant_id = w.tenant_id and e.webhook_id = w.webhook_id and e.subject = w.subject
  and e.seq = n.seq and e.position = n.position and e.next_at > $11::timestamptz`,
          values: [
            uuids(ends.map(({ tenantId }) => tenantId)),
            uuids(ends.map(({ id }) => id)),
            uuids(ends.map(({ event }) => event.subject)),
            int4s(ends.map(({ event }) => event.seq)),
            int4s(ends.map(({ event }) => event.position)),
            texts(ends.map(({ state }) => state)),
            timestamps(ends.map(({ nextAt }) => nextAt)),
            texts(ends.map(({ code }) => code)),
            int4s(ends.map(({ status }) => status)),
            int4s(ends.map(({ uncounted }) => (uncounted ? 1 : 0))),
            new Date(clock.now()),
          ],
        },
      ],
    )
    return ends.map(() => undefined)
  }
  const gathered = gather<EventEnd, undefined>({ run, rowsMax: GATHERED_MAX, concurrency: 1, whole: isFault })

  return {
    due: async (at) =>
      (
        await database.definer<{ tenant_id: string; webhook_id: string }>({
          name: 'due_webhooks',
          text: 'select tenant_id, webhook_id from millrace.due_webhooks($1::timestamptz)',
          values: [new Date(at)],
        })
      ).map((row) => ({ tenantId: row.tenant_id, id: row.webhook_id })),
    nextAt: async (at) => {
      const [row] = await database.definer<{ at: number | null }>({
        name: 'next_webhook',
        text: 'select millrace.next_webhook($1::timestamptz) as at',
        values: [new Date(at)],
      })
      return row?.at ?? null
    },
    take: async ({ tenantId, id }, { now: at, until, most }) =>
      database.definer<{ subject: string; seq: number; position: number; type: string; at: number; attempts: number }>({
        name: 'take_webhook_events',
        text: `select subject, seq, position, type, at, attempts from millrace.take_webhook_events($1::uuid, $2::uuid,
                 $3::timestamptz, $4::timestamptz, $5::integer)`,
        values: [tenantId, id, new Date(at), new Date(until), most],
      }),
    end: (end) => gathered(end),
  }
}
