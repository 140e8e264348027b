import { Button, Select, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ask } from '../api/client.ts'
import { Dialog, Refused } from '../components/dialog.tsx'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

interface Hook {
  readonly id: string
  readonly flow: string
  readonly destination: string
  readonly created_at: string
}

const SUBSCRIBED = new Set(['zapier', 'make'])

const Subscribe = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [place, setPlace] = useState<string | null>(null)
  const [url, setUrl] = useState('')
  const places = useQuery({
    queryKey: ['destinations', '24h'],
    queryFn: () => ask('/api/v1/destinations', { query: { range: '24h' } }),
  })
  const open = (places.data?.items ?? []).filter(({ type }) => type !== null && SUBSCRIBED.has(type))
  const subscribe = useMutation({
    mutationFn: () => {
      const [flow, destination] = place?.split('/') ?? []
      return ask('/api/v1/hooks', { method: 'POST', body: { flow, destination, target_url: url } })
    },
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      void client.invalidateQueries({ queryKey: ['hooks'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('hooks.new')}
      text={open.length === 0 && places.data !== undefined ? t('hooks.no_place') : t('hooks.text')}
      submit={t('hooks.subscribe')}
      busy={subscribe.isPending}
      error={subscribe.error}
      disabled={place === null}
      onSubmit={() => subscribe.mutate()}
      onClose={onClose}
    >
      <Select
        label={t('deliveries.destination')}
        data={open.map(({ flow, id }) => `${flow}/${id}`)}
        value={place}
        onChange={setPlace}
      />
      <TextInput
        type="url"
        label={t('hooks.url')}
        placeholder="https://hooks.zapier.com/hooks/standard/…"
        required
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
    </Dialog>
  )
}

/** Who has subscribed to a destination: Zaps and scenarios. Their addresses are keys, and shown to nobody. */
export const SubscriptionsTab = () => {
  const client = useQueryClient()
  const [isAdding, setAdding] = useState(false)
  const hooks = useQuery({ queryKey: ['hooks'], queryFn: () => ask('/api/v1/hooks') })
  const remove = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/hooks/${id}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['hooks'] }),
  })
  const columns: readonly Column<Hook>[] = [
    {
      key: 'place',
      head: t('deliveries.destination'),
      cell: ({ flow, destination }) => (
        <>
          <span className="cell-main">{destination}</span> <span className="faint">{flow}</span>
        </>
      ),
    },
    { key: 'id', head: t('hooks.id'), cell: ({ id }) => <span className="mono faint">…{id.slice(-12)}</span> },
    {
      key: 'since',
      head: t('hooks.since'),
      cell: ({ created_at }) => <span title={fullTime(created_at)}>{ago(created_at)}</span>,
    },
    {
      key: 'acts',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: ({ id }) => (
        <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate(id)}>
          {t('hooks.remove')}
        </Button>
      ),
    },
  ]
  const add = <Button onClick={() => setAdding(true)}>{t('hooks.new')}</Button>
  return (
    <div className="stack">
      {isAdding && <Subscribe onClose={() => setAdding(false)} />}
      <Refused error={remove.error} />
      <Loaded query={hooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('hooks.none')} text={t('hooks.none_text')} action={add} />
          ) : (
            <Table
              label={t('settings.hooks')}
              title={t('settings.hooks')}
              actions={add}
              rows={items}
              columns={columns}
              rowKey={({ id }) => id}
            />
          )
        }
      </Loaded>
    </div>
  )
}
