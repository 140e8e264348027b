import { int8s, texts, timestamps, uuids } from '../database/arrays.ts'
import type { Row, Statement } from '../database/pool.ts'
import type { HeldPlace } from '../lead/events.ts'

/** A place in a cap, written with its lead's commit. */
export interface CapWrite extends HeldPlace {
  readonly max: number
  /** Of a sliding window: its first part that counts. */
  readonly since?: number
}

/** What a cap counts after a commit; of two values the one with the higher version is the newer. */
export interface CapUsage {
  readonly tenantId: string
  readonly scope: string
  readonly from: number
  readonly used: number
  readonly version: number
  /** Of a sliding window: by part. */
  readonly parts: ReadonlyMap<number, number> | null
}

interface Counting {
  readonly tenantId: string
  readonly caps: readonly CapWrite[]
  readonly releasedCaps: readonly HeldPlace[]
}

interface Sum {
  readonly tenantId: string
  readonly scope: string
  readonly from: number
  readonly part: number | null
  amount: number
  max: number
  since: number
}

/** No part lies before this one: of what is given back alone, nothing is known of the window. */
const ALL_PARTS = 0

/** One sum a counter, or a part of a sliding one, whatever the number of leads. */
const sumsOf = (commits: readonly Counting[]): Sum[] => {
  const sums = new Map<string, Sum>()
  const add = (tenantId: string, place: HeldPlace, amount: number, max: number, since: number): void => {
    const { scope, from, part = null } = place
    const id = `${tenantId}|${from}|${part}|${scope}`
    const sum = sums.get(id)
    if (!sum) sums.set(id, { tenantId, scope, from, part, amount, max, since })
    else {
      sum.amount += amount
      sum.max = Math.min(sum.max, max)
      sum.since = Math.max(sum.since, since)
    }
  }
  for (const { tenantId, caps, releasedCaps } of commits) {
    for (const cap of caps) add(tenantId, cap, cap.amount, cap.max, cap.since ?? ALL_PARTS)
    for (const cap of releasedCaps) add(tenantId, cap, -cap.amount, Number.MAX_SAFE_INTEGER, ALL_PARTS)
  }
  return [...sums.values()]
}

/**
 * The one counter that most commits of a busy flow want: planned for many it would cost three times as much. Added first
 * and held against its cap after: a cap that was passed fails the commit, and so never was.
 */
const takeStatement = ({ tenantId, scope, from, amount, max }: Sum): Statement => ({
  name: 'append_cap',
  text: `
insert into millrace.cap_usage as u (tenant_id, scope, window_start, used)
values ($1::uuid, $2::text, $3::timestamptz, $4::numeric)
on conflict (tenant_id, scope, window_start) do update set version = u.version + 1, used = u.used + excluded.used
returning tenant_id, scope, window_start, used::float8 as used, version, null::text as buckets,
  case when u.used > $5::numeric then millrace.must('cap', u.version, 0) end`,
  values: [tenantId, scope, new Date(from), String(amount), String(max)],
})

/**
 * Summed here, in sorted order there. The check stands on the outer side of the join: on the inner one it would never be
 * asked where nothing was written.
 */
const calendarStatement = (rows: readonly Sum[]): Statement => ({
  name: 'append_caps',
  text: `
with w as (
  select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]::numeric[], $5::text[]::numeric[])
    as w(tenant_id, scope, window_start, amount, max)
), written as (
  insert into millrace.cap_usage as u (tenant_id, scope, window_start, used)
  select tenant_id, scope, window_start, greatest(amount, 0) from w where amount <= max
  order by tenant_id, scope, window_start
  on conflict (tenant_id, scope, window_start) do update
    set version = u.version + 1,
        used = greatest(0, u.used + (select w.amount from w where w.tenant_id = u.tenant_id and w.scope = u.scope and w.window_start = u.window_start))
    where u.used + (select w.amount from w where w.tenant_id = u.tenant_id and w.scope = u.scope and w.window_start = u.window_start)
       <= (select w.max from w where w.tenant_id = u.tenant_id and w.scope = u.scope and w.window_start = u.window_start)
  returning tenant_id, scope, window_start, used, version
), checked as materialized (
  select millrace.must('cap', (select count(*) from written), $6::bigint)
)
select tenant_id, scope, window_start, used::float8 as used, version, null::text as buckets
from checked left join written on true`,
  values: [
    uuids(rows.map((r) => r.tenantId)),
    texts(rows.map((r) => r.scope)),
    timestamps(rows.map((r) => r.from)),
    texts(rows.map((r) => String(r.amount))),
    texts(rows.map((r) => String(r.max))),
    rows.length,
  ],
})

