import { Alert, Button, CopyButton, Modal, Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, ask } from '../api/client.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { ago } from '../time.ts'

interface Key {
  readonly id: string
  readonly name: string
  readonly hint: string
  readonly scopes: readonly string[]
  readonly flow: string | null
  readonly source: string | null
  readonly enabled: boolean
  readonly last_used_at: string | null
}

const NewKey = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [scope, setScope] = useState('read')
  const make = useMutation({
    mutationFn: () => ask('/api/v1/keys', { method: 'POST', body: { name, scopes: [scope] } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={t('keys_tab.new')}>
      {make.data === undefined ? (
        <form className="stack" onSubmit={submit}>
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
            data={['read', 'write', 'admin']}
            allowDeselect={false}
            value={scope}
            onChange={(chosen) => setScope(chosen ?? scope)}
          />
          {make.error !== null && (
            <Alert color="red" variant="light" role="alert">
              {make.error.message}
            </Alert>
          )}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button type="submit" loading={make.isPending}>
              {t('sources.create')}
            </Button>
          </div>
        </form>
      ) : (
        <div className="stack">
          <p>{t('sources.key_once')}</p>
          <pre className="code">{make.data.secret}</pre>
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <CopyButton value={make.data.secret}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? t('action.copied') : t('action.copy')}
                </Button>
              )}
            </CopyButton>
            <Button onClick={onClose}>{t('action.done')}</Button>
          </div>
        </div>
      )}
    </Modal>
  )
}

/** Keys that machines come in by: of sources, and of the API. */
export const KeysTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const keys = useQuery({
    queryKey: ['keys'],
    queryFn: () => api<{ items: Key[] }>('/api/v1/keys', { query: { limit: 200 } }),
  })
  const change = useMutation({
    mutationFn: ({ id, enabled }: { id: string; enabled: boolean }) =>
      api(`/api/v1/keys/${id}`, { method: 'PATCH', body: { enabled } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['keys'] }),
  })
  if (keys.error !== null) return <Failed error={keys.error} onRetry={() => void keys.refetch()} />
  return (
    <section className="card" aria-label={t('settings.keys')}>
      <div className="card-head">
        <h2>{t('settings.keys')}</h2>
        {may('key.edit') && <Button onClick={() => setMaking(true)}>{t('keys_tab.new')}</Button>}
      </div>
      {isMaking && <NewKey onClose={() => setMaking(false)} />}
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('sources.name')}</th>
            <th>{t('sources.key')}</th>
            <th>{t('keys_tab.scope')}</th>
            <th>{t('keys_tab.used')}</th>
            <th>{t('keys_tab.enabled')}</th>
          </tr>
        </thead>
        <tbody>
          {(keys.data?.items ?? []).map((key) => (
            <tr key={key.id}>
              <td>
                {key.name || '–'}{' '}
                {key.source !== null && (
                  <span className="faint">
                    {key.flow}/{key.source}
                  </span>
                )}
              </td>
              <td className="mono faint">{key.hint}…</td>
              <td>{key.scopes.join(', ')}</td>
              <td className="faint">{key.last_used_at === null ? '–' : ago(key.last_used_at)}</td>
              <td>
                <Switch
                  size="xs"
                  aria-label={`${t('keys_tab.enabled')}: ${key.name || key.hint}`}
                  disabled={!may('key.edit')}
                  checked={key.enabled}
                  onChange={(event) => change.mutate({ id: key.id, enabled: event.currentTarget.checked })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
