import type { Static } from 'typebox'
import { microsOf, microsText } from '../base/money.ts'
import type { Database } from '../database/pool.ts'
import type { RefusalCode } from '../lead/codes.ts'
import type { Taken } from './contract/destinations.ts'

/** Destinations' own terms, which kept them from being asked. */
const TERMS: Readonly<Record<RefusalCode, true>> = { closed: true, cap_exceeded: true, below_floor: true }

const MINUTE_MS = 60_000
const HOUR_MINUTES = 60

export interface TakenRow {
  readonly flow: string
  readonly destination: string
  readonly state: string
  readonly code: string | null
  readonly count: number
  readonly paid: string | null
  readonly currency: string | null
}

/**
 * What became of deliveries of leads that came in so many minutes, told by the figures: of an hour at most by whole
 * minutes, of more by whole hours, that which runs among them. Some seconds behind.
 */
export const readTaken = async (
  database: Database,
  tenantId: string,
  asked: { readonly now: number; readonly minutes: number },
): Promise<readonly TakenRow[]> => {
  const { now, minutes } = asked
  const grain = minutes > HOUR_MINUTES ? 'hour' : 'minute'
  const unitMs = grain === 'hour' ? HOUR_MINUTES * MINUTE_MS : MINUTE_MS
  const since = (Math.floor(now / unitMs) + 1) * unitMs - minutes * MINUTE_MS
  const [rows = []] = await database.batch(
    [tenantId],
    [
      {
        name: 'sum_delivery_figures',
        text: `select flow_id as flow, destination, state, code, currency, sum(deliveries)::float8 as count,
                 sum(paid)::text as paid
               from millrace.delivery_figure
               where tenant_id = $1::uuid and grain = $2 and at >= $3::timestamptz
               group by 1, 2, 3, 4, 5`,
        values: [tenantId, grain, new Date(since)],
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
