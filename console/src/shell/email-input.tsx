import { TextInput } from '@mantine/core'
import { t } from '../text.ts'

/** Who signs in, or asks for another password. */
export const EmailInput = (props: { readonly value: string; readonly onChange: (email: string) => void }) => (
  <TextInput
    label={t('sign_in.email')}
    type="email"
    size="sm"
    autoComplete="username"
    required
    withAsterisk={false}
    autoFocus
    value={props.value}
    onChange={(event) => props.onChange(event.currentTarget.value)}
  />
)
