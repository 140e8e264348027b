import { texts } from '../database/arrays.ts'
import type { Statement } from '../database/pool.ts'
import type { Notice } from './types.ts'

/** To whom notices go: a destination, or an enricher, of a flow. */
export type Told = Pick<Notice, 'flow' | 'destination'>

const EACH = 50
/** Longer than any call: who died with a notice in hand leaves it to the next round after. */
const LEASE_MS = 5 * 60_000

/** To whom something is due: two looks at the index for each, however much is held for it. */
export const dueLanes = (tenantId: string, now: number): Statement => ({
  name: 'notices_lanes',
  text: `with recursive lanes as (
           (select flow_id, destination from millrace.recipient_notice where tenant_id = $1::uuid and status = 'due'
            order by flow_id, destination limit 1)
           union all
           select n.flow_id, n.destination from lanes l cross join lateral (
             select flow_id, destination from millrace.recipient_notice
             where tenant_id = $1::uuid and status = 'due' and (flow_id, destination) > (l.flow_id, l.destination)
             order by flow_id, destination limit 1) n
         )
         select l.flow_id, l.destination from lanes l
         where (select 1 from millrace.recipient_notice n where n.tenant_id = $1::uuid and n.status = 'due'
           and n.flow_id = l.flow_id and n.destination = l.destination and n.next_at <= $2::timestamptz limit 1) is not null`,
  values: [tenantId, new Date(now)],
})

/** Takes what is due for these, in turn between them: one with much to hear holds up no other. */
export const takeNotices = (asked: {
  readonly tenantId: string
  readonly lanes: readonly Told[]
  readonly now: number
}): Statement => {
  const { tenantId, lanes, now } = asked
  return {
    name: 'notices_take',
    text: `with due as materialized (
             select n.id, l.flow_id, l.destination, n.next_at
             from unnest($4::text[], $5::text[]) as l(flow_id, destination) cross join lateral (
               select n.id, n.next_at from millrace.recipient_notice n
               where n.tenant_id = $1::uuid and n.status = 'due' and n.flow_id = l.flow_id
                 and n.destination = l.destination and n.next_at <= $2::timestamptz
               order by n.next_at limit ${EACH} for update skip locked) n
           ),
           turns as (
             select d.id, row_number() over (partition by d.flow_id, d.destination order by d.next_at) as turn from due d
           )
           update millrace.recipient_notice n set attempts = n.attempts + 1, next_at = $3::timestamptz
           where n.tenant_id = $1::uuid and n.id = any (array(select t.id from turns t order by t.turn limit ${EACH}))
           returning n.*`,
    values: [
      tenantId,
      new Date(now),
      new Date(now + LEASE_MS),
      texts(lanes.map(({ flow }) => flow)),
      texts(lanes.map(({ destination }) => destination)),
    ],
  }
}
