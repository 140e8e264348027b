import { Button, PasswordInput, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { signIn, signOn } from '../api/sign-in.ts'
import { t } from '../text.ts'
import { EmailInput } from './email-input.tsx'
import { Entrance } from './entrance.tsx'

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
  const show = (sso: boolean) => {
    setWantsSso(sso)
    setError(null)
  }
  if (wantsSso)
    return (
      <Entrance key="sso" title={t('sso.title')} lead={t('sso.lead')} error={error} onSubmit={byProvider}>
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
        <Button variant="subtle" color="gray" onClick={() => show(false)}>
          {t('sso.back')}
        </Button>
      </Entrance>
    )
  return (
    <Entrance
      key="password"
      title={again ? t('sign_in.again') : t('sign_in.title')}
      lead={again ? t('sign_in.again_lead') : t('sign_in.lead')}
      error={error}
      onSubmit={submit}
    >
      <EmailInput value={email} onChange={setEmail} />
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
      <Button variant="default" size="sm" fullWidth onClick={() => show(true)}>
        {t('sso.open')}
      </Button>
      {!wantsTenant && (
        <Button variant="subtle" color="gray" onClick={() => setWantsTenant(true)}>
          {t('sign_in.other_tenant')}
        </Button>
      )}
    </Entrance>
  )
}
