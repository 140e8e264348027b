import type { LeadEvent } from '../api/types.ts'
import { type CallSide, firstLineOf, writtenCall } from '../components/call.ts'
import { useMay } from '../rights.ts'
import { t } from '../text.ts'
import { UnmaskForm } from './unmask-form.tsx'
import { useUnmasked } from './use-unmasked.ts'

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
  const { request = {}, response = {} } = (found.private ?? {}) as { request?: CallSide; response?: CallSide }
  return (
    <div className="exchange">
      <div>
        <h3 className="clip" title={firstLineOf(request)}>
          {firstLineOf(request)}
        </h3>
        <pre className="code" tabIndex={0}>
          {writtenCall(request)}
        </pre>
      </div>
      <div>
        <h3>{t('exchange.answer', { status: String(response.status ?? '') })}</h3>
        <pre className="code" tabIndex={0}>
          {writtenCall(response)}
        </pre>
      </div>
    </div>
  )
}
