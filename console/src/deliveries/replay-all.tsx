import { NumberInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog } from '../components/dialog.tsx'
import { named, t, tn } from '../text.ts'

/** What a job may be about: all of them. */
const ALL = 1_000_000

export interface DeadFilter {
  readonly flow?: string | undefined
  readonly destination?: string | undefined
  readonly code?: string | undefined
}

/** All dead letters that the filter leaves: sent again so many a second, or put away. */
export const ReplayAll = (props: {
  readonly act: 'replay' | 'discard'
  readonly filter: DeadFilter
  readonly onClose: () => void
}) => {
  const { act, filter, onClose } = props
  const client = useQueryClient()
  const [speed, setSpeed] = useState<number | string>(10)
  const [reason, setReason] = useState('')
  const filters = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
  const send = useMutation({
    mutationFn: () =>
      ask(`/api/v1/dead-letters/${act}`, {
        method: 'POST',
        body: {
          ...filters,
          limit: ALL,
          ...(act === 'replay' ? { per_second: Number(speed) } : {}),
          ...(reason === '' ? {} : { reason }),
        },
      }),
    onSuccess: ({ matched }) => {
      // Both go on by themselves.
      notifications.show({ message: tn(act === 'replay' ? 'deliveries.replayed' : 'deliveries.discarded', matched) })
      void client.invalidateQueries({ queryKey: [act === 'replay' ? 'replays' : 'discards'] })
      void client.invalidateQueries({ queryKey: ['deliveries'] })
      void client.invalidateQueries({ queryKey: ['destinations'] })
      onClose()
    },
  })
  const said = [filter.destination, filter.flow, filter.code && named('delivery_code', filter.code)].filter(Boolean)
  return (
    <Dialog
      title={t(`deliveries.${act}_all`)}
      text={`${t(`deliveries.${act}_all_text`)} ${said.length === 0 ? t('deliveries.no_filter') : t('deliveries.filtered', { filter: said.join(', ') })}`}
      submit={t(`deliveries.${act}_all`)}
      danger={act === 'discard'}
      busy={send.isPending}
      error={send.error}
      onSubmit={() => send.mutate()}
      onClose={onClose}
    >
      {act === 'replay' && (
        <NumberInput label={t('deliveries.per_second')} min={1} max={1000} value={speed} onChange={setSpeed} />
      )}
      <TextInput
        data-autofocus
        label={t('review.reason')}
        required={act === 'discard'}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Dialog>
  )
}
