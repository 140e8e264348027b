import type { ReactNode } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { AssigneeName } from '../components/assignee.tsx'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { duration, money, named, type TextKey, t } from '../text.ts'
import { fullTime, rowTime } from '../time.ts'

export interface Column {
  readonly id: string
  readonly title: TextKey
  /** Pixels at least. */
  readonly width: number
  /** Its part of what is left of the line; those without one do not grow. */
  readonly share?: number
  readonly end?: true
  readonly cell: (lead: LeadSummary) => ReactNode
  /** Told to whoever points at the cell. */
  readonly hint?: (lead: LeadSummary) => string
}

const amount = (value: number | null, currency: string | null): ReactNode =>
  value === null ? <span className="faint">–</span> : money(value, currency)

export const COLUMNS: readonly Column[] = [
  {
    id: 'received',
    title: 'column.received',
    width: 112,
    cell: (lead) => rowTime(lead.received_at),
    hint: (lead) => fullTime(lead.received_at),
  },
  { id: 'outcome', title: 'column.outcome', width: 132, cell: (lead) => <OutcomeTag lead={lead} /> },
  {
    id: 'reason',
    title: 'column.reason',
    width: 116,
    share: 1.4,
    cell: (lead) => (lead.code === null ? '' : named('code', lead.code)),
  },
  { id: 'flow', title: 'column.flow', width: 96, share: 1, cell: (lead) => lead.flow },
  { id: 'source', title: 'column.source', width: 96, share: 1, cell: (lead) => lead.source },
  {
    id: 'price',
    title: 'column.price',
    width: 88,
    end: true,
    cell: (lead) => amount(lead.price, lead.currency),
  },
  {
    id: 'revenue',
    title: 'column.revenue',
    width: 88,
    end: true,
    cell: (lead) => amount(lead.revenue, lead.currency),
  },
  {
    id: 'margin',
    title: 'column.margin',
    width: 88,
    end: true,
    cell: (lead) =>
      amount(lead.price === null || lead.revenue === null ? null : lead.revenue - lead.price, lead.currency),
  },
  {
    id: 'took',
    title: 'column.took',
    width: 68,
    end: true,
    cell: (lead) => (lead.duration_ms === null ? <span className="faint">–</span> : duration(lead.duration_ms)),
  },
  {
    id: 'assignee',
    title: 'column.assignee',
    width: 120,
    share: 0.9,
    cell: (lead) => <AssigneeName id={lead.assignee} />,
  },
  { id: 'version', title: 'column.version', width: 72, end: true, cell: (lead) => `v${lead.flow_version}` },
  {
    id: 'test',
    title: 'column.test',
    width: 52,
    cell: (lead) => (lead.test ? <span className="chip">{t('lead.test')}</span> : ''),
  },
  {
    id: 'id',
    title: 'column.id',
    width: 108,
    cell: (lead) => <span className="mono faint">{`…${lead.id.slice(-12)}`}</span>,
    hint: (lead) => lead.id,
  },
]

export const DEFAULT_COLUMNS: readonly string[] = [
  'received',
  'outcome',
  'reason',
  'flow',
  'source',
  'price',
  'revenue',
  'took',
  'test',
]