/** What is given back alone goes with the many: nothing is given back to a counter that is not there. */
const calendarStatements = (rows: readonly Sum[]): Statement[] => {
  const [first] = rows
  if (first === undefined) return []
  return [rows.length === 1 && first.amount > 0 ? takeStatement(first) : calendarStatement(rows)]
}

const slidingStatement = (rows: readonly Sum[]): Statement => ({
  name: 'append_sliding_caps',
  text: `
with w as (
  select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]::numeric[], $5::text[]::numeric[], $6::bigint[], $7::bigint[])
    as w(tenant_id, scope, window_start, amount, max, part, since)
), written as (
  insert into millrace.cap_usage as u (tenant_id, scope, window_start, used, buckets)
  select tenant_id, scope, window_start, greatest(amount, 0), millrace.bucket_add(null, part, amount, since)
  from w where amount <= max order by tenant_id, scope, window_start
  on conflict (tenant_id, scope, window_start) do update
    set (version, buckets, used) = (
      select u.version + 1, millrace.bucket_add(u.buckets, w.part, w.amount, w.since),
        greatest(0, millrace.bucket_sum(u.buckets, w.since) + w.amount)
      from w where w.tenant_id = u.tenant_id and w.scope = u.scope and w.window_start = u.window_start)
    where exists (
      select from w where w.tenant_id = u.tenant_id and w.scope = u.scope and w.window_start = u.window_start
        and millrace.bucket_sum(u.buckets, w.since) + w.amount <= w.max)
  returning tenant_id, scope, window_start, used, version, buckets
), checked as materialized (
  select millrace.must('cap', (select count(*) from written), $8::bigint)
)
select tenant_id, scope, window_start, used::float8 as used, version, buckets::text as buckets
from checked left join written on true`,
  values: [
    uuids(rows.map((r) => r.tenantId)),
    texts(rows.map((r) => r.scope)),
    timestamps(rows.map((r) => r.from)),
    texts(rows.map((r) => String(r.amount))),
    texts(rows.map((r) => String(r.max))),
    int8s(rows.map((r) => BigInt(r.part ?? 0))),
    int8s(rows.map((r) => BigInt(r.since))),
    rows.length,
  ],
})

/** A statement may touch a row once: leads on either side of a part's end are written one after the other. */
const rounds = (rows: readonly Sum[]): Sum[][] => {
  const made: Sum[][] = []
  const seen = new Map<string, number>()
  for (const row of [...rows].sort((a, b) => (a.part ?? 0) - (b.part ?? 0))) {
    const id = `${row.tenantId}|${row.scope}`
    const round = seen.get(id) ?? 0
    seen.set(id, round + 1)
    const list = made[round]
    if (list) list.push(row)
    else made.push([row])
  }
  return made
}

/** Places taken and given back by a gathered commit. */
export const capStatements = (commits: readonly Counting[]): Statement[] => {
  const sums = sumsOf(commits)
  const calendar = sums.filter(({ part }) => part === null)
  const sliding = sums.filter(({ part }) => part !== null)
  return [...calendarStatements(calendar), ...rounds(sliding).map(slidingStatement)]
}

/** By part, as the column holds it. */
export const partsOf = (buckets: unknown): ReadonlyMap<number, number> | null =>
  typeof buckets === 'string'
    ? new Map(
        Object.entries(JSON.parse(buckets) as Record<string, number>).map(([part, count]) => [
          Number(part),
          Number(count),
        ]),
      )
    : null

export const usageOf = (row: Row): CapUsage => ({
  tenantId: row.tenant_id as string,
  scope: row.scope as string,
  from: row.window_start as number,
  used: row.used as number,
  version: row.version as number,
  parts: partsOf(row.buckets),
})
