import { Button, TextInput } from '@mantine/core'
import { IconEyeOff } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api } from '../api/client.ts'
import type { LeadEvent } from '../api/types.ts'
import { t } from '../text.ts'

interface Unmasked {
  readonly events: readonly { readonly seq: number; readonly position: number; readonly private: unknown }[]
}

interface Call {
  readonly method?: string
  readonly url?: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

const written = ({ headers = {}, body }: Call): string => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body, null, 2)
  return [...lines, '', text].join('\n').trim()
}

/** What was sent and what came back: masked until somebody says why they look. */
export const Exchange = ({ leadId, event }: { readonly leadId: string; readonly event: LeadEvent }) => {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const key = ['lead', leadId, 'unmasked']
  const [shown, setShown] = useState(() => client.getQueryData<Unmasked>(key))
  const unmask = useMutation({
    mutationFn: () => api<Unmasked>(`/api/v1/leads/${leadId}/unmask`, { method: 'POST', body: { reason } }),
    onSuccess: (found) => {
      client.setQueryData(key, found)
      setShown(found)
    },
  })
  const found = shown?.events.find(({ seq, position }) => seq === event.seq && position === event.position)
  if (found !== undefined) {
    const { request = {}, response = {} } = (found.private ?? {}) as { request?: Call; response?: Call }
    return (
      <div className="exchange">
        <div>
          <h3>
            {request.method} {request.url}
          </h3>
          <pre className="code">{written(request)}</pre>
        </div>
        <div>
          <h3>{t('exchange.answer', { status: String(response.status ?? '') })}</h3>
          <pre className="code">{written(response)}</pre>
        </div>
      </div>
    )
  }
  const submit = (form: FormEvent) => {
    form.preventDefault()
    unmask.mutate()
  }
  return (
    <form className="exchange-masked" onSubmit={submit}>
      <IconEyeOff size={18} stroke={1.6} aria-hidden />
      <span className="grow">{t('exchange.masked')}</span>
      <TextInput
        aria-label={t('exchange.reason')}
        placeholder={t('exchange.reason')}
        minLength={3}
        maxLength={300}
        required
        w={240}
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
