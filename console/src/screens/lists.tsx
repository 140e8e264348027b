import { Button, Modal, Skeleton, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import type { ListSummary } from '../api/types.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { Page } from '../shell/page.tsx'
import { number, t, tn } from '../text.ts'
import { ago, fullTime } from '../time.ts'

interface Found {
  readonly items: readonly { readonly found: boolean; readonly lists: readonly { readonly label: string }[] }[]
}

/** Whether somebody stands on a list: asked in a body, since what is asked is personal. */
const Sought = () => {
  const [value, setValue] = useState('')
  const ask = useMutation({
    mutationFn: () => api<Found>('/api/v1/lists/query', { method: 'POST', body: { values: [value.trim()] } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    ask.mutate()
  }
  const [item] = ask.data?.items ?? []
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
          ask.reset()
        }}
      />
      <Button type="submit" variant="default" loading={ask.isPending}>
        {t('lists.look')}
      </Button>
      <span role="status" style={{ minWidth: 220 }}>
        {ask.error?.message}
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
    mutationFn: (method: 'POST' | 'DELETE') =>
      api<{ added?: number; removed?: number }>(`/api/v1/lists/${list.id}/entries`, { method, body: { values } }),
    onSuccess: ({ added, removed }) => {
      notifications.show({
        message: added === undefined ? tn('lists.removed', removed ?? 0) : tn('lists.added', added),
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
  const id = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  const make = useMutation({
    mutationFn: () => api(`/api/v1/lists/${id}`, { method: 'PUT', body: { label } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['lists'] })
      onClose()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t('lists.new')}>
      <form className="stack" onSubmit={submit}>
        <TextInput
          data-autofocus
          label={t('sources.name')}
          description={id === '' ? undefined : t('sources.id', { id })}
          required
          maxLength={100}
          value={label}
          error={make.error?.message}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button type="submit" disabled={id === ''} loading={make.isPending}>
            {t('sources.create')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

export const Lists = () => {
  const may = useMay()
  const [changing, setChanging] = useState<ListSummary | null>(null)
  const [isAdding, setAdding] = useState(false)
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => api<{ items: ListSummary[] }>('/api/v1/lists') })
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
      {changing !== null && <Entries list={changing} onClose={() => setChanging(null)} />}
      {lists.error !== null ? (
        <Failed error={lists.error} onRetry={() => void lists.refetch()} />
      ) : lists.data === undefined ? (
        <Skeleton height={180} radius={8} />
      ) : (
        <>
          <Sought />
          <section className="card" aria-label={t('nav.lists')}>
            <table className="plain-table">
              <thead>
                <tr>
                  <th>{t('lists.list')}</th>
                  <th className="end">{t('lists.entries')}</th>
                  <th>{t('lists.made')}</th>
                  <th>
                    <span className="visually-hidden">{t('lists.change')}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {lists.data.items.map((list) => (
                  <tr key={list.id}>
                    <td>
                      <strong>{list.label}</strong> <span className="mono faint">{list.id}</span>
                    </td>
                    <td className="end num">{number(list.entries)}</td>
                    <td title={fullTime(list.created_at)}>{ago(list.created_at)}</td>
                    <td className="end">
                      {may('list.edit') && (
                        <Button
                          variant="default"
                          aria-label={`${t('lists.change')}: ${list.label}`}
                          onClick={() => setChanging(list)}
                        >
                          {t('lists.change')}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </Page>
  )
}
