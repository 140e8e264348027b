import type { ReactNode } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { AssigneeName } from '../components/assignee.tsx'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { duration, money, named, type TextKey, t } from '../text.ts'
import { fullTime, rowTime } from '../time.ts'

export interface Column {
  readonly id: string
  readonly title: TextKey
  /** CSS grid track. */
  readonly width: string
  readonly end?: true
  readonly cell: (lead: LeadSummary) => ReactNode
}

const amount = (value: number | null, currency: string | null): ReactNode =>
  value === null ? <span className="faint">–</span> : money(value, currency)

export const COLUMNS: readonly Column[] = [
  {
    id: 'received',
    title: 'column.received',
    width: '124px',
    cell: (lead) => (
      <time dateTime={lead.received_at} title={fullTime(lead.received_at)}>
        {rowTime(lead.received_at)}
      </time>
    ),
  },
  { id: 'outcome', title: 'column.outcome', width: '132px', cell: (lead) => <OutcomeTag lead={lead} /> },
  {
    id: 'reason',
    title: 'column.reason',
    width: 'minmax(140px, 1.4fr)',
    cell: (lead) => (lead.code === null ? '' : named('code', lead.code)),
  },
  { id: 'flow', title: 'column.flow', width: 'minmax(110px, 1fr)', cell: (lead) => lead.flow },
  { id: 'source', title: 'column.source', width: 'minmax(110px, 1fr)', cell: (lead) => lead.source },
  {
    id: 'price',
    title: 'column.price',
    width: '88px',
    end: true,
    cell: (lead) => amount(lead.price, lead.currency),
  },
  {
    id: 'revenue',
    title: 'column.revenue',
    width: '88px',
    end: true,
    cell: (lead) => amount(lead.revenue, lead.currency),
  },
  {
    id: 'margin',
    title: 'column.margin',
    width: '88px',
    end: true,
    cell: (lead) =>
      amount(lead.price === null || lead.revenue === null ? null : lead.revenue - lead.price, lead.currency),
  },
  {
    id: 'took',
    title: 'column.took',
    width: '76px',
    end: true,
    cell: (lead) => (lead.duration_ms === null ? <span className="faint">–</span> : duration(lead.duration_ms)),
  },
  {
    id: 'assignee',
    title: 'column.assignee',
    width: 'minmax(120px, 0.9fr)',
    cell: (lead) => <AssigneeName id={lead.assignee} />,
  },
  { id: 'version', title: 'column.version', width: '72px', end: true, cell: (lead) => `v${lead.flow_version}` },
  {
    id: 'test',
    title: 'column.test',
    width: '64px',
    cell: (lead) => (lead.test ? <span className="chip">{t('lead.test')}</span> : ''),
  },
  {
    id: 'id',
    title: 'column.id',
    width: '108px',
    cell: (lead) => (
      <span className="mono faint" title={lead.id}>
        …{lead.id.slice(-12)}
      </span>
    ),
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
