import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconClockHour4, IconEye } from '@tabler/icons-react'
import type { LeadDetail } from '../api/types.ts'
import { verdictOf } from '../components/outcome-tag.tsx'
import { duration, money, named, t } from '../text.ts'
import { Saw } from './saw.tsx'
import { decisive, type Moment } from './story.ts'

const ICONS = {
  good: IconCircleCheck,
  bad: IconCircleX,
  warn: IconAlertTriangle,
  review: IconEye,
  info: IconClockHour4,
}

const headline = (lead: LeadDetail): string => {
  const { name } = verdictOf(lead)
  if (lead.outcome === 'failure' || lead.outcome === 'error')
    return lead.reason ?? (lead.code === null ? named('verdict', name) : named('code', lead.code))
  if (lead.pending !== null) return named('pending', lead.pending.code)
  const took = lead.duration_ms === null ? '' : duration(lead.duration_ms)
  const delivered = lead.deliveries.filter(({ outcome }) => outcome === 'success').map(({ destination }) => destination)
  if (delivered.length > 0) return t('verdict.delivered_to', { destinations: delivered.join(', '), took })
  return t('verdict.accepted_in', { took })
}

/** The first line: what became of the lead, and why. */
export const Verdict = ({ lead, moments }: { readonly lead: LeadDetail; readonly moments: readonly Moment[] }) => {
  const { name, tone } = verdictOf(lead)
  const Icon = ICONS[tone as keyof typeof ICONS] ?? IconClockHour4
  const cause = lead.outcome === 'failure' || lead.outcome === 'error' ? decisive(moments) : null
  return (
    <section className="verdict" data-tone={tone} aria-label={t('lead.verdict')}>
      <Icon size={26} stroke={1.6} aria-hidden />
      <div className="grow">
        <p className="verdict-line">
          <strong>{named('verdict', name)}</strong>
          <span aria-hidden="true"> · </span>
          <span data-testid="why">{headline(lead)}</span>
        </p>
        {cause !== null && (
          <p className="verdict-cause">
            {t('verdict.by', { step: cause.step ?? cause.title })}
            {cause.rule !== null && (
              <>
                {' '}
                <code>{cause.rule}</code>
              </>
            )}
            {cause.saw !== null && <Saw saw={cause.saw} rule={cause.rule} />}
          </p>
        )}
        {lead.field_errors !== null && (
          <p className="verdict-cause">
            {Object.entries(lead.field_errors)
              .map(([field, message]) => `${field}: ${message}`)
              .join(' · ')}
          </p>
        )}
      </div>
      <dl className="verdict-facts">
        <div>
          <dt>{t('column.price')}</dt>
          <dd className="num">{lead.price === null ? '–' : money(lead.price, lead.currency)}</dd>
        </div>
        <div>
          <dt>{t('column.revenue')}</dt>
          <dd className="num">{lead.revenue === null ? '–' : money(lead.revenue, lead.currency)}</dd>
        </div>
        <div>
          <dt>{t('column.took')}</dt>
          <dd className="num">{lead.duration_ms === null ? '–' : duration(lead.duration_ms)}</dd>
        </div>
      </dl>
    </section>
  )
}
