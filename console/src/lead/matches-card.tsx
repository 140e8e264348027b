import { Link } from '@tanstack/react-router'
import type { LeadEvent } from '../api/types.ts'
import { named, percent, t, tn } from '../text.ts'
import { Card } from './card.tsx'

interface Reasons {
  readonly probability: number
  /** Bits: before anything is compared, taken off for a family that would agree too, and all together. */
  readonly prior?: number
  readonly kinship?: number
  readonly total: number
  readonly fields: readonly {
    readonly group: string
    readonly levels: readonly { readonly field: string; readonly level: string }[]
    readonly weight: number
    readonly rarity?: number
  }[]
}

interface Match {
  readonly step: string
  readonly band: string
  readonly candidates: number
  readonly probability: number | null
  readonly lead: string | null
  readonly because: Reasons | null
}

type Data = Readonly<Record<string, unknown>>

const ofAnswer = (event: LeadEvent): Match => {
  const { answer = {} } = ((event.private as Data | null)?.answer ?? {}) as { answer?: Data }
  const because = (answer.because ?? null) as Reasons | null
  return {
    step: String((event.data as Data).step ?? ''),
    band: String(answer.band ?? 'none'),
    candidates: Number(answer.candidates ?? 0),
    probability: because?.probability ?? null,
    lead: typeof answer.leadId === 'string' ? answer.leadId : null,
    because: because?.fields === undefined ? null : because,
  }
}

const ofStep = (event: LeadEvent): Match => {
  const data = (event.data ?? {}) as Data
  const note = (data.note ?? {}) as Data
  const saw = ((event.private as Data | null)?.saw ?? {}) as { because?: Reasons; lead?: unknown }
  return {
    step: String(data.step ?? ''),
    band: note.decision === undefined ? String(note.band ?? 'none') : `decided_${String(note.decision)}`,
    candidates: Number(note.candidates ?? 0),
    probability: typeof note.probability === 'number' ? note.probability : null,
    lead: typeof saw.lead === 'string' ? saw.lead : null,
    because: saw.because?.fields === undefined ? null : saw.because,
  }
}

/**
 * What the journal says of the persons this lead was compared with. While somebody is asked, the step has not ended:
 * then its answer says it.
 */
export const matchesOf = (events: readonly LeadEvent[]): readonly Match[] => {
  const found = new Map<string, Match>()
  for (const event of events) {
    const match =
      event.type === 'match.checked'
        ? ofStep(event)
        : event.type === 'request.answered' && (event.data as Data).kind === 'identity.match'
          ? ofAnswer(event)
          : null
    if (match === null) continue
    // A decision of a person ends the step without saying the reasons again.
    const before = found.get(match.step)
    found.set(match.step, {
      ...match,
      because: match.because ?? before?.because ?? null,
      lead: match.lead ?? before?.lead ?? null,
    })
  }
  return [...found.values()]
}

const bits = (weight: number): string => `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(1)}`

const Weights = ({ because }: { readonly because: Reasons }) => {
  const rows = [
    ...because.fields.map(({ group, levels, weight }) => ({
      key: group,
      text:
        levels.length === 0
          ? named('match', group)
          : levels
              .map(({ field, level }) => `${named('match', field)}: ${named('level', level).toLowerCase()}`)
              .join(', '),
      weight,
    })),
    ...(because.prior === undefined ? [] : [{ key: 'prior', text: t('match.prior'), weight: because.prior }]),
    ...(!because.kinship || Math.abs(because.kinship) < 0.05
      ? []
      : [{ key: 'kinship', text: t('match.kinship'), weight: because.kinship }]),
  ].sort((a, b) => b.weight - a.weight)
  const top = Math.max(1, ...rows.map(({ weight }) => Math.abs(weight)))
  return (
    <ul className="points">
      {rows.map(({ key, text, weight }) => (
        <li key={key} title={text}>
          <span>{text}</span>
          <span className="points-bar" aria-hidden="true">
            <i data-minus={weight < 0 || undefined} style={{ width: `${(Math.abs(weight) / top) * 100}%` }} />
          </span>
          <span className="num">{bits(weight)}</span>
        </li>
      ))}
      <li className="points-total">
        <span>{t('match.total')}</span>
        <span />
        <span className="num">{bits(because.total)}</span>
      </li>
    </ul>
  )
}

/** Who the lead was taken for, and what each field said for or against it. */
export const MatchesCard = ({ events }: { readonly events: readonly LeadEvent[] }) => {
  const matches = matchesOf(events)
  if (matches.length === 0) return null
  return (
    <Card title={t('match.title')}>
      {matches.map((match) => (
        <div key={match.step}>
          <p className="card-body match-verdict">
            <strong>{named('match_band', match.band)}</strong>
            {match.probability !== null && (
              <span className="soft"> · {t('match.likely', { percent: percent(match.probability) })}</span>
            )}
            <span className="faint"> · {tn('match.candidates', match.candidates)}</span>
            {match.lead !== null && (
              <>
                {' · '}
                <Link to="/leads/$id" params={{ id: match.lead }}>
                  {t('match.lead')}
                </Link>
              </>
            )}
          </p>
          {match.because !== null && <Weights because={match.because} />}
          {match.because !== null && <p className="card-body faint match-foot">{t('match.bits')}</p>}
        </div>
      ))}
    </Card>
  )
}
