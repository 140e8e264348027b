import { Alert, Button, Select, Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { DELIVERY_CODES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import { Empty } from '../components/empty.tsx'
import { Failed } from '../components/failed.tsx'
import { DeliveryTable } from '../deliveries/delivery-table.tsx'
import { LaneTable } from '../deliveries/lane-table.tsx'
import { ReplayAll } from '../deliveries/replay-all.tsx'
import { Discards, Replays } from '../deliveries/runs.tsx'
import { STATES } from '../deliveries/states.ts'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { named, t } from '../text.ts'

/** Of those that are under way or arrived none says why it is not there. */
const hasCode = (state: (typeof STATES)[number]): boolean =>
  state !== 'delivered' && state !== 'waiting' && state !== 'held'

/** Deliveries by what became of them: dead letters first, since they wait for somebody. */
export const Deliveries = () => {
  const search = useSearch({ from: '/deliveries' })
  const go = useNavigate()
  const may = useMay()
  const [all, setAll] = useState<'replay' | 'discard' | null>(null)
  const state = STATES.find((each) => each === search.state) ?? 'dead'
  const { destination, flow } = search
  const code = hasCode(state) ? search.code : undefined
  const turn = (next: Partial<typeof search>) => void go({ to: '/deliveries', search: { ...search, ...next } })
  const list = useInfiniteQuery({
    queryKey: ['deliveries', state, flow, destination, code],
    queryFn: ({ pageParam }) =>
      ask('/api/v1/deliveries', {
        query: { state, flow, destination, code, limit: 100, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 15_000,
  })
  const places = useQuery({
    queryKey: ['destinations', '24h'],
    queryFn: () => ask('/api/v1/destinations', { query: { range: '24h' } }),
    enabled: may('destination.read'),
  })
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  const place = destination === undefined ? null : `${flow ?? ''}/${destination}`
  const codes = [
    ...new Set([...DELIVERY_CODES, ...rows.flatMap((row) => row.code ?? []), ...(code === undefined ? [] : [code])]),
  ]
  return (
    <Page
      title={t('nav.deliveries')}
      actions={
        state === 'dead' &&
        may('job.edit') &&
        rows.length > 0 && (
          <>
            <Button variant="default" onClick={() => setAll('discard')}>
              {t('deliveries.discard_all')}
            </Button>
            <Button onClick={() => setAll('replay')}>{t('deliveries.replay_all')}</Button>
          </>
        )
      }
    >
      {all !== null && <ReplayAll act={all} filter={{ flow, destination, code }} onClose={() => setAll(null)} />}
      <LaneTable />
      <Replays />
      <Discards />
      <div className="filters">
        <div className="segments" role="group" aria-label={t('deliveries.state')}>
          {STATES.map((each) => (
            <button key={each} type="button" aria-pressed={each === state} onClick={() => turn({ state: each })}>
              {named('delivery_state', each)}
            </button>
          ))}
        </div>
        <span className="grow" />
        <Select
          aria-label={t('deliveries.destination')}
          placeholder={t('deliveries.any_destination')}
          clearable
          clearButtonProps={{ 'aria-label': t('deliveries.any_destination') }}
          data={[
            ...new Set([
              ...(places.data?.items ?? []).map((each) => `${each.flow}/${each.id}`),
              ...(place === null ? [] : [place]),
            ]),
          ]}
          value={place}
          onChange={(chosen) => {
            const [inFlow, id] = chosen?.split('/') ?? []
            turn({ flow: inFlow || undefined, destination: id })
          }}
        />
        {hasCode(state) && (
          <Select
            aria-label={t('deliveries.why')}
            placeholder={t('deliveries.any_code')}
            clearable
            clearButtonProps={{ 'aria-label': t('deliveries.any_code') }}
            data={codes.map((each) => ({ value: each, label: named('delivery_code', each) }))}
            value={code ?? null}
            onChange={(chosen) => turn({ code: chosen ?? undefined })}
          />
        )}
      </div>
      {list.error !== null && rows.length === 0 ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Skeleton height={220} radius={8} />
      ) : rows.length === 0 ? (
        <Empty title={named('delivery_none', state)} text={named('delivery_none_text', state)} />
      ) : (
        <DeliveryTable
          label={named('delivery_state', state)}
          rows={rows}
          more={{ on: list.hasNextPage, busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() }}
        />
      )}
      {list.error !== null && rows.length > 0 && (
        <Alert color="red" variant="light" role="alert">
          {list.error.message}
        </Alert>
      )}
    </Page>
  )
}
