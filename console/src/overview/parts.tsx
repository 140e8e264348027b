import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { LeadSummary } from '../api/types.ts'
import { OutcomeTag } from '../components/outcome-tag.tsx'
import { newestFirst } from '../leads/newest-first.ts'
import { useLiveBatches } from '../live/live.tsx'
import type { LeadSearch } from '../router.tsx'
import { compact, money, named, number, percent, t, tn } from '../text.ts'
import { clockTime } from '../time.ts'
import type { Figures } from './types.ts'

/** How far leads came, and where the others were lost. */
export const Funnel = ({ now, search }: { readonly now: Figures; readonly search: LeadSearch }) => {
  const all = Math.max(1, now.leads)
  return (
    <ol className="funnel">
      {now.funnel.map(({ stage, leads, lost, codes }) => (
        <li key={stage}>
          <span className="funnel-name">{named('stage', stage)}</span>
          <span className="funnel-bar" aria-hidden="true">
            <i style={{ width: `${(leads / all) * 100}%` }} />
          </span>
          <span className="num funnel-count">{number(leads)}</span>
          <span className="num faint funnel-share">{percent(leads / all)}</span>
          {lost > 0 ? (
            <Link
              to="/leads"
              search={{ ...search, code: codes.join(','), outcome: undefined }}
              className="funnel-lost num"
            >
              −{number(lost)}
            </Link>
          ) : (
            <span className="funnel-lost" />
          )}
        </li>
      ))}
    </ol>
  )
}

export const Reasons = ({ now, search }: { readonly now: Figures; readonly search: LeadSearch }) => {
  const top = Math.max(1, ...now.reasons.map(({ leads }) => leads))
  if (now.reasons.length === 0) return <p className="card-body soft">{t('overview.no_reasons')}</p>
  return (
    <ul className="reasons">
      {now.reasons.map(({ code, leads }) => (
        <li key={code}>
          <Link to="/leads" search={{ ...search, code }}>
            <span className="grow clip">{named('code', code)}</span>
            <span className="reason-bar" aria-hidden="true">
              <i style={{ width: `${(leads / top) * 100}%` }} />
            </span>
            <span className="num">{number(leads)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

export const SourceTable = ({ now, search }: { readonly now: Figures; readonly search: LeadSearch }) => {
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th>{t('column.source')}</th>
          <th className="end">{t('overview.leads')}</th>
          <th className="end">{t('overview.rate')}</th>
          <th className="end">{t('overview.cost')}</th>
          <th className="end">{t('overview.revenue')}</th>
          <th className="end">{t('overview.margin')}</th>
        </tr>
      </thead>
      <tbody>
        {now.sources.map((row) => {
          const decided = row.accepted + row.rejected + row.failed
          const { currency, price, revenue } = row
          const paid = (amount: number | null) => (currency === null || amount === null ? '–' : money(amount, currency))
          return (
            <tr key={`${row.flow} ${row.source}`}>
              <td>
                <Link to="/leads" search={{ ...search, flow: row.flow, source: row.source }}>
                  {row.source}
                </Link>{' '}
                <span className="faint">{row.flow}</span>
              </td>
              <td className="end num">{number(row.leads)}</td>
              <td className="end num">{decided === 0 ? '–' : percent(row.accepted / decided)}</td>
              <td className="end num">{paid(price)}</td>
              <td className="end num">{paid(revenue)}</td>
              <td className="end num">{paid(revenue === null || price === null ? null : revenue - price)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const SHOWN = 9
const WINDOW_MS = 60_000

/** Leads as they come in: the newest, and how many in the last minute. */
export const Now = (props: {
  readonly first: readonly LeadSummary[]
  readonly search: Pick<LeadSearch, 'flow' | 'source'>
}) => {
  const { first, search } = props
  const [news, setNews] = useState<readonly LeadSummary[]>([])
  const [times, setTimes] = useState<readonly { readonly at: number; readonly n: number }[]>([])
  useLiveBatches(({ items, changed }) => {
    const at = Date.now()
    const { flow, source } = search
    const ours = items.filter(
      (lead) => (flow === undefined || lead.flow === flow) && (source === undefined || lead.source === source),
    )
    // Of all there is the number of all; of a part, as many as were told of each.
    const n = ours.length === items.length ? changed : ours.length
    setTimes((before) => [...before.filter((each) => at - each.at < WINDOW_MS), { at, n }])
    setNews((before) => newestFirst(before, ours).slice(0, SHOWN))
  })
  const shown = newestFirst(first, news).slice(0, SHOWN)
  const rate = times.reduce((sum, { n }) => sum + n, 0)
  return (
    <section className="card" aria-label={t('overview.now')}>
      <div className="card-head">
        <h2>{t('overview.now')}</h2>
        <span className="faint num">{tn('overview.per_minute', rate, { n: compact(rate) })}</span>
      </div>
      {shown.length === 0 ? (
        <p className="card-body soft">{t('leads.none_yet')}</p>
      ) : (
        <ul className="now">
          {shown.map((lead) => (
            <li key={lead.id}>
              <Link to="/leads/$id" params={{ id: lead.id }}>
                <span className="num faint">{clockTime(lead.received_at)}</span>
                <OutcomeTag lead={lead} />
                <span className="grow clip">{lead.source}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
