import { Button, PasswordInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import { t } from '../text.ts'
import { EmailInput } from './email-input.tsx'
import { Entrance } from './entrance.tsx'

/** Pages for who is not signed in yet: an invitation or a reset is taken here, and a reset is asked for. */
export type PasswordPage =
  | { readonly is: 'join' | 'reset'; readonly token: string }
  | { readonly is: 'forgotten'; readonly token: null }

/** What the address asks for. The token goes out of it at once: it is in no history and on no screen that is shared. */
export const passwordPageHere = (): PasswordPage | null => {
  const { pathname, hash } = window.location
  if (pathname === '/forgotten') return { is: 'forgotten', token: null }
  if (pathname !== '/join' && pathname !== '/reset') return null
  const token = hash.slice(1)
  window.history.replaceState(null, '', pathname)
  return { is: pathname === '/join' ? 'join' : 'reset', token }
}

const PASSWORD_CHARS_MIN = 10

/** One thing sent, and what became of it. */
const useSending = (send: () => Promise<unknown>) => {
  const [state, setState] = useState<'open' | 'busy' | 'done'>('open')
  const [error, setError] = useState<string | null>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setState('busy')
    setError(null)
    try {
      await send()
      setState('done')
    } catch (failure) {
      setState('open')
      setError(failure instanceof ApiError ? failure.message : t('error.unforeseen'))
    }
  }
  return { state, error, submit }
}

const ToSignIn = () => (
  <Button component="a" href="/" size="sm" fullWidth>
    {t('password_link.to_sign_in')}
  </Button>
)

const TakeLink = ({ is, token }: { readonly is: 'join' | 'reset'; readonly token: string }) => {
  const [password, setPassword] = useState('')
  const { state, error, submit } = useSending(() =>
    ask('/api/v1/auth/link', { method: 'POST', body: { token, password } }),
  )
  if (state === 'done')
    return (
      <Entrance title={t('password_link.done')} lead={t('password_link.done_lead')} error={null} onSubmit={submit}>
        <ToSignIn />
      </Entrance>
    )
  return (
    <Entrance title={t(`password_link.${is}`)} lead={t(`password_link.${is}_lead`)} error={error} onSubmit={submit}>
      <PasswordInput
        label={t('password_link.password')}
        description={t('password_link.hint')}
        autoComplete="new-password"
        minLength={PASSWORD_CHARS_MIN}
        required
        withAsterisk={false}
        autoFocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" size="sm" loading={state === 'busy'} fullWidth>
        {t('password_link.submit')}
      </Button>
      {error !== null && (
        <Button component="a" href="/forgotten" variant="subtle" color="gray">
          {t('password_link.another')}
        </Button>
      )}
    </Entrance>
  )
}

const Forgotten = () => {
  const [email, setEmail] = useState('')
  const { state, error, submit } = useSending(() => ask('/api/v1/auth/forgotten', { method: 'POST', body: { email } }))
  if (state === 'done')
    return (
      <Entrance title={t('forgotten.done')} lead={t('forgotten.done_lead')} error={null} onSubmit={submit}>
        <ToSignIn />
      </Entrance>
    )
  return (
    <Entrance title={t('forgotten.title')} lead={t('forgotten.lead')} error={error} onSubmit={submit}>
      <EmailInput value={email} onChange={setEmail} />
      <Button type="submit" size="sm" loading={state === 'busy'} fullWidth>
        {t('forgotten.submit')}
      </Button>
      <Button component="a" href="/" variant="subtle" color="gray">
        {t('sso.back')}
      </Button>
    </Entrance>
  )
}

export const PasswordScreen = ({ page }: { readonly page: PasswordPage }) =>
  page.is === 'forgotten' ? <Forgotten /> : <TakeLink is={page.is} token={page.token} />
