import { Alert, Button, CopyButton, Modal, Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { Failed } from '../components/failed.tsx'
import { useMay } from '../rights.ts'
import { named, t } from '../text.ts'
import { ago } from '../time.ts'

interface User {
  readonly id: string
  readonly email: string
  readonly role: string
  readonly enabled: boolean
  readonly joined: boolean
  readonly second_factor: boolean
  readonly last_login_at: string | null
}

const ROLES = ['owner', 'admin', 'operator', 'analyst', 'auditor'] as const
const roleData = ROLES.map((role) => ({ value: role, label: named('role', role) }))

const Invite = ({ onClose }: { readonly onClose: () => void }) => {
  const client = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<string>('operator')
  const invite = useMutation({
    mutationFn: () =>
      api<{ invitation: { url: string; mailed: boolean } }>('/api/v1/users', { method: 'POST', body: { email, role } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate()
  }
  const link = invite.data?.invitation
  return (
    <Modal opened onClose={onClose} title={t('people.invite')}>
      {link === undefined ? (
        <form className="stack" onSubmit={submit}>
          {invite.error !== null && (
            <Alert color="red" variant="light" role="alert">
              {invite.error.message}
            </Alert>
          )}
          <TextInput
            data-autofocus
            type="email"
            label={t('sign_in.email')}
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label={t('people.role')}
            description={named('role_text', role)}
            data={roleData}
            allowDeselect={false}
            value={role}
            onChange={(chosen) => setRole(chosen ?? role)}
          />
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button type="submit" loading={invite.isPending}>
              {t('people.invite')}
            </Button>
          </div>
        </form>
      ) : (
        <div className="stack">
          <p>{link.mailed ? t('people.mailed') : t('people.link')}</p>
          <pre className="code">{link.url}</pre>
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <CopyButton value={link.url}>
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

/** Who works here, and as what. */
export const PeopleTab = () => {
  const may = useMay()
  const session = useSession()
  const client = useQueryClient()
  const [inviting, setInviting] = useState(false)
  const users = useQuery({
    queryKey: ['users'],
    queryFn: () => api<{ items: User[] }>('/api/v1/users', { query: { limit: 200 } }),
  })
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; role?: string; enabled?: boolean }) =>
      api(`/api/v1/users/${id}`, { method: 'PATCH', body }),
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  })
  if (users.error !== null) return <Failed error={users.error} onRetry={() => void users.refetch()} />
  return (
    <div className="stack">
      {change.error !== null && (
        <Alert color="red" variant="light" role="alert">
          {change.error.message}
        </Alert>
      )}
      <section className="card" aria-label={t('settings.people')}>
        <div className="card-head">
          <h2>{t('settings.people')}</h2>
          {may('user.edit') && <Button onClick={() => setInviting(true)}>{t('people.invite')}</Button>}
        </div>
        <table className="plain-table">
          <thead>
            <tr>
              <th>{t('sign_in.email')}</th>
              <th>{t('people.role')}</th>
              <th>{t('people.factor')}</th>
              <th>{t('people.last')}</th>
              <th>{t('people.enabled')}</th>
            </tr>
          </thead>
          <tbody>
            {(users.data?.items ?? []).map((user) => (
              <tr key={user.id}>
                <td>
                  {user.email} {!user.joined && <span className="chip">{t('people.invited')}</span>}
                </td>
                <td>
                  {may('user.edit') && user.id !== session?.userId ? (
                    <Select
                      aria-label={`${t('people.role')}: ${user.email}`}
                      w={150}
                      data={
                        roleData.some(({ value }) => value === user.role)
                          ? roleData
                          : [...roleData, { value: user.role, label: named('role', user.role) }]
                      }
                      allowDeselect={false}
                      value={user.role}
                      onChange={(role) => role !== null && change.mutate({ id: user.id, role })}
                    />
                  ) : (
                    named('role', user.role)
                  )}
                </td>
                <td>{user.second_factor ? t('people.yes') : t('people.no')}</td>
                <td className="faint">{user.last_login_at === null ? '–' : ago(user.last_login_at)}</td>
                <td>
                  <Switch
                    aria-label={`${t('people.enabled')}: ${user.email}`}
                    size="xs"
                    disabled={!may('user.edit') || user.id === session?.userId}
                    checked={user.enabled}
                    onChange={(event) => change.mutate({ id: user.id, enabled: event.currentTarget.checked })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {inviting && <Invite onClose={() => setInviting(false)} />}
    </div>
  )
}
