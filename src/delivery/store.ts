/** Holds and breakers as they stand in the database, for all processes. */

import type { FaultCode } from '../base/faults.ts'
import type { Database } from '../database/pool.ts'
import { type Lane, laneName } from './lane.ts'

export interface HoldSeen {
  readonly tenantId: string
  readonly scope: 'emergency' | 'tenant' | 'queue' | 'destination' | 'breaker'
  readonly name: string
  readonly until: number | null
  readonly state: string
  readonly code: string | null
}

export const findHolds = async (
  database: Database,
  now: number,
): Promise<{ readonly holds: readonly HoldSeen[]; readonly processes: number }> => {
  const [rows, [live]] = await Promise.all([
    database.definer<{
      tenant_id: string
      scope: HoldSeen['scope']
      name: string
      until: number | null
      state: string
      code: string | null
    }>({
      name: 'find_holds',
      text: 'select tenant_id, scope, name, until, state, code from millrace.find_holds($1::timestamptz)',
      values: [new Date(now)],
    }),
    database.definer<{ processes: number | null }>({
      name: 'count_processes',
      text: 'select cardinality(millrace.live_runners()) as processes',
    }),
  ])
  return {
    holds: rows.map(({ tenant_id, ...rest }) => ({ tenantId: tenant_id, ...rest })),
    processes: live?.processes ?? 1,
  }
}

/** Opens the breaker, for longer each time; gives until when. `pause` is told how often it was opened before. */
export const openBreaker = async (
  database: Database,
  lane: Lane,
  asked: { readonly now: number; readonly code: FaultCode; readonly pause: (openings: number) => number },
): Promise<number> =>
  database.transaction([lane.tenantId], async (tx) => {
    const [known] = await tx.query<{ openings: number; breaker: string; retry_at: number | null }>({
      name: 'read_breaker',
      text: `select openings, breaker, retry_at from millrace.destination_state
             where tenant_id = $1::uuid and flow_id = $2::text and destination = $3::text for update`,
      values: [lane.tenantId, lane.flowId, lane.destination],
    })
    // Another process has opened it for the same failures.
    if (known?.breaker === 'open' && (known.retry_at ?? 0) > asked.now) return known.retry_at ?? asked.now
    const retryAt = asked.now + asked.pause(known?.openings ?? 0)
    await tx.query({
      name: 'open_breaker',
      text: `insert into millrace.destination_state as s
               (tenant_id, flow_id, destination, breaker, changed_at, retry_at, openings, code)
             values ($1::uuid, $2::text, $3::text, 'open', $4::timestamptz, $5::timestamptz, 1, $6::text)
             on conflict (tenant_id, flow_id, destination) do update
               set breaker = 'open', changed_at = excluded.changed_at, retry_at = excluded.retry_at,
                   openings = s.openings + 1, code = excluded.code`,
      values: [lane.tenantId, lane.flowId, lane.destination, new Date(asked.now), new Date(retryAt), asked.code],
    })
    return retryAt
  })

/** Whether this process is the one that may try an open breaker now; no other may for so long. */
export const tryBreaker = async (database: Database, lane: Lane, now: number, forMs: number): Promise<boolean> => {
  const [rows] = await database.batch(
    [lane.tenantId],
    [
      {
        name: 'try_breaker',
        text: `update millrace.destination_state
               set breaker = 'half_open', changed_at = $4::timestamptz, retry_at = $5::timestamptz
               where tenant_id = $1::uuid and flow_id = $2::text and destination = $3::text
                 and breaker <> 'closed' and retry_at <= $4::timestamptz
               returning 1 as one`,
        values: [lane.tenantId, lane.flowId, lane.destination, new Date(now), new Date(now + forMs)],
      },
    ],
  )
  return rows?.length === 1
}

/** The call that was to try it was not made: another may. */
export const giveUpTry = async (database: Database, lane: Lane, now: number): Promise<void> => {
  await database.batch(
    [lane.tenantId],
    [
      {
        name: 'give_up_try',
        text: `update millrace.destination_state
               set breaker = 'open', changed_at = $4::timestamptz, retry_at = $4::timestamptz
               where tenant_id = $1::uuid and flow_id = $2::text and destination = $3::text and breaker = 'half_open'`,
        values: [lane.tenantId, lane.flowId, lane.destination, new Date(now)],
      },
    ],
  )
}

/** Closes it, and lets what waited under another name go on. */
export const closeBreaker = async (database: Database, lane: Lane, now: number): Promise<void> => {
  await database.batch(
    [lane.tenantId],
    [
      {
        name: 'close_breaker',
        text: `update millrace.destination_state
               set breaker = 'closed', changed_at = $4::timestamptz, retry_at = null, openings = 0, code = null
               where tenant_id = $1::uuid and flow_id = $2::text and destination = $3::text and breaker <> 'closed'`,
        values: [lane.tenantId, lane.flowId, lane.destination, new Date(now)],
      },
    ],
  )
  await openLane(database, lane, now)
}

/** Leads that were left alone under another lane, and have a delivery for this one. */
export const openLane = async (database: Database, lane: Lane, now: number): Promise<void> => {
  await database.definer({
    name: 'open_lane',
    text: 'select millrace.open_lane($1::uuid, $2::text, $3::text, $4::timestamptz)',
    values: [lane.tenantId, lane.flowId, lane.destination, new Date(now)],
  })
}

/** The house itself pauses a destination; false where it was paused already. */
export const holdByHouse = async (
  database: Database,
  lane: Lane,
  asked: { readonly code: FaultCode; readonly now: number },
): Promise<boolean> => {
  const [rows] = await database.batch(
    [lane.tenantId],
    [
      {
        name: 'hold_by_house',
        text: `insert into millrace.hold (tenant_id, scope, name, since, by, code)
               values ($1::uuid, 'destination', $2::text, $3::timestamptz, 'millrace', $4::text)
               on conflict (tenant_id, scope, name) do update
                 set since = excluded.since, until = null, by = excluded.by, code = excluded.code, reason = null
                 where hold.until <= excluded.since
               returning 1 as one`,
        values: [lane.tenantId, laneName(lane), new Date(asked.now), asked.code],
      },
    ],
  )
  return rows?.length === 1
}

/** Notes that somebody is to be told of a destination's dead letters; false where that was done already. */
export const noteFirstDeadLetter = async (database: Database, lane: Lane, now: number): Promise<boolean> => {
  const [rows] = await database.batch(
    [lane.tenantId],
    [
      {
        name: 'note_first_dead_letter',
        text: `insert into millrace.destination_state as s (tenant_id, flow_id, destination, changed_at, alerted_at)
               values ($1::uuid, $2::text, $3::text, $4::timestamptz, $4::timestamptz)
               on conflict (tenant_id, flow_id, destination) do update set alerted_at = excluded.alerted_at
                 where s.alerted_at is null
               returning 1 as one`,
        values: [lane.tenantId, lane.flowId, lane.destination, new Date(now)],
      },
    ],
  )
  return rows?.length === 1
}
