import { firstIdAt } from '../base/ids.ts'
import type { Database, Row } from '../database/pool.ts'
import type { LeadFilter } from './types.ts'

/**
 * Leads by a filter, newest first: a page is found in about the time it takes to read it, whether many leads match, few
 * or none. First the newest of all are looked through. Where too few of them match, the figures say in which minutes and
 * hours others lie, so that only those are read; what the figures do not tell yet (leads changed since they were made) is
 * looked at lead by lead, all in one statement and so of one moment. Figures that are not there yet, or far behind, are
 * not asked: then all leads are looked through.
 *
 * No index serves this: each would have to be kept up with every lead that comes in.
 */

const COLUMNS = `l.tenant_id, l.id, l.flow_id, l.flow_version, l.source_id, l.status, l.outcome, l.code, l.price, l.revenue,
  l.currency, l.duration_ms, l.test, l.duplicate_of, l.person_id, l.received_at, l.closed_at`

/** What is read of a lead, and in which shape. */
export const ROW = `l.id, l.flow_id, l.flow_version, l.source_id, l.status, l.outcome, l.code, l.price::float8 as price,
  l.revenue::float8 as revenue, l.currency, l.duration_ms, l.test, l.duplicate_of, l.person_id, l.received_at, l.closed_at`

export interface Bounds {
  /** Leads looked through before the figures are asked, for each that is wanted, and at least. */
  readonly nearEach: number
  readonly nearMin: number
  /** More changed leads, or hours to be counted anew, than this: figures are too far behind to be of use. */
  readonly changedMax: number
  readonly dueMax: number
  /** Times that the figures are asked: what they count and the filter turns down, such as by assignee, they never end with. */
  readonly toldMax: number
}

const BOUNDS: Bounds = { nearEach: 10, nearMin: 2_000, changedMax: 20_000, dueMax: 24, toldMax: 20 }

type Value = string | number | Date | boolean | null

/** Conditions on a lead; those of `told` are on its figures too. Their values begin after `first`. */
interface Conditions {
  readonly told: string
  readonly lead: string
  readonly values: readonly Value[]
}

const conditionsOf = (filter: LeadFilter, first: number): Conditions => {
  const values: Value[] = []
  const told: string[] = []
  const lead: string[] = []
  const add = (parts: string[], sql: string, value: Value | undefined): void => {
    if (value === undefined) return
    values.push(value)
    parts.push(sql.replace('?', `$${first + values.length}`))
  }
  add(told, 'l.flow_id = ?::text', filter.flow)
  add(told, 'l.source_id = ?::text', filter.source)
  add(told, 'l.outcome = ?::text', filter.outcome)
  add(told, 'l.status = ?::text', filter.status)
  if (filter.code?.includes(',')) add(told, `l.code = any (string_to_array(?::text, ','))`, filter.code)
  else add(told, 'l.code = ?::text', filter.code)
  add(told, 'l.test = ?::boolean', filter.test)
  if (filter.assignee === 'none')
    lead.push(
      'not exists (select from millrace.lead_assignment a where a.tenant_id = l.tenant_id and a.lead_id = l.id)',
    )
  else
    add(
      lead,
      'l.id in (select a.lead_id from millrace.lead_assignment a where a.tenant_id = $1::uuid and a.user_id = ?::text)',
      filter.assignee,
    )
  // An id begins with the time it was received at: a range of time is a range of the list.
  add(lead, 'l.id >= ?::uuid', filter.from === undefined ? undefined : firstIdAt(filter.from))
  const all = (parts: readonly string[]): string => parts.map((part) => ` and ${part}`).join('')
  return { told: all(told), lead: all([...told, ...lead]), values }
}

/** Whether there is an index that leads to what matches, or nothing that could be missed for long. */
const isDirect = ({ flow, source, outcome, status, code, test, assignee, takenBy }: LeadFilter): boolean => {
  if (takenBy !== undefined || status === 'pending_review') return true
  if (assignee !== undefined && assignee !== 'none') return true
  const others = [flow, source, outcome, status, test].some((part) => part !== undefined)
  return !others && !code?.includes(',')
}

