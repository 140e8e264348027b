import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import type { Buyer as BuyerView } from '../api/types.ts'
import { termsOf } from '../buyer/terms.tsx'
import { CapList } from '../caps/cap-list.tsx'
import { Empty } from '../components/empty.tsx'
import { Figures } from '../components/figures.tsx'
import { Loaded } from '../components/loaded.tsx'
import { paidText } from '../components/paid.ts'
import { RangePick, useRange } from '../components/range-pick.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { number, percent, t } from '../text.ts'

type Place = BuyerView['destinations'][number]

const columns: readonly Column<Place>[] = [
  {
    key: 'destination',
    head: t('deliveries.destination'),
    cell: ({ flow, id, name }) => (
      <>
        <Link to="/destinations/$flow/$destination" params={{ flow, destination: id }} className="cell-main">
          {name}
        </Link>
        <span className="cell-sub">{flow}</span>
      </>
    ),
  },
  {
    key: 'terms',
    head: t('buyer.terms'),
    cell: ({ terms }) => (
      <dl className="pairs">
        {termsOf(terms)
          .filter(({ name }) => name !== t('buyer.buyer'))
          .map(({ name, value }) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    ),
  },
  { key: 'delivered', head: t('buyer.received'), end: true, cell: ({ taken }) => number(taken.delivered) },
  { key: 'refused', head: t('delivery_state.refused'), end: true, cell: ({ taken }) => number(taken.refused) },
  {
    key: 'rate',
    head: t('overview.rate'),
    end: true,
    cell: ({ taken }) => (taken.acceptance_rate === null ? '–' : percent(taken.acceptance_rate)),
  },
  { key: 'paid', head: t('buyer.paid'), end: true, cell: ({ taken }) => paidText(taken.paid) },
]

/** One who buys: on what terms, what they took, what they pay, and how much more they will take. */
export const Buyer = () => {
  const { buyer: id } = useParams({ from: '/buyers/$buyer' })
  const range = useRange(useSearch({ from: '/buyers/$buyer' }).range)
  const go = useNavigate()
  const may = useMay()
  const list = useQuery({
    queryKey: ['buyers', range],
    queryFn: () => ask('/api/v1/buyers', { query: { range } }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  const caps = useQuery({
    queryKey: ['caps'],
    queryFn: () => ask('/api/v1/caps'),
    refetchInterval: 15_000,
  })
  return (
    <Page
      title={id}
      crumb={<Link to="/buyers">{t('nav.buyers')}</Link>}
      actions={
        <RangePick
          value={range}
          onChange={(next) => void go({ to: '/buyers/$buyer', params: { buyer: id }, search: { range: next } })}
        />
      }
    >
      <Loaded query={list}>
        {({ items }) => {
          const buyer = items.find((each) => each.id === id)
          if (buyer === undefined) return <Empty title={t('buyer.missing')} />
          const { taken, destinations } = buyer
          const own = (caps.data?.items ?? []).filter(
            (cap) =>
              cap.buyer === id ||
              destinations.some(
                (place) => place.flow === cap.flow && place.id === cap.destination && cap.buyer === null,
              ),
          )
          return (
            <>
              <Figures
                label={t('overview.figures')}
                items={[
                  { name: t('buyer.received'), value: number(taken.delivered) },
                  {
                    name: t('overview.rate'),
                    value: taken.acceptance_rate === null ? '–' : percent(taken.acceptance_rate),
                    note: t('buyer.refused_n', { n: number(taken.refused) }),
                  },
                  { name: t('buyer.ruled_out'), value: number(taken.ruled_out), note: t('buyer.ruled_out_note') },
                  { name: t('destination.open'), value: number(taken.open) },
                  ...(may('money.read') ? [{ name: t('buyer.paid'), value: paidText(taken.paid) }] : []),
                ]}
              />
              <Table
                label={t('nav.destinations')}
                title={t('nav.destinations')}
                rows={destinations}
                columns={columns.filter(({ key }) => key !== 'paid' || may('money.read'))}
                rowKey={(place) => `${place.flow}/${place.id}`}
              />
              {own.length > 0 && <CapList caps={own} title={t('nav.caps')} />}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
