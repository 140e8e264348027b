import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { Reasons } from '../overview/parts.tsx'
import { Stats } from '../overview/stats.tsx'
import { useFreshFigures } from '../overview/use-fresh-figures.ts'
import { useMay } from '../rights.ts'
import type { LeadSearch } from '../router.tsx'
import { Page } from '../shell/page.tsx'
import { HowToSubmit } from '../source/how-to-submit.tsx'
import { Posting } from '../source/posting.tsx'
import { TestForm } from '../source/test-form.tsx'
import { t } from '../text.ts'
import '../styles/overview.css'
import '../styles/lead.css'

/** After a lead has changed, its figures are asked anew so soon. */
const AGAIN_MS = 3_000

export const Source = () => {
  const { flow, source } = useParams({ from: '/sources/$flow/$source' })
  const may = useMay()
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => ask('/api/v1/sources'),
  })
  // A partner reads its instructions, and nothing of the flow.
  const isOurs = may('flow.read')
  const detail = useQuery({
    queryKey: ['flow', flow],
    queryFn: () => ask(`/api/v1/flows/${flow}`),
    enabled: isOurs,
  })
  const figures = useQuery({
    queryKey: ['figures', '24h', flow, source],
    queryFn: () => ask('/api/v1/figures', { query: { range: '24h', flow, source, compare: 'previous' } }),
    refetchInterval: 10_000,
    enabled: may('report.read'),
  })
  useFreshFigures(AGAIN_MS)
  const found = sources.data?.items.find((each) => each.flow === flow && each.id === source)
  const crumb = <Link to="/sources">{t('nav.sources')}</Link>
  const error = sources.error ?? detail.error
  if (error !== null)
    return (
      <Page title={source} crumb={crumb}>
        <Failed error={error} onRetry={() => void sources.refetch()} />
      </Page>
    )
  if (sources.data === undefined || (isOurs && detail.data === undefined))
    return (
      <Page title={source} crumb={crumb}>
        <Skeleton height={300} radius={8} />
      </Page>
    )
  if (found === undefined)
    return (
      <Page title={source} crumb={crumb}>
        <div className="empty">
          <h2>{t('sources.missing')}</h2>
        </div>
      </Page>
    )
  const search: LeadSearch = { flow, source, ...(figures.data ? { from: figures.data.now.from } : {}), test: 'no' }
  return (
    <Page
      title={found.name}
      crumb={crumb}
      aside={
        <>
          <span className="faint">{flow}</span>
          {figures.data && <span className="faint">{t('period.day')}</span>}
        </>
      }
    >
      {figures.data && <Stats now={figures.data.now} before={figures.data.before} search={search} />}
      <div className={isOurs ? 'lead-page' : 'stack'}>
        <div className="stack">
          {detail.data && <HowToSubmit source={found} document={detail.data.document} />}
          <Posting source={found} />
        </div>
        <div className="stack">
          {detail.data && may('lead.submit') && <TestForm source={found} document={detail.data.document} />}
          {figures.data && (
            <section className="card" aria-label={t('overview.reasons')}>
              <div className="card-head">
                <h2>{t('overview.reasons')}</h2>
              </div>
              <Reasons now={figures.data.now} search={search} />
            </section>
          )}
        </div>
      </div>
    </Page>
  )
}
