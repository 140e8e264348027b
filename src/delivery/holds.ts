/** What people stop and let go on. */

import { texts } from '../database/arrays.ts'
import type { Database, Tx } from '../database/pool.ts'

export type HoldScope = 'emergency' | 'tenant' | 'queue' | 'destination'

/** Queues by the names people know them by. */
export const QUEUES = ['deliveries', 'leads', 'jobs'] as const

export interface HoldAsked {
  readonly scope: HoldScope
  /** Of the queue, or `flow/destination`; '' for the whole tenant. */
  readonly name: string
}

export interface Hold extends HoldAsked {
  readonly since: number
  readonly until: number | null
  readonly by: string
  readonly code: string | null
  /** Sealed under the tenant's key. */
  readonly reason: Buffer | null
}

/** Stops what is named; what is stopped already is so from now on, for this reason. */
export const setHolds = async (
  tx: Tx,
  asked: {
    readonly tenantId: string
    readonly holds: readonly HoldAsked[]
    readonly now: number
    readonly until: number | null
    readonly by: string
    readonly reason: Buffer | null
  },
): Promise<void> => {
  await tx.query({
    name: 'set_holds',
    text: `insert into millrace.hold (tenant_id, scope, name, since, until, by, reason)
           select $1::uuid, w.scope, w.name, $4::timestamptz, $5::timestamptz, $6::text, $7::bytea
           from unnest($2::text[], $3::text[]) as w(scope, name)
           on conflict (tenant_id, scope, name) do update
             set since = excluded.since, until = excluded.until, by = excluded.by, code = null, reason = excluded.reason`,
    values: [
      asked.tenantId,
      texts(asked.holds.map(({ scope }) => scope)),
      texts(asked.holds.map(({ name }) => name)),
      new Date(asked.now),
      asked.until === null ? null : new Date(asked.until),
      asked.by,
      asked.reason,
    ],
  })
}

/** Gives what was lifted, without what had ended by itself. No names: all of the scopes. */
export const liftHolds = async (
  tx: Tx,
  asked: {
    readonly tenantId: string
    readonly scopes: readonly HoldScope[]
    readonly names: readonly string[]
    readonly now: number
  },
): Promise<HoldAsked[]> =>
  tx.query<HoldAsked>({
    name: 'lift_holds',
    text: `with gone as (
             delete from millrace.hold
             where tenant_id = $1::uuid and scope = any ($2::text[])
               and (cardinality($3::text[]) = 0 or name = any ($3::text[]))
             returning scope, name, until
           )
           select scope, name from gone where until is null or until > $4::timestamptz order by scope, name`,
    values: [asked.tenantId, texts([...asked.scopes]), texts([...asked.names]), new Date(asked.now)],
  })

/** Those that hold now. */
export const listHolds = async (database: Database, tenantId: string, now: number): Promise<Hold[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'list_holds',
        text: `select scope, name, since, until, by, code, reason from millrace.hold
               where tenant_id = $1::uuid and (until is null or until > $2::timestamptz) order by since, scope, name`,
        values: [tenantId, new Date(now)],
      },
    ],
  )
  return rows as unknown as Hold[]
}
