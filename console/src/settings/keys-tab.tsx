import { Button, Menu, Select, Switch, TextInput } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ACTING_SCOPES } from '../../../src/api/contract/words.ts'
import { ask } from '../api/client.ts'
import type { ApiKey } from '../api/types.ts'
import { Dialog, Refused } from '../components/dialog.tsx'
import { Loaded } from '../components/loaded.tsx'
import { Once } from '../components/once.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { named, t } from '../text.ts'
import { ago, fullTime } from '../time.ts'

/** How long the old key of an exchange still works. */
const OVERLAPS = {
  '0': 'keys_tab.at_once',
  '3600': 'pause.hour',
  '86400': 'pause.day',
  '604800': 'keys_tab.week',
} as const

const isOver = (expires: string | null): boolean => expires !== null && new Date(expires).getTime() <= Date.now()

type Made = { readonly secret: string }

const NewKey = ({ onMade, onClose }: { readonly onMade: (key: Made) => void; readonly onClose: () => void }) => {
  const [name, setName] = useState('')
  const [scope, setScope] = useState<string>('read')
  const [until, setUntil] = useState('')
  const make = useMutation({
    mutationFn: () =>
      ask('/api/v1/keys', {
        method: 'POST',
        body: { name, scopes: [scope], ...(until === '' ? {} : { expires_at: new Date(until).toISOString() }) },
      }),
    onSuccess: onMade,
  })
  return (
    <Dialog
      title={t('keys_tab.new')}
      submit={t('sources.create')}
      busy={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label={t('sources.name')}
        required
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t('keys_tab.scope')}
        description={named('scope_text', scope)}
        data={ACTING_SCOPES.map((each) => ({ value: each, label: named('scope', each) }))}
        allowDeselect={false}
        value={scope}
        onChange={(chosen) => setScope(chosen ?? scope)}
      />
      <TextInput
        type="date"
        label={t('keys_tab.expires')}
        description={t('keys_tab.expires_hint')}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
    </Dialog>
  )
}

const Rotate = (props: {
  readonly apiKey: ApiKey
  readonly onMade: (key: Made) => void
  readonly onClose: () => void
}) => {
  const { apiKey, onMade, onClose } = props
  const [overlap, setOverlap] = useState('86400')
  const rotate = useMutation({
    mutationFn: () => ask(`/api/v1/keys/${apiKey.id}/rotate`, { method: 'POST', body: { overlap_s: Number(overlap) } }),
    onSuccess: onMade,
  })
  return (
    <Dialog
      title={t('keys_tab.rotate')}
      text={t('keys_tab.rotate_text')}
      submit={t('keys_tab.rotate')}
      busy={rotate.isPending}
      error={rotate.error}
      onSubmit={() => rotate.mutate()}
      onClose={onClose}
    >
      <Select
        label={t('keys_tab.overlap')}
        allowDeselect={false}
        data={Object.entries(OVERLAPS).map(([value, text]) => ({ value, label: t(text) }))}
        value={overlap}
        onChange={(chosen) => setOverlap(chosen ?? overlap)}
      />
    </Dialog>
  )
}

