import type { LeadDetail, LeadEvent } from '../api/types.ts'
import { duration, named, number, t, tn } from '../text.ts'

/** A lead's journal as a person reads it: one moment a decision, in plain words, with what it rested on. */
export interface Moment {
  readonly id: string
  readonly tone: 'good' | 'bad' | 'warn' | 'info' | 'review' | 'quiet'
  readonly title: string
  /** What it came to. */
  readonly result: string
  /** The rule that decided, as the flow says it. */
  readonly rule: string | null
  /** What the rule saw. */
  readonly saw: Readonly<Record<string, unknown>> | null
  readonly at: string
  /** ms from the lead's arrival to its beginning, and how long it took. */
  readonly startMs: number
  readonly tookMs: number
  readonly events: readonly LeadEvent[]
  readonly step: string | null
  readonly exchange: LeadEvent | null
}

type Data = Readonly<Record<string, unknown>>

const dataOf = (event: LeadEvent): Data => (event.data ?? {}) as Data
const sealedOf = (event: LeadEvent): Data => (event.private ?? {}) as Data

const TONES: Readonly<Record<string, Moment['tone']>> = {
  success: 'good',
  failure: 'bad',
  error: 'warn',
  skip: 'quiet',
}

/** A step that turned nobody away is no bad one, whatever it found. */
const toneOf = ({ outcome, code }: Data): Moment['tone'] =>
  outcome === 'failure' && code === undefined ? 'info' : (TONES[String(outcome)] ?? 'info')

/** Events that only say how the machine went about it. */
const QUIET = new Set([
  'step.entered',
  'attempt.started',
  'enrichment.started',
  'source.authenticated',
  'lead.released',
  'request.answered',
])

const moneyText = (value: unknown): string => {
  const { amount, currency } = (value ?? {}) as { amount?: string; currency?: string }
  return amount === undefined ? '' : `${amount} ${currency ?? ''}`.trim()
}

const stepResult = (event: LeadEvent): string => {
  const data = dataOf(event)
  const sealed = sealedOf(event)
  const note = (data.note ?? {}) as Data
  if (typeof sealed.reason === 'string') return sealed.reason
  if (data.outcome === 'skip') return t('story.skipped')
  if (typeof data.code === 'string') return named('code', data.code)
  switch (event.type) {
    case 'lead.normalized': {
      const changed = (note.changed as string[] | undefined) ?? []
      return changed.length === 0 ? t('story.normal_already') : t('story.normalized', { fields: changed.join(', ') })
    }
    case 'duplicate.checked':
      return t('story.unique')
    case 'match.checked':
      return named(
        'match_band',
        note.decision === undefined ? String(note.band ?? 'none') : `decided_${String(note.decision)}`,
      )
    case 'suppression.checked':
      return t('story.permitted')
    case 'filter.checked':
      return t('story.wanted')
    case 'lead.enriched':
      return tn('story.enriched', Number(note.facts ?? 0), { enricher: String(note.enricher ?? '') })
    case 'acceptance.checked':
      return t('story.criteria_met')
    case 'cap.checked':
      return t('story.within_caps')
    case 'price.set':
      return t('story.priced', { price: moneyText(data.price) })
    case 'lead.scored':
      return t('story.scored', { score: number(Number(data.score ?? 0)) })
    case 'lead.classified':
      return t('story.classified', { class: String(data.class ?? '') })
    case 'route.chosen':
      return t('story.routed', { route: String(data.route ?? '') })
    case 'delivery.dispatched': {
      const destinations = Object.entries((note.destinations as Record<string, string> | undefined) ?? {})
      return destinations.map(([name, outcome]) => `${name}: ${named('delivery', outcome).toLowerCase()}`).join(', ')
    }
    case 'review.concluded':
      return named('decision', String(note.decision ?? data.outcome))
    case 'wait.ended':
      return t('story.waited')
    default:
      return named('step_outcome', String(data.outcome ?? 'success'))
  }
}

