import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import type { DeliverySummary } from '../api/types.ts'
import { type Column, Table } from '../components/table.tsx'
import { Tag } from '../components/tag.tsx'
import { useMay } from '../rights.ts'
import { named, number, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'
import { BothSides, Decide } from './decide.tsx'
import { type Act, actsOf, TONES } from './states.ts'
import '../styles/deliveries.css'

/** Deliveries, each with what may be decided about it and both sides of its calls. */
export const DeliveryTable = (props: {
  readonly label: string
  readonly rows: readonly DeliverySummary[]
  readonly title?: string
  readonly actions?: ReactNode
  readonly none?: ReactNode
  readonly more?: { readonly on: boolean; readonly busy: boolean; readonly load: () => void }
}) => {
  const may = useMay()
  const [deciding, setDeciding] = useState<{ delivery: DeliverySummary; act: Act } | null>(null)
  const [opened, setOpened] = useState<string | null>(null)
  const columns: readonly Column<DeliverySummary>[] = [
    {
      key: 'destination',
      head: t('deliveries.destination'),
      cell: ({ flow, destination }) => (
        <>
          <Link to="/destinations/$flow/$destination" params={{ flow, destination }} className="cell-main">
            {destination}
          </Link>{' '}
          <span className="faint">{flow}</span>
        </>
      ),
    },
    {
      key: 'lead',
      head: t('deliveries.lead'),
      cell: ({ lead_id }) => (
        <Link to="/leads/$id" params={{ id: lead_id }} className="mono">
          …{lead_id.slice(-12)}
        </Link>
      ),
    },
    {
      key: 'why',
      head: t('deliveries.why'),
      cell: ({ state, code }) => (
        <Tag tone={TONES[state] ?? 'quiet'}>
          {code === null ? named('delivery_state', state) : named('delivery_code', code)}
        </Tag>
      ),
    },
    { key: 'attempts', head: t('deliveries.attempts'), end: true, cell: ({ attempts }) => number(attempts) },
    {
      key: 'changed',
      head: t('deliveries.changed'),
      cell: ({ changed_at, next_at }) => (
        <span title={fullTime(changed_at)}>
          {ago(changed_at)}
          {next_at !== null && <span className="cell-sub">{t('deliveries.next', { when: ago(next_at) })}</span>}
        </span>
      ),
    },
    {
      key: 'decide',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: (delivery) => (
        <span className="row-actions">
          {may('lead.read_personal') && (
            <Button
              variant="subtle"
              color="gray"
              aria-expanded={opened === delivery.id}
              onClick={() => setOpened(opened === delivery.id ? null : delivery.id)}
            >
              {t('deliveries.inspect')}
            </Button>
          )}
          {may('job.edit') &&
            actsOf(delivery.state).map((act, at) => (
              <Button
                key={act}
                variant={at === 0 ? 'default' : 'subtle'}
                color="gray"
                onClick={() => setDeciding({ delivery, act })}
              >
                {t(`deliveries.${act}`)}
              </Button>
            ))}
        </span>
      ),
    },
  ]
  return (
    <>
      {deciding !== null && <Decide {...deciding} onClose={() => setDeciding(null)} />}
      <Table
        {...props}
        columns={columns}
        rowKey={({ id }) => id}
        below={(delivery) => (opened === delivery.id ? <BothSides delivery={delivery} /> : null)}
      />
    </>
  )
}
