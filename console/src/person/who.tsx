import { TextInput } from '@mantine/core'
import { t } from '../text.ts'

export interface Who {
  readonly email: string
  readonly phone: string
}

export const NOBODY: Who = { email: '', phone: '' }

export const isSomebody = ({ email, phone }: Who): boolean => email.trim() !== '' || phone.trim() !== ''

/** As a body says it: no address ever holds an email or a number. */
export const whoBody = ({ email, phone }: Who): { readonly email?: string; readonly phone?: string } => ({
  ...(email.trim() === '' ? {} : { email: email.trim() }),
  ...(phone.trim() === '' ? {} : { phone: phone.trim() }),
})

/** Whom it is about: an email, a phone number, or both. */
export const WhoFields = (props: {
  readonly value: Who
  readonly onChange: (who: Who) => void
  readonly isFirst?: boolean
}) => {
  const { value, onChange, isFirst = true } = props
  return (
    <>
      <TextInput
        {...(isFirst ? { 'data-autofocus': true } : {})}
        label={t('sign_in.email')}
        autoComplete="off"
        value={value.email}
        onChange={(event) => onChange({ ...value, email: event.currentTarget.value })}
      />
      <TextInput
        label={t('privacy.phone')}
        description={t('who.phone_hint')}
        autoComplete="off"
        value={value.phone}
        onChange={(event) => onChange({ ...value, phone: event.currentTarget.value })}
      />
    </>
  )
}
