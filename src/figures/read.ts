import type { Database, Row } from '../database/pool.ts'

/**
 * What the figures say of a range of time. One definition for whoever shows them: a lead belongs to the minute and hour
 * in which it was received, and counts as what it has become by now; tests count nowhere.
 */
export interface FigureAsk {
  readonly tenantId: string
  /** ms since 1970: whole minutes or hours, as `grain` says. */
  readonly from: number
  readonly to: number
  readonly grain: 'minute' | 'hour'
  readonly flow: string | null
  readonly source: string | null
}

export interface Count {
  readonly leads: number
  readonly accepted: number
  readonly rejected: number
  readonly failed: number
  readonly waiting: number
  /** Null where it would be a sum of several currencies. */
  readonly price: number | null
  readonly revenue: number | null
}

export interface Figures {
  /** By currency; leads that are not priced have none. */
  readonly totals: readonly (Count & {
    readonly currency: string | null
    readonly price: number
    readonly revenue: number
  })[]
  readonly series: readonly (Count & { readonly at: number })[]
  readonly bySource: readonly (Count & {
    readonly flow: string
    readonly source: string
    readonly currency: string | null
  })[]
  readonly reasons: readonly { readonly code: string; readonly leads: number }[]
  readonly statuses: readonly { readonly status: string; readonly leads: number }[]
  /** Of journeys that have ended, ms; null where none has. */
  readonly p50: number | null
  readonly p95: number | null
}

const ofOne = (amount: string): string =>
  `case when min(currency) is not distinct from max(currency) then sum(${amount})::float8 end`

const COUNTS = `sum(leads)::float8 as leads,
  coalesce(sum(leads) filter (where outcome = 'success'), 0)::float8 as accepted,
  coalesce(sum(leads) filter (where outcome = 'failure'), 0)::float8 as rejected,
  coalesce(sum(leads) filter (where outcome = 'error'), 0)::float8 as failed,
  coalesce(sum(leads) filter (where status = 'pending_review' and outcome is null), 0)::float8 as waiting,
  ${ofOne('price')} as price, ${ofOne('revenue')} as revenue`

const WHERE = `tenant_id = $1::uuid and grain = $2 and at >= $3::timestamptz and at < $4::timestamptz
  and ($5::text is null or flow_id = $5) and ($6::text is null or source_id = $6) and not test`

const countOf = (row: Row): Count => ({
  leads: row.leads as number,
  accepted: row.accepted as number,
  rejected: row.rejected as number,
  failed: row.failed as number,
  waiting: row.waiting as number,
  price: row.price as number | null,
  revenue: row.revenue as number | null,
})

/** The middle of a slot of `millrace.duration_slot`, ms. */
export const slotMs = (slot: number): number => (slot < 16 ? slot : Math.round(2 ** (4 + (slot - 16 + 0.5) / 8)))

/** The value below which this share of the leads lies. */
export const quantile = (
  slots: readonly { readonly slot: number; readonly leads: number }[],
  share: number,
): number | null => {
  const all = slots.reduce((sum, { leads }) => sum + leads, 0)
  if (all === 0) return null
  let seen = 0
  for (const { slot, leads } of slots) {
    seen += leads
    if (seen >= all * share) return slotMs(slot)
  }
  return null
}

export const readFigures = async (database: Database, ask: FigureAsk): Promise<Figures> => {
  const { tenantId, from, to, grain, flow, source } = ask
  const values = [tenantId, grain, new Date(from), new Date(to), flow, source]
  const [, totals = [], series = [], bySource = [], reasons = [], statuses = [], slots = []] = await database.batch(
    [tenantId],
    [
      // A report over a range: its rows are read as they lie.
      { name: 'figures_plan', text: `select set_config('enable_bitmapscan', 'on', true)` },
      {
        name: 'figures_totals',
        text: `select currency, ${COUNTS} from millrace.lead_figure where ${WHERE} group by currency order by 2 desc`,
        values,
      },
      {
        name: 'figures_series',
        text: `select at, ${COUNTS} from millrace.lead_figure where ${WHERE} group by at order by at`,
        values,
      },
      {
        name: 'figures_sources',
        text: `select flow_id, source_id, ${COUNTS},
                 case when min(currency) = max(currency) then min(currency) end as currency
               from millrace.lead_figure where ${WHERE}
               group by flow_id, source_id order by 3 desc limit 100`,
        values,
      },
      {
        name: 'figures_reasons',
        text: `select code, sum(leads)::float8 as leads from millrace.lead_figure
               where ${WHERE} and outcome in ('failure', 'error') and code is not null group by code order by 2 desc`,
        values,
      },
      {
        name: 'figures_statuses',
        text: `select status, sum(leads)::float8 as leads from millrace.lead_figure where ${WHERE} group by status`,
        values,
      },
      {
        name: 'figures_speed',
        text: `select slot, sum(leads)::float8 as leads from millrace.speed_figure where ${WHERE} group by slot order by slot`,
        values,
      },
    ],
  )
  const speeds = slots.map((row) => ({ slot: row.slot as number, leads: row.leads as number }))
  return {
    totals: totals.map((row) => ({
      ...countOf(row),
      currency: row.currency as string | null,
      price: row.price as number,
      revenue: row.revenue as number,
    })),
    series: series.map((row) => ({ ...countOf(row), at: row.at as number })),
    bySource: bySource.map((row) => ({
      ...countOf(row),
      flow: row.flow_id as string,
      source: row.source_id as string,
      currency: row.currency as string | null,
    })),
    reasons: reasons.map((row) => ({ code: row.code as string, leads: row.leads as number })),
    statuses: statuses.map((row) => ({ status: row.status as string, leads: row.leads as number })),
    p50: quantile(speeds, 0.5),
    p95: quantile(speeds, 0.95),
  }
}
