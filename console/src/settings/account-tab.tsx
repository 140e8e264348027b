import { Alert, Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { openSession } from '../api/sign-in.ts'
import { t } from '../text.ts'
import { ago } from '../time.ts'

interface OwnSession {
  readonly id: string
  readonly current: boolean
  readonly last_seen_at: string
  readonly ip: string | null
  readonly user_agent: string | null
}

const SecondFactor = () => {
  const session = useSession()
  const [code, setCode] = useState('')
  const begin = useMutation({
    mutationFn: () => api<{ secret: string; uri: string }>('/api/v1/auth/totp', { method: 'POST' }),
  })
  const confirm = useMutation({
    mutationFn: () =>
      api<{ recovery_codes: string[] }>('/api/v1/auth/totp/confirm', { method: 'POST', body: { code } }),
    onSuccess: () => openSession(),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  const error = begin.error ?? confirm.error
  return (
    <section className="card" aria-label={t('account.factor')}>
      <div className="card-head">
        <h2>{t('account.factor')}</h2>
        <span className="tag" data-tone={session?.secondFactor ? 'good' : 'quiet'}>
          {session?.secondFactor ? t('account.on') : t('account.off')}
        </span>
      </div>
      <div className="card-body stack">
        {error !== null && (
          <Alert color="red" variant="light" role="alert">
            {error.message}
          </Alert>
        )}
        {confirm.data !== undefined ? (
          <>
            <p>{t('account.recovery')}</p>
            <pre className="code">{confirm.data.recovery_codes.join('\n')}</pre>
          </>
        ) : begin.data !== undefined ? (
          <form className="stack" onSubmit={submit}>
            <p>{t('account.scan')}</p>
            <pre className="code">{begin.data.secret}</pre>
            <div className="row" style={{ alignItems: 'flex-end' }}>
              <TextInput
                label={t('sign_in.code')}
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                value={code}
                onChange={(event) => setCode(event.currentTarget.value)}
              />
              <Button type="submit" loading={confirm.isPending}>
                {t('account.confirm')}
              </Button>
            </div>
          </form>
        ) : (
          !session?.secondFactor && (
            <div className="row between">
              <span className="soft">{t('account.factor_hint')}</span>
              <Button variant="default" loading={begin.isPending} onClick={() => begin.mutate()}>
                {t('account.begin')}
              </Button>
            </div>
          )
        )}
      </div>
    </section>
  )
}

const Password = () => {
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => api('/api/v1/auth/password', { method: 'PUT', body: { password: old, new_password: next } }),
    onSuccess: () => {
      notifications.show({ message: t('action.saved') })
      setOld('')
      setNext('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <form className="card card-body stack" onSubmit={submit} aria-label={t('sign_in.password')}>
      <h2>{t('sign_in.password')}</h2>
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <PasswordInput
          className="grow"
          size="xs"
          label={t('account.old')}
          autoComplete="current-password"
          required
          value={old}
          onChange={(event) => setOld(event.currentTarget.value)}
        />
        <PasswordInput
          className="grow"
          size="xs"
          label={t('account.new')}
          autoComplete="new-password"
          minLength={10}
          required
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={change.isPending}>
          {t('account.change')}
        </Button>
      </div>
      {change.error !== null && <p role="alert">{change.error.message}</p>}
    </form>
  )
}

/** One's own: password, second factor, and where one is signed in. */
export const AccountTab = () => {
  const client = useQueryClient()
  const { data } = useQuery({
    queryKey: ['sessions'],
    queryFn: () => api<{ items: OwnSession[] }>('/api/v1/auth/sessions'),
  })
  const end = useMutation({
    mutationFn: (id: string) => api(`/api/v1/auth/sessions/${id}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  })
  return (
    <div className="stack">
      <SecondFactor />
      <Password />
      <section className="card" aria-label={t('account.sessions')}>
        <div className="card-head">
          <h2>{t('account.sessions')}</h2>
        </div>
        <table className="plain-table">
          <tbody>
            {(data?.items ?? []).map((session) => (
              <tr key={session.id}>
                <td className="clip" style={{ maxWidth: 420 }}>
                  {session.user_agent ?? '–'}
                </td>
                <td className="mono faint">{session.ip}</td>
                <td className="faint">{ago(session.last_seen_at)}</td>
                <td className="end">
                  {session.current ? (
                    <span className="chip">{t('account.this')}</span>
                  ) : (
                    <Button variant="default" onClick={() => end.mutate(session.id)}>
                      {t('account.end')}
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  )
}
