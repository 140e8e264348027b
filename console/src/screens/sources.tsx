import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api/client.ts'
import type { SourceSummary } from '../api/types.ts'
import { Failed } from '../components/failed.tsx'
import type { FigureAnswer } from '../overview/types.ts'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { NewSource } from '../source/new-source.tsx'
import { priceText } from '../source/price-text.ts'
import { money, number, percent, t } from '../text.ts'

export const Sources = () => {
  const may = useMay()
  const [isAdding, setAdding] = useState(false)
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => api<{ items: SourceSummary[] }>('/api/v1/sources'),
  })
  const figures = useQuery({
    queryKey: ['figures', '24h'],
    queryFn: () => api<FigureAnswer>('/api/v1/figures', { query: { range: '24h' } }),
    enabled: may('report.read'),
    refetchInterval: 15_000,
  })
  return (
    <Page
      title={t('nav.sources')}
      actions={
        may('flow.edit') && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)}>
            {t('sources.new')}
          </Button>
        )
      }
    >
      {isAdding && <NewSource onClose={() => setAdding(false)} />}
      {sources.error !== null ? (
        <Failed error={sources.error} onRetry={() => void sources.refetch()} />
      ) : sources.data === undefined ? (
        <Skeleton height={220} radius={8} />
      ) : sources.data.items.length === 0 ? (
        <div className="empty">
          <h2>{t('sources.none')}</h2>
          <p>{t('sources.none_text')}</p>
        </div>
      ) : (
        <section className="card" aria-label={t('nav.sources')}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('column.source')}</th>
                <th>{t('column.flow')}</th>
                <th>{t('column.price')}</th>
                <th>{t('sources.key')}</th>
                <th className="end">{t('flows.day')}</th>
                <th className="end">{t('overview.rate')}</th>
                <th className="end">{t('overview.cost')}</th>
              </tr>
            </thead>
            <tbody>
              {sources.data.items.map((source) => {
                const row = figures.data?.now.sources.find(
                  (each) => each.flow === source.flow && each.source === source.id,
                )
                const decided = row === undefined ? 0 : row.accepted + row.rejected + row.failed
                return (
                  <tr key={`${source.flow} ${source.id}`}>
                    <td>
                      <Link to="/sources/$flow/$source" params={{ flow: source.flow, source: source.id }}>
                        <strong>{source.name}</strong>
                      </Link>{' '}
                      {!source.enabled && <span className="chip">{t('sources.off')}</span>}
                    </td>
                    <td>
                      <Link to="/flows/$flow" params={{ flow: source.flow }}>
                        {source.flow}
                      </Link>
                    </td>
                    <td className="num">{priceText(source.price)}</td>
                    <td className="mono faint">{source.keys.map(({ hint }) => `${hint}…`).join(' ')}</td>
                    <td className="end num">{number(row?.leads ?? 0)}</td>
                    <td className="end num">{decided === 0 ? '–' : percent((row?.accepted ?? 0) / decided)}</td>
                    <td className="end num">
                      {money(row?.price ?? 0, figures.data?.now.currencies[0]?.currency ?? null)}
                    </td>
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
