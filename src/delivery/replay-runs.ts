import type { Database, Statement } from '../database/pool.ts'
import { countMatching, type DeliveryFilter, type DeliveryPlace } from './read.ts'

/** Many dead letters sent again, as far as it has come. */
export interface ReplayRun {
  readonly id: string
  readonly filter: DeliveryFilter
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
}

const READ = `select id, filter, per_second, state, matched, done, refused, at_lead, at_delivery, last_at, by, reason,
  started_at, ended_at, ended_by from millrace.replay_run`

const runOf = (row: Readonly<Record<string, unknown>>): ReplayRun => ({
  id: row.id as string,
  filter: (typeof row.filter === 'string' ? JSON.parse(row.filter) : row.filter) as DeliveryFilter,
  perSecond: row.per_second as number,
  state: row.state as ReplayRun['state'],
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
})

/** Written together with `job`: one is not there without the other. */
export const startReplayRun = async (
  database: Database,
  asked: {
    readonly tenantId: string
    readonly id: string
    readonly filter: DeliveryFilter
    readonly limit: number
    readonly perSecond: number
    readonly by: string
    readonly reason: Buffer | null
    readonly now: number
    readonly job: Statement
  },
): Promise<ReplayRun> => {
  const { tenantId, id, filter, limit, perSecond, by, reason, now, job } = asked
  const matched = await countMatching(database, tenantId, { ...filter, states: ['dead'] }, limit)
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'start_replay_run',
        text: `insert into millrace.replay_run
                 (tenant_id, id, filter, per_second, state, matched, by, reason, started_at, ended_at)
               values ($1::uuid, $2::uuid, $3::jsonb, $4::double precision, $5, $6::integer, $7, $8::bytea, $9::timestamptz,
                 case when $5 = 'done' then $9::timestamptz end)
               returning id, filter, per_second, state, matched, done, refused, at_lead, at_delivery, last_at, by, reason,
                 started_at, ended_at, ended_by`,
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
        ],
      },
      ...(matched === 0 ? [] : [job]),
    ],
  )
  return runOf(rows[0] ?? {})
}

export const findReplayRun = async (database: Database, tenantId: string, id: string): Promise<ReplayRun | null> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_replay_run',
        text: `${READ} where tenant_id = $1::uuid and id = $2::uuid`,
        values: [tenantId, id],
      },
    ],
  )
  return rows[0] ? runOf(rows[0]) : null
}

/** Newest first. */
export const listReplayRuns = async (database: Database, tenantId: string, limit: number): Promise<ReplayRun[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_replay_runs',
        text: `${READ} where tenant_id = $1::uuid order by id desc limit $2::integer`,
        values: [tenantId, limit],
      },
    ],
  )
  return rows.map(runOf)
}

/** How far it has come; with `next`, the job that goes on, in the same transaction. Nothing where it was called off. */
export const noteReplayed = async (
  database: Database,
  asked: {
    readonly tenantId: string
    readonly id: string
    readonly done: number
    readonly refused: number
    readonly place: DeliveryPlace | null
    readonly lastAt: number | null
    readonly now: number
    readonly next: Statement | null
  },
): Promise<boolean> =>
  database.transaction([asked.tenantId], async (tx) => {
    const { tenantId, id, done, refused, place, lastAt, now, next } = asked
    const noted = await tx.query({
      name: 'note_replayed',
      text: `update millrace.replay_run
             set done = done + $3::integer, refused = refused + $4::integer,
                 at_lead = coalesce($5::uuid, at_lead), at_delivery = coalesce($6::uuid, at_delivery),
                 last_at = greatest(last_at, $7::timestamptz),
                 state = case when $8::boolean then 'done' else state end,
                 ended_at = case when $8::boolean then $9::timestamptz end
             where tenant_id = $1::uuid and id = $2::uuid and state = 'running' returning 1 as one`,
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
      ],
    })
    if (noted.length === 0) return false
    if (next) await tx.query(next)
    return true
  })

/** What it has not come to stays as it is; false where it was over already. */
export const cancelReplayRun = async (
  database: Database,
  asked: { readonly tenantId: string; readonly id: string; readonly by: string; readonly now: number },
): Promise<boolean> => {
  const [rows = []] = await database.batch(
    [asked.tenantId],
    [
      {
        name: 'cancel_replay_run',
        text: `update millrace.replay_run set state = 'canceled', ended_at = $3::timestamptz, ended_by = $4
               where tenant_id = $1::uuid and id = $2::uuid and state = 'running' returning 1 as one`,
        values: [asked.tenantId, asked.id, new Date(asked.now), asked.by],
      },
    ],
  )
  return rows.length === 1
}
