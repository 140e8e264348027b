import { Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import type { SecretSummary } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { ago } from '../time.ts'

/** What destinations sign in with: set here, and never shown again. */
export const SecretsTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const secrets = useQuery({
    queryKey: ['secrets'],
    queryFn: () => api<{ items: SecretSummary[] }>('/api/v1/secrets'),
  })
  const save = useMutation({
    mutationFn: () => api(`/api/v1/secrets/${encodeURIComponent(name)}`, { method: 'PUT', body: { value } }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['secrets'] })
      notifications.show({ message: t('action.saved') })
      setName('')
      setValue('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <div className="stack">
      <section className="card" aria-label={t('settings.secrets')}>
        <table className="plain-table">
          <thead>
            <tr>
              <th>{t('sources.name')}</th>
              <th>{t('secrets.set')}</th>
            </tr>
          </thead>
          <tbody>
            {(secrets.data?.items ?? []).map((secret) => (
              <tr key={secret.name}>
                <td className="mono">{secret.name}</td>
                <td className="faint">{ago(secret.updated_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {secrets.data?.items.length === 0 && <p className="card-body soft">{t('secrets.none')}</p>}
      </section>
      {may('secret.edit') && (
        <form className="card card-body row" style={{ alignItems: 'flex-end' }} onSubmit={submit}>
          <TextInput
            label={t('sources.name')}
            placeholder="buyer_token"
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            className="grow"
            size="xs"
            label={t('secrets.value')}
            required
            autoComplete="off"
            value={value}
            error={save.error?.message}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Button type="submit" loading={save.isPending}>
            {t('action.save')}
          </Button>
        </form>
      )}
    </div>
  )
}
