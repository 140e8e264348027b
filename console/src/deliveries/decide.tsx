import { Skeleton, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import type { DeliverySummary } from '../api/types.ts'
import { type CallSide, firstLineOf, writtenCall } from '../components/call.ts'
import { Dialog } from '../components/dialog.tsx'
import { UnmaskForm } from '../lead/unmask-form.tsx'
import { useUnmasked } from '../lead/use-unmasked.ts'
import { useMay } from '../rights.ts'
import { duration, t } from '../text.ts'
import { fullTime } from '../time.ts'
import type { Act } from './states.ts'

const printed = (side: unknown): string => {
  const call = (side ?? {}) as CallSide
  return [firstLineOf(call), writtenCall(call)].filter(Boolean).join('\n')
}

/** What was sent and what came back, call by call: one side beside the other, once somebody says why they look. */
export const BothSides = ({ delivery }: { readonly delivery: DeliverySummary }) => {
  const { shown } = useUnmasked(delivery.lead_id)
  return shown === undefined ? (
    <UnmaskForm leadId={delivery.lead_id} text={t('exchange.masked')} />
  ) : (
    <Sides delivery={delivery} />
  )
}

const Sides = ({ delivery }: { readonly delivery: DeliverySummary }) => {
  const read = useQuery({
    queryKey: ['delivery', delivery.id],
    queryFn: () => ask(`/api/v1/leads/${delivery.lead_id}/deliveries/${delivery.id}`),
    staleTime: 0,
  })
  if (read.error !== null) return <p role="alert">{read.error.message}</p>
  if (read.data === undefined) return <Skeleton height={160} />
  const { exchanges, payload, reason, reference } = read.data
  return (
    <div className="stack">
      {reason !== null && <p>{reason}</p>}
      {reference !== null && (
        <p className="soft">
          {t('trial.reference')}: <span className="mono">{reference}</span>
        </p>
      )}
      {exchanges.length === 0 && (
        <>
          <p className="soft">{t('delivery.no_call')}</p>
          <pre className="code" tabIndex={0}>
            {JSON.stringify(payload, null, 2)}
          </pre>
        </>
      )}
      {exchanges.map((exchange) => (
        <div key={`${exchange.attempt} ${exchange.at}`} className="sides">
          <div className="row between sides-head">
            <span>{t('delivery.attempt', { n: exchange.attempt })}</span>
            <span className="faint num">
              {fullTime(exchange.at)}
              {exchange.ms === null ? '' : ` · ${duration(exchange.ms)}`}
            </span>
          </div>
          <div>
            <h3>{t('delivery.sent')}</h3>
            <pre className="code" tabIndex={0}>
              {printed(exchange.request)}
            </pre>
          </div>
          <div>
            <h3>{t('delivery.came_back')}</h3>
            <pre className="code" tabIndex={0}>
              {exchange.response === null ? t('delivery.nothing_came') : printed(exchange.response)}
            </pre>
          </div>
        </div>
      ))}
    </div>
  )
}

/** A decision about a delivery; those that must say why are asked for it. What is not known is shown before it. */
export const Decide = (props: {
  readonly delivery: DeliverySummary
  readonly act: Act
  readonly onClose: () => void
}) => {
  const { delivery, act, onClose } = props
  const client = useQueryClient()
  const may = useMay()
  const [reason, setReason] = useState('')
  const [reference, setReference] = useState('')
  const isSettling = act !== 'replay' && act !== 'discard'
  const decide = useMutation({
    mutationFn: () => {
      const at = `/api/v1/leads/${delivery.lead_id}/deliveries/${delivery.id}` as const
      if (act === 'replay') return ask(`${at}/replay`, { method: 'POST', body: reason === '' ? {} : { reason } })
      if (act === 'discard') return ask(`${at}/discard`, { method: 'POST', body: { reason } })
      return ask(`${at}/settle`, {
        method: 'POST',
        body: { outcome: act, reason, ...(reference === '' ? {} : { reference }) },
      })
    },
    onSuccess: () => {
      notifications.show({ message: t(`deliveries.${act}_done`) })
      void client.invalidateQueries({ queryKey: ['deliveries'] })
      void client.invalidateQueries({ queryKey: ['destinations'] })
      void client.invalidateQueries({ queryKey: ['queues'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t(`deliveries.${act}`)}
      text={t(`deliveries.${act}_text`)}
      submit={t(`deliveries.${act}`)}
      danger={act === 'discard'}
      size={isSettling ? 'xl' : 'md'}
      busy={decide.isPending}
      error={decide.error}
      onSubmit={() => decide.mutate()}
      onClose={onClose}
      above={isSettling && may('lead.read_personal') && <BothSides delivery={delivery} />}
    >
      <TextInput
        data-autofocus
        label={t('review.reason')}
        required={act !== 'replay'}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {act === 'delivered' && (
        <TextInput
          label={t('delivery.reference')}
          description={t('delivery.reference_hint', { destination: delivery.destination })}
          maxLength={200}
          value={reference}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
      )}
    </Dialog>
  )
}
