import { Alert, Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ask } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { openSession } from '../api/sign-in.ts'
import { Copy, CopyLine } from '../components/copy.tsx'
import { Loaded } from '../components/loaded.tsx'
import { QrCode } from '../components/qr-code.tsx'
import { type Column, Table } from '../components/table.tsx'
import { t } from '../text.ts'
import { ago } from '../time.ts'

interface OwnSession {
  readonly id: string
  readonly current: boolean
  readonly last_seen_at: string
  readonly ip: string | null
  readonly user_agent: string | null
}

const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const
const SYSTEMS = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
] as const

/** What a browser says it is, in two words. */
const deviceOf = (agent: string | null): string => {
  const pick = (among: readonly (readonly [RegExp, string])[]) => among.find(([is]) => is.test(agent ?? ''))?.[1]
  const said = [pick(BROWSERS), pick(SYSTEMS)].filter((part) => part !== undefined).join(' · ')
  return said === '' ? (agent ?? t('account.unknown')) : said
}

const SecondFactor = () => {
  const session = useSession()
  const [code, setCode] = useState('')
  const begin = useMutation({
    mutationFn: () => ask('/api/v1/auth/totp', { method: 'POST' }),
  })
  const confirm = useMutation({
    mutationFn: () => ask('/api/v1/auth/totp/confirm', { method: 'POST', body: { code } }),
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
            <div className="row">
              <Copy value={confirm.data.recovery_codes.join('\n')} />
            </div>
          </>
        ) : begin.data !== undefined ? (
          <form className="stack" onSubmit={submit}>
            <div className="factor">
              <QrCode text={begin.data.uri} label={t('account.qr')} />
              <div className="stack grow">
                <p>{t('account.scan')}</p>
                <CopyLine value={begin.data.secret} shown={begin.data.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')} />
                <a href={begin.data.uri}>{t('account.open_app')}</a>
              </div>
            </div>
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
    mutationFn: () => ask('/api/v1/auth/password', { method: 'PUT', body: { password: old, new_password: next } }),
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
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: () => ask('/api/v1/auth/sessions'),
  })
  const end = useMutation({
    mutationFn: (id: string) => ask(`/api/v1/auth/sessions/${id}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  })
  const columns: readonly Column<OwnSession>[] = [
    {
      key: 'where',
      head: t('account.where'),
      cell: ({ user_agent }) => (
        <span className="cell-main" title={user_agent ?? ''}>
          {deviceOf(user_agent)}
        </span>
      ),
    },
    { key: 'ip', head: t('account.ip'), cell: ({ ip }) => <span className="mono faint">{ip ?? '–'}</span> },
    {
      key: 'seen',
      head: t('people.last'),
      cell: ({ last_seen_at }) => <span className="faint">{ago(last_seen_at)}</span>,
    },
    {
      key: 'acts',
      head: t('deliveries.decide'),
      quiet: true,
      end: true,
      cell: ({ id, current }) =>
        current ? (
          <span className="chip">{t('account.this')}</span>
        ) : (
          <Button variant="default" loading={end.isPending && end.variables === id} onClick={() => end.mutate(id)}>
            {t('account.end')}
          </Button>
        ),
    },
  ]
  return (
    <div className="stack">
      <SecondFactor />
      <Password />
      <Loaded query={sessions} height={90}>
        {({ items }) => (
          <Table
            label={t('account.sessions')}
            title={t('account.sessions')}
            rows={items}
            columns={columns}
            rowKey={({ id }) => id}
          />
        )}
      </Loaded>
    </div>
  )
}
