/** Deliveries as they are listed and searched; their private halves stand in the journals of their leads. */

import { firstIdAt } from '../base/ids.ts'
import { texts } from '../database/arrays.ts'
import type { Database, Row, Value } from '../database/pool.ts'
import { STEPS } from './health.ts'

export interface DeliveryRow {
  readonly id: string
  readonly lead_id: string
  readonly flow: string
  readonly destination: string
  readonly state: string
  readonly code: string | null
  readonly attempts: number
  readonly opened_at: number
  readonly changed_at: number
  readonly next_at: number | null
}

export interface DeliveryFilter {
  readonly states?: readonly string[] | undefined
  /** Of these destinations alone. */
  readonly places?: readonly Place[] | undefined
  readonly flow?: string | undefined
  readonly destination?: string | undefined
  readonly code?: string | undefined
  /** Of its last change, ms since 1970: from inclusive, to exclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** A destination of a flow. */
export interface Place {
  readonly flow: string
  readonly destination: string
}

/** Where a page ended: the last lead and delivery on it. */
export interface DeliveryPlace {
  readonly leadId: string
  readonly id: string
}

const rowOf = (row: Row): DeliveryRow => ({
  id: row.id as string,
  lead_id: row.lead_id as string,
  flow: row.flow_id as string,
  destination: row.destination as string,
  state: row.state as string,
  code: row.code as string | null,
  attempts: row.attempts as number,
  opened_at: row.opened_at as number,
  changed_at: row.changed_at as number,
  next_at: row.next_at as number | null,
})

const OPEN_STATES = ['waiting', 'unknown', 'dead']

const parts = (filter: DeliveryFilter, from: number): { where: string; values: Value[] } => {
  const values: Value[] = []
  const where: string[] = []
  const add = (sql: string, value: string | Date | undefined): void => {
    if (value === undefined) return
    values.push(value)
    where.push(sql.replace('?', `$${values.length + from}`))
  }
  if (filter.states) {
    add('d.state = any (?::text[])', `{${filter.states.join(',')}}`)
    // Said in words that the partial index knows.
    if (filter.states.every((state) => OPEN_STATES.includes(state)))
      where.push(`d.state in ('waiting', 'unknown', 'dead')`)
  }
  if (filter.places) {
    values.push(
      texts(filter.places.map(({ flow }) => flow)),
      texts(filter.places.map(({ destination }) => destination)),
    )
    const at = values.length + from
    where.push(
      `(d.flow_id, d.destination) in (select p.flow, p.destination
         from unnest($${at - 1}::text[], $${at}::text[]) as p(flow, destination))`,
    )
  }
  add('d.flow_id = ?::text', filter.flow)
  add('d.destination = ?::text', filter.destination)
  add('d.code = ?::text', filter.code)
  add('d.changed_at >= ?::timestamptz', filter.from === undefined ? undefined : new Date(filter.from))
  add('d.changed_at < ?::timestamptz', filter.to === undefined ? undefined : new Date(filter.to))
  return { where: where.map((part) => ` and ${part}`).join(''), values }
}

/** Newest lead first. */
export const listDeliveries = async (
  database: Database,
  tenantId: string,
  filter: DeliveryFilter,
  page: { readonly before: DeliveryPlace | null; readonly limit: number },
): Promise<DeliveryRow[]> => {
  const { where, values } = parts(filter, 4)
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        text: `select d.id, d.lead_id, d.flow_id, d.destination, d.state, d.code, d.attempts, d.opened_at, d.changed_at,
                 d.next_at
               from millrace.delivery d
               where d.tenant_id = $1::uuid and ($2::uuid is null or (d.lead_id, d.id) < ($2::uuid, $3::uuid))${where}
               order by d.lead_id desc, d.id desc limit $4::integer`,
        values: [tenantId, page.before?.leadId ?? null, page.before?.id ?? null, page.limit, ...values],
      },
    ],
  )
  return rows.map(rowOf)
}

/** Destinations that deliveries are open for: two looks at the index for each, however many there are. */
export const openPlaces = async (database: Database, tenantId: string): Promise<Place[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'open_places',
        text: `with recursive places as (
                 (select d.state, d.flow_id, d.destination from millrace.delivery d
                  where d.tenant_id = $1::uuid and d.state in ('waiting', 'unknown', 'dead')
                  order by d.state, d.flow_id, d.destination limit 1)
                 union all
                 select n.* from places p cross join lateral (
                   select d.state, d.flow_id, d.destination from millrace.delivery d
                   where d.tenant_id = $1::uuid and d.state in ('waiting', 'unknown', 'dead')
                     and (d.state, d.flow_id, d.destination) > (p.state, p.flow_id, p.destination)
                   order by d.state, d.flow_id, d.destination limit 1) n
               ) select distinct flow_id as flow, destination from places`,
        values: [tenantId],
      },
    ],
  )
  return rows as never
}

/** How many there are, counted to `most`. */
export const countMatching = async (
  database: Database,
  tenantId: string,
  filter: DeliveryFilter,
  most: number,
): Promise<number> => {
  const { where, values } = parts(filter, 2)
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        text: `select count(*)::integer as n from (
                 select from millrace.delivery d where d.tenant_id = $1::uuid${where} limit $2::integer) c`,
        values: [tenantId, most, ...values],
      },
    ],
  )
  return rows[0]?.n as number
}

export const countDeliveries = async (
  database: Database,
  tenantId: string,
): Promise<
  { flow: string; destination: string; state: string; code: string | null; count: number; oldest: number }[]
> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_open_deliveries',
        text: `select flow_id as flow, destination, state, code, count(*)::integer as count, min(changed_at) as oldest
               from millrace.delivery where tenant_id = $1::uuid and state in ('waiting', 'unknown', 'dead')
               group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
        values: [tenantId],
      },
    ],
  )
  return rows as never
}

/** Where all dead letters of a destination were seen to, the next one is told of again. */
export const rearmAlerts = async (database: Database, tenantId: string): Promise<void> => {
  await database.batch(
    [tenantId],
    [
      {
        name: 'rearm_alerts',
        text: `update millrace.destination_state s set alerted_at = null
               where s.tenant_id = $1::uuid and s.alerted_at is not null and not exists (
                 select from millrace.delivery d where d.tenant_id = s.tenant_id and d.state = 'dead'
                   and d.flow_id = s.flow_id and d.destination = s.destination)`,
        values: [tenantId],
      },
    ],
  )
}

/** Leads that came in since then. */
export const countReceived = async (database: Database, tenantId: string, since: number): Promise<number> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'count_received',
        text: `select count(*)::integer as n from millrace.lead where tenant_id = $1::uuid and id >= $2::uuid`,
        values: [tenantId, firstIdAt(since)],
      },
    ],
  )
  return rows[0]?.n as number
}

export interface QueueRow {
  readonly lane: string
  /** Due and not begun, due later, under way, and standing still until a person acts. */
  readonly due: number
  readonly later: number
  readonly running: number
  readonly parked: number
  /** Of those due. */
  readonly oldest: number | null
}

export const readQueues = async (
  database: Database,
  tenantId: string,
  asked: { readonly now: number; readonly never: number },
): Promise<QueueRow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_queues',
        text: `select lane,
                 count(*) filter (where runner is null and wake_at <= $2::timestamptz)::integer as due,
                 count(*) filter (where runner is null and wake_at > $2::timestamptz and wake_at < $3::timestamptz)::integer
                   as later,
                 count(*) filter (where runner is not null)::integer as running,
                 count(*) filter (where runner is null and wake_at >= $3::timestamptz)::integer as parked,
                 min(wake_at) filter (where runner is null and wake_at <= $2::timestamptz) as oldest
               from millrace.work where tenant_id = $1::uuid group by lane order by lane`,
        values: [tenantId, new Date(asked.now), new Date(asked.never)],
      },
    ],
  )
  return rows as never
}

/** The same of jobs, by task. */
export const readJobs = async (database: Database, tenantId: string, now: number): Promise<QueueRow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_jobs',
        text: `select task as lane,
                 count(*) filter (where handed_at is null and failed_at is null and run_at <= $2::timestamptz)::integer
                   as due,
                 count(*) filter (where handed_at is null and failed_at is null and run_at > $2::timestamptz)::integer
                   as later,
                 count(*) filter (where handed_at is not null)::integer as running,
                 count(*) filter (where failed_at is not null)::integer as parked,
                 min(run_at) filter (where handed_at is null and failed_at is null and run_at <= $2::timestamptz) as oldest
               from millrace.job where tenant_id = $1::uuid group by task order by task`,
        values: [tenantId, new Date(now)],
      },
    ],
  )
  return rows as never
}

export interface MinuteRow {
  readonly flow: string
  readonly destination: string
  readonly successes: number
  readonly failures: number
  readonly errors: number
  readonly latencies: readonly number[]
}

/** Of each step of latencies, how many calls: added up where they are, so that a month comes as one row a destination. */
const LATENCIES = Array.from({ length: STEPS }, (_, step) => `coalesce(sum(latencies[${step + 1}]), 0)`).join(', ')

/** Calls since then, of each destination or of one; what is kept by the hour counts where its hour begins. */
export const readCalls = async (
  database: Database,
  tenantId: string,
  asked: { readonly since: number; readonly destination?: string | undefined; readonly flow?: string | undefined },
): Promise<MinuteRow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_destination_minutes',
        text: `select flow_id as flow, destination, sum(successes)::float8 as successes, sum(failures)::float8 as failures,
                 sum(errors)::float8 as errors, concat_ws(',', ${LATENCIES}) as latencies
               from millrace.destination_minute
               where tenant_id = $1::uuid and minute >= $2::timestamptz
                 and ($3::text is null or destination = $3::text) and ($4::text is null or flow_id = $4::text)
               group by flow_id, destination order by flow_id, destination`,
        values: [tenantId, new Date(asked.since), asked.destination ?? null, asked.flow ?? null],
      },
    ],
  )
  return rows.map((row) => ({
    flow: row.flow as string,
    destination: row.destination as string,
    successes: row.successes as number,
    failures: row.failures as number,
    errors: row.errors as number,
    latencies: (row.latencies as string).split(',').map(Number),
  }))
}

export interface BreakerRow {
  readonly flow: string
  readonly destination: string
  readonly breaker: 'closed' | 'open' | 'half_open'
  readonly changed_at: number
  readonly retry_at: number | null
  readonly openings: number
  readonly code: string | null
  readonly alerted_at: number | null
}

export const readBreakers = async (database: Database, tenantId: string): Promise<BreakerRow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'read_breakers',
        text: `select flow_id as flow, destination, breaker, changed_at, retry_at, openings, code, alerted_at
               from millrace.destination_state where tenant_id = $1::uuid order by flow_id, destination`,
        values: [tenantId],
      },
    ],
  )
  return rows as never
}
