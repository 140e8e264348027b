import type { Database, Statement } from '../database/pool.ts'
import { countMatching, type DeliveryFilter, type DeliveryPlace } from './read.ts'

/** Many dead letters sent again, or put away, as far as that has come. */
export interface DeadLetterRun {
  readonly id: string
  readonly deed: Deed
  readonly filter: DeliveryFilter
  /** 0: as fast as it goes. */
  readonly perSecond: number
  readonly state: 'running' | 'done' | 'canceled'
  readonly matched: number
  readonly done: number
  readonly refused: number
  readonly place: DeliveryPlace | null
  readonly lastAt: number | null
  readonly by: string
  /** Sealed under the tenant's key. */
  readonly reason: Buffer | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly endedBy: string | null
  /** What it was deciding when it was last seen; null: nothing. */
  readonly stretch: Stretch | null
}

/** What somebody wants done with many. */
export interface DeadLetterRunAsked {
  readonly tenantId: string
  readonly deed: Deed
  readonly filter: DeliveryFilter
  readonly limit: number
  /** 0: as fast as it goes. */
  readonly perSecond: number
  readonly by: string
  /** Sealed under the tenant's key. */
  readonly reason: Buffer | null
}

export type Deed = 'replay' | 'discard'

/** So many of them at a time, written down before any is decided about. */
export interface Stretch {
  readonly id: string
  /** When the first of them is due, ms since 1970. */
  readonly beginAt: number
  /** There are none after these. */
  readonly isLast: boolean
  readonly letters: readonly Letter[]
}

export interface Letter {
  readonly leadId: string
  readonly id: string
  /** When it last changed: of one that was decided about since, it is later. ms since 1970. */
  readonly changedAt: number
}

const COLUMNS = `id, deed, filter, per_second, state, matched, done, refused, at_lead, at_delivery, last_at, by, reason,
  started_at, ended_at, ended_by, stretch_id, stretch`

const json = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value)

const runOf = (row: Readonly<Record<string, unknown>>): DeadLetterRun => ({
  id: row.id as string,
  deed: row.deed as Deed,
  filter: json(row.filter) as DeliveryFilter,
  perSecond: row.per_second as number,
  state: row.state as DeadLetterRun['state'],
  matched: row.matched as number,
  done: row.done as number,
  refused: row.refused as number,
  place: row.at_lead === null ? null : { leadId: row.at_lead as string, id: row.at_delivery as string },
  lastAt: row.last_at as number | null,
  by: row.by as string,
  reason: row.reason as Buffer | null,
  startedAt: row.started_at as number,
  endedAt: row.ended_at as number | null,
  endedBy: row.ended_by as string | null,
  stretch:
    row.stretch_id === null ? null : { ...(json(row.stretch) as Omit<Stretch, 'id'>), id: row.stretch_id as string },
})

/** Written together with `job`: one is not there without the other. */
export const startRun = async (
  database: Database,
  asked: DeadLetterRunAsked & { readonly id: string; readonly now: number; readonly job: Statement },
): Promise<DeadLetterRun> => {
  const { tenantId, id, deed, filter, limit, perSecond, by, reason, now, job } = asked
  const matched = await countMatching(database, tenantId, { ...filter, states: ['dead'] }, limit)
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'start_dead_letter_run',
        text: `insert into millrace.replay_run
                 (tenant_id, id, deed, filter, per_second, state, matched, by, reason, started_at, ended_at)
               values ($1::uuid, $2::uuid, $10, $3::jsonb, $4::double precision, $5, $6::integer, $7, $8::bytea,
                 $9::timestamptz, case when $5 = 'done' then $9::timestamptz end)
               returning ${COLUMNS}`,
        values: [
          tenantId,
          id,
          JSON.stringify(filter),
          perSecond,
          matched === 0 ? 'done' : 'running',
          matched,
          by,
          reason,
          new Date(now),
          deed,
        ],
      },
      ...(matched === 0 ? [] : [job]),
    ],
  )
  return runOf(rows[0] ?? {})
}

export const findRun = async (database: Database, tenantId: string, id: string): Promise<DeadLetterRun | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_dead_letter_run',
        text: `select ${COLUMNS} from millrace.replay_run where tenant_id = $1::uuid and id = $2::uuid`,
        values: [tenantId, id],
      },
    ],
  )
  return rows[0] ? runOf(rows[0]) : null
}