interface Page {
  readonly before: string | null
  readonly limit: number
}

type List = (tenantId: string, filter: LeadFilter, page: Page) => Promise<readonly Row[]>

const found = (rows: readonly Row[]): readonly Row[] => rows.filter(({ id }) => id !== null)

export const createLeadList = (database: Pick<Database, 'batch'>, bounds: Bounds = BOUNDS): List => {
  const { nearEach, nearMin, changedMax, dueMax, toldMax } = bounds

  const run = async (tenantId: string, text: string, values: readonly Value[]): Promise<readonly Row[]> => {
    const [rows = []] = await database.batch([tenantId], [{ text, values: [...values] }])
    return rows
  }

  const plain: List = async (tenantId, filter, { before, limit }) => {
    const { lead, values } = conditionsOf(filter, 3)
    const { takenBy } = filter
    // A buyer took few of the leads there are: they are read from what it took, in the order of the list, a page long.
    const from =
      takenBy === undefined
        ? 'millrace.lead l'
        : `(select distinct on (d.lead_id) d.lead_id from millrace.delivery d
            where d.tenant_id = $1::uuid and d.destination = $${values.length + 4}::text and d.state = 'delivered'
              and ($2::uuid is null or d.lead_id < $2::uuid) order by d.lead_id desc) t
           join millrace.lead l on l.id = t.lead_id`
    const order = takenBy === undefined ? 'l.id' : 't.lead_id'
    return run(
      tenantId,
      `select ${ROW} from ${from} where l.tenant_id = $1::uuid and ($2::uuid is null or l.id < $2::uuid)${lead}
       order by ${order} desc limit $3::integer`,
      [tenantId, before, limit, ...values, ...(takenBy === undefined ? [] : [takenBy])],
    )
  }

  /** Of the newest leads those that match, and where the look ended; null: there are no more. */
  const near = async (tenantId: string, filter: LeadFilter, { before, limit }: Page) => {
    const { lead, values } = conditionsOf(filter, 4)
    const most = Math.max(nearMin, limit * nearEach)
    const from = filter.from === undefined ? '' : ` and l.id >= $${values.length + 4}::uuid`
    const rows = await run(
      tenantId,
      `with seen as materialized (
         select ${COLUMNS} from millrace.lead l
         where l.tenant_id = $1::uuid and ($2::uuid is null or l.id < $2::uuid)${from}
         order by l.id desc limit $4::integer
       )
       select h.count, h.reached, r.* from
         (select (select count(*)::integer from seen) as count, (select id from seen order by id limit 1) as reached) h
         left join lateral (select ${ROW} from seen l where true${lead} order by l.id desc limit $3::integer) r on true
       order by r.id desc`,
      [tenantId, before, limit, most, ...values],
    )
    const isWhole = ((rows[0]?.count as number | undefined) ?? 0) < most
    return { rows: found(rows), reached: isWhole ? null : (rows[0]?.reached as string) }
  }

  /**
   * The next of those that the figures tell of, and from which id on that were all; null: there are no more. Undefined
   * where the figures cannot be asked.
   */
  const told = async (tenantId: string, filter: LeadFilter, { before, limit }: { before: string; limit: number }) => {
    const { told: figures, lead, values } = conditionsOf(filter, 3)
    const ofFigure = figures.replaceAll('l.', 'f.')
    const fromId = filter.from === undefined ? '' : ` >= $${values.length + 3}::uuid`
    const since = (unit: string): string =>
      fromId === ''
        ? ''
        : ` and f.at > to_timestamp(millrace.id_ms($${values.length + 3}::uuid) / 1000.0) - interval '1 ${unit}'`
    const branch = (grain: 'minute' | 'hour', where: string): string =>
      `(select (extract(epoch from f.at) * 1000)::bigint as at, ${grain === 'minute' ? 60_000 : 3_600_000}::bigint as width, f.leads
        from mark m join millrace.lead_figure f on ${where}
        where f.tenant_id = $1::uuid and f.grain = '${grain}' and f.at <= to_timestamp(millrace.id_ms($2::uuid) / 1000.0)
          and millrace.first_id((extract(epoch from f.at) * 1000)::bigint) < $2::uuid${since(grain)}${ofFigure}
        order by f.at desc limit $3::integer)`
    const rows = await run(
      tenantId,
      `with mark as materialized (select tx, to_timestamp(recent * 3600) as recent from millrace.figure_mark),
       changed as materialized (
         select distinct u.id from mark m join millrace.lead_change c on c.tx >= m.tx cross join lateral unnest(c.leads) u(id)
         where c.tenant_id = $1::uuid and u.id < $2::uuid${fromId === '' ? '' : ` and u.id${fromId}`} limit ${changedMax + 1}
       ),
       due as materialized (
         select hour * 3600000 as at from millrace.figure_due
         where tenant_id = $1::uuid and hour <= millrace.id_ms($2::uuid) / 3600000 limit ${dueMax + 1}
       ),
       told as materialized (
         select * from (
           ${branch('minute', 'f.at >= m.recent')}
           union all
           ${branch('hour', 'f.at < m.recent')}
         ) t order by at desc limit $3::integer
       ),
       unit as materialized (
         select at, width from (
           select at, width, sum(leads) over (order by at desc rows between unbounded preceding and 1 preceding) as ahead
           from (select at, width, sum(leads) as leads from told group by at, width) s
         ) w where coalesce(ahead, 0) < $3::integer
       ),
       head as materialized (
         select coalesce(m.tx is not null and m.recent is not null, false)
             and (select count(*) from changed) <= ${changedMax} and (select count(*) from due) <= ${dueMax} as known,
           case when (select coalesce(sum(leads), 0) from told) < $3::integer then null
             else (select millrace.first_id(min(at)) from unit) end as reached
         from mark m
       )
       select h.known, h.reached, r.* from head h left join lateral (
         select ${ROW} from (
           select ${COLUMNS} from (
             select at, width from unit union all select at, 3600000 from due
           ) u cross join lateral (
             select ${COLUMNS} from millrace.lead l
             where l.tenant_id = $1::uuid and l.id >= millrace.first_id(u.at) and l.id < millrace.first_id(u.at + u.width)
               and l.id < $2::uuid${lead}
             order by l.id desc limit $3::integer
           ) l where h.known
           union
           select ${COLUMNS} from changed c join millrace.lead l on l.tenant_id = $1::uuid and l.id = c.id
           where h.known${lead}
         ) l where h.reached is null or l.id >= h.reached
         order by l.id desc limit $3::integer
       ) r on true
       order by r.id desc`,
      [tenantId, before, limit, ...values],
    )
    const [head] = rows
    if (head === undefined || head.known !== true) return undefined
    return { rows: found(rows), reached: head.reached as string | null }
  }

  return async (tenantId, { to, ...filter }, { before, limit }) => {
    const end = to === undefined ? null : firstIdAt(to)
    const last = end !== null && (before === null || end < before) ? end : before
    if (isDirect(filter)) return plain(tenantId, filter, { before: last, limit })
    const first = await near(tenantId, filter, { before: last, limit })
    const rows = [...first.rows]
    let { reached } = first
    for (let times = 0; reached !== null && rows.length < limit; times += 1) {
      const left = { before: reached, limit: limit - rows.length }
      const next = times < toldMax ? await told(tenantId, filter, left) : undefined
      if (next === undefined) return [...rows, ...(await plain(tenantId, filter, left))]
      rows.push(...next.rows)
      reached = next.reached
    }
    return rows
  }
}
