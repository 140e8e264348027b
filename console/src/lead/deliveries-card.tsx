import { Button, Modal, Select, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { LeadDetail } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { money, named, t, tn } from '../text.ts'
import { rowTime } from '../time.ts'
import { Card } from './card.tsx'

type Delivery = LeadDetail['deliveries'][number]
type Act = 'again' | 'discard' | 'settle'

const TONES = { success: 'good', failure: 'bad', error: 'warn', open: 'info' } as const

/** What can be done about a delivery: one that is over and failed is sent again, one nobody heard of is settled. */
const actsOf = ({ outcome, parked }: Delivery): readonly Act[] =>
  parked ? ['settle', 'again'] : outcome === 'error' ? ['again', 'discard'] : outcome === 'failure' ? ['again'] : []

const ActForm = (props: {
  readonly leadId: string
  readonly delivery: Delivery
  readonly act: Act
  readonly onClose: () => void
}) => {
  const { leadId, delivery, act, onClose } = props
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const [outcome, setOutcome] = useState<'delivered' | 'not_delivered'>('delivered')
  const run = useMutation({
    mutationFn: async (): Promise<unknown> => {
      const at = `/api/v1/leads/${leadId}/deliveries/${delivery.id}` as const
      const why = reason.trim()
      if (act === 'again') return ask(`${at}/replay`, { method: 'POST', body: why === '' ? {} : { reason: why } })
      if (act === 'discard') return ask(`${at}/discard`, { method: 'POST', body: { reason: why } })
      return ask(`${at}/settle`, { method: 'POST', body: { outcome, reason: why } })
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['lead', leadId] })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t(`delivery.${act}_title`, { destination: delivery.destination })}>
      <form className="stack" onSubmit={submit}>
        <p className="soft">{t(`delivery.${act}_text`)}</p>
        {act === 'settle' && (
          <Select
            label={t('delivery.outcome')}
            allowDeselect={false}
            data={[
              { value: 'delivered', label: t('delivery.arrived') },
              { value: 'not_delivered', label: t('delivery.not_arrived') },
            ]}
            value={outcome}
            onChange={(value) => setOutcome(value === 'not_delivered' ? 'not_delivered' : 'delivered')}
          />
        )}
        <TextInput
          data-autofocus
          label={t('delivery.reason')}
          required={act !== 'again'}
          minLength={act === 'again' ? 0 : 3}
          maxLength={300}
          value={reason}
          error={run.error?.message}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button type="submit" loading={run.isPending}>
            {t(`delivery.${act}`)}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** What became of each delivery, and what can be done about it. */
export const DeliveriesCard = ({ lead }: { readonly lead: LeadDetail }) => {
  const may = useMay()
  const [open, setOpen] = useState<{ readonly delivery: Delivery; readonly act: Act } | null>(null)
  if (lead.deliveries.length === 0) return null
  return (
    <Card title={t('lead.deliveries')}>
      <ul className="lines">
        {lead.deliveries.map((delivery) => (
          <li key={delivery.id}>
            <div className="row between">
              <strong>{delivery.destination}</strong>
              <span className="tag" data-tone={TONES[delivery.outcome]}>
                {named('delivery', delivery.parked ? 'parked' : delivery.outcome)}
              </span>
            </div>
            <p className="soft">
              {[
                tn('lead.attempts', delivery.attempts),
                delivery.reference && t('story.reference', { reference: delivery.reference }),
                delivery.revenue && money(Number(delivery.revenue), delivery.currency),
                delivery.reason,
                delivery.next_at && t('lead.next_try', { at: rowTime(delivery.next_at) }),
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
            {may('job.edit') && actsOf(delivery).length > 0 && (
              <div className="row" style={{ gap: 6, marginTop: 6 }}>
                {actsOf(delivery).map((act) => (
                  <Button key={act} variant="default" size="compact-xs" onClick={() => setOpen({ delivery, act })}>
                    {t(`delivery.${act}`)}
                  </Button>
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
      {open !== null && (
        <ActForm leadId={lead.id} delivery={open.delivery} act={open.act} onClose={() => setOpen(null)} />
      )}
    </Card>
  )
}
