import { Button, PasswordInput, Select, Skeleton, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { STAFF_ROLES } from '../../../src/api/contract/words.ts'
import { ApiError, ask } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { CopyLine } from '../components/copy.tsx'
import { Dialog, FormEnd, Refused } from '../components/dialog.tsx'
import { Failed } from '../components/failed.tsx'
import { Tag } from '../components/tag.tsx'
import { useMay } from '../rights.ts'
import { named, t } from '../text.ts'

interface Sso {
  readonly issuer: string
  readonly client_id: string
  readonly default_role: string | null
}

/** Nobody becomes an owner uninvited. */
const ROLES = STAFF_ROLES.filter((role) => role !== 'owner')

const SsoForm = ({ kept }: { readonly kept: Sso | null }) => {
  const client = useQueryClient()
  const may = useMay()
  const session = useSession()
  const [issuer, setIssuer] = useState(kept?.issuer ?? '')
  const [clientId, setClientId] = useState(kept?.client_id ?? '')
  const [secret, setSecret] = useState('')
  const [role, setRole] = useState(kept?.default_role ?? '')
  const [isRemoving, setRemoving] = useState(false)
  const callback = `${window.location.origin}/api/v1/auth/sso/${session?.tenant.slug ?? ''}/callback`
  const done = () => client.invalidateQueries({ queryKey: ['sso'] })
  const save = useMutation({
    mutationFn: () =>
      ask('/api/v1/sso', {
        method: 'PUT',
        body: { issuer, client_id: clientId, client_secret: secret, default_role: role === '' ? null : role },
      }),
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      setSecret('')
      void done()
    },
  })
  const remove = useMutation({
    mutationFn: () => ask('/api/v1/sso', { method: 'DELETE' }),
    onSuccess: () => {
      setRemoving(false)
      void done()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const isFixed = !may('settings.edit')
  return (
    <section className="card narrow" aria-label={t('sso.title')}>
      <div className="card-head">
        <h2>{t('sso.title')}</h2>
        <Tag tone={kept === null ? 'quiet' : 'good'}>{t(kept === null ? 'account.off' : 'account.on')}</Tag>
      </div>
      <form className="card-body stack" onSubmit={submit}>
        <p className="faint">{t('sso.text')}</p>
        <div className="stack" style={{ gap: 4 }}>
          <strong style={{ fontSize: 12 }}>{t('sso.callback')}</strong>
          <CopyLine value={callback} />
        </div>
        <TextInput
          label={t('sso.issuer')}
          placeholder="https://login.example.com"
          type="url"
          required
          disabled={isFixed}
          value={issuer}
          onChange={(event) => setIssuer(event.currentTarget.value)}
        />
        <TextInput
          label={t('sso.client_id')}
          required
          disabled={isFixed}
          value={clientId}
          onChange={(event) => setClientId(event.currentTarget.value)}
        />
        {!isFixed && (
          <PasswordInput
            size="xs"
            label={t('sso.client_secret')}
            description={kept === null ? undefined : t('sso.secret_again')}
            autoComplete="off"
            required
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        )}
        <Select
          label={t('sso.default_role')}
          description={t('sso.default_role_hint')}
          allowDeselect={false}
          disabled={isFixed}
          data={[
            { value: '', label: t('sso.nobody') },
            ...ROLES.map((each) => ({ value: each, label: named('role', each) })),
          ]}
          value={role}
          onChange={(chosen) => setRole(chosen ?? '')}
        />
        <Refused error={save.error} />
        {!isFixed && (
          <FormEnd
            submit={t('action.save')}
            busy={save.isPending}
            more={
              kept !== null && (
                <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
                  {t('sso.remove')}
                </Button>
              )
            }
          />
        )}
      </form>
      {isRemoving && (
        <Dialog
          title={t('sso.remove')}
          text={t('sso.remove_text')}
          submit={t('sso.remove')}
          danger
          busy={remove.isPending}
          error={remove.error}
          onSubmit={() => remove.mutate()}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  )
}

/** Sign-in by the company's own provider. */
export const SsoTab = () => {
  const { data, error, refetch } = useQuery({
    queryKey: ['sso'],
    queryFn: async () => {
      try {
        return await ask('/api/v1/sso')
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 404) return null
        throw failure
      }
    },
  })
  if (error !== null) return <Failed error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Skeleton height={320} radius={8} />
  return <SsoForm key={data?.issuer ?? 'none'} kept={data} />
}