/** Newest first. */
export const listRuns = async (
  database: Database,
  tenantId: string,
  asked: { readonly deed: Deed; readonly limit: number },
): Promise<DeadLetterRun[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_dead_letter_runs',
        text: `select ${COLUMNS} from millrace.replay_run where tenant_id = $1::uuid and deed = $2
               order by id desc limit $3::integer`,
        values: [tenantId, asked.deed, asked.limit],
      },
    ],
  )
  return rows.map(runOf)
}

/** False where it was called off, or somebody else is at it. */
export const planStretch = async (
  database: Database,
  asked: { readonly tenantId: string; readonly run: string; readonly stretch: Stretch },
): Promise<boolean> => {
  const { id, ...planned } = asked.stretch
  const [rows = []] = await database.batch(
    [asked.tenantId],
    [
      {
        name: 'plan_dead_letter_stretch',
        text: `update millrace.replay_run set stretch_id = $3::uuid, stretch = $4::jsonb
               where tenant_id = $1::uuid and id = $2::uuid and state = 'running' and stretch_id is null
               returning 1 as one`,
        values: [asked.tenantId, asked.run, id, JSON.stringify(planned)],
      },
    ],
  )
  return rows.length === 1
}

/** Those of a stretch that nobody has decided about yet. */
export const undecided = async (
  database: Database,
  tenantId: string,
  letters: readonly Letter[],
): Promise<ReadonlySet<string>> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'undecided_dead_letters',
        text: `select d.id, d.changed_at from millrace.delivery d
               join unnest($2::uuid[], $3::uuid[]) as w(lead_id, id) on w.lead_id = d.lead_id and w.id = d.id
               where d.tenant_id = $1::uuid and d.state = 'dead'`,
        values: [
          tenantId,
          `{${letters.map(({ leadId }) => leadId).join(',')}}`,
          `{${letters.map(({ id }) => id).join(',')}}`,
        ],
      },
    ],
  )
  const seen = new Map(letters.map(({ id, changedAt }) => [id, changedAt]))
  return new Set(rows.filter((row) => seen.get(row.id as string) === row.changed_at).map((row) => row.id as string))
}

/**
 * How far it has come with a stretch; with `next`, the job that goes on, in the same transaction. Nothing where it was
 * called off, or another has noted the same stretch.
 */
export const noteStretch = (
  database: Database,
  asked: {
    readonly tenantId: string
    readonly id: string
    readonly stretch: string
    readonly done: number
    readonly refused: number
    readonly place: DeliveryPlace | null
    readonly lastAt: number | null
    readonly now: number
    readonly next: Statement | null
  },
): Promise<boolean> =>
  database.transaction([asked.tenantId], async (tx) => {
    const { tenantId, id, stretch, done, refused, place, lastAt, now, next } = asked
    const noted = await tx.query<{ state: string }>({
      text: `update millrace.replay_run
             set done = done + $3::integer, refused = refused + $4::integer,
                 at_lead = coalesce($5::uuid, at_lead), at_delivery = coalesce($6::uuid, at_delivery),
                 last_at = greatest(last_at, $7::timestamptz), stretch_id = null, stretch = null,
                 state = case when state = 'running' and $8::boolean then 'done' else state end,
                 ended_at = case when state = 'running' and $8::boolean then $9::timestamptz else ended_at end
             where tenant_id = $1::uuid and id = $2::uuid and stretch_id = $10::uuid returning state`,
      values: [
        tenantId,
        id,
        done,
        refused,
        place?.leadId ?? null,
        place?.id ?? null,
        lastAt === null ? null : new Date(lastAt),
        next === null,
        new Date(now),
        stretch,
      ],
    })
    if (noted[0]?.state !== 'running') return false
    if (next) await tx.query(next)
    return true
  })

/** What it has not come to stays as it is; false where it was over already. */
export const cancelRun = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly by: string; readonly now: number },
): Promise<boolean> => {
  const [rows = []] = await database.batch(
    [asked.tenantId],
    [
      {
        name: 'cancel_dead_letter_run',
        text: `update millrace.replay_run set state = 'canceled', ended_at = $3::timestamptz, ended_by = $4
               where tenant_id = $1::uuid and id = $2::uuid and state = 'running' returning 1 as one`,
        values: [asked.tenantId, asked.id, new Date(asked.now), asked.by],
      },
    ],
  )
  return rows.length === 1
}
