import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { SourceSummary } from '../api/types.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { RateBar } from '../components/rate-bar.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useFreshFigures } from '../overview/use-fresh-figures.ts'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { NewSource } from '../source/new-source.tsx'
import { priceText } from '../source/price-text.ts'
import { money, number, t } from '../text.ts'

/** After a lead has changed, the figures are asked anew so soon. */
const AGAIN_MS = 5_000

export const Sources = () => {
  const may = useMay()
  const [isAdding, setAdding] = useState(false)
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: () => ask('/api/v1/sources'),
  })
  const figures = useQuery({
    queryKey: ['figures', '24h'],
    queryFn: () => ask('/api/v1/figures', { query: { range: '24h' } }),
    enabled: may('report.read'),
    refetchInterval: 15_000,
  })
  useFreshFigures(AGAIN_MS)
  const rowOf = (source: SourceSummary) =>
    figures.data?.now.sources.find((each) => each.flow === source.flow && each.source === source.id)
  const columns: readonly Column<SourceSummary>[] = [
    {
      key: 'source',
      head: t('column.source'),
      cell: (source) => (
        <>
          <Link to="/sources/$flow/$source" params={{ flow: source.flow, source: source.id }} className="cell-main">
            {source.name}
          </Link>{' '}
          {!source.enabled && <span className="chip">{t('sources.off')}</span>}
          {source.adapter !== null && <span className="chip">{source.adapter}</span>}
        </>
      ),
    },
    {
      key: 'flow',
      head: t('column.flow'),
      cell: ({ flow }) =>
        may('flow.read') ? (
          <Link to="/flows/$flow" params={{ flow }}>
            {flow}
          </Link>
        ) : (
          flow
        ),
    },
    { key: 'price', head: t('column.price'), cell: ({ price }) => <span className="num">{priceText(price)}</span> },
    {
      key: 'key',
      head: t('sources.key'),
      cell: ({ keys }) => <span className="mono faint">{keys.map(({ hint }) => `${hint}…`).join(' ') || '–'}</span>,
    },
    ...(may('report.read')
      ? [
          {
            key: 'leads',
            head: t('flows.day'),
            end: true,
            cell: (source: SourceSummary) => number(rowOf(source)?.leads ?? 0),
          },
          {
            key: 'rate',
            head: t('overview.rate'),
            end: true,
            cell: (source: SourceSummary) => {
              const row = rowOf(source)
              const decided = row === undefined ? 0 : row.accepted + row.rejected + row.failed
              return decided === 0 ? '–' : <RateBar share={(row?.accepted ?? 0) / decided} />
            },
          },
          {
            key: 'cost',
            head: t('overview.cost'),
            end: true,
            cell: (source: SourceSummary) => {
              const row = rowOf(source)
              return row?.price == null || row.currency === null ? '–' : money(row.price, row.currency)
            },
          },
        ]
      : []),
  ]
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
      <Loaded query={sources}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('sources.none')} text={t('sources.none_text')} />
          ) : (
            <Table label={t('nav.sources')} rows={items} columns={columns} rowKey={({ flow, id }) => `${flow} ${id}`} />
          )
        }
      </Loaded>
    </Page>
  )
}
