import { Button, TextInput } from '@mantine/core'
import { IconEyeOff } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { t } from '../text.ts'
import { useUnmasked } from './use-unmasked.ts'
import '../styles/lead.css'

/** Asks why somebody looks: it stands in the audit beside who did. */
export const UnmaskForm = ({ leadId, text }: { readonly leadId: string; readonly text: string }) => {
  const { unmask } = useUnmasked(leadId)
  const [reason, setReason] = useState('')
  const submit = (form: FormEvent) => {
    form.preventDefault()
    unmask.mutate(reason)
  }
  return (
    <form className="exchange-masked" onSubmit={submit}>
      <IconEyeOff size={18} stroke={1.6} aria-hidden />
      <span className="grow">{text}</span>
      <TextInput
        aria-label={t('exchange.reason')}
        placeholder={t('exchange.reason')}
        minLength={3}
        maxLength={300}
        required
        className="exchange-reason"
        value={reason}
        error={unmask.error?.message}
        onChange={(change) => setReason(change.currentTarget.value)}
      />
      <Button type="submit" variant="default" loading={unmask.isPending}>
        {t('exchange.show')}
      </Button>
    </form>
  )
}
