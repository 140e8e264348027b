import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { LeadSearch } from '../router.tsx'
import { compact, duration, money, percent, type TextKey, t } from '../text.ts'
import { type Moneys, moneysOf } from './moneys.ts'
import type { Figures } from './types.ts'

type Good = 'up' | 'down' | 'neither'

/** How much it changed against the range before: a share, or points of a rate. */
const Change = ({ now, before, good, rate }: { now: number; before: number; good: Good; rate?: boolean }) => {
  if (before === 0 && !rate) return null
  const by = rate ? now - before : (now - before) / Math.abs(before)
  if (!Number.isFinite(by) || Math.abs(by) < 0.0005) return <span className="change">±0</span>
  const isUp = by > 0
  const tone = good === 'neither' ? 'plain' : isUp === (good === 'up') ? 'good' : 'bad'
  const text = rate ? `${Math.abs(by * 100).toFixed(1)} ${t('overview.points')}` : percent(Math.abs(by))
  return (
    <span className="change num" data-change={tone}>
      {isUp ? '▲' : '▼'} {text}
    </span>
  )
}

const Stat = (props: {
  readonly text: TextKey
  readonly value: ReactNode
  readonly note?: ReactNode
  readonly search: LeadSearch
}) => (
  <Link to="/leads" search={props.search} className="stat">
    <span className="stat-name">{t(props.text)}</span>
    <span className="stat-value num">{props.value}</span>
    <span className="stat-note">{props.note}</span>
  </Link>
)

/** Each currency by itself, with its own change: of several, one under the other. */
const Money = (props: {
  readonly text: TextKey
  readonly moneys: readonly Moneys[]
  readonly good: Good
  readonly search: LeadSearch
}) => {
  const { text, moneys, good, search } = props
  const [only] = moneys
  const amount = ({ currency, now }: Moneys) => <span data-minus={now < 0 || undefined}>{money(now, currency)}</span>
  const change = ({ now, before }: Moneys) => before !== null && <Change now={now} before={before} good={good} />
  if (only === undefined) return <Stat text={text} value="–" search={search} />
  if (moneys.length === 1) return <Stat text={text} value={amount(only)} note={change(only)} search={search} />
  const value = moneys.map((each) => (
    <span key={each.currency} className="stat-money" data-currency={each.currency}>
      {amount(each)} {change(each)}
    </span>
  ))
  return <Stat text={text} value={value} search={search} />
}

export const Stats = (props: {
  readonly now: Figures
  readonly before: Figures | null
  readonly search: LeadSearch
}) => {
  const { now, before, search } = props
  const accepted = { ...search, outcome: 'success' }
  return (
    <section className="stats card" aria-label={t('overview.figures')}>
      <Stat
        text="overview.leads"
        value={compact(now.leads)}
        note={before && <Change now={now.leads} before={before.leads} good="up" />}
        search={search}
      />
      <Stat
        text="overview.rate"
        value={now.acceptance_rate === null ? '–' : percent(now.acceptance_rate)}
        note={
          before?.acceptance_rate != null &&
          now.acceptance_rate !== null && (
            <Change now={now.acceptance_rate} before={before.acceptance_rate} good="up" rate />
          )
        }
        search={accepted}
      />
      <Money text="overview.cost" moneys={moneysOf(now, before, 'price')} good="neither" search={accepted} />
      <Money text="overview.revenue" moneys={moneysOf(now, before, 'revenue')} good="up" search={accepted} />
      <Money text="overview.margin" moneys={moneysOf(now, before, 'margin')} good="up" search={accepted} />
      <Stat
        text="overview.speed"
        value={now.p50_ms === null ? '–' : duration(now.p50_ms)}
        note={now.p95_ms !== null && t('overview.p95', { time: duration(now.p95_ms) })}
        search={search}
      />
    </section>
  )
}
