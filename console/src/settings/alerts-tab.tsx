import { Button, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { AnswerAt } from '../../../src/client/client.ts'
import { ask } from '../api/client.ts'
import { FormEnd, Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { RaisedLink } from '../components/raised-link.tsx'
import { type Column, Table } from '../components/table.tsx'
import { Tag, type Tone } from '../components/tag.tsx'
import { useMay } from '../rights.ts'
import { named, number, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

type Alert = AnswerAt<'/api/v1/alerts', 'get'>['items'][number]

const TONE: Readonly<Record<string, Tone>> = { open: 'bad', acknowledged: 'warn', cleared: 'good' }

const Mailed = ({ kept }: { readonly kept: readonly string[] | null }) => {
  const [emails, setEmails] = useState((kept ?? []).join('\n'))
  const list = emails
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const save = useMutation({
    mutationFn: () =>
      ask('/api/v1/alerts/settings', { method: 'PUT', body: { emails: list.length === 0 ? null : list } }),
    onSuccess: () => notifications.show({ message: t('action.saved') }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form className="card card-body stack narrow" onSubmit={submit} aria-label={t('alerts.title')}>
      <h2>{t('alerts.title')}</h2>
      <p className="faint">{t('alerts.text')}</p>
      <Textarea
        label={t('alerts.emails')}
        description={t('alerts.everybody')}
        autosize
        minRows={2}
        value={emails}
        onChange={(event) => setEmails(event.currentTarget.value)}
      />
      <Refused error={save.error} />
      <FormEnd submit={t('action.save')} busy={save.isPending} />
    </form>
  )
}

/** Who is told when something goes wrong, and what did. */
export const AlertsTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const settings = useQuery({
    queryKey: ['alerts', 'settings'],
    queryFn: () => ask('/api/v1/alerts/settings'),
    enabled: may('settings.edit'),
  })
  const alerts = useQuery({
    queryKey: ['alerts', 'all'],
    queryFn: () => ask('/api/v1/alerts', { query: { limit: 100 } }),
    refetchInterval: 15_000,
  })
  const acknowledge = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/alerts/${id}/acknowledge`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  })
  const columns: readonly Column<Alert>[] = [
    {
      key: 'kind',
      head: t('alerts.kind'),
      cell: ({ kind }) => <span className="cell-main">{named('alert', kind)}</span>,
    },
    {
      key: 'subject',
      head: t('alerts.subject'),
      cell: ({ kind, subject }) => (
        <RaisedLink kind={kind} subject={subject}>
          {subject || named('alert', kind)}
        </RaisedLink>
      ),
    },
    {
      key: 'state',
      head: t('queues.state'),
      cell: ({ state }) => <Tag tone={TONE[state] ?? 'quiet'}>{named('alert_state', state)}</Tag>,
    },
    { key: 'count', head: t('alerts.count'), end: true, cell: ({ count }) => number(count) },
    {
      key: 'raised',
      head: t('alerts.raised'),
      cell: ({ raised_at }) => <span title={fullTime(raised_at)}>{ago(raised_at)}</span>,
    },
    {
      key: 'acts',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: ({ id, state }) =>
        state === 'open' &&
        may('job.edit') && (
          <Button variant="default" loading={acknowledge.isPending} onClick={() => acknowledge.mutate(id)}>
            {t('alerts.acknowledge')}
          </Button>
        ),
    },
  ]
  return (
    <div className="stack">
      {may('settings.edit') && (
        <Loaded query={settings} height={160}>
          {({ emails }) => <Mailed kept={emails} />}
        </Loaded>
      )}
      <Refused error={acknowledge.error} />
      <Loaded query={alerts} height={120}>
        {({ items }) => (
          <Table
            label={t('alerts.list')}
            title={t('alerts.list')}
            rows={items}
            columns={columns}
            rowKey={({ id }) => id}
            none={t('alerts.none')}
          />
        )}
      </Loaded>
    </div>
  )
}