const otherResult = (event: LeadEvent): { result: string; tone: Moment['tone'] } => {
  const data = dataOf(event)
  const sealed = sealedOf(event)
  switch (event.type) {
    case 'lead.received':
      return {
        result: t('story.received', {
          source: String(data.source),
          flow: String(data.flow),
          version: String(data.flow_version),
          bytes: number(Number(data.bytes)),
        }),
        tone: 'info',
      }
    case 'lead.mapped': {
      const invalid = (data.invalid as string[] | undefined) ?? []
      const read = tn('story.mapped', Number(data.fields))
      return invalid.length === 0
        ? { result: read, tone: 'good' }
        : { result: `${read} ${t('story.mapped_invalid', { fields: invalid.join(', ') })}`, tone: 'warn' }
    }
    case 'delivery.opened':
      return { result: t('story.delivery', { destination: String(data.destination) }), tone: 'info' }
    case 'enrichment.answered':
    case 'attempt.answered':
      return {
        result: t('story.answered', { status: String(data.status), took: duration(Number(data.ms)) }),
        tone: Number(data.status) < 300 ? 'good' : 'warn',
      }
    case 'enrichment.failed':
      return {
        result: typeof sealed.reason === 'string' ? sealed.reason : named('code', String(data.code)),
        tone: 'warn',
      }
    case 'attempt.ended': {
      const reference = sealed.reference === null || sealed.reference === undefined ? '' : String(sealed.reference)
      const reason = sealed.reason === null || sealed.reason === undefined ? '' : String(sealed.reason)
      const outcome = named('delivery', String(data.outcome))
      return {
        result: [outcome, reference && t('story.reference', { reference }), reason].filter(Boolean).join(' · '),
        tone: TONES[String(data.outcome)] ?? 'info',
      }
    }
    case 'request.opened':
      return data.kind === 'review.ask'
        ? { result: t('story.asked'), tone: 'review' }
        : { result: t('story.waiting'), tone: 'info' }
    case 'review.decided':
      return {
        result: [named('decision', String(data.decision)), sealed.reason].filter(Boolean).join(': '),
        tone: data.decision === 'approve' ? 'good' : 'bad',
      }
    case 'lead.rerun':
      return { result: String(sealed.reason ?? ''), tone: 'info' }
    case 'lead.rectified':
      return { result: ((data.fields as string[] | undefined) ?? []).join(', '), tone: 'info' }
    case 'delivery.decided':
      return {
        result: [named('decided', String(data.decision)), sealed.reason].filter(Boolean).join(': '),
        tone: data.decision === 'delivered' ? 'good' : 'info',
      }
    case 'delivery.refused':
      return {
        result: [String(data.destination), named('delivery_code', String(data.code))].join(': '),
        tone: 'quiet',
      }
    case 'delivery.held':
      return { result: named('held', String(data.why)), tone: 'warn' }
    case 'lead.resumed':
      return { result: String(sealed.reason ?? ''), tone: 'info' }
    case 'person.blocked':
      return { result: named('code', String(data.code)), tone: 'bad' }
    case 'lead.parked':
      return { result: named('pending', String(data.code)), tone: 'warn' }
    case 'source.closed':
      return {
        result: t('story.closed', {
          outcome: named('closed', String(data.outcome)),
          took: duration(Number(data.duration_ms)),
        }),
        tone: TONES[String(data.outcome)] ?? 'info',
      }
    default:
      return { result: '', tone: 'quiet' }
  }
}

const isStep = (event: LeadEvent): boolean => typeof dataOf(event).outcome === 'string' && 'step' in dataOf(event)

/** The moments of a journey, and the events that stand behind each. */
export const storyOf = (lead: LeadDetail, events: readonly LeadEvent[]): readonly Moment[] => {
  const begun = new Date(lead.received_at).getTime()
  const moments: Moment[] = []
  let quiet: LeadEvent[] = []
  for (const event of events) {
    if (QUIET.has(event.type)) {
      quiet.push(event)
      continue
    }
    const data = dataOf(event)
    const sealed = sealedOf(event)
    const endMs = new Date(event.at).getTime() - begun
    const tookMs = Number(data.ms ?? 0)
    const step = typeof data.step === 'string' ? data.step : null
    const { result, tone } = isStep(event) ? { result: stepResult(event), tone: toneOf(data) } : otherResult(event)
    moments.push({
      id: `${event.seq}.${event.position}`,
      tone,
      title: named('event', event.type),
      result,
      rule: typeof data.rule === 'string' && data.rule !== 'base' ? data.rule : null,
      // Whom it was taken for has a card of its own.
      saw: event.type === 'match.checked' ? null : ((sealed.saw as Data | undefined) ?? null),
      at: event.at,
      startMs: Math.max(0, endMs - tookMs),
      tookMs,
      events: [...quiet, event],
      step,
      exchange: event.type === 'attempt.answered' || event.type === 'enrichment.answered' ? event : null,
    })
    quiet = []
  }
  return moments
}

/** The moment that turned the lead away: the last step that did; one before it was gone on from. */
export const decisive = (moments: readonly Moment[]): Moment | null => {
  const bad = moments.filter(({ tone }) => tone === 'bad')
  return bad.findLast(({ step }) => step !== null) ?? bad[0] ?? null
}

/** Points of the score, as the scoring step noted them. */
export const pointsOf = (
  events: readonly LeadEvent[],
): {
  readonly score: number
  readonly points: readonly { readonly rule: string; readonly points: number }[]
} | null => {
  const scored = events.findLast(({ type }) => type === 'lead.scored')
  if (scored === undefined) return null
  const data = dataOf(scored)
  const note = (data.note ?? {}) as { points?: readonly { rule: string; points: number }[] }
  return { score: Number(data.score ?? 0), points: note.points ?? [] }
}