const Remove = ({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => ask(`/api/v1/keys/${apiKey.id}`, { method: 'DELETE' }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['keys'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('keys_tab.remove_one', { name: apiKey.name || apiKey.hint })}
      text={t('keys_tab.remove_text')}
      submit={t('keys_tab.remove')}
      danger
      busy={remove.isPending}
      error={remove.error}
      onSubmit={() => remove.mutate()}
      onClose={onClose}
    />
  )
}

/** Keys that machines come in by: of sources, and of the API. */
export const KeysTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const [rotating, setRotating] = useState<ApiKey | null>(null)
  const [removing, setRemoving] = useState<ApiKey | null>(null)
  const [made, setMade] = useState<Made | null>(null)
  const keys = useInfiniteQuery({
    queryKey: ['keys'],
    queryFn: ({ pageParam }) => ask('/api/v1/keys', { query: { limit: 200, cursor: pageParam } }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor,
  })
  const change = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      ask(`/api/v1/keys/${id}`, { method: 'PATCH', body: { enabled } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['keys'] }),
  })
  const onMade = (key: Made) => {
    setMaking(false)
    setRotating(null)
    setMade(key)
    void client.invalidateQueries({ queryKey: ['keys'] })
  }
  const columns: readonly Column<ApiKey>[] = [
    {
      key: 'name',
      head: t('sources.name'),
      cell: ({ name, flow, source, replaced_by, expires_at }) => (
        <>
          <span className="cell-main">{name || (source === null ? '–' : '')}</span>{' '}
          {source !== null && (
            <span className="faint">
              {flow}/{source}
            </span>
          )}
          {replaced_by !== null && <span className="chip">{t('keys_tab.replaced')}</span>}{' '}
          {isOver(expires_at) && <span className="chip">{t('keys_tab.expired')}</span>}
        </>
      ),
    },
    { key: 'key', head: t('sources.key'), cell: ({ hint }) => <span className="mono faint">{hint}…</span> },
    {
      key: 'scope',
      head: t('keys_tab.scope'),
      cell: ({ scopes }) => scopes.map((scope) => named('scope', scope)).join(', '),
    },
    {
      key: 'used',
      head: t('keys_tab.used'),
      cell: ({ last_used_at }) => (
        <span className="faint">{last_used_at === null ? t('keys_tab.never') : ago(last_used_at)}</span>
      ),
    },
    {
      key: 'expires',
      head: t('keys_tab.expires'),
      cell: ({ expires_at }) =>
        expires_at === null ? (
          <span className="faint">–</span>
        ) : (
          <span title={fullTime(expires_at)}>{ago(expires_at)}</span>
        ),
    },
    {
      key: 'enabled',
      head: t('keys_tab.enabled'),
      cell: (key) => (
        <Switch
          aria-label={`${t('keys_tab.enabled')}: ${key.name || key.hint}`}
          disabled={!may('key.edit') || isOver(key.expires_at)}
          checked={key.enabled && !isOver(key.expires_at)}
          onChange={(event) => change.mutate({ id: key.id, enabled: event.currentTarget.checked })}
        />
      ),
    },
    ...(may('key.edit')
      ? [
          {
            key: 'acts',
            head: t('deliveries.decide'),
            quiet: true,
            end: true,
            cell: (key: ApiKey) => (
              <Menu position="bottom-end">
                <Menu.Target>
                  <Button
                    variant="subtle"
                    color="gray"
                    px={6}
                    aria-label={t('action.more_of', { name: key.name || key.hint })}
                  >
                    <IconDots size={16} aria-hidden />
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => setRotating(key)}>{t('keys_tab.rotate')}</Menu.Item>
                  <Menu.Item color="red" onClick={() => setRemoving(key)}>
                    {t('keys_tab.remove')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            ),
          },
        ]
      : []),
  ]
  return (
    <div className="stack">
      <Refused error={change.error} />
      {isMaking && <NewKey onMade={onMade} onClose={() => setMaking(false)} />}
      {rotating !== null && <Rotate apiKey={rotating} onMade={onMade} onClose={() => setRotating(null)} />}
      {removing !== null && <Remove apiKey={removing} onClose={() => setRemoving(null)} />}
      {made !== null && (
        <Once
          title={t('keys_tab.made')}
          text={t('sources.key_once')}
          value={made.secret}
          onClose={() => setMade(null)}
        />
      )}
      <Loaded query={keys}>
        {({ pages }) => (
          <Table
            label={t('settings.keys')}
            title={t('settings.keys')}
            actions={may('key.edit') && <Button onClick={() => setMaking(true)}>{t('keys_tab.new')}</Button>}
            rows={pages.flatMap(({ items }) => items)}
            more={{ on: keys.hasNextPage, busy: keys.isFetchingNextPage, load: () => void keys.fetchNextPage() }}
            columns={columns}
            rowKey={({ id }) => id}
            none={t('keys_tab.none')}
          />
        )}
      </Loaded>
    </div>
  )
}
