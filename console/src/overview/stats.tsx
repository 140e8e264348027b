import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { LeadSearch } from '../router.tsx'
import { compact, duration, money, percent, type TextKey, t } from '../text.ts'
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

const moneyOf = (figures: Figures, part: 'price' | 'revenue' | 'margin'): string =>
  figures.currencies.length === 0 ? '–' : figures.currencies.map((each) => money(each[part], each.currency)).join(' + ')

export const Stats = (props: {
  readonly now: Figures
  readonly before: Figures | null
  readonly search: LeadSearch
}) => {
  const { now, before, search } = props
  const margin = now.revenue - now.price
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
        search={{ ...search, outcome: 'success' }}
      />
      <Stat
        text="overview.cost"
        value={moneyOf(now, 'price')}
        note={before && <Change now={now.price} before={before.price} good="neither" />}
        search={{ ...search, outcome: 'success' }}
      />
      <Stat
        text="overview.revenue"
        value={moneyOf(now, 'revenue')}
        note={before && <Change now={now.revenue} before={before.revenue} good="up" />}
        search={{ ...search, outcome: 'success' }}
      />
      <Stat
        text="overview.margin"
        value={<span data-minus={margin < 0 || undefined}>{moneyOf(now, 'margin')}</span>}
        note={before && <Change now={margin} before={before.revenue - before.price} good="up" />}
        search={{ ...search, outcome: 'success' }}
      />
      <Stat
        text="overview.speed"
        value={now.p50_ms === null ? '–' : duration(now.p50_ms)}
        note={now.p95_ms !== null && t('overview.p95', { time: duration(now.p95_ms) })}
        search={search}
      />
    </section>
  )
}
