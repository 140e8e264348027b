import { Alert, Button, Modal, Skeleton, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { LaneTable } from '../deliveries/lane-table.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { named, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

interface Delivery {
  readonly id: string
  readonly lead_id: string
  readonly flow: string
  readonly destination: string
  readonly state: string
  readonly code: string | null
  readonly attempts: number
  readonly changed_at: string
  readonly next_at: string | null
}

const STATES = ['dead', 'unknown', 'waiting', 'refused', 'delivered'] as const
const TONE: Readonly<Record<string, string>> = {
  dead: 'bad',
  unknown: 'warn',
  waiting: 'info',
  held: 'warn',
  refused: 'bad',
  delivered: 'good',
}

type Act = 'replay' | 'discard' | 'delivered' | 'send_again'

/** A decision about a delivery; those that must say why are asked for it. */
const Decide = (props: { readonly delivery: Delivery; readonly act: Act; readonly onClose: () => void }) => {
  const { delivery, act, onClose } = props
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const decide = useMutation({
    mutationFn: () => {
      const at = `/api/v1/leads/${delivery.lead_id}/deliveries/${delivery.id}` as const
      if (act === 'replay') return api(`${at}/replay`, { method: 'POST', body: reason === '' ? {} : { reason } })
      if (act === 'discard') return api(`${at}/discard`, { method: 'POST', body: { reason } })
      return api(`${at}/settle`, { method: 'POST', body: { outcome: act, reason } })
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['deliveries'] })
      void client.invalidateQueries({ queryKey: ['queues'] })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    decide.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t(`deliveries.${act}`)}>
      <form className="stack" onSubmit={submit}>
        <p className="soft">{t(`deliveries.${act}_text`)}</p>
        <TextInput
          data-autofocus
          label={t('review.reason')}
          required={act !== 'replay'}
          maxLength={500}
          value={reason}
          error={decide.error?.message}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={decide.isPending}>
            {t(`deliveries.${act}`)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** Deliveries by what became of them: dead letters first, since they wait for somebody. */
export const Deliveries = () => {
  const search = useSearch({ from: '/deliveries' })
  const go = useNavigate()
  const may = useMay()
  const client = useQueryClient()
  const [deciding, setDeciding] = useState<{ delivery: Delivery; act: Act } | null>(null)
  const state = STATES.find((each) => each === search.state) ?? 'dead'
  const { destination } = search
  const list = useInfiniteQuery({
    queryKey: ['deliveries', state, destination],
    queryFn: ({ pageParam }) =>
      api<{ items: Delivery[]; next_cursor: string | null }>('/api/v1/deliveries', {
        query: { state, destination, limit: 100, cursor: pageParam },
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 15_000,
  })
  const replayAll = useMutation({
    mutationFn: () =>
      api<{ matched: number }>('/api/v1/dead-letters/replay', {
        method: 'POST',
        body: destination === undefined ? {} : { destination },
      }),
    onSuccess: ({ matched }) => {
      notifications.show({ message: tn('deliveries.replayed', matched) })
      void client.invalidateQueries({ queryKey: ['deliveries'] })
    },
    onError: (error) => notifications.show({ color: 'red', title: t('bulk.refused'), message: error.message }),
  })
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Page
      title={t('nav.deliveries')}
      actions={
        state === 'dead' &&
        may('job.edit') &&
        rows.length > 0 && (
          <Button loading={replayAll.isPending} onClick={() => replayAll.mutate()}>
            {t('deliveries.replay_all')}
          </Button>
        )
      }
    >
      {deciding !== null && <Decide {...deciding} onClose={() => setDeciding(null)} />}
      <LaneTable />
      <div className="row between">
        <div className="segments" role="group" aria-label={t('deliveries.state')}>
          {STATES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === state}
              onClick={() => void go({ to: '/deliveries', search: { ...search, state: each } })}
            >
              {named('delivery_state', each)}
            </button>
          ))}
        </div>
        {destination !== undefined && (
          <Button
            variant="subtle"
            color="gray"
            onClick={() => void go({ to: '/deliveries', search: { state: search.state } })}
          >
            {t('deliveries.all', { destination })}
          </Button>
        )}
      </div>
      {list.error !== null && rows.length === 0 ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Skeleton height={220} radius={8} />
      ) : rows.length === 0 ? (
        <div className="empty card">
          <h2>{named('delivery_none', state)}</h2>
        </div>
      ) : (
        <section className="card" aria-label={named('delivery_state', state)}>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('deliveries.destination')}</th>
                <th>{t('deliveries.lead')}</th>
                <th>{t('deliveries.why')}</th>
                <th className="end">{t('deliveries.attempts')}</th>
                <th>{t('deliveries.changed')}</th>
                <th>
                  <span className="visually-hidden">{t('deliveries.decide')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((delivery) => (
                <tr key={delivery.id}>
                  <td>
                    <strong>{delivery.destination}</strong> <span className="faint">{delivery.flow}</span>
                  </td>
                  <td>
                    <Link to="/leads/$id" params={{ id: delivery.lead_id }} className="mono">
                      …{delivery.lead_id.slice(-12)}
                    </Link>
                  </td>
                  <td>
                    <span className="tag" data-tone={TONE[delivery.state]}>
                      {delivery.code === null
                        ? named('delivery_state', delivery.state)
                        : named('delivery_code', delivery.code)}
                    </span>
                  </td>
                  <td className="end num">{delivery.attempts}</td>
                  <td title={fullTime(delivery.changed_at)}>{ago(delivery.changed_at)}</td>
                  <td className="end">
                    {may('job.edit') && (
                      <span className="row" style={{ justifyContent: 'flex-end' }}>
                        {(delivery.state === 'dead' || delivery.state === 'refused') && (
                          <>
                            <Button variant="default" onClick={() => setDeciding({ delivery, act: 'replay' })}>
                              {t('deliveries.replay')}
                            </Button>
                            {delivery.state === 'dead' && (
                              <Button
                                variant="subtle"
                                color="gray"
                                onClick={() => setDeciding({ delivery, act: 'discard' })}
                              >
                                {t('deliveries.discard')}
                              </Button>
                            )}
                          </>
                        )}
                        {delivery.state === 'unknown' && (
                          <>
                            <Button variant="default" onClick={() => setDeciding({ delivery, act: 'delivered' })}>
                              {t('deliveries.delivered')}
                            </Button>
                            <Button
                              variant="subtle"
                              color="gray"
                              onClick={() => setDeciding({ delivery, act: 'send_again' })}
                            >
                              {t('deliveries.send_again')}
                            </Button>
                          </>
                        )}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {list.hasNextPage && (
            <div className="card-body row" style={{ justifyContent: 'center' }}>
              <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                {t('action.more')}
              </Button>
            </div>
          )}
        </section>
      )}
      {list.error !== null && rows.length > 0 && (
        <Alert color="red" variant="light" role="alert">
          {list.error.message}
        </Alert>
      )}
    </Page>
  )
}
