import { Select, Skeleton, Switch, useComputedColorScheme } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useMemo } from 'react'
import { RANGES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useFlows } from '../flow/use-flows.ts'
import { Alerts } from '../overview/alerts.tsx'
import { Caps, DeliveryHealth } from '../overview/health.tsx'
import { Funnel, Now, Reasons, SourceTable } from '../overview/parts.tsx'
import { bucketsOf } from '../overview/series.ts'
import { Stats } from '../overview/stats.tsx'
import type { Range } from '../overview/types.ts'
import { useFreshFigures } from '../overview/use-fresh-figures.ts'
import { useMay } from '../rights.ts'
import type { LeadSearch } from '../router.tsx'
import { Page } from '../shell/page.tsx'
import { homeOf } from '../shell/places.ts'
import { named, t } from '../text.ts'
import '../styles/overview.css'

const LeadsChart = lazy(() => import('../overview/chart.tsx').then((part) => ({ default: part.LeadsChart })))

/** Figures are asked anew this long after a lead has changed, and no more often: of a long range less changes, and more is asked. */
const AGAIN_MS: Readonly<Record<Range, number>> = {
  '1h': 3_000,
  '24h': 3_000,
  '7d': 5_000,
  '30d': 10_000,
  '90d': 15_000,
}

const LABEL: Readonly<Record<Range, Intl.DateTimeFormatOptions>> = {
  '1h': { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  '24h': { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  '7d': { weekday: 'short', hour: '2-digit', hourCycle: 'h23' },
  '30d': { month: 'short', day: 'numeric' },
  '90d': { month: 'short', day: 'numeric' },
}

const rangeOf = (text: string | undefined): Range => RANGES.find((range) => range === text) ?? '24h'

export const Overview = () => {
  const search = useSearch({ from: '/' })
  const go = useNavigate()
  const may = useMay()
  const scheme = useComputedColorScheme('light')
  const range = rangeOf(search.range)
  const compare = search.compare !== 'none'
  const { flow, source } = search
  const key = ['figures', range, flow, source, compare]
  const figures = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      ask('/api/v1/figures', {
        query: { range, flow, source, compare: compare ? 'previous' : undefined },
        signal,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })
  const flows = useFlows()
  const newest = useQuery({
    queryKey: ['leads', 'newest', flow, source],
    queryFn: () => ask('/api/v1/leads', { query: { limit: 9, flow, source } }),
  })
  useFreshFigures(AGAIN_MS[range])
  const label = useCallback((at: number) => new Intl.DateTimeFormat('en', LABEL[range]).format(at), [range])
  const buckets = useMemo(() => (figures.data ? bucketsOf(figures.data, range) : []), [figures.data, range])
  const set = (part: Partial<typeof search>): void => void go({ to: '/', search: { ...search, ...part } })

  if (!may('report.read')) return <Navigate to={homeOf(may)} replace />
  if (flows.data?.items.length === 0) return <Navigate to="/welcome" replace />

  const leads: LeadSearch = {
    ...(flow === undefined ? {} : { flow }),
    ...(source === undefined ? {} : { source }),
    ...(figures.data ? { from: figures.data.now.from } : {}),
    test: 'no',
  }
  return (
    <Page
      title={t('nav.overview')}
      actions={
        <>
          <Switch
            size="xs"
            label={t('overview.compare')}
            checked={compare}
            onChange={(event) => set({ compare: event.currentTarget.checked ? undefined : 'none' })}
          />
          <Select
            aria-label={t('column.flow')}
            placeholder={t('filter.flow')}
            clearable
            w={150}
            data={(flows.data?.items ?? []).map(({ id }) => id)}
            value={flow ?? null}
            onChange={(id) => set({ flow: id ?? undefined, source: undefined })}
          />
          <div className="segments" role="group" aria-label={t('filter.period')}>
            {RANGES.map((each) => (
              <button key={each} type="button" aria-pressed={each === range} onClick={() => set({ range: each })}>
                {named('range', each)}
              </button>
            ))}
          </div>
        </>
      }
    >
      {figures.error !== null && figures.data === undefined ? (
        <Failed error={figures.error} onRetry={() => void figures.refetch()} />
      ) : figures.data === undefined ? (
        <>
          <Skeleton height={96} radius={8} />
          <Skeleton height={300} radius={8} />
        </>
      ) : (
        <>
          <Alerts now={figures.data.now} before={figures.data.before} />
          <Stats now={figures.data.now} before={figures.data.before} search={leads} />
          <div className="overview-row">
            <section className="card grow" aria-label={t('overview.chart')}>
              <div className="card-head">
                <h2>{t('overview.chart')}</h2>
                <span className="legend">
                  <i data-part="accepted" />
                  {t('outcome.accepted')}
                  <i data-part="waiting" />
                  {t('outcome.open')}
                  <i data-part="rejected" />
                  {t('outcome.rejected')}
                </span>
              </div>
              <Suspense fallback={<div className="chart" />}>
                <LeadsChart
                  buckets={buckets}
                  scheme={scheme}
                  label={label}
                  onOpen={({ at, untilMs }) =>
                    void go({
                      to: '/leads',
                      search: { ...leads, from: new Date(at).toISOString(), to: new Date(untilMs).toISOString() },
                    })
                  }
                />
              </Suspense>
            </section>
            <Now key={`${flow} ${source}`} first={newest.data?.items ?? []} search={{ flow, source }} />
          </div>
          <div className="overview-row">
            <section className="card grow" aria-label={t('overview.funnel')}>
              <div className="card-head">
                <h2>{t('overview.funnel')}</h2>
              </div>
              <Funnel now={figures.data.now} search={leads} />
            </section>
            <section className="card" aria-label={t('overview.reasons')}>
              <div className="card-head">
                <h2>{t('overview.reasons')}</h2>
              </div>
              <Reasons now={figures.data.now} search={leads} />
            </section>
          </div>
          <div className="overview-row">
            <DeliveryHealth range={range} />
            <Caps />
          </div>
          <section className="card" aria-label={t('nav.sources')}>
            <div className="card-head">
              <h2>{t('nav.sources')}</h2>
            </div>
            <SourceTable now={figures.data.now} search={leads} />
          </section>
        </>
      )}
    </Page>
  )
}
