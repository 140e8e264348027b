import type { LeadEvent } from '../api/types.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { UnmaskForm } from './unmask-form.tsx'
import { useUnmasked } from './use-unmasked.ts'

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
  const may = useMay()
  const { shown } = useUnmasked(leadId)
  const found = shown?.events.find(({ seq, position }) => seq === event.seq && position === event.position)
  if (found === undefined)
    return may('lead.unmask') ? (
      <UnmaskForm leadId={leadId} text={t('exchange.masked')} />
    ) : (
      <p className="soft">{t('exchange.hidden')}</p>
    )
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
