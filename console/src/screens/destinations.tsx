import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { Destination } from '../api/types.ts'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { paidText } from '../components/paid.ts'
import { RangePick, useRange } from '../components/range-pick.tsx'
import { type Column, Table } from '../components/table.tsx'
import { NewDestination } from '../destination/new-destination.tsx'
import { DestinationState } from '../destination/state.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { duration, number, percent, t } from '../text.ts'

const Count = (props: { readonly n: number; readonly flow: string; readonly id: string; readonly state: string }) =>
  props.n === 0 ? (
    <span className="faint">0</span>
  ) : (
    <Link
      to="/deliveries"
      search={{ state: props.state, flow: props.flow, destination: props.id }}
      className={props.state === 'dead' ? 'count-bad' : 'count-warn'}
    >
      {number(props.n)}
    </Link>
  )

const columns: readonly Column<Destination>[] = [
  {
    key: 'name',
    head: t('deliveries.destination'),
    cell: ({ flow, id, name, type }) => (
      <>
        <Link to="/destinations/$flow/$destination" params={{ flow, destination: id }} className="cell-main">
          {name}
        </Link>
        <span className="cell-sub">
          {flow}
          {type !== null && ` · ${type}`}
        </span>
      </>
    ),
  },
  { key: 'state', head: t('queues.state'), cell: (destination) => <DestinationState destination={destination} /> },
  {
    key: 'success',
    head: t('destination.success'),
    end: true,
    cell: ({ health }) => (health.success_rate === null ? '–' : percent(health.success_rate)),
  },
  { key: 'calls', head: t('destination.calls'), end: true, cell: ({ health }) => number(health.calls) },
  {
    key: 'p50',
    head: t('destination.p50'),
    end: true,
    cell: ({ health }) => (health.latency_ms.p50 === null ? '–' : duration(health.latency_ms.p50)),
  },
  {
    key: 'p95',
    head: t('destination.p95'),
    end: true,
    cell: ({ health }) => (health.latency_ms.p95 === null ? '–' : duration(health.latency_ms.p95)),
  },
  { key: 'delivered', head: t('delivery_state.delivered'), end: true, cell: ({ taken }) => number(taken.delivered) },
  {
    key: 'waiting',
    head: t('delivery_state.waiting'),
    end: true,
    cell: ({ flow, id, health }) => <Count n={health.waiting} flow={flow} id={id} state="waiting" />,
  },
  {
    key: 'unknown',
    head: t('delivery_state.unknown'),
    end: true,
    cell: ({ flow, id, health }) => <Count n={health.unknown} flow={flow} id={id} state="unknown" />,
  },
  {
    key: 'dead',
    head: t('destination.dead'),
    end: true,
    cell: ({ flow, id, health }) => <Count n={health.dead} flow={flow} id={id} state="dead" />,
  },
  { key: 'paid', head: t('buyer.paid'), end: true, cell: ({ taken }) => paidText(taken.paid) },
]

/** Where leads go, and how well each place takes them. */
export const Destinations = () => {
  const may = useMay()
  const go = useNavigate()
  const search = useSearch({ from: '/destinations' })
  const range = useRange(search.range)
  const [isAdding, setAdding] = useState(false)
  const list = useQuery({
    queryKey: ['destinations', range],
    queryFn: () => ask('/api/v1/destinations', { query: { range } }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  const add = may('flow.edit') && (
    <Button leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)}>
      {t('destination.new')}
    </Button>
  )
  return (
    <Page
      title={t('nav.destinations')}
      actions={
        <>
          <RangePick value={range} onChange={(next) => void go({ to: '/destinations', search: { range: next } })} />
          {add}
        </>
      }
    >
      {isAdding && <NewDestination onClose={() => setAdding(false)} />}
      <Loaded query={list}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('destination.none')} text={t('destination.none_text')} />
          ) : (
            <Table
              label={t('nav.destinations')}
              rows={items}
              columns={columns.filter(({ key }) => key !== 'paid' || may('money.read'))}
              rowKey={({ flow, id }) => `${flow}/${id}`}
            />
          )
        }
      </Loaded>
    </Page>
  )
}
