import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ask } from '../api/client.ts'
import type { Buyer } from '../api/types.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { paidText } from '../components/paid.ts'
import { RangePick, useRange } from '../components/range-pick.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { number, percent, t, tn } from '../text.ts'

const columns: readonly Column<Buyer>[] = [
  {
    key: 'buyer',
    head: t('buyer.buyer'),
    cell: ({ id, destinations }) => (
      <>
        <Link to="/buyers/$buyer" params={{ buyer: id }} className="cell-main">
          {id}
        </Link>
        <span className="cell-sub">{tn('buyer.places', destinations.length)}</span>
      </>
    ),
  },
  { key: 'delivered', head: t('buyer.received'), end: true, cell: ({ taken }) => number(taken.delivered) },
  { key: 'refused', head: t('delivery_state.refused'), end: true, cell: ({ taken }) => number(taken.refused) },
  { key: 'ruled_out', head: t('buyer.ruled_out'), end: true, cell: ({ taken }) => number(taken.ruled_out) },
  {
    key: 'rate',
    head: t('overview.rate'),
    end: true,
    cell: ({ taken }) => (taken.acceptance_rate === null ? '–' : percent(taken.acceptance_rate)),
  },
  { key: 'paid', head: t('buyer.paid'), end: true, cell: ({ taken }) => <strong>{paidText(taken.paid)}</strong> },
]

/** Who buys: what they took, what they pay. */
export const Buyers = () => {
  const may = useMay()
  const go = useNavigate()
  const range = useRange(useSearch({ from: '/buyers' }).range)
  const list = useQuery({
    queryKey: ['buyers', range],
    queryFn: () => ask('/api/v1/buyers', { query: { range } }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  return (
    <Page
      title={t('nav.buyers')}
      actions={<RangePick value={range} onChange={(next) => void go({ to: '/buyers', search: { range: next } })} />}
    >
      <Loaded query={list}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('buyer.none')} text={t('buyer.none_text')} />
          ) : (
            <Table
              label={t('nav.buyers')}
              rows={items}
              columns={columns.filter(({ key }) => key !== 'paid' || may('money.read'))}
              rowKey={({ id }) => id}
            />
          )
        }
      </Loaded>
    </Page>
  )
}
