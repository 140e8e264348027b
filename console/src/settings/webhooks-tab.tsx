import { Button, Checkbox, Menu, MultiSelect, Switch, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { TOLD_EVENTS } from '../../../src/api/contract/told-events.ts'
import type { AnswerAt } from '../../../src/client/client.ts'
import { ask } from '../api/client.ts'
import { Dialog, Refused } from '../components/dialog.tsx'
import { Empty } from '../components/empty.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Once } from '../components/once.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { named, number, t, tn } from '../text.ts'

type Webhook = AnswerAt<'/api/v1/webhooks', 'get'>['items'][number]

const NewWebhook = (props: { readonly onMade: (secret: string) => void; readonly onClose: () => void }) => {
  const [url, setUrl] = useState('')
  const [name, setName] = useState('')
  const [events, setEvents] = useState<string[]>(['lead.accepted', 'lead.rejected'])
  const [fields, setFields] = useState(false)
  const [tests, setTests] = useState(false)
  const make = useMutation({
    mutationFn: () =>
      ask('/api/v1/webhooks', {
        method: 'POST',
        body: { url, events, fields, tests, ...(name.trim() === '' ? {} : { name: name.trim() }) },
      }),
    onSuccess: ({ secret }) => props.onMade(secret),
  })
  return (
    <Dialog
      title={t('webhooks.new')}
      text={t('webhooks.text')}
      submit={t('sources.create')}
      busy={make.isPending}
      error={make.error}
      disabled={events.length === 0}
      onSubmit={() => make.mutate()}
      onClose={props.onClose}
    >
      <TextInput
        data-autofocus
        label={t('sources.name')}
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        type="url"
        label={t('webhooks.url')}
        placeholder="https://example.com/millrace"
        required
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <MultiSelect label={t('webhooks.events')} data={TOLD_EVENTS} value={events} onChange={setEvents} />
      <Checkbox
        label={t('webhooks.fields')}
        description={t('webhooks.fields_hint')}
        checked={fields}
        onChange={(event) => setFields(event.currentTarget.checked)}
      />
      <Checkbox
        label={t('webhooks.tests')}
        checked={tests}
        onChange={(event) => setTests(event.currentTarget.checked)}
      />
    </Dialog>
  )
}

/** Systems that are told what happens to leads. */
export const WebhooksTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const [isAdding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const hooks = useQuery({ queryKey: ['webhooks'], queryFn: () => ask('/api/v1/webhooks'), refetchInterval: 15_000 })
  const onSettled = () => client.invalidateQueries({ queryKey: ['webhooks'] })
  const change = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      ask(`/api/v1/webhooks/${id}`, { method: 'PATCH', body: { enabled } }),
    onSettled,
  })
  const remove = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/webhooks/${id}`, { method: 'DELETE' }),
    onSettled,
  })
  const rotate = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/webhooks/${id}/rotate`, { method: 'POST', body: {} }),
    onSuccess: ({ secret: made }) => setSecret(made),
  })
  const replay = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/webhooks/${id}/replay`, { method: 'POST' }),
    onSuccess: ({ events }) => notifications.show({ message: tn('webhooks.replayed', events) }),
    onSettled,
  })
  const test = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/webhooks/${id}/test`, { method: 'POST' }),
    onSuccess: ({ ok, status, ms, reason, code }) =>
      notifications.show({
        color: ok ? 'mill' : 'red',
        message: ok
          ? t('webhooks.test_ok', { status: status ?? '', ms: Math.round(ms) })
          : t('webhooks.test_bad', { why: reason ?? (status === null ? named('delivery_code', code) : status) }),
      }),
  })
  const columns: readonly Column<Webhook>[] = [
    {
      key: 'name',
      head: t('sources.name'),
      cell: ({ name, host, code }) => (
        <>
          <span className="cell-main">{name || host}</span>
          <span className="cell-sub">{code === null ? host : `${host} · ${named('delivery_code', code)}`}</span>
        </>
      ),
    },
    {
      key: 'events',
      head: t('webhooks.events'),
      cell: ({ events }) => <span className="faint">{events.join(', ')}</span>,
    },
    { key: 'waiting', head: t('webhooks.waiting'), end: true, cell: ({ waiting }) => number(waiting) },
    {
      key: 'dead',
      head: t('webhooks.dead'),
      end: true,
      cell: ({ dead }) => <span className={dead > 0 ? 'count-bad' : 'faint'}>{number(dead)}</span>,
    },
    {
      key: 'enabled',
      head: t('keys_tab.enabled'),
      cell: (hook) =>
        may('webhook.edit') ? (
          <Switch
            aria-label={`${t('keys_tab.enabled')}: ${hook.name || hook.host}`}
            checked={hook.enabled}
            onChange={(event) => change.mutate({ id: hook.id, enabled: event.currentTarget.checked })}
          />
        ) : (
          t(hook.enabled ? 'people.yes' : 'people.no')
        ),
    },
    {
      key: 'acts',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: ({ id, name, host, dead }) =>
        may('webhook.edit') && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="subtle" color="gray" px={6} aria-label={t('action.more_of', { name: name || host })}>
                <IconDots size={16} aria-hidden />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => test.mutate(id)}>{t('webhooks.test')}</Menu.Item>
              {dead > 0 && <Menu.Item onClick={() => replay.mutate(id)}>{t('webhooks.replay')}</Menu.Item>}
              <Menu.Item onClick={() => rotate.mutate(id)}>{t('webhooks.rotate')}</Menu.Item>
              <Menu.Item color="red" onClick={() => remove.mutate(id)}>
                {t('webhooks.remove')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ),
    },
  ]
  const add = may('webhook.edit') && <Button onClick={() => setAdding(true)}>{t('webhooks.new')}</Button>
  return (
    <div className="stack">
      {isAdding && (
        <NewWebhook
          onMade={(made) => {
            setAdding(false)
            setSecret(made)
            void onSettled()
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {secret !== null && (
        <Once
          title={t('webhooks.secret')}
          text={t('webhooks.secret_once')}
          value={secret}
          onClose={() => setSecret(null)}
        />
      )}
      <Refused error={change.error ?? remove.error ?? rotate.error ?? replay.error ?? test.error} />
      <Loaded query={hooks}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('webhooks.none')} text={t('webhooks.none_text')} action={add} />
          ) : (
            <Table
              label={t('settings.webhooks')}
              title={t('settings.webhooks')}
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
