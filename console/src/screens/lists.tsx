import { Button, Modal, Skeleton, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { ListSummary } from '../api/types.ts'
import { Dialog } from '../components/dialog.tsx'
import { Failed } from '../components/failed.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { idOf } from '../source/id-of.ts'
import { number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

/** Whether somebody stands on a list: asked in a body, since what is asked is personal. */
const Sought = () => {
  const [value, setValue] = useState('')
  const look = useMutation({
    mutationFn: () => ask('/api/v1/lists/query', { method: 'POST', body: { values: [value.trim()] } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    look.mutate()
  }
  const [item] = look.data?.items ?? []
  return (
    <form className="card card-body row" onSubmit={submit}>
      <TextInput
        className="grow"
        aria-label={t('lists.ask')}
        placeholder={t('lists.ask')}
        required
        value={value}
        onChange={(event) => {
          setValue(event.currentTarget.value)
          look.reset()
        }}
      />
      <Button type="submit" variant="default" loading={look.isPending}>
        {t('lists.look')}
      </Button>
      <span role="status" style={{ minWidth: 220 }}>
        {look.error?.message}
        {item !== undefined &&
          (item.found
            ? t('lists.found', { lists: item.lists.map(({ label }) => label).join(', ') })
            : t('lists.not_found'))}
      </span>
    </form>
  )
}

const Entries = ({ list, onClose }: { readonly list: ListSummary; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [text, setText] = useState('')
  const values = text
    .split(/[\n,;]+/)
    .map((line) => line.trim())
    .filter(Boolean)
  const change = useMutation({
    mutationFn: (method: 'POST' | 'DELETE') => ask(`/api/v1/lists/${list.id}/entries`, { method, body: { values } }),
    onSuccess: (done) => {
      notifications.show({
        message: 'added' in done ? tn('lists.added', done.added) : tn('lists.removed', done.removed),
      })
      void client.invalidateQueries({ queryKey: ['lists'] })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title={list.label}>
      <div className="stack">
        <Textarea
          data-autofocus
          label={t('lists.entries')}
          description={t('lists.entries_hint')}
          autosize
          minRows={6}
          maxRows={14}
          value={text}
          error={change.error?.message}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button
            variant="default"
            disabled={values.length === 0 || change.isPending}
            onClick={() => change.mutate('DELETE')}
          >
            {t('lists.remove')}
          </Button>
          <Button disabled={values.length === 0} loading={change.isPending} onClick={() => change.mutate('POST')}>
            {tn('lists.add', values.length)}
          </Button>
        </div>
      </div>
    </Modal>
  )
}

const NewList = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [label, setLabel] = useState('')
  const id = idOf(label)
  const make = useMutation({
    mutationFn: () => ask(`/api/v1/lists/${id}`, { method: 'PUT', body: { label } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['lists'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('lists.new')}
      submit={t('sources.create')}
      busy={make.isPending}
      error={make.error}
      disabled={id === ''}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        label={t('sources.name')}
        description={id === '' ? undefined : t('sources.id', { id })}
        required
        maxLength={100}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
      />
    </Dialog>
  )
}

/** The list goes with all that stands on it: flows that name it pass everybody. */
const Drop = ({ list, onClose }: { readonly list: ListSummary; readonly onClose: () => void }) => {
  const client = useQueryClient()
  const drop = useMutation({
    mutationFn: () => ask(`/api/v1/lists/${list.id}`, { method: 'DELETE' }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['lists'] })
      onClose()
    },
  })
  return (
    <Dialog
      title={t('lists.drop_one', { list: list.label })}
      text={tn('lists.drop_text', list.entries)}
      submit={t('lists.drop')}
      danger
      busy={drop.isPending}
      error={drop.error}
      onSubmit={() => drop.mutate()}
      onClose={onClose}
    />
  )
}

export const Lists = () => {
  const may = useMay()
  const [changing, setChanging] = useState<ListSummary | null>(null)
  const [dropping, setDropping] = useState<ListSummary | null>(null)
  const [isAdding, setAdding] = useState(false)
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => ask('/api/v1/lists') })
  const columns: readonly Column<ListSummary>[] = [
    {
      key: 'list',
      head: t('lists.list'),
      cell: ({ label, id }) => (
        <>
          <span className="cell-main">{label}</span> <span className="mono faint">{id}</span>
        </>
      ),
    },
    { key: 'entries', head: t('lists.entries'), end: true, cell: ({ entries }) => number(entries) },
    {
      key: 'made',
      head: t('lists.made'),
      cell: ({ created_at }) => <span title={fullTime(created_at)}>{ago(created_at)}</span>,
    },
    {
      key: 'acts',
      head: t('lists.change'),
      quiet: true,
      end: true,
      cell: (list) =>
        may('list.edit') && (
          <span className="row-actions">
            <Button
              variant="default"
              aria-label={`${t('lists.change')}: ${list.label}`}
              onClick={() => setChanging(list)}
            >
              {t('lists.change')}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              aria-label={`${t('lists.drop')}: ${list.label}`}
              onClick={() => setDropping(list)}
            >
              {t('lists.drop')}
            </Button>
          </span>
        ),
    },
  ]
  return (
    <Page
      title={t('nav.lists')}
      actions={
        may('list.edit') && (
          <Button leftSection={<IconPlus size={15} />} onClick={() => setAdding(true)}>
            {t('lists.new')}
          </Button>
        )
      }
    >
      {isAdding && <NewList onClose={() => setAdding(false)} />}
      {dropping !== null && <Drop list={dropping} onClose={() => setDropping(null)} />}
      {changing !== null && <Entries list={changing} onClose={() => setChanging(null)} />}
      {lists.error !== null ? (
        <Failed error={lists.error} onRetry={() => void lists.refetch()} />
      ) : lists.data === undefined ? (
        <Skeleton height={180} radius={8} />
      ) : (
        <>
          <Sought />
          <Table
            label={t('nav.lists')}
            rows={lists.data.items}
            columns={columns}
            rowKey={({ id }) => id}
            none={t('lists.none')}
          />
        </>
      )}
    </Page>
  )
}
