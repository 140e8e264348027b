import { revenueOf } from './deliveries.ts'
import type { Lead } from './lead.ts'

/** What stands of a lead in its row, as its events tell it. Times in ms since 1970; amounts as decimal text. */
export interface LeadSummary {
  readonly receivedAt: number
  readonly closedAt: number | null
  readonly flowVersion: number
  readonly durationMs: number | null
  readonly test: boolean
  readonly flow: string
  readonly source: string
  readonly status: string
  readonly outcome: string | null
  readonly code: string | null
  readonly price: string | null
  readonly revenue: string | null
  readonly currency: string | null
}

export const summaryOf = (lead: Lead): LeadSummary => ({
  receivedAt: lead.receivedAt,
  closedAt: lead.closedAt,
  flowVersion: lead.flowVersion,
  durationMs: lead.closed?.duration_ms ?? null,
  test: lead.test,
  flow: lead.flow,
  source: lead.source,
  status: lead.status,
  outcome: lead.closed?.outcome ?? null,
  code: lead.closed ? lead.closed.code : (lead.parked?.code ?? null),
  price: lead.closed?.price ?? lead.price?.amount ?? null,
  revenue: lead.closed?.revenue ?? revenueOf(lead).amount,
  currency: lead.currency,
})

/** Whether a row says what the events say. What retention forgot is called archived, and an erasure ends what was open. */
export const isSummaryOf = (row: LeadSummary, lead: Lead): boolean => {
  const told = summaryOf(lead)
  const isErased = told.status === 'erased'
  const expected: LeadSummary = isErased
    ? {
        ...told,
        status: row.status === 'archived' ? 'archived' : 'erased',
        outcome: told.outcome ?? 'failure',
        code: lead.closed ? told.code : 'erased',
      }
    : told
  return (Object.keys(expected) as (keyof LeadSummary)[]).every((name) => row[name] === expected[name])
}
