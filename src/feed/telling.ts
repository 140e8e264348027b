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

/** In one statement: millions would be more than one may take, and would stand for good. */
const AT_ONCE = 5_000

interface Stretch {
  readonly name: string
  readonly text: string
  readonly values: readonly (string | number | Date)[]
}

/** Runs a statement that says how many it came to, `AT_ONCE` at most. True: there are no more. */
const oneStretch = async (database: Database, tenantId: string, statement: Stretch): Promise<boolean> => {
  const [rows = []] = await database.batch([tenantId], [{ ...statement, values: [...statement.values] }])
  return ((rows[0]?.n as number | undefined) ?? 0) < AT_ONCE
}

const inStretches = async (database: Database, tenantId: string, statement: Stretch): Promise<void> => {
  while (!(await oneStretch(database, tenantId, statement)));
}

/** By their places in the table: joined by key, each of thousands would be compared with each. */
const these = (where: string): string =>
  `ctid = any (array(select ctid from millrace.webhook_event
     where tenant_id = $1::uuid and webhook_id = $2::uuid and ${where} limit ${AT_ONCE} for update skip locked))`

interface Asked {
  readonly tenantId: string
  readonly id: string
  readonly now: number
}

/** Counted no further: more is much. */
const COUNTED_MAX = 10_000

/** What was given up until then. */
export const countDead = async (database: Database, { tenantId, id, now }: Asked): Promise<number> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_dead_webhook_events',
        text: `select count(*)::integer as n from (
                 select from millrace.webhook_event where tenant_id = $1::uuid and webhook_id = $2::uuid
                   and state = 'dead' and next_at <= $3::timestamptz limit ${COUNTED_MAX}) c`,
        values: [tenantId, id, new Date(now)],
      },
    ],
  )
  return (rows[0]?.n as number | undefined) ?? 0
}

/** So much of what was given up is owed again, with all its attempts. True: that was all. */
export const replayDead = (database: Database, { tenantId, id, now }: Asked): Promise<boolean> =>
  oneStretch(database, tenantId, {
    name: 'replay_webhook_events',
    // What is given up again meanwhile has ended later, and is left.
    text: `with again as (
             update millrace.webhook_event set state = 'waiting', next_at = $3::timestamptz, attempts = 0, code = null
             where tenant_id = $1::uuid and ${these(`state = 'dead' and next_at <= $3::timestamptz order by at`)} returning 1
           ) select count(*)::integer as n from again`,
    values: [tenantId, id, new Date(now)],
  })

const ofGone = (tenantId: string, id: string): Stretch => ({
  name: 'forget_webhook_events',
  text: `with gone as (
           delete from millrace.webhook_event
           where tenant_id = $1::uuid and ${these(
             'not exists (select from millrace.webhook w where w.tenant_id = $1::uuid and w.id = $2::uuid)',
           )} returning 1
         ) select count(*)::integer as n from gone`,
  values: [tenantId, id],
})

/** So much of what a webhook that is gone was owed, or was sent; what is left goes with the nightly round. */
export const forgetSome = (database: Database, tenantId: string, id: string): Promise<boolean> =>
  oneStretch(database, tenantId, ofGone(tenantId, id))

/**
 * Whatever kept its calls from going out is lifted: somebody has mended it. What failed before is tried again now; where
 * that is more than a few thousand, the others when they are due, within the hour.
 */
export const reachAgain = async (database: Database, asked: Asked & { readonly flow: string }): Promise<void> => {
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
    ],
  )
  await oneStretch(database, asked.tenantId, {
    name: 'webhook_due_now',
    text: `with sooner as (
             update millrace.webhook_event set next_at = $3::timestamptz
             where tenant_id = $1::uuid
               and ${these(`state = 'waiting' and next_at > $3::timestamptz order by next_at`)} returning 1
           ) select count(*)::integer as n from sooner`,
    values: [asked.tenantId, asked.id, new Date(asked.now)],
  })
}

const SENT_KEPT_MS = 3 * 86_400_000
const DEAD_KEPT_MS = 30 * 86_400_000

/** By the webhooks that events stand under, also those that are gone: one look at the key each. */
const webhooksOwed = async (database: Database, tenantId: string): Promise<string[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_webhooks_owed',
        text: `with recursive w as (
                 (select webhook_id from millrace.webhook_event where tenant_id = $1::uuid order by webhook_id limit 1)
                 union all
                 select n.webhook_id from w cross join lateral (
                   select e.webhook_id from millrace.webhook_event e
                   where e.tenant_id = $1::uuid and e.webhook_id > w.webhook_id order by e.webhook_id limit 1) n
               ) select webhook_id from w`,
        values: [tenantId],
      },
    ],
  )
  return rows.map((row) => row.webhook_id as string)
}

const tidyState = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly state: string; readonly before: number },
): Promise<void> => {
  const { tenantId, id, state, before } = asked
  await inStretches(database, tenantId, {
    name: `tidy_webhook_events_${state}`,
    // Written out, the state lets the index that is for it alone be used.
    text: `with gone as (
             delete from millrace.webhook_event
             where tenant_id = $1::uuid and ${these(
               `state = '${state}' and at < $3::timestamptz order by ${state === 'waiting' ? 'next_at' : 'at'}`,
             )} returning 1
           ) select count(*)::integer as n from gone`,
    values: [tenantId, id, new Date(before)],
  })
}

/** Lets go of what was sent some days ago, and of what was given up, or never asked for, a month ago. */
export const tidyTold = async (database: Database, tenantId: string, now: number): Promise<void> => {
  for (const id of await webhooksOwed(database, tenantId)) {
    await inStretches(database, tenantId, ofGone(tenantId, id))
    await tidyState(database, { tenantId, id, state: 'sent', before: now - SENT_KEPT_MS })
    await tidyState(database, { tenantId, id, state: 'dead', before: now - DEAD_KEPT_MS })
    await tidyState(database, { tenantId, id, state: 'waiting', before: now - DEAD_KEPT_MS })
  }
  await database.batch(
    [tenantId],
    [
      {
        name: 'tidy_alerts',
        text: `delete from millrace.alert where tenant_id = $1::uuid and cleared_at < $2::timestamptz`,
        values: [tenantId, new Date(now - DEAD_KEPT_MS)],
      },
    ],
  )
}
