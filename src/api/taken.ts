import type { Static } from 'typebox'
import { firstIdAt } from '../base/ids.ts'
import { microsOf, microsText } from '../base/money.ts'
import type { Database } from '../database/pool.ts'
import type { RefusalCode } from '../lead/codes.ts'
import type { Taken } from './contract/destinations.ts'

/** Destinations' own terms, which kept them from being asked. */
const TERMS: Readonly<Record<RefusalCode, true>> = { closed: true, cap_exceeded: true, below_floor: true }

export interface TakenRow {
  readonly flow: string
  readonly destination: string
  readonly state: string
  readonly code: string | null
  readonly count: number
  readonly paid: string | null
  readonly currency: string | null
}

/** What became of deliveries of leads that came since then. Leads' ids are times, so no other is looked at. */
export const readTaken = async (database: Database, tenantId: string, since: number): Promise<readonly TakenRow[]> => {
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'sum_deliveries',
        text: `select flow_id as flow, destination, state, code, currency, count(*)::integer as count,
                 sum(paid)::text as paid
               from millrace.delivery where tenant_id = $1::uuid and lead_id >= $2::uuid
               group by 1, 2, 3, 4, 5`,
        values: [tenantId, firstIdAt(since)],
      },
    ],
  )
  return rows as never
}

export const takenOf = (rows: readonly TakenRow[]): Static<typeof Taken> => {
  const count = (is: (row: TakenRow) => boolean): number => rows.filter(is).reduce((sum, row) => sum + row.count, 0)
  const byTerms = (row: TakenRow): boolean => row.code !== null && Object.hasOwn(TERMS, row.code)
  const delivered = count(({ state }) => state === 'delivered')
  const refused = count((row) => row.state === 'refused' && !byTerms(row))
  const micros = new Map<string, number>()
  for (const { paid, currency } of rows)
    if (paid !== null && currency !== null)
      micros.set(currency, (micros.get(currency) ?? 0) + microsOf({ amount: paid, currency }))
  return {
    delivered,
    refused,
    ruled_out: count((row) => row.state === 'refused' && byTerms(row)),
    open: count(({ state }) => state === 'waiting' || state === 'unknown'),
    lost: count(({ state }) => state === 'dead' || state === 'discarded' || state === 'passed'),
    acceptance_rate: delivered + refused === 0 ? null : delivered / (delivered + refused),
    paid: [...micros].sort().map(([currency, sum]) => ({ currency, amount: microsText(sum) })),
  }
}
