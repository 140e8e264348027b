import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useFlows } from '../flow/use-flows.ts'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { number, percent, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

export const Flows = () => {
  const may = useMay()
  const flows = useFlows()
  const figures = useQuery({
    queryKey: ['figures', '24h'],
    queryFn: () => ask('/api/v1/figures', { query: { range: '24h' } }),
    enabled: may('report.read'),
  })
  const day = (flow: string) => {
    const rows = figures.data?.now.sources.filter((row) => row.flow === flow) ?? []
    const leads = rows.reduce((sum, row) => sum + row.leads, 0)
    const accepted = rows.reduce((sum, row) => sum + row.accepted, 0)
    const decided = rows.reduce((sum, row) => sum + row.accepted + row.rejected + row.failed, 0)
    return { leads, rate: decided === 0 ? null : accepted / decided }
  }
  return (
    <Page
      title={t('nav.flows')}
      actions={
        may('flow.edit') && (
          <Button leftSection={<IconPlus size={15} />} renderRoot={(props) => <Link to="/welcome" {...props} />}>
            {t('flows.new')}
          </Button>
        )
      }
    >
      {flows.error !== null ? (
        <Failed error={flows.error} onRetry={() => void flows.refetch()} />
      ) : flows.data === undefined ? (
        <Skeleton height={180} radius={8} />
      ) : flows.data.items.length === 0 ? (
        <div className="empty">
          <h2>{t('flows.none')}</h2>
          <p>{t('flows.none_text')}</p>
        </div>
      ) : (
        <section className="card" aria-label={t('nav.flows')}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('column.flow')}</th>
                <th>{t('column.version')}</th>
                <th>{t('flows.published')}</th>
                <th className="end">{t('flows.day')}</th>
                <th className="end">{t('overview.rate')}</th>
              </tr>
            </thead>
            <tbody>
              {flows.data.items.map((flow) => {
                const { leads, rate } = day(flow.id)
                return (
                  <tr key={flow.id}>
                    <td>
                      <Link to="/flows/$flow" params={{ flow: flow.id }}>
                        <strong>{flow.id}</strong>
                      </Link>
                    </td>
                    <td className="num">v{flow.version}</td>
                    <td title={fullTime(flow.published_at)}>{ago(flow.published_at)}</td>
                    <td className="end num">{number(leads)}</td>
                    <td className="end num">{rate === null ? '–' : percent(rate)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      )}
    </Page>
  )
}
