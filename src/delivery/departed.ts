import { texts } from '../database/arrays.ts'
import type { Database, Statement } from '../database/pool.ts'

/**
 * A destination that has left its flow, or a webhook that is gone, is not called any more: nothing would close its
 * breaker, nor lift what the house paused it for, and both would be told of for ever. Once nothing of it is open, what
 * was known of it goes. What is open may still be sent, or sent again; and what a person paused, a person lets go on.
 */

/** Looked up for each: joined, each would be compared with all that is open of the tenant. */
const nothingOpen = (flow: string, destination: string): string =>
  `(select 1 from millrace.delivery d where d.tenant_id = $1::uuid and d.state in ('waiting', 'unknown', 'dead')
      and d.flow_id = ${flow} and d.destination = ${destination} limit 1) is null
   and not exists (select from millrace.webhook w where w.tenant_id = $1::uuid and w.id::text = ${destination})`

/** `called`: what the flow calls by its published version, destinations and enrichers. */
export const forgetDeparted = (tenantId: string, flowId: string, called: readonly string[]): Statement[] => [
  {
    name: 'forget_departed_breakers',
    text: `delete from millrace.destination_state s
           where s.tenant_id = $1::uuid and s.flow_id = $2::text and s.destination <> all ($3::text[])
             and ${nothingOpen('s.flow_id', 's.destination')}`,
    values: [tenantId, flowId, texts([...called])],
  },
  {
    name: 'forget_departed_holds',
    text: `delete from millrace.hold h
           where h.tenant_id = $1::uuid and h.scope = 'destination' and h.code is not null
             and split_part(h.name, '/', 1) = $2::text and split_part(h.name, '/', 2) <> all ($3::text[])
             and ${nothingOpen('$2::text', "split_part(h.name, '/', 2)")}`,
    values: [tenantId, flowId, texts([...called])],
  },
]

/** What a flow calls now, by name; null: that cannot be said. */
export type CalledBy = (tenantId: string, flowId: string) => Promise<readonly string[] | null>

/**
 * Those that had something open when they left, or were still being called. Asked for only where something is stopped that
 * may have left: each deletion, of nothing too, has every process look at all that is stopped.
 */
export const tidyDeparted = async (database: Database, tenantId: string, calledBy: CalledBy): Promise<void> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'find_stopped_destinations',
        text: `select flow_id, destination from millrace.destination_state
               where tenant_id = $1::uuid and breaker <> 'closed'
               union
               select split_part(name, '/', 1), split_part(name, '/', 2) from millrace.hold
               where tenant_id = $1::uuid and scope = 'destination' and code is not null`,
        values: [tenantId],
      },
    ],
  )
  const stopped = Map.groupBy(rows, (row) => row.flow_id as string)
  for (const [flowId, destinations] of stopped) {
    const called = await calledBy(tenantId, flowId)
    if (called !== null && destinations.some(({ destination }) => !called.includes(destination as string)))
      await database.batch([tenantId], forgetDeparted(tenantId, flowId, called))
  }
}
