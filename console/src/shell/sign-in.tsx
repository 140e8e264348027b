import { Alert, Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { signIn, signOn } from '../api/sign-in.ts'
import { t } from '../text.ts'

const Race = () => (
  <svg viewBox="0 0 600 800" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    {Array.from({ length: 13 }, (_, row) => (
      <path
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a drawing that never changes
        key={row}
        d={`M-40 ${40 + row * 62} c 110 0 110 ${26 + row * 2} 220 ${26 + row * 2} s 110 -${26 + row * 2} 220 -${26 + row * 2} s 110 ${26 + row * 2} 240 ${26 + row * 2}`}
        fill="none"
        stroke="#3ecfbf"
        strokeOpacity={0.05 + row * 0.022}
        strokeWidth={1 + row * 0.55}
      />
    ))}
  </svg>
)

const TENANT_KEY = 'millrace.tenant'

/** The tenant that was signed on to here before. */
const keptTenant = (): string => {
  try {
    return localStorage.getItem(TENANT_KEY) ?? ''
  } catch {
    return ''
  }
}

export const SignIn = ({ again }: { readonly again: boolean }) => {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [wantsCode, setWantsCode] = useState(false)
  const [tenant, setTenant] = useState(keptTenant)
  const [wantsSso, setWantsSso] = useState(false)
  const [wantsTenant, setWantsTenant] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await signIn({
        email,
        password,
        ...(code === '' ? {} : { code }),
        ...(wantsTenant && tenant !== '' ? { tenant } : {}),
      })
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === 'second_factor_required' && !wantsCode) setWantsCode(true)
      else setError(failure instanceof ApiError ? failure.message : t('error.unforeseen'))
    } finally {
      setBusy(false)
    }
  }
  const byProvider = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      await signOn(tenant.trim())
      localStorage.setItem(TENANT_KEY, tenant.trim())
    } catch (failure) {
      setBusy(false)
      setError(failure instanceof TypeError ? t('error.unforeseen') : (failure as Error).message)
    }
  }
  if (wantsSso)
    return (
      <div className="sign-in">
        <main className="row">
          <form className="sign-in-form" onSubmit={byProvider}>
            <img src="/icon.svg" alt="" width={40} height={40} />
            <div className="stack" style={{ gap: 4 }}>
              <h1>{t('sso.title')}</h1>
              <p className="soft">{t('sso.lead')}</p>
            </div>
            {error !== null && (
              <Alert color="red" variant="light" role="alert">
                {error}
              </Alert>
            )}
            <TextInput
              label={t('sign_in.tenant')}
              size="sm"
              autoFocus
              required
              withAsterisk={false}
              value={tenant}
              onChange={(event) => setTenant(event.currentTarget.value)}
            />
            <Button type="submit" size="sm" loading={busy} fullWidth>
              {t('sso.submit')}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              onClick={() => {
                setWantsSso(false)
                setError(null)
              }}
            >
              {t('sso.back')}
            </Button>
          </form>
        </main>
        <aside className="sign-in-art" aria-label={t('app.promise')}>
          <Race />
          <p>{t('app.promise')}</p>
        </aside>
      </div>
    )
  return (
    <div className="sign-in">
      <main className="row">
        <form className="sign-in-form" onSubmit={submit}>
          <img src="/icon.svg" alt="" width={40} height={40} />
          <div className="stack" style={{ gap: 4 }}>
            <h1>{again ? t('sign_in.again') : t('sign_in.title')}</h1>
            <p className="soft">{again ? t('sign_in.again_lead') : t('sign_in.lead')}</p>
          </div>
          {error !== null && (
            <Alert color="red" variant="light" role="alert">
              {error}
            </Alert>
          )}
          <TextInput
            label={t('sign_in.email')}
            type="email"
            size="sm"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('sign_in.password')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {wantsCode && (
            <TextInput
              label={t('sign_in.code')}
              description={t('sign_in.code_hint')}
              size="sm"
              autoFocus
              required
              withAsterisk={false}
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          )}
          {wantsTenant && (
            <TextInput
              label={t('sign_in.tenant')}
              size="sm"
              value={tenant}
              onChange={(event) => setTenant(event.currentTarget.value)}
            />
          )}
          <Button type="submit" size="sm" loading={busy} fullWidth>
            {t('sign_in.submit')}
          </Button>
          <Button component="a" href="/forgotten" variant="subtle" color="gray">
            {t('sign_in.forgotten')}
          </Button>
          <Button variant="default" size="sm" fullWidth onClick={() => setWantsSso(true)}>
            {t('sso.open')}
          </Button>
          {!wantsTenant && (
            <Button variant="subtle" color="gray" onClick={() => setWantsTenant(true)}>
              {t('sign_in.other_tenant')}
            </Button>
          )}
        </form>
      </main>
      <aside className="sign-in-art" aria-label={t('app.promise')}>
        <Race />
        <p>{t('app.promise')}</p>
      </aside>
    </div>
  )
}
