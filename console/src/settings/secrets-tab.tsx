import { Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import type { SecretSummary } from '../api/types.ts'
import { Loaded } from '../components/loaded.tsx'
import { type Column, Table } from '../components/table.tsx'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { ago } from '../time.ts'

const columns: readonly Column<SecretSummary>[] = [
  { key: 'name', head: t('sources.name'), cell: ({ name }) => <span className="mono">{name}</span> },
  { key: 'set', head: t('secrets.set'), cell: ({ updated_at }) => <span className="faint">{ago(updated_at)}</span> },
]

/** What destinations sign in with: set here, and never shown again. */
export const SecretsTab = () => {
  const may = useMay()
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [value, setValue] = useState('')
  const secrets = useQuery({
    queryKey: ['secrets'],
    queryFn: () => ask('/api/v1/secrets'),
  })
  const save = useMutation({
    mutationFn: () => ask(`/api/v1/secrets/${encodeURIComponent(name)}`, { method: 'PUT', body: { value } }),
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
      <Loaded query={secrets}>
        {({ items }) => (
          <Table
            label={t('settings.secrets')}
            title={t('settings.secrets')}
            rows={items}
            columns={columns}
            rowKey={({ name: key }) => key}
            none={t('secrets.none')}
          />
        )}
      </Loaded>
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
